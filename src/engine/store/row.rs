//! Several events in one value of the store. Knows no database.
//!
//! A row is a byte that says its format, eight bytes of checksum, then an array in MessagePack with a
//! pair for each event: the time since the event before in nanoseconds (the first: since the epoch)
//! and what happened, structs as arrays and variants by their names. The id of the first event is the
//! row's key; the others follow on.
//!
//! The checksum covers the events, whose they are, the id of the first one and the checksum of the
//! row before. So the last row's checksum stands for the whole history: a row that is damaged, lost,
//! older than it should be or from somewhere else breaks the chain.

use std::fmt;

use rmp_serde::{Deserializer, decode, encode};
use serde::{
    Deserializer as _,
    de::{SeqAccess, Visitor},
};
use twox_hash::XxHash3_64;

use super::{Event, EventId, InstanceKey};
use crate::engine::{EventKind, HistoryHead, Timestamp};

/// What the first byte of a row says.
const FORMAT: u8 = 2;

/// The bytes before the events.
const HEAD: usize = 9;

/// How an array whose length takes two bytes begins in MessagePack.
const ARRAY: u8 = 0xdc;

/// How an array of two begins in MessagePack.
const PAIR: u8 = 0x92;

/// The most events in a row: as much as has to be read for one of them.
pub(super) const MAX_EVENTS: usize = 128;

/// The most bytes in a row of more than one event: with its key it just fits a page of the file, so
/// that full rows leave no room unused.
pub(super) const MAX_BYTES: usize = 4064;

/// Why bytes are no row, or not the one that belongs there.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadRow {
    /// It is too short to be one.
    #[error("the row of event {0} has no beginning")]
    Short(EventId),
    /// Another program wrote it, or it is damaged.
    #[error("the row of event {0} has the format {1}, this program reads {FORMAT}")]
    Format(EventId, u8),
    /// It is damaged, or the row before it is not the one that it was written after.
    #[error("the checksum of the row of event {0} does not match")]
    Checksum(EventId),
    /// An event cannot be read.
    #[error("event {id} cannot be read: {source}")]
    Event {
        /// Which.
        id: EventId,
        /// What was wrong with its bytes.
        source: decode::Error,
    },
    /// A row is missing, or one is there twice.
    #[error("event {1} stands where {0} should")]
    Gap(EventId, EventId),
    /// No event can have the id that one would have.
    #[error("the events after {0} have no ids left")]
    Ids(EventId),
    /// The summary of the instance counts other events than there are.
    #[error("the history ends before event {found}, the instance has {known} events")]
    End {
        /// So many are there.
        found: u64,
        /// So many should be.
        known: u64,
    },
    /// The summary of the instance was written after another last row.
    #[error("the last row of the history, before event {0}, is not the one that was written last")]
    LastRow(EventId),
}

impl BadRow {
    /// The event at which the history is damaged.
    pub fn event(&self) -> EventId {
        match self {
            Self::Short(id) | Self::Format(id, _) | Self::Checksum(id) | Self::Ids(id) => *id,
            Self::Event { id, .. } | Self::Gap(id, _) | Self::LastRow(id) => *id,
            Self::End { found, known } => EventId(*found.min(known)),
        }
    }
}

/// A row, ready to be written.
#[derive(Debug)]
pub(super) struct Row {
    /// The id of its first event.
    pub first: EventId,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Packs events into as few rows as may be, to follow on a history with this head; returns the head
/// after them. Their ids follow on as well.
pub(super) fn pack(
    key: InstanceKey,
    head: HistoryHead,
    events: &[Event],
) -> Result<(Vec<Row>, HistoryHead), encode::Error> {
    let mut rows = Vec::new();
    let mut head = head;
    let mut row = Vec::new();
    let mut kind = Vec::new();
    let mut count = 0;
    let mut before = Timestamp::default();
    for event in events {
        kind.clear();
        encode::write(&mut kind, &event.kind)?;
        // A pair begins with one byte; a step in time takes nine at most.
        let full = count == MAX_EVENTS || row.len() + kind.len() + 10 > MAX_BYTES;
        if count > 0 && full {
            head = finish(key, head, count, std::mem::take(&mut row), &mut rows);
            count = 0;
        }
        if count == 0 {
            row.resize(HEAD + 3, 0);
            before = Timestamp::default();
        }
        row.push(PAIR);
        encode::write(&mut row, &step(before, event.at))?;
        row.extend_from_slice(&kind);
        before = event.at;
        count += 1;
    }
    if count > 0 {
        head = finish(key, head, count, row, &mut rows);
    }
    Ok((rows, head))
}

fn finish(
    key: InstanceKey,
    head: HistoryHead,
    count: usize,
    mut bytes: Vec<u8>,
    rows: &mut Vec<Row>,
) -> HistoryHead {
    let first = EventId(head.events);
    // There are never more than `MAX_EVENTS`.
    bytes[HEAD] = ARRAY;
    bytes[HEAD + 1..HEAD + 3].copy_from_slice(&(count as u16).to_be_bytes());
    let checksum = checksum(key, first, head.checksum, &bytes[HEAD..]);
    bytes[0] = FORMAT;
    bytes[1..HEAD].copy_from_slice(&checksum.to_le_bytes());
    rows.push(Row { first, bytes });
    HistoryHead {
        events: head.events + count as u64,
        checksum,
    }
}

/// The checksum of a row. What does not belong to its bytes is the seed.
fn checksum(key: InstanceKey, first: EventId, before: u64, events: &[u8]) -> u64 {
    let mut place = [0; 24];
    place[..8].copy_from_slice(&key.0.to_le_bytes());
    place[8..16].copy_from_slice(&first.0.to_le_bytes());
    place[16..].copy_from_slice(&before.to_le_bytes());
    XxHash3_64::oneshot_with_seed(XxHash3_64::oneshot(&place), events)
}

/// The checksum that a row carries, and its events.
fn open(first: EventId, row: &[u8]) -> Result<(u64, &[u8]), BadRow> {
    let (head, events) = row.split_at_checked(HEAD).ok_or(BadRow::Short(first))?;
    let mut checksum = [0; 8];
    checksum.copy_from_slice(&head[1..]);
    match head[0] {
        FORMAT => Ok((u64::from_le_bytes(checksum), events)),
        other => Err(BadRow::Format(first, other)),
    }
}

/// The checksum that a row carries.
pub(super) fn checksum_in(first: EventId, row: &[u8]) -> Result<u64, BadRow> {
    open(first, row).map(|(checksum, _)| checksum)
}

/// Whether a row is as it was written, after a row with this checksum.
pub(super) fn is_whole(key: InstanceKey, first: EventId, before: u64, row: &[u8]) -> bool {
    let row = open(first, row);
    row.is_ok_and(|(checksum, events)| checksum == self::checksum(key, first, before, events))
}

/// Puts the events of a row behind those of the rows before it, whose last one left the chain at this
/// head; returns the head after it.
pub(super) fn append(
    key: InstanceKey,
    head: HistoryHead,
    first: EventId,
    row: &[u8],
    history: &mut Vec<Event>,
) -> Result<HistoryHead, BadRow> {
    if first.0 != head.events {
        return Err(BadRow::Gap(EventId(head.events), first));
    }
    let (checksum, events) = open(first, row)?;
    if checksum != self::checksum(key, first, head.checksum, events) {
        return Err(BadRow::Checksum(first));
    }
    let mut read = Read {
        next: first,
        at: Timestamp::default(),
        history,
        out_of_ids: false,
    };
    let done = Deserializer::from_read_ref(events).deserialize_seq(&mut read);
    let id = read.next;
    if read.out_of_ids {
        return Err(BadRow::Ids(id));
    }
    done.map_err(|source| BadRow::Event { id, source })?;
    Ok(HistoryHead {
        events: id.0,
        checksum,
    })
}

/// Takes the events of a row one by one.
struct Read<'a> {
    next: EventId,
    at: Timestamp,
    history: &'a mut Vec<Event>,
    out_of_ids: bool,
}

impl<'de> Visitor<'de> for &mut Read<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("events with the time between them")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<(), A::Error> {
        while let Some((step, kind)) = events.next_element::<(i64, EventKind)>()? {
            let id = self.next;
            self.at = Timestamp(self.at.0.wrapping_add_signed(step));
            let Some(next) = id.0.checked_add(1) else {
                self.out_of_ids = true;
                return Ok(());
            };
            self.next = EventId(next);
            let at = self.at;
            self.history.push(Event { id, at, kind });
        }
        Ok(())
    }
}

/// The wall clock may have been set back between two events.
fn step(from: Timestamp, to: Timestamp) -> i64 {
    to.0.wrapping_sub(from.0).cast_signed()
}
