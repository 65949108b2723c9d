//! Notes in a pattern: a tone and, optionally, a velocity.
//!
//! * On a pitched instrument: a note name, a key number, or with a scale a degree, optionally sharp
//!   or flat (`2#`, `-3b`). The velocity follows a colon: `c4:90`.
//! * On a drum kit: a drum name or a key number. A number after a colon selects one of the drums with
//!   that name, from 0, wrapping around (`bd:1`, as in Tidal); the velocity follows a second colon:
//!   `bd:0:90`.

use super::{Instrument, Scale, Voice, pitch, value_error::ValueError};
use crate::music::{Key, Velocity};

/// The pitch of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A key.
    Key(Key),
    /// A degree of the task's scale, and semitones to add.
    Degree(i32, i8),
}

/// A note in a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatternNote {
    /// Its pitch.
    pub tone: Tone,
    /// Its velocity, if it has one of its own.
    pub velocity: Option<Velocity>,
}

/// How tones become keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tuning {
    /// The scale of degrees.
    pub scale: Option<Scale>,
    /// Semitones to add, those of the instrument included.
    pub transpose: i16,
}

impl Tuning {
    /// The key of a tone.
    pub fn key(&self, tone: Tone) -> Result<Key, ValueError> {
        let semitones = match (tone, &self.scale) {
            (Tone::Key(key), _) => i32::from(key.number()),
            (Tone::Degree(degree, sharp), Some(scale)) => {
                scale.semitones(degree) + i32::from(sharp)
            }
            (Tone::Degree(degree, _), None) => {
                let message = format!("`{degree}` is a degree, and there is no `scale`");
                return Err(message.into());
            }
        };
        let key = u8::try_from(semitones + i32::from(self.transpose)).ok();
        key.and_then(Key::new).ok_or_else(|| {
            let what = match tone {
                Tone::Key(key) => format!("key {}", key.number()),
                Tone::Degree(degree, _) => format!("degree {degree}"),
            };
            format!("{what} is out of range once transposed: keys go from 0 to 127").into()
        })
    }
}

/// Reads a note in a pattern. With a scale, numbers are degrees.
pub fn pattern_note(
    instrument: &Instrument,
    word: &str,
    has_scale: bool,
) -> Result<PatternNote, ValueError> {
    match &instrument.voice {
        Voice::Kit(_) => drum(word),
        Voice::Patch(_) | Voice::Program(_) => {
            let (name, velocity) = split(word);
            let tone = match degree(name).filter(|_| has_scale) {
                Some(degree) => degree,
                None if name.starts_with('-') => {
                    let message = format!("`{name}` is not a key; degrees need a `scale`");
                    return Err(message.into());
                }
                None => Tone::Key(pitch::note(name)?),
            };
            let velocity = velocity.map(|text| loudness(word, text)).transpose()?;
            Ok(PatternNote { tone, velocity })
        }
    }
}

fn drum(word: &str) -> Result<PatternNote, ValueError> {
    let (name, rest) = split(word);
    let (number, velocity) = rest.map_or((None, None), |rest| {
        let (number, velocity) = split(rest);
        (Some(number), velocity)
    });
    let key = match number {
        None => pitch::drum(name)?,
        Some(number) => {
            let number = number.parse::<u16>().map_err(|_| {
                let message = format!(
                    "`{number}` is not the number of a drum: write `{name}:1`, or `{name}:0:90` \
                     with a velocity"
                );
                ValueError::at(name.len() + 1, message)
            })?;
            pitch::drum_number(name, usize::from(number))?
        }
    };
    let velocity = velocity.map(|text| loudness(word, text)).transpose()?;
    let tone = Tone::Key(key);
    Ok(PatternNote { tone, velocity })
}

fn split(word: &str) -> (&str, Option<&str>) {
    match word.split_once(':') {
        Some((name, rest)) => (name, Some(rest)),
        None => (word, None),
    }
}

/// The velocity at the end of a word.
fn loudness(word: &str, text: &str) -> Result<Velocity, ValueError> {
    let velocity = text.parse().ok().and_then(Velocity::new);
    velocity.ok_or_else(|| {
        let message = format!("`{text}` is not a velocity: write a number from 1 to 127");
        ValueError::at(word.len() - text.len(), message)
    })
}

/// `3`, `-2`, `4#`, `4s`, `6b`.
fn degree(word: &str) -> Option<Tone> {
    let number = word.trim_end_matches(['#', 's', 'b']);
    let shift = pitch::accidental(word.get(number.len()..)?)?;
    // Larger numbers are out of range in any case.
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
        assert!(drum("bd:x").unwrap_err().message.contains("bd:1"));
        assert!(drum("bd:0:200").unwrap_err().message.contains("velocity"));
        assert!(drum("c4:1").is_err());
    }
}
