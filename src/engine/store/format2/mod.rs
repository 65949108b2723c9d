//! Reads store format 2, which used postcard: fields by order, variants by number, payloads as JSON
//! text.
//!
//! Each value is decoded as its old type, encoded as a MessagePack array, and decoded as the
//! current type: fields added since are at the end of their struct and have defaults.

mod events;
mod tables;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::engine::{
    Event, EventId, EventKind, InstanceSummary, Payload, Schedule, ScheduleName, Timestamp,
};

/// The format byte of event rows.
const ROW_FORMAT: u8 = 1;

/// Why a value cannot be converted.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadValue {
    /// It is not valid in format 2.
    #[error("{0}")]
    Old(#[from] postcard::Error),
    /// It cannot be decoded as the current type.
    #[error("{0}")]
    New(#[from] rmp_serde::decode::Error),
    /// It cannot be encoded.
    #[error("{0}")]
    Between(#[from] rmp_serde::encode::Error),
    /// The row of events is invalid.
    #[error("a row of events has an unknown format")]
    Row,
    /// A row is missing.
    #[error("found event {1} where event {0} was expected")]
    Gap(EventId, EventId),
}

/// A payload of format 2: JSON text.
#[derive(Debug)]
struct OldPayload(Payload);

impl Serialize for OldPayload {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for OldPayload {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        Ok(Self(Payload::from_text(text)))
    }
}

/// Converts a value from an old type to the current one.
fn renewed<T: DeserializeOwned>(old: &impl Serialize) -> Result<T, BadValue> {
    Ok(rmp_serde::from_slice(&rmp_serde::to_vec(old)?)?)
}

/// The summary of an instance.
pub(super) fn summary(bytes: &[u8]) -> Result<InstanceSummary, BadValue> {
    renewed(&postcard::from_bytes::<tables::Summary>(bytes)?)
}

/// The name of a schedule, which was its key.
pub(super) fn schedule_name(bytes: &[u8]) -> Result<ScheduleName, BadValue> {
    Ok(postcard::from_bytes(bytes)?)
}

/// A schedule.
pub(super) fn schedule(bytes: &[u8]) -> Result<Schedule, BadValue> {
    renewed(&postcard::from_bytes::<tables::Schedule>(bytes)?)
}

/// An outbox entry.
pub(super) fn outbox_entry(bytes: &[u8]) -> Result<Payload, BadValue> {
    Ok(postcard::from_bytes::<OldPayload>(bytes)?.0)
}

/// Appends the events of a row.
pub(super) fn append(first: EventId, row: &[u8], history: &mut Vec<Event>) -> Result<(), BadValue> {
    let next = EventId(history.len() as u64);
    if first > next {
        return Err(BadValue::Gap(next, first));
    }
    let Some((&ROW_FORMAT, mut rest)) = row.split_first() else {
        return Err(BadValue::Row);
    };
    let mut id = first;
    let mut at = Timestamp::default();
    while !rest.is_empty() {
        let ((step, kind), behind) = postcard::take_from_bytes::<(i64, events::EventKind)>(rest)?;
        at = Timestamp(at.0.wrapping_add_signed(step));
        // A repeated commit left a duplicate row if the first one had been repacked since.
        if id >= next {
            let kind: EventKind = renewed(&kind)?;
            history.push(Event { id, at, kind });
        }
        id = EventId(id.0.saturating_add(1));
        rest = behind;
    }
    Ok(())
}
