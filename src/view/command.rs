//! What the window, the palette, keys and pads ask the application to do.
//!
//! The three kinds differ in how they are carried out, so each has an enum of its own.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    conductor::{Strip, Switch, control_surface::ControlAction},
    engine::{InstanceId, Timestamp},
    music::Offset,
};

/// A score that can be started: its path, or another id that the application chose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScoreId(pub Arc<str>);

/// A request to the application.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Changes instances. Carried out one after the other, in the order of the requests.
    Engine(EngineCommand),
    /// Changes what is heard. Takes effect at once, whatever the engine is doing.
    Player(PlayerCommand),
    /// Changes what the control surface does.
    ControlSurface(ControlSurfaceCommand),
}

/// A command that waits for the engine to commit.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineCommand {
    /// Start a score as a new instance.
    StartScore(ScoreId),
    /// Suspend an instance.
    Suspend(InstanceId),
    /// Resume an instance.
    Resume(InstanceId),
    /// Terminate an instance.
    Terminate(InstanceId),
    /// Suspend every running instance.
    SuspendAll,
    /// Resume every suspended instance.
    ResumeAll,
    /// Raise an event on an instance.
    RaiseEvent {
        /// The instance that receives it.
        instance: InstanceId,
        /// Type of the event.
        event: Arc<str>,
        /// Data of the event.
        data: Value,
    },
    /// Start recording the performance.
    StartRecording,
    /// Stop the recording and save it.
    StopRecording,
    /// Start the transport: resume every suspended instance.
    Play,
    /// Stop the transport: suspend every running instance.
    Stop,
}

/// A command to the player or the mixer. It never waits.
#[derive(Debug, Clone, PartialEq)]
pub enum PlayerCommand {
    /// Silence everything at once.
    Panic,
    /// Set the tempo, in quarter notes per minute.
    SetTempo(f64),
    /// A tap of the tempo, at this moment.
    Tap(Timestamp),
    /// Shift everything that is still to be played.
    Nudge(Offset),
    /// Mute a lane or an instrument: it is performed, but not heard.
    Mute(Strip, Switch),
    /// Solo a lane or an instrument.
    Solo(Strip, Switch),
    /// Make this share of an instrument's notes fail, 0 to 1.
    SetFaults(Arc<str>, f64),
}

/// A command to the control surface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlSurfaceCommand {
    /// Another lane is selected, or none.
    Select(Option<InstanceId>),
    /// Start to learn: from now on controls are learned and do nothing else.
    StartLearning,
    /// The next control that is touched is bound to this action.
    Learn(ControlAction),
    /// Unbind the action from its control.
    Forget(ControlAction),
    /// Stop learning: controls act again.
    StopLearning,
}

impl EngineCommand {
    /// Raises an event without data, such as a cue.
    pub fn raise(instance: &InstanceId, event: &Arc<str>) -> Self {
        Self::RaiseEvent {
            instance: instance.clone(),
            event: Arc::clone(event),
            data: Value::Null,
        }
    }
}

impl From<EngineCommand> for Command {
    fn from(command: EngineCommand) -> Self {
        Self::Engine(command)
    }
}

impl From<PlayerCommand> for Command {
    fn from(command: PlayerCommand) -> Self {
        Self::Player(command)
    }
}

impl From<ControlSurfaceCommand> for Command {
    fn from(command: ControlSurfaceCommand) -> Self {
        Self::ControlSurface(command)
    }
}
