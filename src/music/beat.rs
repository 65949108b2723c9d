//! Musical time: exact, independent of tempo.

use std::{fmt, ops};

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub};
use serde::{Deserialize, Serialize, de};

/// A duration in beats (a beat is a quarter note), as an exact fraction.
///
/// In JSON it is text: `"3"`, `"1/3"`, `"-5/2"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Beats(Ratio<i64>);

/// A position in the piece, in beats from the start.
///
/// In JSON it is text, like [`Beats`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Beat(pub Beats);

impl Beats {
    /// Zero beats.
    pub const ZERO: Self = Self(Ratio::new_raw(0, 1));
    /// The grid, in parts of a beat, that results are rounded to when an exact fraction would
    /// overflow.
    pub const FINEST: i64 = 10_080_000;

    /// `numerator / denominator` beats. A zero denominator counts as one.
    pub fn new(numerator: i64, denominator: i64) -> Self {
        Self(Ratio::new(
            numerator,
            if denominator == 0 { 1 } else { denominator },
        ))
    }

    /// Whole beats.
    pub fn whole(beats: i64) -> Self {
        Self(Ratio::new_raw(beats, 1))
    }

    /// The nearest fraction on a fine grid; NaN counts as zero.
    pub fn from_f64(beats: f64) -> Self {
        Self::new((beats * Self::FINEST as f64).round() as i64, Self::FINEST)
    }

    /// For drawing and for computing instants; not exact.
    pub fn as_f64(self) -> f64 {
        *self.0.numer() as f64 / *self.0.denom() as f64
    }

    /// Numerator and positive denominator, reduced.
    pub fn fraction(self) -> (i64, i64) {
        (*self.0.numer(), *self.0.denom())
    }

    /// The largest integer not above this.
    pub fn floor(self) -> i64 {
        self.0.floor().to_integer()
    }

    /// The smallest integer not below this.
    pub fn ceil(self) -> i64 {
        self.0.ceil().to_integer()
    }

    /// Rounded to a grid of `ticks` per beat (half away from zero).
    pub fn to_ticks(self, ticks: u32) -> i64 {
        let (n, d) = self.fraction();
        let scaled = i128::from(n) * i128::from(ticks);
        let d = i128::from(d);
        let half = if scaled < 0 { -d } else { d };
        i64::try_from((2 * scaled + half) / (2 * d)).unwrap_or(if n < 0 {
            i64::MIN
        } else {
            i64::MAX
        })
    }

    /// The number of times that `other` fits, rounded up. Zero if `other` is not positive.
    pub fn div_ceil(self, other: Beats) -> i64 {
        if other <= Self::ZERO {
            return 0;
        }
        (self / other).ceil()
    }

    /// The exact result, or the nearest value on the finest grid if it overflowed.
    fn checked(exact: Option<Ratio<i64>>, rough: f64) -> Self {
        exact.map_or_else(|| Self::from_f64(rough), Self)
    }
}

impl Default for Beats {
    fn default() -> Self {
        Self::ZERO
    }
}

impl ops::Add for Beats {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::checked(self.0.checked_add(&other.0), self.as_f64() + other.as_f64())
    }
}

impl ops::Sub for Beats {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::checked(self.0.checked_sub(&other.0), self.as_f64() - other.as_f64())
    }
}

impl ops::Mul for Beats {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::checked(self.0.checked_mul(&other.0), self.as_f64() * other.as_f64())
    }
}

impl ops::Mul<i64> for Beats {
    type Output = Self;
    fn mul(self, times: i64) -> Self {
        self * Self::whole(times)
    }
}

impl ops::Div for Beats {
    type Output = Self;
    /// Division by zero gives zero.
    fn div(self, other: Self) -> Self {
        if other == Self::ZERO {
            return Self::ZERO;
        }
        Self::checked(self.0.checked_div(&other.0), self.as_f64() / other.as_f64())
    }
}

impl ops::Add<Beats> for Beat {
    type Output = Beat;
    fn add(self, length: Beats) -> Beat {
        Beat(self.0 + length)
    }
}

impl ops::Sub<Beats> for Beat {
    type Output = Beat;
    fn sub(self, length: Beats) -> Beat {
        Beat(self.0 - length)
    }
}

impl ops::Sub for Beat {
    type Output = Beats;
    fn sub(self, earlier: Beat) -> Beats {
        self.0 - earlier.0
    }
}

impl Beat {
    /// The start of the piece.
    pub const ZERO: Self = Self(Beats::ZERO);

    /// For drawing and for computing instants; not exact.
    pub fn as_f64(self) -> f64 {
        self.0.as_f64()
    }
}

impl fmt::Display for Beats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Beats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Beat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Beat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

impl Serialize for Beats {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Beats {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let (numerator, denominator) = text.split_once('/').unwrap_or((&text, "1"));
        match (numerator.parse(), denominator.parse()) {
            (Ok(n), Ok(d)) if d > 0 => Ok(Self::new(n, d)),
            _ => Err(de::Error::custom(format!(
                "{text:?} is not a length in beats: write a fraction such as \"3/2\""
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirds_add_up_exactly() {
        let third = Beats::new(1, 3);
        assert_eq!(
            (0..300).fold(Beats::ZERO, |sum, _| sum + third),
            Beats::whole(100)
        );
    }

    #[test]
    fn ticks_round_to_the_nearest() {
        assert_eq!(Beats::new(1, 3).to_ticks(960), 320);
        assert_eq!(Beats::new(1, 7).to_ticks(960), 137);
        assert_eq!(Beats::new(-1, 2).to_ticks(1), -1);
        assert_eq!(Beats::new(1, 2).to_ticks(1), 1);
    }

    #[test]
    fn overflowing_sums_stay_close() {
        let odd = Beats::new(1, i64::from(u32::MAX)) + Beats::new(1, i64::from(u32::MAX) - 2);
        let sum = odd + Beats::new(1, i64::from(u32::MAX) - 4);
        assert!((sum.as_f64() - 7e-10).abs() < 1e-6);
    }

    #[test]
    fn json_is_a_fraction() {
        let json = serde_json::to_string(&Beat(Beats::new(-5, 2))).unwrap();
        assert_eq!(json, "\"-5/2\"");
        assert_eq!(
            serde_json::from_str::<Beat>(&json).unwrap(),
            Beat(Beats::new(-5, 2))
        );
        assert!(serde_json::from_str::<Beats>("\"1/0\"").is_err());
    }
}
