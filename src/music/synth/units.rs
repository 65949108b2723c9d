//! Numbers in patch files: each unit with the range that it accepts. Anything else, including
//! `nan`, is refused with its position in the file.

use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer, de::Error};

fn within<'de, D: Deserializer<'de>>(
    from: D,
    range: RangeInclusive<f32>,
    what: &str,
) -> Result<f32, D::Error> {
    let value = f32::deserialize(from)?;
    if range.contains(&value) {
        return Ok(value);
    }
    let (low, high) = (range.start(), range.end());
    Err(D::Error::custom(format!(
        "{what} from {low} to {high} is expected, not {value}"
    )))
}

macro_rules! unit {
    ($name:ident, $range:expr, $what:literal) => {
        pub(super) fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
            within(from, $range, $what)
        }
    };
}

unit!(share, 0.0..=1.0, "a share");
unit!(level, 0.0..=4.0, "a level");
unit!(seconds, 0.0..=20.0, "a time in seconds");
unit!(fall, 0.001..=1.0, "a short time in seconds");
unit!(ring, 0.01..=20.0, "a time in seconds");
unit!(hertz, 0.0..=20_000.0, "a frequency in hertz");
unit!(slow_hertz, 0.0..=20.0, "a slow frequency in hertz");
unit!(cents, 0.0..=1_200.0, "an interval in cents");
unit!(octaves, -8.0..=8.0, "an interval in octaves");
unit!(ratio, 0.0..=64.0, "a multiple of the key's frequency");
unit!(side, -1.0..=1.0, "a place");
unit!(tilt, 0.0..=6.0, "a power");
unit!(tiny, 0.0..=0.02, "a stretch");

/// Up to `N` values, stored inline: a patch owns no memory, so it can be passed to the audio
/// callback by value.
#[derive(Debug, Clone, Copy)]
pub(super) struct InlineVec<T, const N: usize> {
    items: [T; N],
    count: usize,
}

impl<T: Copy + Default, const N: usize> Default for InlineVec<T, N> {
    fn default() -> Self {
        Self {
            items: [T::default(); N],
            count: 0,
        }
    }
}

impl<T, const N: usize> InlineVec<T, N> {
    pub(super) fn as_slice(&self) -> &[T] {
        self.items.get(..self.count).unwrap_or_default()
    }
}

impl<'de, T, const N: usize> Deserialize<'de> for InlineVec<T, N>
where
    T: Deserialize<'de> + Copy + Default,
{
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let items = Vec::<T>::deserialize(from)?;
        if items.len() > N {
            return Err(D::Error::custom(format!(
                "at most {N} are possible, not {}",
                items.len()
            )));
        }
        let mut few = Self {
            items: [T::default(); N],
            count: items.len(),
        };
        for (place, item) in few.items.iter_mut().zip(items) {
            *place = item;
        }
        Ok(few)
    }
}

/// An interval up or down, in cents.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Detune(#[serde(deserialize_with = "detune")] pub(super) f32);

unit!(detune, -1_200.0..=1_200.0, "an interval in cents");

/// A value at the softest and one at the hardest touch.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Levels(
    #[serde(deserialize_with = "level")] pub(super) f32,
    #[serde(deserialize_with = "level")] pub(super) f32,
);

impl Levels {
    /// The value for a touch from 0 to 1.
    pub(super) fn at(self, touch: f32) -> f32 {
        self.0 + (self.1 - self.0) * touch
    }
}

/// A frequency in hertz at the softest and one at the hardest touch.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct HertzRange(
    #[serde(deserialize_with = "hertz")] pub(super) f32,
    #[serde(deserialize_with = "hertz")] pub(super) f32,
);

impl HertzRange {
    /// The highest frequency, whatever the touch.
    pub(super) fn open() -> Self {
        Self(20_000.0, 20_000.0)
    }

    /// The frequency for a touch from 0 to 1: equal steps of touch are equal intervals.
    pub(super) fn at(self, touch: f32) -> f32 {
        let low = self.0.max(1.0);
        low * (self.1.max(1.0) / low).powf(touch)
    }
}
