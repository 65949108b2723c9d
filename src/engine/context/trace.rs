//! The trace of a replay that is explained: which events resolved which operations.

use crate::engine::{EventId, command::OperationId};

/// What a walk learns from a run in addition to its commands.
#[derive(Default)]
pub(in crate::engine) struct Trace {
    /// The event that is being delivered.
    pub delivering: EventId,
    /// How often the code was woken since the trace was read.
    pub wakes: u32,
    /// Operations that were resolved since the trace was read, each with the event that did it.
    pub resolved: Vec<(OperationId, EventId)>,
}
