//! What can be done with an instance of a backend.

use std::sync::Arc;

use serde_json::Value;

use crate::engine::{EventId, InstanceId};

/// A command to an instance.
#[derive(Debug, Clone, PartialEq)]
pub enum InstanceCommand {
    /// Suspend it.
    Suspend,
    /// Resume it.
    Resume,
    /// Ask it to end; it may compensate first.
    Cancel,
    /// End it at once.
    Terminate,
    /// Raise an event on it: a signal.
    Raise {
        /// The name of the event.
        name: Arc<str>,
        /// Its data.
        data: Value,
    },
    /// Start a new run that shares its history before this event: a reset.
    Rerun {
        /// The first event that is not shared.
        from: EventId,
    },
}

/// The commands that an instance may accept: which buttons exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// [`InstanceCommand::Suspend`] and [`InstanceCommand::Resume`].
    pub suspend: Ability,
    /// [`InstanceCommand::Cancel`].
    pub cancel: Ability,
    /// [`InstanceCommand::Terminate`].
    pub terminate: Ability,
    /// [`InstanceCommand::Raise`].
    pub raise: Ability,
    /// [`InstanceCommand::Rerun`].
    pub rerun: Ability,
}

/// Whether a backend can do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ability {
    /// It can, or nothing speaks against trying.
    Yes,
    /// It cannot, or it was tried and refused.
    No,
}

impl Abilities {
    /// Nothing can be done: an exported history.
    pub const NONE: Self = Self::all(Ability::No);
    /// Everything can be done.
    pub const ALL: Self = Self::all(Ability::Yes);

    const fn all(ability: Ability) -> Self {
        Self {
            suspend: ability,
            cancel: ability,
            terminate: ability,
            raise: ability,
            rerun: ability,
        }
    }
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It is in the history.
    Durable,
    /// The backend has accepted it; its event comes later.
    Requested,
    /// It started this instance, or this run of the same one.
    Started(InstanceId),
}
