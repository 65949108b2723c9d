//! The encoding of events in rows.
//!
//! A row consists of a format byte, eight bytes of checksum, and a MessagePack array with a pair
//! for each event: the nanoseconds since the previous event (for the first: since the epoch) and
//! the event kind, with structs as arrays and variants by name. The row's key contains the id of
//! the first event; the others follow.
//!
//! The checksum covers the events, the run's key, the id of the first event and the checksum of the
//! previous row. The last row's checksum therefore stands for the whole history: a damaged, lost,
//! outdated or misplaced row breaks the chain.

use std::fmt;

use rmp_serde::{Deserializer, decode, encode};
use serde::{
    Deserializer as _,
    de::{SeqAccess, Visitor},
};
use twox_hash::XxHash3_64;

use super::{Event, EventId, InstanceKey};
use crate::engine::{EventKind, HistoryHead, Timestamp};

/// The format byte.
const FORMAT: u8 = 2;

/// The length of the header.
const HEAD: usize = 9;

/// The MessagePack marker of an array with a 16-bit length.
const ARRAY: u8 = 0xdc;

/// The MessagePack marker of an array of two.
const PAIR: u8 = 0x92;

/// The maximum number of events in a row: reading one event reads its row.
pub(super) const MAX_EVENTS: usize = 128;

/// The maximum size of a row of more than one event: with its key it just fits a page of the file.
pub(super) const MAX_BYTES: usize = 4064;

/// Most events are encoded in fewer bytes.
const TYPICAL_BYTES: usize = 128;

/// Why a row is invalid.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadRow {
    /// It is too short.
    #[error("the row of event {0} is too short")]
    Short(EventId),
    /// It has an unknown format, or is damaged.
    #[error("the row of event {0} has format {1}, expected {FORMAT}")]
    Format(EventId, u8),
    /// It is damaged, or does not follow the previous row.
    #[error("the checksum of the row of event {0} does not match")]
    Checksum(EventId),
    /// An event cannot be decoded.
    #[error("event {id} cannot be decoded: {source}")]
    Event {
        /// The event.
        id: EventId,
        /// The decoding error.
        source: decode::Error,
    },
    /// A row is missing or duplicated.
    #[error("found event {1} where event {0} was expected")]
    Gap(EventId, EventId),
    /// Event ids overflow.
    #[error("event ids overflow after {0}")]
    Ids(EventId),
    /// The number of events differs from that of the instance.
    #[error("the history ends before event {found}, expected {known} events")]
    End {
        /// The number of events found.
        found: u64,
        /// The expected number.
        known: u64,
    },
    /// The last row differs from the one that was written last.
    #[error("the last row of the history, at event {0}, is outdated")]
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

/// An encoded row.
#[derive(Debug)]
pub(super) struct Row {
    /// The id of its first event.
    pub first: EventId,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Encodes events in as few rows as possible, to be appended to a history with this head; returns
/// the new head.
pub(super) fn pack(
    key: InstanceKey,
    head: HistoryHead,
    events: &[Event],
) -> Result<(Vec<Row>, HistoryHead), encode::Error> {
    let mut rows = Vec::new();
    let mut head = head;
    let mut row = Vec::new();
    let mut kind = Vec::with_capacity(TYPICAL_BYTES);
    let mut count = 0;
    let mut before = Timestamp::default();
    for event in events {
        kind.clear();
        encode::write(&mut kind, &event.kind)?;
        // A pair has a marker byte, and a time difference takes at most nine bytes.
        let full = count == MAX_EVENTS || row.len() + kind.len() + 10 > MAX_BYTES;
        if count > 0 && full {
            head = finish(key, head, count, std::mem::take(&mut row), &mut rows);
            count = 0;
        }
        if count == 0 {
            row.reserve(HEAD + 3 + kind.len() + 10);
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
    // The count never exceeds `MAX_EVENTS`.
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

/// The checksum of a row. Its position is hashed into the seed.
fn checksum(key: InstanceKey, first: EventId, before: u64, events: &[u8]) -> u64 {
    let mut place = [0; 24];
    place[..8].copy_from_slice(&key.0.to_le_bytes());
    place[8..16].copy_from_slice(&first.0.to_le_bytes());
    place[16..].copy_from_slice(&before.to_le_bytes());
    XxHash3_64::oneshot_with_seed(XxHash3_64::oneshot(&place), events)
}

/// Splits a row into its checksum and its events.
fn open(first: EventId, row: &[u8]) -> Result<(u64, &[u8]), BadRow> {
    let (head, events) = row.split_at_checked(HEAD).ok_or(BadRow::Short(first))?;
    let mut checksum = [0; 8];
    checksum.copy_from_slice(&head[1..]);
    match head[0] {
        FORMAT => Ok((u64::from_le_bytes(checksum), events)),
        other => Err(BadRow::Format(first, other)),
    }
}

/// The checksum stored in a row.
pub(super) fn checksum_in(first: EventId, row: &[u8]) -> Result<u64, BadRow> {
    open(first, row).map(|(checksum, _)| checksum)
}

/// Whether a row is intact and follows a row with this checksum.
pub(super) fn is_whole(key: InstanceKey, first: EventId, before: u64, row: &[u8]) -> bool {
    let row = open(first, row);
    row.is_ok_and(|(checksum, events)| checksum == self::checksum(key, first, before, events))
}

/// Decodes the events of a row, which must follow a history with this head; returns the new head.
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

/// Decodes the events of a row.
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

/// The difference between two times, which may be negative.
fn step(from: Timestamp, to: Timestamp) -> i64 {
    to.0.wrapping_sub(from.0).cast_signed()
}
