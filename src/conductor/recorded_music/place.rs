//! Positions as people write them.

use std::{str::FromStr, time::Duration};

use super::RecordedMusic;
use crate::{engine::Timestamp, music::Beat};

/// A position in the music of an instance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// A bar and a beat in it, both counted from 1, as the window counts them.
    Bar {
        /// The bar.
        bar: u32,
        /// The beat, in the unit of the meter.
        beat: u32,
    },
    /// A time after the start of the music.
    After(Duration),
    /// A moment of the performance.
    Moment(Timestamp),
}

impl RecordedMusic {
    /// The beat at a position.
    pub fn beat_of(&self, place: Place) -> Beat {
        match place {
            Place::Bar { bar, beat } => {
                let line = self.meters.line_of(i64::from(bar) - 1);
                line + self.meters.at(line).count() * (i64::from(beat) - 1)
            }
            Place::After(time) => self.tempi.after(self.start(), time.as_nanos() as f64),
            Place::Moment(moment) => self.beat_at(moment),
        }
    }

    /// A beat as bar and beat, both counted from 1.
    pub fn bar_and_beat(&self, at: Beat) -> (i64, i64) {
        let (bars, into) = self.meters.bar_and_position(at);
        (bars + 1, (into / self.meters.at(at).count()).floor() + 1)
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        bar(text)
            .or_else(|| moment(text))
            .or_else(|| time(text))
            .ok_or_else(|| {
                "write a bar (9, or 9.3 for its third beat), a time from the start (12.5s, 1m 30s), or a \
                 moment (2026-11-26T20:00:00Z)"
                    .to_owned()
            })
    }
}

fn bar(text: &str) -> Option<Place> {
    let (bar, beat) = text.split_once('.').unwrap_or((text, "1"));
    let number = |digits: &str| {
        let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| is_number);
        number.filter(|number: &u32| *number > 0)
    };
    Some(Place::Bar {
        bar: number(bar)?,
        beat: number(beat)?,
    })
}

fn moment(text: &str) -> Option<Place> {
    let moment = serde_json::from_value(serde_json::Value::from(text));
    moment.ok().map(Place::Moment)
}

fn time(text: &str) -> Option<Place> {
    let span: jiff::SignedDuration = text.parse().ok()?;
    Duration::try_from(span).ok().map(Place::After)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_bars_times_or_moments() {
        let read = |text: &str| text.parse::<Place>();
        let bar = |bar, beat| Ok(Place::Bar { bar, beat });
        assert_eq!(read("9"), bar(9, 1));
        assert_eq!(read("9.3"), bar(9, 3));
        let after = |ms| Ok(Place::After(Duration::from_millis(ms)));
        assert_eq!(read("12.5s"), after(12_500));
        assert_eq!(read("1m 30s"), after(90_000));
        assert_eq!(read("250ms"), after(250));
        let moment = Ok(Place::Moment(Timestamp(1_000_000_000)));
        assert_eq!(read("1970-01-01T00:00:01Z"), moment);
        for wrong in ["", "0", "9.0", "-1", "+1", "9.", "-3s", "soon", "1.2.3"] {
            assert!(read(wrong).unwrap_err().contains("9.3"), "{wrong}");
        }
    }
}
