//! Names of keys: note names, key numbers and drum names.

use super::value_error::ValueError;
use crate::music::Key;

/// Drum names as in Tidal, and their keys in the General MIDI drum map.
pub(super) const DRUMS: [(&str, u8); 15] = [
    ("bd", 36),
    ("rim", 37),
    ("sd", 38),
    ("sn", 38),
    ("cp", 39),
    ("lt", 45),
    ("hh", 42),
    ("oh", 46),
    ("mt", 47),
    ("cr", 49),
    ("ht", 50),
    ("rd", 51),
    ("tb", 54),
    ("cb", 56),
    ("sh", 70),
];

/// The other keys of drums that General MIDI has more than one of.
const MORE: [(&str, &[u8]); 8] = [
    ("bd", &[35]),
    ("sd", &[40]),
    ("sn", &[40]),
    ("hh", &[44]),
    ("lt", &[43, 41]),
    ("mt", &[48]),
    ("cr", &[57, 55, 52]),
    ("rd", &[59, 53]),
];

/// The key that a word names on a pitched instrument: a note name such as `c4`, `f#2`, `eb3`, `cs`
/// (sharp: `#` or `s`, flat: `b` or `f`, natural: `n`), or a key number. The default octave is 4, which starts
/// at middle C (60).
pub fn note(word: &str) -> Result<Key, ValueError> {
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return number(word);
    }
    if DRUMS.iter().any(|(name, _)| *name == word) && name(word).is_none() {
        let message = format!("`{word}` is a drum: use an instrument with `kit: studio`");
        return Err(message.into());
    }
    match name(word) {
        None => {
            let message = format!(
                "`{word}` is not a note: write a name such as `c4`, `f#2`, `eb3`, or a key number"
            );
            Err(message.into())
        }
        Some(key) => u8::try_from(key)
            .ok()
            .and_then(Key::new)
            .ok_or_else(|| format!("`{word}` is out of range: keys go from c-1 to g9").into()),
    }
}

/// The key that a word names on a drum kit: a drum name, or what [`note`] accepts.
pub fn drum(word: &str) -> Result<Key, ValueError> {
    let key = DRUMS.iter().find(|(name, _)| *name == word);
    if let Some(key) = key.and_then(|(_, key)| Key::new(*key)) {
        return Ok(key);
    }
    note(word).map_err(|_| {
        let names: Vec<&str> = DRUMS.iter().map(|(name, _)| *name).collect();
        format!("`{word}` is not a drum; available: {}", names.join(", ")).into()
    })
}

/// One of several drums with the same name: `bd:0` is the first of its keys, `bd:1` the second; the
/// number wraps around.
pub fn drum_number(word: &str, number: usize) -> Result<Key, ValueError> {
    let first = drum(word)?;
    if !DRUMS.iter().any(|(name, _)| *name == word) {
        let message = format!("`{word}` has no variants: only drum names take a number");
        return Err(message.into());
    }
    let more = MORE.iter().find(|(name, _)| *name == word);
    let more = more.map_or(&[][..], |(_, keys)| *keys);
    let number = number % (more.len() + 1);
    let key = number.checked_sub(1).and_then(|place| more.get(place));
    Ok(key.copied().and_then(Key::new).unwrap_or(first))
}

fn number(word: &str) -> Result<Key, ValueError> {
    let whole = match word.split_once('.') {
        Some((whole, decimals)) if decimals.bytes().all(|digit| digit == b'0') => whole,
        _ => word,
    };
    if let Some(key) = whole.parse().ok().and_then(Key::new) {
        return Ok(key);
    }
    Err(match word.parse::<f64>() {
        Ok(between) if (0.0..127.0).contains(&between) && between.fract() != 0.0 => format!(
            "there is no key `{word}`: write {} or {}, or bend the note with `call: control`",
            between.floor(),
            between.ceil()
        ),
        _ => format!("`{word}` is not a key: keys are numbered 0 to 127"),
    }
    .into())
}

/// The semitones above C-1 of a note name. `None`: it is not a note name.
fn name(word: &str) -> Option<i16> {
    let mut rest = word.chars();
    let letter = match rest.next()?.to_ascii_lowercase() {
        'c' => 0,
        'd' => 2,
        'e' => 4,
        'f' => 5,
        'g' => 7,
        'a' => 9,
        'b' => 11,
        _ => return None,
    };
    let rest = rest.as_str();
    let octave_at = rest.find(|c: char| c == '-' || c.is_ascii_digit());
    let (signs, octave) = rest.split_at_checked(octave_at.unwrap_or(rest.len()))?;
    let shift = i16::from(accidental(signs)?);
    let octave: i16 = match octave {
        "" => 4,
        digits if digits.trim_start_matches('-').len() == 1 => digits.parse().ok()?,
        digits if digits.bytes().all(|b| b.is_ascii_digit()) && digits.len() == 2 => {
            digits.parse().ok()?
        }
        _ => return None,
    };
    Some((octave + 1) * 12 + letter + shift)
}

/// The name of a key as [`note`] reads it, with sharps or with flats.
pub fn name_of(key: Key, flats: bool) -> String {
    const SHARPS: [&str; 12] = [
        "c", "c#", "d", "d#", "e", "f", "f#", "g", "g#", "a", "a#", "b",
    ];
    const FLATS: [&str; 12] = [
        "c", "db", "d", "eb", "e", "f", "gb", "g", "ab", "a", "bb", "b",
    ];
    let (octave, step) = (key.number() / 12, usize::from(key.number() % 12));
    let names = if flats { FLATS } else { SHARPS };
    let name = names.get(step).copied().unwrap_or_default();
    format!("{name}{}", i16::from(octave) - 1)
}

/// The name of a key of a drum kit as [`drum`] reads it: that of a drum if it has one.
pub fn drum_name_of(key: Key) -> String {
    let named = DRUMS.iter().find(|(_, drum)| *drum == key.number());
    named.map_or_else(|| name_of(key, false), |(name, _)| (*name).to_owned())
}

/// The semitones of accidentals: `#` and `s` sharp, `b` and `f` flat, `n` natural; up to four of them.
pub(super) fn accidental(signs: &str) -> Option<i8> {
    let semitones = |sign| match sign {
        '#' | 's' => Some(1),
        'b' | 'f' => Some(-1),
        'n' => Some(0),
        _ => None,
    };
    let signs: Option<Vec<i8>> = signs.chars().map(semitones).collect();
    signs
        .filter(|signs| signs.len() <= 4)
        .map(|signs| signs.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_scientific_pitch() {
        for (word, key) in [
            ("c4", 60),
            ("C4", 60),
            ("c", 60),
            ("a4", 69),
            ("c#4", 61),
            ("cs4", 61),
            ("eb3", 51),
            ("f#2", 42),
            ("F#2", 42),
            ("c-1", 0),
            ("g9", 127),
            ("b#3", 60),
            ("cb4", 59),
            ("f##4", 67),
            ("bb", 70),
            ("bbb4", 69),
            ("ef4", 63),
            ("df4", 61),
            ("ef", 63),
            ("ff4", 64),
            ("fs4", 66),
            ("dff4", 60),
            ("cn4", 60),
            ("c#b4", 60),
            ("60", 60),
            ("0", 0),
        ] {
            assert_eq!(note(word).map(Key::number), Ok(key), "{word}");
        }
    }

    #[test]
    fn other_words_are_refused() {
        for word in [
            "h4", "", "c44", "c10", "g#9", "cb-1", "128", "4c", "c4x", "bd", "c--1", "é4", "c-",
            "#4",
        ] {
            assert!(note(word).is_err(), "{word}");
        }
        assert_eq!(note("60.0"), note("60"));
        assert!(note("60.5").unwrap_err().message.contains("write 60 or 61"));
        assert!(note("hh").unwrap_err().message.contains("kit: studio"));
        assert!(note("c10").unwrap_err().message.contains("out of range"));
    }

    #[test]
    fn drums_are_general_midi() {
        for (word, key) in [
            ("bd", 36),
            ("sn", 38),
            ("sd", 38),
            ("hh", 42),
            ("cb", 56),
            ("37", 37),
        ] {
            assert_eq!(drum(word).map(Key::number), Ok(key), "{word}");
        }
        assert!(drum("xx").unwrap_err().message.contains("bd"));
    }

    #[test]
    fn every_key_is_read_by_its_name() {
        for key in (0..128).filter_map(Key::new) {
            for flats in [false, true] {
                assert_eq!(note(&name_of(key, flats)), Ok(key));
            }
            assert_eq!(drum(&drum_name_of(key)), Ok(key));
        }
        let name = |key, flats| Key::new(key).map(|key| name_of(key, flats));
        assert_eq!(name(61, false).as_deref(), Some("c#4"));
        assert_eq!(name(61, true).as_deref(), Some("db4"));
        assert_eq!(name(0, true).as_deref(), Some("c-1"));
        assert_eq!(Key::new(36).map(drum_name_of).as_deref(), Some("bd"));
    }

    proptest::proptest! {
        #![proptest_config(crate::seed::cases(256))]

        #[test]
        fn no_word_panics(word in "\\PC{0,8}") {
            let _ = (note(&word), drum(&word));
        }
    }
}
