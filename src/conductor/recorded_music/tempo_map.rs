//! From beats to time and back, over any number of tempo changes.

use crate::music::{Beat, Beats, Tempo};

/// Tempi, each from its beat on. The first one also applies to everything before.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TempoMap {
    first: Tempo,
    changes: Vec<(Beat, Tempo)>,
}

impl TempoMap {
    pub fn new(first: Tempo) -> Self {
        Self {
            first,
            changes: Vec::new(),
        }
    }

    /// Sets changes, in order. They replace all later ones, as at the player.
    pub fn change(&mut self, changes: &[(Beat, Tempo)]) {
        let Some((first, _)) = changes.first() else {
            return;
        };
        self.changes.retain(|(at, _)| at < first);
        self.changes.extend(changes);
    }

    /// Sets the tempo from a beat up to the next change.
    pub fn set(&mut self, at: Beat, tempo: Tempo) {
        let place = self.changes.partition_point(|(other, _)| *other <= at);
        self.changes.insert(place, (at, tempo));
    }

    pub fn tempo_at(&self, beat: Beat) -> Tempo {
        let after = self.changes.partition_point(|(at, _)| *at <= beat);
        self.at(after)
    }

    /// The changes after a beat.
    pub fn after_beat(&self, beat: Beat) -> &[(Beat, Tempo)] {
        let after = self.changes.partition_point(|(at, _)| *at <= beat);
        self.changes.get(after..).unwrap_or_default()
    }

    /// The nanoseconds from one beat to a later one.
    pub fn nanos(&self, from: Beat, to: Beat) -> f64 {
        let (mut here, mut tempo, mut nanos) = (from, self.tempo_at(from), 0.0);
        for (at, next) in self.after_beat(from).iter().take_while(|(at, _)| *at < to) {
            nanos += (*at - here).as_f64() * tempo.beat_nanos();
            (here, tempo) = (*at, *next);
        }
        nanos + (to - here).as_f64() * tempo.beat_nanos()
    }

    /// The beat that comes `nanos` after another one.
    pub fn after(&self, from: Beat, nanos: f64) -> Beat {
        let (mut here, mut tempo, mut left) = (from, self.tempo_at(from), nanos);
        for (at, next) in self.after_beat(from) {
            let stretch = (*at - here).as_f64() * tempo.beat_nanos();
            if stretch > left {
                break;
            }
            left -= stretch;
            (here, tempo) = (*at, *next);
        }
        here + Beats::from_f64(left / tempo.beat_nanos())
    }

    /// The tempo after that many changes.
    fn at(&self, changes: usize) -> Tempo {
        let last = changes.checked_sub(1);
        let last = last.and_then(|last| self.changes.get(last));
        last.map_or(self.first, |(_, tempo)| *tempo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(n: i64) -> Beat {
        Beat(Beats::whole(n))
    }

    fn tempo(bpm: f64) -> Tempo {
        Tempo::new(bpm).unwrap()
    }

    #[test]
    fn time_and_beats_agree_over_tempo_changes() {
        let mut map = TempoMap::new(tempo(60.0));
        map.change(&[(beat(2), tempo(120.0)), (beat(4), tempo(30.0))]);
        assert_eq!(map.nanos(beat(0), beat(5)), 5e9);
        assert_eq!(map.nanos(beat(3), beat(4)), 0.5e9);
        for (nanos, expected) in [(1e9, 1), (2e9, 2), (2.5e9, 3), (3e9, 4), (7e9, 6)] {
            assert_eq!(map.after(beat(0), nanos), beat(expected));
        }
    }

    #[test]
    fn a_later_change_replaces_those_after_it() {
        let mut map = TempoMap::new(tempo(60.0));
        map.change(&[(beat(2), tempo(120.0)), (beat(4), tempo(30.0))]);
        map.change(&[(beat(3), tempo(90.0))]);
        assert_eq!(map.tempo_at(beat(9)), tempo(90.0));
        map.set(beat(1), tempo(200.0));
        assert_eq!(map.tempo_at(beat(1)), tempo(200.0));
        assert_eq!(map.tempo_at(beat(2)), tempo(120.0));
    }
}
