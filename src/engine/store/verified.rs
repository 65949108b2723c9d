//! What is damaged in a store.

use std::fmt;

use super::InstanceKey;
use crate::engine::{EventId, InstanceId};

/// What came of reading a whole store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many instances there are, each run for itself.
    pub instances: u64,
    /// How many events could be read.
    pub events: u64,
    /// How many bytes of values were read.
    pub bytes: u64,
    /// All that is damaged.
    pub damage: Vec<Damage>,
}

impl Verified {
    /// Nothing is damaged.
    pub fn is_whole(&self) -> bool {
        self.damage.is_empty()
    }
}

/// One thing that is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Whose it is, if that can be told.
    pub instance: Option<InstanceId>,
    /// Which run, by the store's own number.
    pub key: Option<InstanceKey>,
    /// The event at which a history is damaged.
    pub event: Option<EventId>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.instance, self.key) {
            (Some(id), Some(key)) => write!(f, "{id} (number {}): ", key.0)?,
            (Some(id), None) => write!(f, "{id}: ")?,
            (None, Some(key)) => write!(f, "instance number {}: ", key.0)?,
            (None, None) => {}
        }
        if let Some(event) = self.event {
            write!(f, "event {event}: ")?;
        }
        f.write_str(&self.what)
    }
}
