//! Randomness that depends on nothing but its arguments, so that a replay draws the same numbers.

use crate::music::Beats;

/// A seed of random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(u64);

impl Seed {
    /// The seed of an instance.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed of part number `part`.
    pub fn of(self, part: u64) -> Self {
        Self(mixed(
            self.0
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .wrapping_add(part)
                .wrapping_add(1),
        ))
    }

    /// The seed of the part with this name.
    pub fn of_name(self, name: &str) -> Self {
        name.bytes()
            .fold(self, |seed, byte| seed.of(u64::from(byte)))
    }

    /// A random number from 0 (inclusive) to 1 (exclusive) for a point in time.
    pub fn chance(self, time: Beats) -> f64 {
        let (numerator, denominator) = time.fraction();
        let Self(x) = self.of(numerator as u64).of(denominator as u64);
        (x >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_uniform_and_differ_by_seed_and_time() {
        let (one, two) = (Seed::new(1), Seed::new(2));
        let times = || (0..2000).map(Beats::whole);
        let below_half = |seed: Seed| times().filter(|t| seed.chance(*t) < 0.5).count();
        assert!(
            (900..1100).contains(&below_half(one)),
            "{}",
            below_half(one)
        );
        let alike = times()
            .filter(|t| (one.chance(*t) < 0.5) == (two.chance(*t) < 0.5))
            .count();
        assert!((900..1100).contains(&alike), "{alike}");
        assert_eq!(one.chance(Beats::ZERO), Seed::new(1).chance(Beats::ZERO));
        assert_ne!(one.of_name("a"), one.of_name("b"));
    }
}
