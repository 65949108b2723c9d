//! Names of chords, as in `c4'maj` and `e'min7'i`.

use super::value_error::ValueError;

/// Chords by name, in semitones above the root.
pub(super) const CHORDS: [(&str, &[i8]); 50] = [
    ("1", &[0]),
    ("5", &[0, 7]),
    ("maj", &[0, 4, 7]),
    ("m", &[0, 3, 7]),
    ("dim", &[0, 3, 6]),
    ("aug", &[0, 4, 8]),
    ("#5", &[0, 4, 8]),
    ("m#5", &[0, 3, 8]),
    ("sus2", &[0, 2, 7]),
    ("sus4", &[0, 5, 7]),
    ("sus", &[0, 5, 7]),
    ("6", &[0, 4, 7, 9]),
    ("m6", &[0, 3, 7, 9]),
    ("69", &[0, 4, 7, 9, 14]),
    ("m69", &[0, 3, 7, 9, 14]),
    ("7", &[0, 4, 7, 10]),
    ("maj7", &[0, 4, 7, 11]),
    ("m7", &[0, 3, 7, 10]),
    ("mmaj7", &[0, 3, 7, 11]),
    ("m7b5", &[0, 3, 6, 10]),
    ("dim7", &[0, 3, 6, 9]),
    ("aug7", &[0, 4, 8, 10]),
    ("7#5", &[0, 4, 8, 10]),
    ("7b5", &[0, 4, 6, 10]),
    ("m7#5", &[0, 3, 8, 10]),
    ("maj7#5", &[0, 4, 8, 11]),
    ("7b9", &[0, 4, 7, 10, 13]),
    ("7#9", &[0, 4, 7, 10, 15]),
    ("7b10", &[0, 4, 7, 10, 15]),
    ("m7b9", &[0, 3, 7, 10, 13]),
    ("m7#9", &[0, 3, 7, 10, 15]),
    ("7#5b9", &[0, 4, 8, 10, 13]),
    ("m7#5b9", &[0, 3, 8, 10, 13]),
    ("9", &[0, 4, 7, 10, 14]),
    ("maj9", &[0, 4, 7, 11, 14]),
    ("m9", &[0, 3, 7, 10, 14]),
    ("add9", &[0, 4, 7, 14]),
    ("madd9", &[0, 3, 7, 14]),
    ("add11", &[0, 4, 7, 17]),
    ("add13", &[0, 4, 7, 21]),
    ("7sus2", &[0, 2, 7, 10]),
    ("7sus4", &[0, 5, 7, 10]),
    ("9sus4", &[0, 5, 7, 10, 14]),
    ("11", &[0, 4, 7, 10, 14, 17]),
    ("maj11", &[0, 4, 7, 11, 14, 17]),
    ("m11", &[0, 3, 7, 10, 14, 17]),
    ("9#11", &[0, 4, 7, 10, 14, 18]),
    ("13", &[0, 4, 7, 10, 14, 17, 21]),
    ("maj13", &[0, 4, 7, 11, 14, 21]),
    ("m13", &[0, 3, 7, 10, 14, 17, 21]),
];

/// Other spellings of parts of a name, replaced in this order.
const SPELLINGS: [(&str, &str); 29] = [
    ("diminished", "dim"),
    ("augmented", "aug"),
    ("major", "maj"),
    ("Major", "maj"),
    ("Maj", "maj"),
    ("minor", "m"),
    ("Minor", "m"),
    ("min", "m"),
    ("Min", "m"),
    ("M", "maj"),
    ("^", "maj"),
    ("-", "m"),
    ("plus", "aug"),
    ("+", "aug"),
    ("dom", ""),
    ("by", ""),
    ("Flat", "b"),
    ("flat", "b"),
    ("Sharp", "#"),
    ("sharp", "#"),
    ("thirteen", "13"),
    ("eleven", "11"),
    ("seven", "7"),
    ("nine", "9"),
    ("Nine", "9"),
    ("five", "5"),
    ("six", "6"),
    ("Six", "6"),
    ("one", "1"),
];

/// The most bytes of the name of a chord, such as `minorSevenSharpFiveFlat9`.
const MAX_NAME: usize = 40;
/// The most notes of a chord.
const MAX_NOTES: usize = 32;

/// The notes of a chord above its root, in semitones, in the order in which they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChordName {
    notes: Vec<i8>,
}

impl ChordName {
    /// Reads the part behind the root: a name, and modifiers behind further apostrophes. `i` is an inversion
    /// (`ii` or `i2` the second), `o` an open voicing, `d1` drops the highest note by an octave, and a number is
    /// how many notes are played, going on an octave higher.
    pub fn read(text: &str) -> Result<Self, ValueError> {
        let (name, modifiers) = match text.split_once('\'') {
            Some((name, modifiers)) => (name, Some(modifiers)),
            None => (text, None),
        };
        let mut chord = Self::named(name).ok_or_else(|| {
            format!(
                "`{name}` is not a chord; available: maj, min, dim, aug, sus2, sus4, 5, 6, m6, 7, maj7, \
                 min7, m7b5, dim7, 9, maj9, min9, add9, 11, 13, and more"
            )
        })?;
        for modifier in modifiers.into_iter().flat_map(|all| all.split('\'')) {
            chord.modify(modifier)?;
        }
        Ok(chord)
    }

    /// The chord with this name.
    pub fn named(name: &str) -> Option<Self> {
        if name.len() > MAX_NAME {
            return None;
        }
        let name = usual(name);
        let (_, notes) = CHORDS.iter().find(|(known, _)| *known == name)?;
        Some(Self {
            notes: notes.to_vec(),
        })
    }

    fn modify(&mut self, modifier: &str) -> Result<(), ValueError> {
        let only = |letter| modifier.chars().all(|other| other == letter);
        let number = |text: &str| {
            let number = text.parse().ok();
            number.filter(|number| (1..=MAX_NOTES).contains(number))
        };
        let rest = modifier.get(1..).unwrap_or_default();
        match modifier.chars().next() {
            Some('i') if only('i') => (0..modifier.len()).for_each(|_| self.invert()),
            Some('i') if number(rest).is_some() => {
                (0..number(rest).unwrap_or(0)).for_each(|_| self.invert());
            }
            Some('o') if rest.is_empty() => self.open(),
            Some('d') if number(rest).is_some() => self.drop(number(rest).unwrap_or(0)),
            _ => match number(modifier) {
                Some(count) => self.resize(count),
                None => {
                    let message = format!(
                        "`{modifier}` does not change a chord: write `i` for an inversion, `o` for an open \
                         voicing, `d1` to drop a note by an octave, or a number of notes"
                    );
                    return Err(message.into());
                }
            },
        }
        match self.notes.iter().all(|note| note.unsigned_abs() < 100) {
            true => Ok(()),
            false => Err("a chord cannot be that wide".into()),
        }
    }

    /// The first note an octave higher.
    fn invert(&mut self) {
        if let Some(first) = self.notes.first_mut() {
            *first = first.saturating_add(12);
            self.notes.rotate_left(1);
        }
    }

    /// The first and the third note an octave lower.
    fn open(&mut self) {
        if let [first, _, third, ..] = &mut self.notes[..] {
            *first = first.saturating_sub(12);
            *third = third.saturating_sub(12);
            if let Some(others) = self.notes.get_mut(1..3) {
                others.reverse();
            }
        }
    }

    /// One note an octave lower, counted from the highest, which becomes the first.
    fn drop(&mut self, place: usize) {
        if let Some(index) = self.notes.len().checked_sub(place) {
            let note = self.notes.remove(index);
            self.notes.insert(0, note.saturating_sub(12));
        }
    }

    /// So many notes, going on an octave higher.
    fn resize(&mut self, count: usize) {
        let octaves = (0_i8..).step_by(12).take(MAX_NOTES);
        let notes =
            octaves.flat_map(|up| self.notes.iter().map(move |note| note.saturating_add(up)));
        self.notes = notes.take(count).collect();
    }

    /// The notes in semitones above the root.
    pub fn notes(&self) -> &[i8] {
        &self.notes
    }
}

/// The name of a chord as the table has it.
fn usual(name: &str) -> String {
    let mut name = match name {
        "o" => "dim".to_owned(),
        "o7" => "dim7".to_owned(),
        "h" | "h7" => "m7b5".to_owned(),
        "7sus" | "9sus" => format!("{name}4"),
        "11s" | "elevenSharp" => "9#11".to_owned(),
        name => name.to_owned(),
    };
    for (spelling, usual) in SPELLINGS {
        name = name.replace(spelling, usual);
    }
    name = name.replace("Sus", "sus").replace("mS", "m#");
    // Before a digit `s` and `f` are signs, except in `sus4`.
    for (letter, sign) in [('s', '#'), ('f', 'b')] {
        for digit in '0'..='9' {
            name = name.replace(&format!("{letter}{digit}"), &format!("{sign}{digit}"));
        }
    }
    name.replace("su#", "sus")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(text: &str) -> Vec<i8> {
        ChordName::read(text).unwrap().notes
    }

    #[test]
    fn names_have_many_spellings() {
        for (chord, names) in [
            (&[0, 4, 7][..], "maj major M ^"),
            (&[0, 3, 7], "min minor m -"),
            (&[0, 3, 6], "dim diminished o"),
            (&[0, 4, 8], "aug plus sharp5 +"),
            (&[0, 3, 8], "minorSharp5 msharp5 mS5 m#5"),
            (&[0, 5, 7], "sus4 sus"),
            (&[0, 4, 7, 9], "six 6"),
            (&[0, 3, 7, 9], "minor6 min6 m6 -6"),
            (&[0, 4, 7, 9, 14], "sixNine six9 sixby9 6by9 69"),
            (
                &[0, 3, 7, 9, 14],
                "minorSixNine minor69 min69 minSixNine m69 mSixNine m6by9",
            ),
            (&[0, 4, 7, 10], "dom7 7 seven"),
            (&[0, 4, 7, 11], "major7 maj7 M7 ^7"),
            (&[0, 3, 7, 10], "minor7 min7 m7 -7"),
            (&[0, 3, 7, 11], "minorMajor7 minMaj7 mmaj7 mM7 -^7"),
            (&[0, 3, 6, 10], "minor7flat5 min7f5 m7flat5 m7f5 m7b5 h h7"),
            (&[0, 3, 6, 9], "diminished7 dim7 o7"),
            (&[0, 4, 8, 10], "sevenSharp5 7s5 7#5 aug7 +7"),
            (&[0, 4, 6, 10], "sevenFlat5 7f5 7b5"),
            (&[0, 3, 8, 10], "minor7sharp5 min7s5 m7s5"),
            (&[0, 4, 7, 10, 13], "sevenFlat9 7f9 7b9"),
            (&[0, 3, 7, 10, 15], "minor7sharp9 min7s9 m7s9"),
            (&[0, 4, 7, 10, 14], "nine 9"),
            (&[0, 4, 7, 11, 14], "major9 maj9 M9 ^9"),
            (&[0, 5, 7, 10], "sevenSus4 7sus4 7sus"),
            (&[0, 5, 7, 10, 14], "nineSus4 ninesus4 9sus4"),
            (&[0, 4, 7, 10, 14, 18], "elevenSharp 11s 9#11"),
            (&[0, 4, 7, 10, 14, 17, 21], "thirteen 13"),
            (&[0, 7], "five 5"),
        ] {
            for name in names.split(' ') {
                assert_eq!(notes(name), chord, "{name}");
            }
        }
        for wrong in ["", "x", "maj6x", "M M", "minn", "s4"] {
            assert!(ChordName::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn modifiers_change_the_voicing() {
        assert_eq!(notes("maj'i"), [4, 7, 12]);
        assert_eq!(notes("maj'ii"), [7, 12, 16]);
        assert_eq!(notes("min7'i2"), [7, 10, 12, 15]);
        assert_eq!(notes("maj'o"), [-12, -5, 4]);
        assert_eq!(notes("min7'd1"), [-2, 0, 3, 7]);
        assert_eq!(notes("maj'5"), [0, 4, 7, 12, 16]);
        assert_eq!(notes("maj'5'i"), [4, 7, 12, 16, 12]);
        assert_eq!(notes("maj7'2"), [0, 4]);
        for wrong in [
            "maj'x",
            "maj'",
            "maj'i0",
            "maj'99",
            "maj'd",
            "maj'32'32'i32",
        ] {
            assert!(ChordName::read(wrong).is_err(), "{wrong}");
        }
    }

    proptest::proptest! {
        #![proptest_config(crate::seed::cases(256))]

        #[test]
        fn no_word_panics(word in "[A-Ha-h#b'/0-9msuji\\PC]{0,8}") {
            let _ = ChordName::read(&word);
        }
    }
}
