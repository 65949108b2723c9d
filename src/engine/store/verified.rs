//! Results of verification.

use std::fmt;

use super::InstanceKey;
use crate::engine::{EventId, InstanceId};

/// The result of verifying a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// The number of runs.
    pub instances: u64,
    /// The number of readable events.
    pub events: u64,
    /// The number of bytes read.
    pub bytes: u64,
    /// All damage found.
    pub damage: Vec<Damage>,
}

impl Verified {
    /// Whether nothing is damaged.
    pub fn is_whole(&self) -> bool {
        self.damage.is_empty()
    }
}

/// A damaged item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The instance, if known.
    pub instance: Option<InstanceId>,
    /// The key of the run, if known.
    pub key: Option<InstanceKey>,
    /// The event at which a history is damaged.
    pub event: Option<EventId>,
    /// A description.
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
