//! Notes in a pattern: a tone and, optionally, a velocity.
//!
//! * On a pitched instrument: a note name, a key number, or with a scale a degree, optionally sharp
//!   or flat (`2#`, `-3b`). Each of them may be the root of a chord, such as `c4'maj` or `0'min7'i`; a chord
//!   symbol is one word, such as `Am7`. The velocity follows a colon: `c4:90`.
//! * On a drum kit: a drum name or a key number. A number after a colon selects one of the drums with
//!   that name, from 0, wrapping around (`bd:1`, as in Tidal); the velocity follows a second colon:
//!   `bd:0:90`.

use super::{
    Instrument, Scale, Voice,
    chord_name::ChordName,
    chord_symbol::{self, ChordSymbol},
    pitch,
    value_error::ValueError,
    velocity,
};
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

impl Tone {
    /// This tone, transposed by this many semitones.
    pub fn transposed(self, semitones: i8) -> Result<Self, ValueError> {
        match self {
            Self::Key(key) => {
                let key = key.transposed(i16::from(semitones));
                key.map(Self::Key)
                    .ok_or_else(|| "a note is out of range: keys go from 0 to 127".into())
            }
            Self::Degree(degree, sharp) => {
                let sharp = sharp.checked_add(semitones);
                sharp
                    .map(|sharp| Self::Degree(degree, sharp))
                    .ok_or_else(|| format!("degree {degree} is out of range").into())
            }
        }
    }
}

/// Reads a word of a pattern: a note, or the notes of a chord. With a scale, numbers are degrees.
pub fn pattern_notes(
    instrument: &Instrument,
    word: &str,
    has_scale: bool,
) -> Result<Vec<PatternNote>, ValueError> {
    match &instrument.voice {
        Voice::Kit(_) => drum(word).map(|note| vec![note]),
        Voice::Patch(_) | Voice::Program(_) => {
            let (name, velocity) = split(word);
            let root = |name: &str| match degree(name).filter(|_| has_scale) {
                Some(degree) => Ok(degree),
                None if name.starts_with('-') => {
                    let message = format!("`{name}` is not a key; degrees need a `scale`");
                    Err(message.into())
                }
                None => pitch::note(name).map(Tone::Key),
            };
            let tones = tones(name, root)?;
            let velocity = velocity.map(|text| loudness(word, text)).transpose()?;
            let note = |tone| PatternNote { tone, velocity };
            Ok(tones.into_iter().map(note).collect())
        }
    }
}

/// The keys of a note or of a chord on a pitched instrument.
pub fn keys(word: &str) -> Result<Vec<Key>, ValueError> {
    let tones = tones(word, |name| pitch::note(name).map(Tone::Key))?;
    let key = |tone| match tone {
        Tone::Key(key) => Some(key),
        Tone::Degree(..) => None,
    };
    Ok(tones.into_iter().filter_map(key).collect())
}

/// The tones of a note or of a chord; `root` reads a note.
fn tones(
    word: &str,
    root: impl Fn(&str) -> Result<Tone, ValueError>,
) -> Result<Vec<Tone>, ValueError> {
    if let Some((name, chord)) = word.split_once('\'') {
        // `Am7'i` is a chord symbol, `c4'maj'i` a chord on a note.
        if let (Ok(root), chord) = (root(name), ChordName::read(chord)) {
            let chord = chord.map_err(|error| error.shifted(name.len() + 1))?;
            return on(root, &chord);
        }
    }
    let error = match root(word) {
        Ok(tone) => return Ok(vec![tone]),
        Err(error) => error,
    };
    let Some(symbol) = ChordSymbol::read(word) else {
        let is_note = |name: &str| root(name).is_ok();
        return Err(chord_symbol::hint(word, is_note).map_or(error, ValueError::from));
    };
    let symbol = symbol?;
    let lowest = root(symbol.root)?;
    let mut tones = on(lowest, &symbol.chord)?;
    if let Some(bass) = symbol.bass {
        let (Tone::Key(bass), Tone::Key(lowest)) = (root(bass)?, lowest) else {
            return Err(error);
        };
        // The next one below the root.
        let below = (i16::from(lowest.number()) - i16::from(bass.number())).rem_euclid(12);
        let bass = lowest.transposed(-below).filter(|bass| *bass != lowest);
        let bass = bass.map(Tone::Key).filter(|bass| !tones.contains(bass));
        tones.splice(0..0, bass);
    }
    Ok(tones)
}

fn on(root: Tone, chord: &ChordName) -> Result<Vec<Tone>, ValueError> {
    let notes = chord.notes().iter();
    notes.map(|semitones| root.transposed(*semitones)).collect()
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
    velocity::of_word(text).map_err(|error| error.shifted(word.len() - text.len()))
}

/// `3`, `-2`, `4#`, `4s`, `6b`.
fn degree(word: &str) -> Option<Tone> {
    let number = word.trim_end_matches(['#', 's', 'b', 'f', 'n']);
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
    fn chords_are_named_or_written_as_symbols() {
        let numbers =
            |word: &str| -> Vec<u8> { keys(word).unwrap().iter().map(|k| k.number()).collect() };
        assert_eq!(numbers("c4'maj"), [60, 64, 67]);
        assert_eq!(numbers("e3'min7'i"), [55, 59, 62, 64]);
        assert_eq!(numbers("60'sus4"), [60, 65, 67]);
        assert_eq!(numbers("Am7"), [69, 72, 76, 79]);
        assert_eq!(numbers("F#m7b5"), [66, 69, 72, 76]);
        assert_eq!(numbers("Bbmaj7'i"), [74, 77, 81, 82]);
        assert_eq!(numbers("Am/C"), [60, 69, 72, 76]);
        assert_eq!(numbers("C/E"), [52, 60, 64, 67]);
        assert_eq!(numbers("A-7"), [69, 72, 76, 79]);
        // A capital with an octave is a note.
        assert_eq!((numbers("C4"), numbers("G7")), (vec![60], vec![103]));
        for (word, part) in [
            ("c4'majj", "available: maj, min"),
            ("c4maj", "`c4'maj`"),
            ("c4'maj'x", "inversion"),
            ("g9'maj", "out of range"),
            ("C/H", "not a note"),
        ] {
            let message = keys(word).unwrap_err().message;
            assert!(message.contains(part), "{word}: {message}");
        }
    }

    #[test]
    fn degrees_carry_chords() {
        let root = |word: &str| degree(word).ok_or_else(|| ValueError::from("no degree"));
        let expected = [0, 3, 7].map(|sharp| Tone::Degree(-2, sharp));
        assert_eq!(tones("-2'min", root).unwrap(), expected);
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
