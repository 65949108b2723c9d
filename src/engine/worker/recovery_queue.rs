//! The instances that are still to be recovered.

use std::{collections::VecDeque, sync::mpsc};

use crate::engine::{Clock, EngineError, InstanceKey, OpenInstance, Unreadable};

/// An open instance read from the store.
pub(super) type Found = (InstanceKey, Result<OpenInstance, Unreadable>);

/// Receives the engine's clock once the instances are recovered.
pub(in crate::engine) type Recovered = mpsc::Sender<Result<Clock, EngineError>>;

/// The instances that are still to be recovered.
pub(super) struct RecoveryQueue {
    pub found: VecDeque<Found>,
    /// Whether the last process did not close the store.
    pub crashed: bool,
    /// Replayed instances whose relations are not restored yet.
    pub replayed: Vec<InstanceKey>,
    pub caller: Option<Recovered>,
}
