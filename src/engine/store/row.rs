//! Several events in one value of the store. Knows no database.
//!
//! A row is a byte that says its format, then event by event: the time since the event before in
//! nanoseconds (the first: since the epoch), then what happened, both in postcard. The id of the
//! first event is the row's key; the others follow on. So a row can be read without any other.

use super::{Event, EventId};
use crate::engine::{EventKind, Timestamp};

/// What the first byte of a row says.
const FORMAT: u8 = 1;

/// The most events in a row: as much as has to be read for one of them.
pub(super) const MOST_EVENTS: usize = 128;

/// The most bytes in a row of more than one event: with its key it just fits a page of the file, so
/// that full rows leave no room unused.
pub(super) const MOST_BYTES: usize = 4064;

/// Why bytes are no row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadRow {
    /// There is not one byte.
    #[error("a row of events is empty")]
    Empty,
    /// Another program wrote it, or it is damaged.
    #[error("a row of events has the format {0}, this program reads {FORMAT}")]
    Format(u8),
    /// An event cannot be read.
    #[error("event {id} cannot be read: {source}")]
    Event {
        /// Which.
        id: EventId,
        /// What was wrong with its bytes.
        source: postcard::Error,
    },
    /// A row is missing.
    #[error("event {1} stands where {0} should")]
    Gap(EventId, EventId),
    /// No event can have the id that one would have.
    #[error("the events after {0} have no ids left")]
    Ids(EventId),
}

/// Packs events into as few rows as may be, each with the id of its first event.
pub(super) fn pack(events: &[Event]) -> Result<Vec<(EventId, Vec<u8>)>, postcard::Error> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut first = EventId::default();
    let mut count = 0;
    let mut before = Timestamp::default();
    for event in events {
        let kind = postcard::to_stdvec(&event.kind)?;
        // A step in time takes ten bytes at most.
        let full = count == MOST_EVENTS || row.len() + kind.len() + 10 > MOST_BYTES;
        if count > 0 && (full || first.0 + count as u64 != event.id.0) {
            rows.push((first, std::mem::take(&mut row)));
            count = 0;
        }
        if count == 0 {
            row.push(FORMAT);
            first = event.id;
            before = Timestamp::default();
        }
        row = postcard::to_extend(&step(before, event.at), row)?;
        row.extend_from_slice(&kind);
        before = event.at;
        count += 1;
    }
    if count > 0 {
        rows.push((first, row));
    }
    Ok(rows)
}

/// Puts the events of a row behind those of the rows before it.
pub(super) fn append(first: EventId, row: &[u8], history: &mut Vec<Event>) -> Result<(), BadRow> {
    let next = history.last().map_or(first, |event| event.id.next());
    if first > next {
        return Err(BadRow::Gap(next, first));
    }
    let (format, mut rest) = row.split_first().ok_or(BadRow::Empty)?;
    if *format != FORMAT {
        return Err(BadRow::Format(*format));
    }
    let mut id = first;
    let mut at = Timestamp::default();
    while !rest.is_empty() {
        let read = postcard::take_from_bytes::<(i64, EventKind)>(rest);
        let ((step, kind), behind) = read.map_err(|source| BadRow::Event { id, source })?;
        at = Timestamp(at.0.wrapping_add_signed(step));
        // A commit that was repeated leaves a row twice if the first was packed with others since.
        if id >= next {
            history.push(Event { id, at, kind });
        }
        id = EventId(id.0.checked_add(1).ok_or(BadRow::Ids(id))?);
        rest = behind;
    }
    Ok(())
}

/// The wall clock may have been set back between two events.
fn step(from: Timestamp, to: Timestamp) -> i64 {
    to.0.wrapping_sub(from.0).cast_signed()
}
