//! Words of a pattern: what is struck, and how hard.
//!
//! * On an instrument with pitch: a note name, a key number, or with a scale a degree, which may
//!   have a sharp or flat (`2#`, `-3b`). After a colon the velocity: `c4:90`.
//! * On a drum kit: a drum name or a key number. After a colon which drum of that name, counted
//!   from 0 and round and round (`bd:1`, as in Tidal), after a second one the velocity: `bd:0:90`.

use super::{Instrument, Scale, Voice, pitch};
use crate::music::{Key, Velocity};

/// What is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A key.
    Key(Key),
    /// A degree of the scale that the task has, and semitones to add.
    Degree(i32, i8),
}

/// A word of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strike {
    /// What is struck.
    pub tone: Tone,
    /// How hard, if the word says so.
    pub velocity: Option<Velocity>,
}

/// How tones become keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tuning {
    /// The scale that degrees are of.
    pub scale: Option<Scale>,
    /// Semitones to add, the instrument's included.
    pub transpose: i16,
}

impl Tuning {
    /// The key of a tone. Errors are the end of a sentence.
    pub fn key(&self, tone: Tone) -> Result<Key, String> {
        let semitones = match (tone, &self.scale) {
            (Tone::Key(key), _) => i32::from(key.number()),
            (Tone::Degree(degree, sharp), Some(scale)) => {
                scale.semitones(degree) + i32::from(sharp)
            }
            (Tone::Degree(degree, _), None) => return Err(format!("`{degree}` has no scale")),
        };
        let key = u8::try_from(semitones + i32::from(self.transpose)).ok();
        key.and_then(Key::new).ok_or_else(|| {
            let what = match tone {
                Tone::Key(key) => format!("key {}", key.number()),
                Tone::Degree(degree, _) => format!("degree {degree}"),
            };
            format!("{what} is off the keyboard, which reaches from key 0 to 127")
        })
    }
}

/// Reads a word of a pattern; with a scale numbers are degrees. Errors are the end of a sentence.
pub fn strike(instrument: &Instrument, word: &str, has_scale: bool) -> Result<Strike, String> {
    match instrument.voice {
        Voice::Kit(_) => drum(word),
        Voice::Patch(_) | Voice::Program(_) => {
            let (name, velocity) = split(word);
            let tone = match degree(name).filter(|_| has_scale) {
                Some(degree) => degree,
                None if name.starts_with('-') => {
                    return Err(format!(
                        "`{name}` is below the keyboard: numbers below 0 are degrees of a `scale`"
                    ));
                }
                None => Tone::Key(pitch::note(name)?),
            };
            let velocity = velocity.map(loudness).transpose()?;
            Ok(Strike { tone, velocity })
        }
    }
}

fn drum(word: &str) -> Result<Strike, String> {
    let (name, rest) = split(word);
    let (number, velocity) = rest.map_or((None, None), |rest| {
        let (number, velocity) = split(rest);
        (Some(number), velocity)
    });
    let key = match number {
        None => pitch::drum(name)?,
        Some(number) => {
            let number = number.parse::<u16>().map_err(|_| {
                format!("`{number}` is not the number of a drum: write `{name}:1`, or `{name}:0:90` with a velocity")
            })?;
            pitch::drum_number(name, usize::from(number))?
        }
    };
    let velocity = velocity.map(loudness).transpose()?;
    let tone = Tone::Key(key);
    Ok(Strike { tone, velocity })
}

fn split(word: &str) -> (&str, Option<&str>) {
    match word.split_once(':') {
        Some((name, rest)) => (name, Some(rest)),
        None => (word, None),
    }
}

fn loudness(text: &str) -> Result<Velocity, String> {
    let velocity = text.parse().ok().and_then(Velocity::new);
    velocity.ok_or_else(|| format!("`{text}` after the colon is not a velocity, 1 to 127"))
}

/// `3`, `-2`, `4#`, `4s`, `6b`.
fn degree(word: &str) -> Option<Tone> {
    let number = word.trim_end_matches(['#', 's', 'b']);
    let shift = match word.get(number.len()..)? {
        "" => 0,
        "#" | "s" => 1,
        "##" | "ss" => 2,
        "b" => -1,
        "bb" => -2,
        _ => return None,
    };
    // More than that is off every keyboard.
    let degree = number.parse::<i16>().ok()?;
    Some(Tone::Degree(i32::from(degree), shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_have_signs() {
        for (word, tone) in [
            ("3", Some(Tone::Degree(3, 0))),
            ("-2", Some(Tone::Degree(-2, 0))),
            ("4#", Some(Tone::Degree(4, 1))),
            ("6b", Some(Tone::Degree(6, -1))),
            ("c4", None),
            ("", None),
            ("1.5", None),
            ("99999", None),
        ] {
            assert_eq!(degree(word), tone, "{word}");
        }
    }

    #[test]
    fn drums_have_numbers_and_velocities() {
        let key = |word: &str| match drum(word).unwrap().tone {
            Tone::Key(key) => key.number(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (key("bd"), key("bd:0"), key("bd:1"), key("bd:2")),
            (36, 36, 35, 36)
        );
        assert_eq!((key("sd:1"), key("hh:1"), key("42")), (40, 44, 42));
        assert_eq!(drum("bd:1:90").unwrap().velocity, Velocity::new(90));
        assert!(drum("bd:x").unwrap_err().contains("bd:1"));
        assert!(drum("bd:0:200").unwrap_err().contains("velocity"));
        assert!(drum("c4:1").is_err());
    }
}
