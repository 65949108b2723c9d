//! What lies further away than a score can reach, as after a damaged byte in a position.

use crate::{
    music::{Beats, MidiFile},
    score::values::MAX_BEATS,
};

/// Removes what is beyond the last beat that a score can have, and shortens notes that reach further. Returns a
/// sentence about what was removed.
pub(super) fn limit(midi: &mut MidiFile) -> Option<String> {
    let last = Beats::whole(MAX_BEATS);
    let notes = midi.tracks.iter().flat_map(|track| &track.notes);
    if notes
        .min_by_key(|note| note.at)
        .is_none_or(|first| first.at >= last)
    {
        return None;
    }
    let (mut notes, mut others) = (0, 0);
    for track in &mut midi.tracks {
        notes += without(&mut track.notes, |note| note.at < last);
        others += without(&mut track.changes, |change| change.at < last);
        for note in &mut track.notes {
            note.length = note.length.min(last - note.at);
        }
    }
    others += without(&mut midi.tempi, |(at, _)| *at < last);
    others += without(&mut midi.meters, |(at, _)| *at < last);
    others += without(&mut midi.lyrics, |(at, _)| *at < last);
    let found = notes + others > 0;
    found.then(|| format!("{notes} notes and {others} other messages after beat {MAX_BEATS}"))
}

/// Keeps the items that fit. Returns the number of the others.
fn without<T>(items: &mut Vec<T>, fits: impl Fn(&T) -> bool) -> usize {
    let before = items.len();
    items.retain(fits);
    before - items.len()
}
