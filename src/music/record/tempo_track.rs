//! The first track of a recording: its title, tempi and meters.

use super::{
    encode::{Entry, events},
    growing::Bytes,
    track::Grid,
};
use crate::music::{Beat, Meter, Nanos, Tempo, Transport};

/// The tempo and meter track.
#[derive(Default)]
pub(super) struct TempoTrack {
    tempi: Vec<(Beat, Tempo)>,
    meters: Vec<(Beat, Meter)>,
    /// The beat up to which it is in the file.
    kept: Option<Beat>,
    /// Whether it changed at or before that beat since then.
    changed: bool,
}

impl TempoTrack {
    pub fn has_changes(&self, until: Beat) -> bool {
        self.changed || !self.between(self.kept, Some(until)).is_empty()
    }

    pub fn keep(&mut self, until: Beat) {
        self.kept = Some(until);
        self.changed = false;
    }

    pub fn whole(&self, title: &str, until: Option<Beat>, grid: Grid) -> Bytes {
        let entries = self.between(None, until);
        let entries = entries
            .into_iter()
            .map(|(at, entry)| (grid.tick(at), entry));
        let entries: Vec<_> = std::iter::once((0, Entry::Name(title)))
            .chain(entries)
            .collect();
        Bytes {
            last: entries.last().map_or(0, |(tick, _)| *tick),
            events: events(0, entries),
        }
    }

    /// Forgets meters that were not reached. Upcoming tempi were asked for.
    pub fn forget_meters_after(&mut self, end: Beat) {
        self.meters.retain(|(at, _)| *at <= end);
    }

    /// What is not in the file yet, or the last tempo and meter again if they changed.
    pub fn rest(&self, after: u32, until: Beat, grid: Grid) -> Bytes {
        let mut entries = self.between(self.kept, Some(until));
        if self.changed && entries.is_empty() {
            let tempo = self
                .tempi
                .last()
                .map(|&(at, tempo)| (at, Entry::Tempo(tempo)));
            let meter = self
                .meters
                .last()
                .map(|&(at, meter)| (at, Entry::Meter(meter)));
            entries.extend(meter.into_iter().chain(tempo));
        }
        let placed = entries
            .into_iter()
            .map(|(at, entry)| (grid.tick(at).max(after), entry));
        let placed: Vec<_> = placed.collect();
        Bytes {
            last: placed.last().map_or(after, |(tick, _)| *tick),
            events: events(after, placed),
        }
    }

    /// The tempi and meters after `from` and up to `until`, in order.
    fn between(&self, from: Option<Beat>, until: Option<Beat>) -> Vec<(Beat, Entry<'static>)> {
        let inside =
            |at: Beat| from.is_none_or(|from| at > from) && until.is_none_or(|until| at <= until);
        // New entries are at the end.
        let meters = self
            .meters
            .iter()
            .rev()
            .map(|&(at, m)| (at, Entry::Meter(m)));
        let tempi = self
            .tempi
            .iter()
            .rev()
            .map(|&(at, t)| (at, Entry::Tempo(t)));
        let recent = |(at, _): &(Beat, Entry<'_>)| from.is_none_or(|from| *at > from);
        let mut entries: Vec<_> = tempi.take_while(recent).collect();
        entries.extend(meters.take_while(recent));
        entries.reverse();
        entries.retain(|(at, _)| inside(*at));
        entries.sort_by_key(|(at, _)| *at);
        entries
    }

    /// The transport changed at `place`.
    pub fn change(&mut self, place: Beat, transport: &Transport, now: Nanos, origin: Beat) {
        // Upcoming changes after this beat are replaced.
        self.tempi.retain(|(at, _)| *at <= place);
        let here = set(&mut self.tempi, place, transport.tempo(now));
        for (beat, tempo) in transport.changes() {
            let beat = Beat(beat - origin);
            if beat >= place {
                set(&mut self.tempi, beat, tempo);
            }
        }
        let meters = transport.meters();
        self.meters.retain(|(at, _)| *at <= place);
        let meter = set(&mut self.meters, place, meters.at(origin + place.0));
        for (beat, meter) in meters.changes() {
            let beat = Beat(beat - origin);
            if beat > place {
                set(&mut self.meters, beat, meter);
            }
        }
        self.changed |= (here || meter) && self.kept.is_some_and(|kept| place <= kept);
    }
}

/// Sets the value from `beat` on. Returns whether that changed anything.
fn set<T: PartialEq + Copy>(map: &mut Vec<(Beat, T)>, beat: Beat, value: T) -> bool {
    let before = map.last().copied();
    if before.is_some_and(|(at, _)| at == beat) {
        map.pop();
    }
    if map.last().is_none_or(|(_, last)| *last != value) {
        map.push((beat, value));
    }
    map.last().copied() != before
}
