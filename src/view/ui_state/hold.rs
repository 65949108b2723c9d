//! Holding the terminate key or button: terminating takes a moment of holding.

use super::UiState;
use crate::{
    engine::{InstanceId, Timestamp},
    view::command::EngineCommand,
};

/// A press of the terminate key or button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hold {
    target: InstanceId,
    since: Timestamp,
    /// It was held long enough and the command was sent.
    done: bool,
}

impl UiState {
    /// The terminate key or button of an instance was pressed.
    pub fn begin_hold(&mut self, target: InstanceId, now: Timestamp) {
        if self.hold.as_ref().is_none_or(|hold| hold.target != target) {
            self.hold = Some(Hold {
                target,
                since: now,
                done: false,
            });
        }
    }

    /// The terminate key or button was released.
    pub fn end_hold(&mut self) {
        self.hold = None;
    }

    /// The instance whose terminate key or button is held, and the progress from 0 to 1.
    pub fn holding(&self, now: Timestamp) -> Option<(&InstanceId, f32)> {
        let hold = self.hold.as_ref().filter(|hold| !hold.done)?;
        let part = now.since(hold.since).as_secs_f32() / Self::HOLD.as_secs_f32();
        Some((&hold.target, part.min(1.0)))
    }

    /// Returns the command once, when the terminate key or button was held long enough.
    pub fn hold_progress(&mut self, now: Timestamp) -> Option<EngineCommand> {
        let hold = self.hold.as_mut().filter(|hold| !hold.done)?;
        hold.done = now.since(hold.since) >= Self::HOLD;
        hold.done
            .then(|| EngineCommand::Terminate(hold.target.clone()))
    }
}
