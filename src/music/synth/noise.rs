//! Seeded noise: the same seed gives the same samples on every machine.

/// A small xorshift generator.
#[derive(Debug, Clone)]
pub(super) struct Noise(u32);

impl Noise {
    /// From any seed; zero, the fixed point of xorshift, is replaced.
    pub(super) fn new(seed: u32) -> Self {
        Self(if seed == 0 { 0x9E37_79B9 } else { seed })
    }

    /// The next 32 random bits.
    #[inline(always)]
    pub(super) fn bits(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    /// White noise from -1 to 1.
    #[inline(always)]
    pub(super) fn white(&mut self) -> f32 {
        self.bits() as i32 as f32 * (1.0 / 2_147_483_648.0)
    }
}

/// The gain that gives white noise the same power per hertz at every sample rate.
pub(super) fn density(sample_rate: f32) -> f32 {
    (sample_rate / 48_000.0).sqrt()
}
