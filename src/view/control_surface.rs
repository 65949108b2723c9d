//! The control surface as the window shows it.

use std::sync::Arc;

use crate::conductor::control_surface::ControlAction;

/// The control surface as the window shows it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ControlSurfaceView {
    /// Every binding.
    pub bound: Vec<Bound>,
    /// Names of the open inputs.
    pub inputs: Vec<Arc<str>>,
    /// The MIDI clock that the transport follows.
    pub clock: Option<ClockView>,
}

/// An action and the control it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The action.
    pub action: ControlAction,
    /// Name of the control.
    pub control: Arc<str>,
}

/// The MIDI clock that the transport follows.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockView {
    /// Name of its input.
    pub from: Arc<str>,
    /// Its tempo; `None` while no clock arrives.
    pub tempo: Option<f64>,
}

impl ControlSurfaceView {
    /// The control that an action is bound to.
    pub fn control_of(&self, action: &ControlAction) -> Option<&Arc<str>> {
        let bound = self.bound.iter().find(|bound| bound.action == *action);
        bound.map(|bound| &bound.control)
    }
}
