//! Notes that sound together.

use crate::music::{Beats, Key, Velocity};

/// Keys that are pressed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chord {
    /// The onset in beats from the start of the phrase.
    pub at: Beats,
    /// The length in beats.
    pub length: Beats,
    /// The velocity.
    pub velocity: Velocity,
    /// The keys: at least one, ascending, without duplicates.
    pub keys: Vec<Key>,
}

/// Groups notes (onset, length, velocity, key) with equal onset, length and velocity into chords, in
/// the order of their onset.
pub fn chords(notes: impl IntoIterator<Item = (Beats, Beats, Velocity, Key)>) -> Vec<Chord> {
    let mut notes: Vec<_> = notes.into_iter().collect();
    notes.sort();
    notes.dedup();
    let mut chords: Vec<Chord> = Vec::new();
    for (at, length, velocity, key) in notes {
        match chords.last_mut() {
            Some(chord) if (chord.at, chord.length, chord.velocity) == (at, length, velocity) => {
                chord.keys.push(key);
            }
            _ => chords.push(Chord {
                at,
                length,
                velocity,
                keys: vec![key],
            }),
        }
    }
    chords
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_with_the_same_onset_become_one_chord() {
        let key = |k| Key::new(k).unwrap();
        let (soft, loud) = (Velocity::new(60).unwrap(), Velocity::new(99).unwrap());
        let one = Beats::whole(1);
        let got = chords([
            (one, one, soft, key(67)),
            (Beats::ZERO, one, soft, key(60)),
            (one, one, soft, key(64)),
            (one, one, loud, key(72)),
            (one, one, soft, key(64)),
        ]);
        let keys: Vec<Vec<u8>> = got
            .iter()
            .map(|c| c.keys.iter().map(|k| k.number()).collect())
            .collect();
        assert_eq!(keys, [vec![60], vec![64, 67], vec![72]]);
        assert_eq!((got[1].at, got[1].velocity), (one, soft));
    }
}
