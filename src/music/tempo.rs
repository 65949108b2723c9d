//! Tempo and meter.

use std::{fmt, str::FromStr};

use super::{Beats, MusicError};

/// Beats (quarter notes) per minute, 1 to 60,000,000: everything that MIDI files can have.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Tempo(f64);

impl Tempo {
    /// The lowest tempo, in beats per minute.
    pub const MIN: f64 = 1.0;
    /// The highest tempo, in beats per minute.
    pub const MAX: f64 = 60e6;
    /// The range, for messages.
    pub const RANGE: &str = "a tempo from 1 to 60000000 beats per minute";

    /// `None` outside 1 to 60,000,000 and for NaN.
    pub fn new(beats_per_minute: f64) -> Option<Self> {
        (Self::MIN..=Self::MAX)
            .contains(&beats_per_minute)
            .then_some(Self(beats_per_minute))
    }

    /// A tempo that people and clocks set: `None` outside 10 to 400.
    pub fn by_hand(beats_per_minute: f64) -> Option<Self> {
        (10.0..=400.0)
            .contains(&beats_per_minute)
            .then_some(Self(beats_per_minute))
    }

    /// Beats per minute.
    pub fn beats_per_minute(self) -> f64 {
        self.0
    }

    /// The duration of a beat in nanoseconds.
    pub fn beat_nanos(self) -> f64 {
        60e9 / self.0
    }
}

impl Default for Tempo {
    /// 120 beats per minute.
    fn default() -> Self {
        Self(120.0)
    }
}

impl fmt::Display for Tempo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A time signature: `beats` notes of one `unit`-th each. Written `4/4`, `6/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Meter {
    beats: u8,
    unit: u8,
}

impl Meter {
    /// `None` unless there are 1 to 64 beats of a whole, half, quarter, ... or 64th note.
    pub fn new(beats: u8, unit: u8) -> Option<Self> {
        ((1..=64).contains(&beats) && unit.is_power_of_two() && unit <= 64)
            .then_some(Self { beats, unit })
    }

    /// The beats of a bar: the upper number.
    pub fn beats(self) -> u8 {
        self.beats
    }

    /// The note value of a beat: the lower number, a power of two.
    pub fn unit(self) -> u8 {
        self.unit
    }

    /// The duration of one count: a quarter note is one beat, an eighth half a beat.
    pub fn count(self) -> Beats {
        Beats::new(4, i64::from(self.unit))
    }

    /// The duration of a bar: 4 for 4/4, 3 for 6/8, 7/2 for 7/8.
    pub fn bar(self) -> Beats {
        Beats::new(4 * i64::from(self.beats), i64::from(self.unit))
    }
}

impl Default for Meter {
    /// 4/4.
    fn default() -> Self {
        Self { beats: 4, unit: 4 }
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.beats, self.unit)
    }
}

impl FromStr for Meter {
    type Err = MusicError;

    fn from_str(text: &str) -> Result<Self, MusicError> {
        text.split_once('/')
            .and_then(|(beats, unit)| {
                Self::new(beats.trim().parse().ok()?, unit.trim().parse().ok()?)
            })
            .ok_or_else(|| MusicError::BadMeter {
                text: text.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_counted_in_quarter_notes() {
        let bar = |text: &str| text.parse::<Meter>().unwrap().bar();
        assert_eq!(bar("4/4"), Beats::whole(4));
        assert_eq!(bar("6/8"), Beats::whole(3));
        assert_eq!(bar("7/8"), Beats::new(7, 2));
    }

    #[test]
    fn impossible_meters_are_refused_with_an_error() {
        for text in [
            "", "4", "0/4", "4/3", "4/0", "65/4", "-1/4", "4/128", "x/y", "4/4/4",
        ] {
            let error = text.parse::<Meter>().unwrap_err().to_string();
            assert!(error.contains("3/4"), "{error}");
        }
    }

    #[test]
    fn tempi_out_of_range_are_refused() {
        assert!(Tempo::new(0.99).is_none() && Tempo::new(60e6 + 1.0).is_none());
        assert!(Tempo::new(f64::NAN).is_none() && Tempo::new(f64::INFINITY).is_none());
        assert!(Tempo::new(1.0).is_some() && Tempo::new(60e6).is_some());
    }
}
