//! What the parts of the window share while they paint one frame.

use egui::Rect;

use super::{Host, theme};
use crate::{
    conductor::control_surface::ControlAction,
    engine::Timestamp,
    view::{Action, Command, Snapshot, UiState},
};

/// What every part of the stage needs to paint one frame.
pub(super) struct Scene<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) host: &'a dyn Host,
    pub(super) state: &'a mut UiState,
    pub(super) sizes: theme::Sizes,
    /// The wall clock.
    pub(super) wall: Timestamp,
    /// The moment at the playhead.
    pub(super) now: Timestamp,
    /// Commands to send at the end of the frame.
    pub(super) commands: Vec<Command>,
    /// What a control can learn, and where it is painted.
    pub(super) bindable: Vec<Bindable>,
}

impl Scene<'_> {
    /// Does what an action says.
    pub(super) fn act(&mut self, action: Action) {
        let commands = self.state.act(action, self.snapshot, self.wall);
        self.commands.extend(commands);
    }

    /// Sends a command at the end of the frame.
    pub(super) fn send(&mut self, command: impl Into<Command>) {
        self.commands.push(command.into());
    }

    /// Something that a control can do is painted there.
    pub(super) fn bindable(&mut self, rect: Rect, action: ControlAction) {
        if self.state.learning.is_some() {
            self.bindable.push(Bindable { rect, action });
        }
    }

    /// The next control that is touched will do this.
    pub(super) fn set_chosen(&mut self, chosen: Option<ControlAction>) {
        if let Some(learning) = &mut self.state.learning {
            learning.chosen = chosen;
        }
    }
}

/// Something on the stage that a control can do, and where it is.
pub(super) struct Bindable {
    pub rect: Rect,
    pub action: ControlAction,
}
