//! The timeline of a lane: its entries, in chunks that can be skipped or drawn from their extent.

use super::{
    chunked::Chunked,
    timeline_entry::{EntryKind, Outcome, TimelineEntry},
};
use crate::{
    engine::{Status, Timestamp},
    music::Key,
};

/// A summary of a chunk of entries: enough to skip it, or to draw it when zoomed out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// The earliest start.
    pub from: Timestamp,
    /// The latest end so far.
    pub until: Timestamp,
    /// Whether an entry in it may be open.
    pub open: bool,
    /// The lowest and the highest key.
    pub keys: Option<(Key, Key)>,
    /// Number of notes.
    pub notes: u32,
    /// Number of activities, children and compensations.
    pub activities: u32,
    /// The sub-rows that they need.
    pub rows: u32,
    /// Number of failures.
    pub failures: u32,
    /// Number of other entries.
    pub others: u32,
}

impl Extent {
    fn of(entry: &TimelineEntry) -> Self {
        let mut extent = Self {
            from: entry.from,
            until: entry.until.unwrap_or(entry.from),
            open: entry.until.is_none(),
            keys: None,
            notes: 0,
            activities: 0,
            rows: entry.slot.0 + 1,
            failures: 0,
            others: 0,
        };
        match entry.kind {
            EntryKind::Note { key, .. } => {
                extent.keys = Some((key, key));
                extent.notes = 1;
            }
            EntryKind::Queued { .. }
            | EntryKind::Attempt { .. }
            | EntryKind::Child { .. }
            | EntryKind::Branches { .. }
            | EntryKind::Compensation { .. } => extent.activities = 1,
            EntryKind::Failure { .. }
            | EntryKind::Closed {
                status: Status::Failed,
                ..
            } => extent.failures = 1,
            _ => extent.others = 1,
        }
        extent
    }

    fn with(&self, other: &Self) -> Self {
        Self {
            from: self.from.min(other.from),
            until: self.until.max(other.until),
            open: self.open || other.open,
            keys: union(self.keys, other.keys),
            notes: self.notes + other.notes,
            activities: self.activities + other.activities,
            rows: self.rows.max(other.rows),
            failures: self.failures + other.failures,
            others: self.others + other.others,
        }
    }
}

/// The entries of a lane, in the order of the history.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    list: Chunked<TimelineEntry>,
    /// The extent of each chunk. In small chunks: every checkpoint of a lane copies the last one.
    extents: Chunked<Extent, 8>,
    keys: Option<(Key, Key)>,
}

impl Timeline {
    /// Adds an entry and returns its index.
    pub fn push(&mut self, entry: TimelineEntry) -> usize {
        let extent = Extent::of(&entry);
        self.keys = union(self.keys, extent.keys);
        let chunk = self.list.len() / Chunked::<TimelineEntry>::CHUNK;
        match self.extents.get_mut(chunk) {
            Some(whole) => *whole = whole.with(&extent),
            None => {
                self.extents.push(extent);
            }
        }
        self.list.push(entry)
    }

    /// Closes an entry. An entry that has ended keeps its end.
    pub fn close(&mut self, index: usize, at: Timestamp) {
        if let Some(entry) = self.list.get_mut(index)
            && entry.until.is_none()
        {
            let at = at.max(entry.from);
            entry.until = Some(at);
            let chunk = index / Chunked::<TimelineEntry>::CHUNK;
            let begin = chunk * Chunked::<TimelineEntry>::CHUNK;
            let open = (begin..begin + Chunked::<TimelineEntry>::CHUNK)
                .map_while(|index| self.list.get(index))
                .any(|entry| entry.until.is_none());
            if let Some(extent) = self.extents.get_mut(chunk) {
                extent.until = extent.until.max(at);
                extent.open = open;
            }
        }
    }

    /// Moves the due time of an open wait or backoff, after a pause that froze time.
    pub fn postpone(&mut self, index: usize, by: std::time::Duration) {
        let entry = self.list.get_mut(index).filter(|p| p.until.is_none());
        match entry.map(|entry| &mut entry.kind) {
            Some(EntryKind::Backoff { due, .. }) => *due = *due + by,
            Some(EntryKind::Wait {
                deadline: Some(at), ..
            }) => *at = *at + by,
            _ => {}
        }
    }

    /// Closes an attempt, a child or a compensation with its outcome.
    pub fn close_with(&mut self, index: usize, at: Timestamp, result: Outcome) {
        if let Some(
            EntryKind::Attempt { outcome, .. }
            | EntryKind::Child { outcome, .. }
            | EntryKind::Compensation { outcome, .. },
        ) = self.list.get_mut(index).map(|entry| &mut entry.kind)
        {
            *outcome = result;
        }
        self.close(index, at);
    }

    /// Moves the start of an entry back, that of a fork which shows only with its second operation.
    pub fn begin_earlier(&mut self, index: usize, from: Timestamp) {
        if let Some(entry) = self.list.get_mut(index) {
            entry.from = entry.from.min(from);
        }
        let chunk = index / Chunked::<TimelineEntry>::CHUNK;
        if let Some(extent) = self.extents.get_mut(chunk) {
            extent.from = extent.from.min(from);
        }
    }

    /// Opens an entry again that had closed too early.
    pub fn reopen(&mut self, index: usize) {
        if let Some(entry) = self.list.get_mut(index) {
            entry.until = None;
        }
        let chunk = index / Chunked::<TimelineEntry>::CHUNK;
        if let Some(extent) = self.extents.get_mut(chunk) {
            extent.open = true;
        }
    }

    /// Another operation of a fork has begun: it needs that many sub-rows.
    pub fn widen(&mut self, index: usize, needed: u32) {
        if let Some(TimelineEntry {
            kind: EntryKind::Branches { rows },
            ..
        }) = self.list.get_mut(index)
        {
            *rows = needed.max(*rows);
        }
    }

    /// The entry at an index.
    pub fn get(&self, index: usize) -> Option<&TimelineEntry> {
        self.list.get(index)
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All entries.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &TimelineEntry> {
        self.list.iter()
    }

    /// The chunks that may overlap a window of time, with their extents.
    pub fn chunks_in(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = (&Extent, &[TimelineEntry])> {
        self.extents
            .iter()
            .zip(self.list.chunks())
            .filter(move |(extent, _)| extent.from <= to && (extent.open || extent.until >= from))
    }

    /// The moments of all failures, in the order of the history.
    pub fn failures(&self) -> impl DoubleEndedIterator<Item = Timestamp> {
        let chunks: Vec<_> = self.extents.iter().zip(self.list.chunks()).collect();
        let failed = chunks.into_iter().filter(|(extent, _)| extent.failures > 0);
        failed
            .flat_map(|(_, entries)| entries)
            .filter_map(|entry| match entry.kind {
                EntryKind::Failure { .. }
                | EntryKind::Closed {
                    status: Status::Failed,
                    ..
                } => Some(entry.from),
                _ => None,
            })
    }

    /// The lowest and the highest key.
    pub fn keys(&self) -> Option<(Key, Key)> {
        self.keys
    }
}

fn union(a: Option<(Key, Key)>, b: Option<(Key, Key)>) -> Option<(Key, Key)> {
    match (a, b) {
        (Some((low, high)), Some((l, h))) => Some((low.min(l), high.max(h))),
        (some, None) | (None, some) => some,
    }
}
