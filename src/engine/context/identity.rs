//! The identity of a run, which in a fork depends on the position in the history.

use crate::engine::{EventId, InstanceId, Limits};

/// Identifies a run, with the limits that apply to it.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Identity {
    pub instance: InstanceId,
    pub run: u32,
    pub limits: Limits,
}

/// The event at which a fork leaves its source, and the identity from there on.
pub(super) struct Branch {
    pub from: EventId,
    pub owner: Identity,
    pub seed: Option<u64>,
}
