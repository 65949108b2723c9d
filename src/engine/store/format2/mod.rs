//! Reading values of store format 2, which were in postcard: fields by their order, variants by their
//! numbers, payloads as JSON text.
//!
//! Each value is read as the type that it had, written in MessagePack as an array, and read as the
//! type of today: a field that was added since is at the end of its struct and has a default.

mod events;
mod tables;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::engine::{
    Event, EventId, EventKind, InstanceSummary, Payload, Schedule, ScheduleName, Timestamp,
};

/// What the first byte of a row of events said.
const ROW_FORMAT: u8 = 1;

/// Why a value cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadValue {
    /// It is not what format 2 has there.
    #[error("{0}")]
    Old(#[from] postcard::Error),
    /// It has no counterpart today.
    #[error("{0}")]
    New(#[from] rmp_serde::decode::Error),
    /// It cannot be written.
    #[error("{0}")]
    Between(#[from] rmp_serde::encode::Error),
    /// The row of events is none.
    #[error("a row of events has another format")]
    Row,
    /// A row is missing.
    #[error("event {1} stands where {0} should")]
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

/// A value of an old type as one of the type of today.
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

/// Something that was posted.
pub(super) fn post(bytes: &[u8]) -> Result<Payload, BadValue> {
    Ok(postcard::from_bytes::<OldPayload>(bytes)?.0)
}

/// Puts the events of a row behind those of the rows before it.
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
        // A commit that was repeated left a row twice if the first was packed with others since.
        if id >= next {
            let kind: EventKind = renewed(&kind)?;
            history.push(Event { id, at, kind });
        }
        id = EventId(id.0.saturating_add(1));
        rest = behind;
    }
    Ok(())
}
