//! Chord symbols such as `Am7` and `F#m7b5/A`, and what is written where one is meant.

use super::{chord_name::ChordName, value_error::ValueError};

/// A chord symbol: a root, and what is played on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChordSymbol<'a> {
    /// The name of the root.
    pub root: &'a str,
    /// The name of the lowest note, if it is not in the chord.
    pub bass: Option<&'a str>,
    /// The chord.
    pub chord: ChordName,
}

impl<'a> ChordSymbol<'a> {
    /// Reads a chord symbol such as `Am7`, `Bbmaj7'i` or `C^/E`: a capital, `#` or `b`, and the name of a chord.
    /// `None`: it is none.
    pub fn read(word: &'a str) -> Option<Result<Self, ValueError>> {
        let (symbol, bass) = match word.split_once('/') {
            Some((symbol, bass)) => (symbol, Some(bass)),
            None => (word, None),
        };
        let rest = symbol.strip_prefix(|letter| ('A'..='G').contains(&letter))?;
        let chord = rest.trim_start_matches(['#', 'b']);
        let root = symbol.strip_suffix(chord)?;
        // `A/C` is a chord of three notes, `A` a note.
        let chord = match (chord, bass) {
            ("", Some(_)) => "maj",
            _ => chord,
        };
        ChordName::named(chord.split('\'').next()?)?;
        let chord = ChordName::read(chord);
        Some(chord.map(|chord| Self { root, bass, chord }))
    }
}

/// The most letters of the name of a note, such as `cbb-1`.
const MAX_NOTE: usize = 8;

/// How to write a chord that lacks its apostrophe, such as `c4maj` or `am7`.
pub fn hint(word: &str, is_note: impl Fn(&str) -> bool) -> Option<String> {
    // Long words have many beginnings.
    let splits = word
        .char_indices()
        .take(MAX_NOTE + 1)
        .filter_map(|(at, _)| word.split_at_checked(at));
    let mut chords = splits.filter(|(note, chord)| {
        chord.starts_with(char::is_alphabetic) && is_note(note) && ChordName::named(chord).is_some()
    });
    let (note, chord) = chords.next()?;
    Some(format!(
        "`{word}` is not a note: for the chord write `{note}'{chord}`"
    ))
}

/// The first note in a pattern that is written like a chord, beside chord symbols: where it is, and a warning.
pub fn note_beside_chords(pattern: &str) -> Option<(usize, String)> {
    let is_end = |letter: char| letter.is_whitespace() || "[]<>{}(),*!@?|~_:".contains(letter);
    let mut has_symbol = false;
    let (mut at, mut note) = (0, None);
    for word in pattern.split(is_end) {
        let rest = word.strip_prefix(|letter| ('A'..='G').contains(&letter));
        let rest = rest.map(|rest| rest.trim_start_matches(['#', 'b']));
        match rest {
            Some(octave) if octave.bytes().all(|byte| byte.is_ascii_digit()) => {
                note = note.or(Some((at, word, octave)));
            }
            _ => has_symbol |= ChordSymbol::read(word).is_some(),
        }
        at += word.len();
        at += pattern.get(at..)?.chars().next().map_or(0, char::len_utf8);
    }
    let (at, word, octave) = note.filter(|_| has_symbol)?;
    let root = word.strip_suffix(octave)?;
    let chord = match octave {
        "" => format!("{word}maj"),
        _ => format!("{root}'{octave}"),
    };
    let message = format!("`{word}` is one note beside chords: for the chord write `{chord}`");
    Some((at, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_have_a_root_and_a_bass() {
        let read = |word| ChordSymbol::read(word).map(Result::unwrap);
        let symbol = read("Bbm7/Db").unwrap();
        assert_eq!((symbol.root, symbol.bass), ("Bb", Some("Db")));
        assert_eq!(symbol.chord.notes(), [0, 3, 7, 10]);
        assert_eq!(read("F#m7b5").unwrap().root, "F#");
        assert_eq!(read("Abdim").unwrap().root, "Ab");
        assert_eq!(read("Csus4'i").unwrap().chord.notes(), [5, 7, 12]);
        assert_eq!(read("A/C").unwrap().chord.notes(), [0, 4, 7]);
        for word in ["am7", "Hm7", "C", "Cx", "", "c'maj"] {
            assert_eq!(read(word), None, "{word}");
        }
        assert!(ChordSymbol::read("Am'x").unwrap().is_err());
    }

    #[test]
    fn a_missing_apostrophe_is_explained() {
        let is_note = |word: &str| ["a", "c", "c4"].contains(&word);
        assert!(hint("c4maj", is_note).unwrap().contains("`c4'maj`"));
        assert!(hint("am7", is_note).unwrap().contains("`a'm7`"));
        assert_eq!(hint("c44", is_note), None);
    }

    #[test]
    fn capitals_beside_chords_are_noticed() {
        let note = |pattern| note_beside_chords(pattern);
        let (at, message) = note("<Am C [F G7]>").unwrap();
        assert_eq!(at, 4);
        assert!(message.contains("`Cmaj`"), "{message}");
        let (at, message) = note("Dm7*2 G7:90").unwrap();
        assert_eq!(at, 6);
        assert!(message.contains("`G'7`"), "{message}");
        for fine in ["C4 E4 G4", "Am7 Dm", "C E G", "c'maj C4", ""] {
            assert_eq!(note(fine), None, "{fine}");
        }
    }

    proptest::proptest! {
        #![proptest_config(crate::seed::cases(256))]

        #[test]
        fn no_word_panics(word in "[A-Ha-h#b'/0-9msuji\\PC]{0,8}") {
            let _ = (ChordSymbol::read(&word), hint(&word, |_| true));
            let _ = note_beside_chords(&word);
        }
    }
}
