//! What can be done with a lane: which of its buttons exist.

use super::lane::LaneModel;
use crate::backend::Ability;

impl LaneModel {
    /// Whether it can be suspended and resumed.
    pub fn can_be_suspended(&self) -> bool {
        !self.status.is_closed() && self.abilities.suspend == Ability::Yes
    }

    /// Whether it can be terminated.
    pub fn can_be_terminated(&self) -> bool {
        !self.status.is_closed() && self.abilities.terminate == Ability::Yes
    }

    /// Whether it can be asked to end.
    pub fn can_be_canceled(&self) -> bool {
        !self.status.is_closed() && self.abilities.cancel == Ability::Yes
    }

    /// Whether an event can be raised on it.
    pub fn can_be_raised(&self) -> bool {
        !self.status.is_closed() && self.abilities.raise == Ability::Yes
    }

    /// Whether events of any name can be raised: its code is elsewhere, and its history does not say which it
    /// waits for.
    pub fn takes_any_event(&self) -> bool {
        (self.backend.is_some() || self.remote.is_some()) && self.can_be_raised()
    }
}
