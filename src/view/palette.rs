//! The colors of the window: few, high in contrast, and distinct for people with color blindness.

/// Red, green and blue, 0 to 255 each, in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rgb(pub [u8; 3]);

impl Rgb {
    /// Behind everything.
    pub const BACKGROUND: Self = Self([7, 9, 13]);
    /// Behind bars and panels.
    pub const PANEL: Self = Self([14, 17, 23]);
    /// Behind the selected lane.
    pub const SELECTED: Self = Self([18, 26, 38]);
    /// Buttons at rest.
    pub const BUTTON: Self = Self([29, 35, 46]);
    /// Lines between things.
    pub const LINE: Self = Self([34, 40, 51]);
    /// Primary text.
    pub const TEXT: Self = Self([243, 246, 250]);
    /// Secondary text.
    pub const MUTED: Self = Self([160, 169, 184]);
    /// Success.
    pub const GOOD: Self = Self([53, 205, 158]);
    /// Failure and danger.
    pub const ALARM: Self = Self([255, 107, 53]);
    /// Pending.
    pub const PENDING: Self = Self([240, 228, 66]);
    /// Replay: a moment of the past is shown.
    pub const REPLAY: Self = Self([255, 176, 0]);
    /// Scheduled work that has not started.
    pub const QUEUED: Self = Self([84, 96, 116]);

    /// The colors of lanes whose score names none, in order. After Okabe and Ito.
    pub const LANES: [Self; 7] = [
        Self([86, 180, 233]),
        Self([240, 228, 66]),
        Self([53, 205, 158]),
        Self([224, 138, 196]),
        Self([124, 152, 247]),
        Self([240, 164, 20]),
        Self([205, 214, 228]),
    ];

    /// The color of the lane with that number; they repeat.
    pub fn of_lane(place: usize) -> Self {
        Self::LANES
            .get(place % Self::LANES.len())
            .copied()
            .unwrap_or(Self::TEXT)
    }

    /// This color over `other`: 0 gives `other`, 1 this.
    pub fn over(self, other: Self, amount: f32) -> Self {
        let amount = amount.clamp(0.0, 1.0);
        let mix = |a: u8, b: u8| (f32::from(a) * amount + f32::from(b) * (1.0 - amount)) as u8;
        let (Self([r, g, b]), Self([s, t, u])) = (self, other);
        Self([mix(r, s), mix(g, t), mix(b, u)])
    }

    /// The color, brightened until it is readable on the background.
    pub fn readable(self) -> Self {
        let mut color = self;
        for _ in 0..20 {
            if color.contrast(Self::BACKGROUND) >= 4.5 {
                break;
            }
            color = Self::TEXT.over(color, 0.12);
        }
        color
    }

    /// Contrast as the Web Content Accessibility Guidelines define it, 1 to 21.
    pub fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f32 {
        let linear = |c: u8| {
            let c = f32::from(c) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        let Self([r, g, b]) = self;
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_readable() {
        for ground in [Rgb::BACKGROUND, Rgb::PANEL, Rgb::SELECTED] {
            for text in [Rgb::TEXT, Rgb::GOOD, Rgb::PENDING, Rgb::REPLAY] {
                assert!(text.contrast(ground) >= 7.0, "{text:?} on {ground:?}");
            }
        }
        assert!(Rgb::MUTED.contrast(Rgb::PANEL) >= 7.0);
        assert!(Rgb::MUTED.contrast(Rgb::SELECTED) >= 6.0);
        assert!(Rgb::ALARM.contrast(Rgb::SELECTED) >= 5.5);
    }

    #[test]
    fn every_lane_color_is_readable() {
        for color in Rgb::LANES {
            assert!(color.contrast(Rgb::BACKGROUND) >= 7.0, "{color:?}");
        }
        assert!(Rgb::QUEUED.contrast(Rgb::BACKGROUND) >= 3.0);
    }

    #[test]
    fn a_dark_color_of_a_score_is_brightened() {
        let navy = Rgb([0, 0, 60]);
        assert!(navy.contrast(Rgb::BACKGROUND) < 1.5);
        assert!(navy.readable().contrast(Rgb::BACKGROUND) >= 4.5);
    }
}
