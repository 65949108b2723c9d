//! Holding a key or button: what cannot be undone takes a moment of holding.

use super::UiState;
use crate::{
    conductor::control_surface::{ControlIntent, Gesture},
    engine::Timestamp,
    view::{
        action::Action,
        command::{Command, EngineCommand, PlayerCommand},
        control_commands::commands,
        snapshot::Snapshot,
    },
};

/// A press of a key or button that must be held.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hold {
    /// What it does.
    command: Command,
    since: Timestamp,
    /// It was held long enough and the command was sent.
    done: bool,
}

impl UiState {
    /// A key or button was pressed that must be held, for this command.
    pub fn begin_hold(&mut self, command: impl Into<Command>, now: Timestamp) {
        let command = command.into();
        if self
            .hold
            .as_ref()
            .is_none_or(|hold| hold.command != command)
        {
            self.hold = Some(Hold {
                command,
                since: now,
                done: false,
            });
        }
    }

    /// The key or button was released.
    pub fn end_hold(&mut self) {
        self.hold = None;
    }

    /// What is held, and the progress from 0 to 1.
    pub fn holding(&self, now: Timestamp) -> Option<(&Command, f32)> {
        let hold = self.hold.as_ref().filter(|hold| !hold.done)?;
        let part = now.since(hold.since).as_secs_f32() / Self::HOLD.as_secs_f32();
        Some((&hold.command, part.min(1.0)))
    }

    /// The progress of holding the key or button of this command, from 0 to 1.
    pub fn held_part(&self, command: &Command, now: Timestamp) -> Option<f32> {
        let (held, part) = self.holding(now)?;
        (held == command).then_some(part)
    }

    /// Returns the command once, when the key or button was held long enough.
    pub fn hold_progress(&mut self, now: Timestamp) -> Option<Command> {
        let hold = self.hold.as_mut().filter(|hold| !hold.done)?;
        hold.done = now.since(hold.since) >= Self::HOLD;
        hold.done.then(|| hold.command.clone())
    }

    /// Begins to hold the key of an action on the selected lane. What only withdraws something need not be
    /// held: its commands are returned.
    pub(super) fn hold_key(
        &mut self,
        action: Action,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Vec<Command> {
        match self.act_confirmed(action, snapshot, now).pop() {
            Some(withdrawn @ Command::Engine(EngineCommand::PlayOn(_))) => vec![withdrawn],
            Some(command) => {
                self.begin_hold(command, now);
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// Performs an action whose key has to be held, at once: it was confirmed in another way.
    pub fn act_confirmed(
        &self,
        action: Action,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Vec<Command> {
        let action = match action {
            Action::Control(action) => action,
            Action::Crash => return vec![PlayerCommand::Crash.into()],
            _ => return Vec::new(),
        };
        let gesture = Gesture::Toggle;
        let intent = ControlIntent { action, gesture };
        // An opened history is not an instance that can be ended.
        let live = snapshot.performance();
        commands(&intent, now, live, self.selected.as_ref())
    }
}
