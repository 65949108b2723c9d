//! How far colors are apart, for people with every kind of color vision.

use super::palette::Rgb;

/// A kind of color vision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorVision {
    /// All three kinds of cones.
    Full,
    /// Without cones for long waves.
    Protanopia,
    /// Without cones for middle waves.
    Deuteranopia,
    /// Without cones for short waves.
    Tritanopia,
}

/// Three numbers by three.
type Matrix = [[f32; 3]; 3];

/// Linear red, green and blue to the tristimulus values of CIE 1931, for daylight.
const TO_XYZ: Matrix = [
    [0.412_456, 0.357_576, 0.180_438],
    [0.212_673, 0.715_152, 0.072_175],
    [0.019_334, 0.119_192, 0.950_304],
];

impl ColorVision {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Full,
        Self::Protanopia,
        Self::Deuteranopia,
        Self::Tritanopia,
    ];

    /// What it makes of linear red, green and blue, after Machado, Oliveira and Fernandes (2009).
    fn matrix(self) -> Matrix {
        match self {
            Self::Full => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            Self::Protanopia => [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
            Self::Deuteranopia => [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
            Self::Tritanopia => [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        }
    }

    /// The color in CIELAB as this vision sees it.
    fn lab(self, color: Rgb) -> [f32; 3] {
        let seen = times(self.matrix(), color.linear()).map(|part| part.clamp(0.0, 1.0));
        let white = times(TO_XYZ, [1.0; 3]);
        let parts = times(TO_XYZ, seen);
        let [x, y, z] = [0, 1, 2].map(|n| {
            let part = parts.get(n).zip(white.get(n));
            part.map_or(0.0, |(part, white)| response(part / white))
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }
}

impl Rgb {
    /// The least distance to another color over all kinds of color vision: the difference ΔE of CIE 1976.
    /// About 2 can just be seen side by side.
    pub fn distance(self, other: Self) -> f32 {
        let distances = ColorVision::ALL.map(|vision| self.distance_for(other, vision));
        distances.into_iter().fold(f32::INFINITY, f32::min)
    }

    /// The distance to another color for one kind of color vision.
    pub fn distance_for(self, other: Self, vision: ColorVision) -> f32 {
        let ([l, a, b], [m, c, d]) = (vision.lab(self), vision.lab(other));
        ((l - m).powi(2) + (a - c).powi(2) + (b - d).powi(2)).sqrt()
    }
}

fn times(matrix: Matrix, [a, b, c]: [f32; 3]) -> [f32; 3] {
    matrix.map(|[x, y, z]| x * a + y * b + z * c)
}

fn response(part: f32) -> f32 {
    match part > 0.008_856 {
        true => part.cbrt(),
        false => 7.787 * part + 16.0 / 116.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_standard() {
        let (black, white) = (Rgb([0; 3]), Rgb([255; 3]));
        for vision in ColorVision::ALL {
            let distance = black.distance_for(white, vision);
            assert!((distance - 100.0).abs() < 0.5, "{vision:?}: {distance}");
        }
        // CIELAB of pure red is 53.24, 80.09, 67.20.
        let distance = Rgb([255, 0, 0]).distance_for(black, ColorVision::Full);
        let expected = (53.24f32.powi(2) + 80.09f32.powi(2) + 67.20f32.powi(2)).sqrt();
        assert!((distance - expected).abs() < 0.5, "{distance}");
    }

    #[test]
    fn a_red_and_a_green_are_alike_for_people_who_lack_a_cone() {
        let (red, green) = (Rgb([188, 96, 40]), Rgb([120, 124, 40]));
        let full = red.distance_for(green, ColorVision::Full);
        let without = red.distance_for(green, ColorVision::Deuteranopia);
        assert!(full > 40.0 && without < full / 2.0, "{full} {without}");
    }
}
