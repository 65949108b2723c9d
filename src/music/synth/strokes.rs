//! A level that is struck again and again: rotor blades, clapping hands, the clapper of a bell.

use super::noise::Noise;

/// The time in which a stroke reaches its level, in seconds.
const RISE: f32 = 0.001;
/// The most strokes of a control period.
const AT_ONCE: usize = 16;

/// Strokes that follow each other.
#[derive(Debug, Clone)]
pub(super) struct Strokes {
    /// Seconds from stroke to stroke, the time constant of each, and how much both distance and level
    /// vary, from 0 to 1.
    distance: f32,
    fall: f32,
    uneven: f32,
    noise: Noise,
    /// Seconds since the note started, at the last control period, and those of the next stroke.
    age: f32,
    next: f32,
    level: f32,
    /// The level that is heard.
    heard: f32,
    rise: f32,
}

impl Strokes {
    /// `rate` is in hertz, `fall` in seconds.
    pub(super) fn new(
        rate: f32,
        fall: f32,
        uneven: f32,
        noise: &mut Noise,
        sample_rate: f32,
    ) -> Self {
        Self {
            distance: 1.0 / rate,
            fall,
            uneven,
            noise: Noise::new(noise.bits()),
            age: 0.0,
            next: 0.0,
            level: 0.0,
            heard: 0.0,
            rise: 1.0 - (-1.0 / (RISE * sample_rate)).exp(),
        }
    }

    /// Strikes what is due that many seconds after the start of the note.
    pub(super) fn control(&mut self, age: f32) {
        self.level *= (-(age - self.age) / self.fall).exp();
        self.age = age;
        for _ in 0..AT_ONCE {
            if age < self.next {
                return;
            }
            self.level += 1.0 - 0.5 * self.uneven * (1.0 + self.noise.white());
            self.next += self.distance * (1.0 + self.uneven * self.noise.white());
        }
        // Whatever is left would be too many to be told apart.
        self.next = age;
    }

    /// The level of the next frame.
    #[inline(always)]
    pub(super) fn next(&mut self) -> f32 {
        self.heard += (self.level - self.heard) * self.rise;
        self.heard
    }
}
