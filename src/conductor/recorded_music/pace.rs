//! The tempi of a piece: those that its score set, and those that others set meanwhile.
//!
//! The transport is shared: another score or the performer may change its tempo, which is not in this
//! history. Each note tells how long its beats took, so such changes are found as well, from the next
//! note on.

use super::{Stretch, tempo_map::TempoMap};
use crate::music::{Beats, Tempo};

/// Relative difference below which two tempi are the same: the moments in a history are whole
/// nanoseconds.
const SAME: f64 = 1e-5;
/// The difference in nanoseconds below which two notes are as far apart as the tempo says.
const JITTER: f64 = 1e6;

/// The tempo of a stretch, if it has a length.
pub(super) fn measured(stretch: &Stretch) -> Option<Tempo> {
    let nanos = stretch.until.since(stretch.onset).as_nanos() as f64;
    if stretch.length <= Beats::ZERO || nanos <= 0.0 {
        return None;
    }
    Tempo::new(stretch.length.as_f64() * 60e9 / nanos)
}

/// The tempo at the start: that of the score, unless something else was measured.
pub(super) fn first_tempo(written: Tempo, stretches: &[Stretch]) -> Tempo {
    let first = stretches.first().map(|first| first.at);
    let at_start = stretches.iter().filter(|one| Some(one.at) == first);
    // The shortest one: the tempo may change during a longer one.
    let shortest = at_start
        .filter(|one| one.length > Beats::ZERO)
        .min_by_key(|one| one.length);
    match shortest.and_then(measured) {
        Some(tempo) if !is_same(tempo, written) => rounded(tempo),
        _ => written,
    }
}

/// Adds the changes that others made: where a note took longer or shorter than the map says, and the
/// next note came earlier or later as well.
pub(super) fn add_foreign_changes(map: &mut TempoMap, stretches: &[Stretch]) {
    let mut next = 0;
    for (place, stretch) in stretches.iter().enumerate() {
        let Some(tempo) = measured(stretch) else {
            continue;
        };
        let expected = map.nanos(stretch.at, stretch.at + stretch.length);
        let took = stretch.until.since(stretch.onset).as_nanos() as f64;
        if (expected - took).abs() <= took * SAME {
            continue;
        }
        next = next.max(place);
        while stretches.get(next).is_some_and(|one| one.at <= stretch.at) {
            next += 1;
        }
        let is_foreign = match stretches.get(next) {
            Some(after) => {
                let expected = map.nanos(stretch.at, after.at);
                let took = after.onset.since(stretch.onset).as_nanos() as f64;
                (expected - took).abs() > JITTER
            }
            None => !changes_within(map, stretch),
        };
        if is_foreign {
            map.set(stretch.at, rounded(tempo));
        }
    }
}

fn changes_within(map: &TempoMap, stretch: &Stretch) -> bool {
    let next = map.after_beat(stretch.at).first();
    next.is_some_and(|(at, _)| *at < stretch.at + stretch.length)
}

fn is_same(one: Tempo, other: Tempo) -> bool {
    let (one, other) = (one.beats_per_minute(), other.beats_per_minute());
    (one - other).abs() <= other * SAME
}

/// The tempo rounded to a thousandth of a beat per minute, the precision at which tempi are set.
fn rounded(tempo: Tempo) -> Tempo {
    let rounded = (tempo.beats_per_minute() * 1000.0).round() / 1000.0;
    Tempo::new(rounded).unwrap_or(tempo)
}
