//! The many partials of a metal plate: cymbals, hi-hats, bells.

use std::f32::consts::TAU;

use serde::Deserialize;

use super::noise::Noise;
use super::partials::{MOST, Partial, Pitch};
use super::units;

/// How far the velocity moves the loudest frequency, from the softest to the hardest stroke, in
/// octaves.
const SOFTER: f32 = 1.2;

/// The parameters of a plate.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plate {
    #[serde(deserialize_with = "units::level")]
    level: f32,
    /// The number of partials, 1 to 96, and the range over which they are spread evenly, but not
    /// regularly, in hertz.
    partials: u8,
    #[serde(deserialize_with = "units::hertz")]
    low: f32,
    #[serde(deserialize_with = "units::hertz")]
    high: f32,
    /// Where the plate is loudest, in hertz. To either side levels fall with this power of the
    /// frequency.
    #[serde(deserialize_with = "units::hertz")]
    center: f32,
    #[serde(default, deserialize_with = "units::tilt")]
    tilt: f32,
    /// Seconds to -60 dB up to the center. Above it they fall with this power of the frequency.
    #[serde(deserialize_with = "units::ring")]
    decay: f32,
    #[serde(default, deserialize_with = "units::tilt")]
    decay_tilt: f32,
    /// How far the partials lie apart in the stereo image.
    #[serde(default, deserialize_with = "units::share")]
    pub(super) spread: f32,
}

impl Plate {
    /// The partials of a stroke; `velocity` from 0 to 1. A plate always has the same ones; each
    /// stroke excites them in other phases.
    pub(super) fn partials(
        &self,
        velocity: f32,
        noise: &mut Noise,
        sample_rate: f32,
    ) -> impl Iterator<Item = Partial> {
        let plate = *self;
        let mut shape = Noise::new(plate.low.to_bits() ^ plate.high.to_bits().rotate_left(16));
        let mut strokes = Noise::new(noise.bits());
        let count = usize::from(plate.partials).clamp(1, MOST);
        let center = plate.center.max(1.0) * (SOFTER * (velocity - 0.8)).exp2();
        let step = (plate.high - plate.low) / count as f32;
        let level = plate.level / (count as f32).sqrt();
        // The first bits of a seed are like those of its neighbors.
        for _ in 0..4 {
            shape.bits();
            strokes.bits();
        }
        (0..count).map(move |index| {
            let place = index as f32 + 0.5 + 0.48 * shape.white();
            let hertz = (plate.low + step * place).max(1.0);
            let from_center = (hertz / center).min(center / hertz);
            let uneven = 0.65 + 0.35 * shape.white();
            let room = (2.0 - hertz / (0.22 * sample_rate)).clamp(0.0, 1.0);
            let partial = Partial {
                pitch: Pitch::Fixed(hertz),
                sine: level * uneven * from_center.powf(plate.tilt) * room,
                cosine: 0.0,
                decay: plate.decay * (plate.center / hertz).min(1.0).powf(plate.decay_tilt),
            };
            partial.turned(TAU * 0.5 * strokes.white())
        })
    }
}
