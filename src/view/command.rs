//! Commands to the application, from the window, the palette, keys and pads.
//!
//! Most are of five kinds, with an enum each, because they are executed differently.

use std::{path::PathBuf, sync::Arc};

use serde_json::Value;

use super::{
    arrangement::Arrangement, comparison::ComparedPair, markers::Markers,
    score_editor::ScoreTextCommand, setlist::SetlistCommand, settings::Settings,
};
use crate::{
    backend::{BackendName, Watched},
    conductor::{
        EndAt, FaultChange, FaultTarget, Rate, Strip, Switch, control_surface::ControlAction,
    },
    engine::{EventId, InstanceId, ScheduleName, Timestamp},
    music::{Offset, Volume},
};

/// The id of a score in the library: its path, or the name of a bundled score.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScoreId(pub Arc<str>);

/// A command to the application.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Changes instances. These commands are executed one after the other, in order.
    Engine(EngineCommand),
    /// Changes tempo or sound. These commands take effect at once and never wait for the engine.
    Player(PlayerCommand),
    /// Changes the control surface.
    ControlSurface(ControlSurfaceCommand),
    /// Moves the sound of replay.
    Replay(ReplayCommand),
    /// Finds and opens histories.
    History(HistoryCommand),
    /// Attaches and watches other engines.
    Backend(BackendCommand),
    /// Moves in the set list.
    Setlist(SetlistCommand),
    /// Edits the text of a score.
    ScoreText(ScoreTextCommand),
    /// Begins a show at a moment: what had ended by then is hidden, and nothing is deleted. `None` brings
    /// it back.
    Show(Option<Timestamp>),
    /// The window lists the schedules, or no longer does.
    ListSchedules(ScheduleList),
    /// Opens or writes a file.
    File(FileCommand),
    /// Keeps the markers for the next time that this store is opened.
    KeepMarkers(Markers),
    /// Keeps the settings for the next window.
    KeepSettings(Box<Settings>),
    /// Keeps the arrangement of the lanes for the next time that this store is opened.
    KeepArrangement(Arrangement),
}

/// Whether the window lists the schedules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScheduleList {
    /// It does: they are read again and again.
    Open,
    /// It does not.
    #[default]
    Closed,
}

/// A command about histories beyond the performance. They are read in the background; what comes of it is
/// in later snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryCommand {
    /// Search the store; the text is that of a [`HistoryQuery`](super::HistoryQuery).
    Find(String),
    /// Find the next page.
    More,
    /// Open the history of an instance of the store.
    Open(InstanceId),
    /// Open an exported history.
    OpenFile(PathBuf),
    /// Put an opened history away.
    Dismiss(InstanceId),
    /// The window shows this opened history; `None`: the performance. Replay sounds accordingly.
    Show(Option<InstanceId>),
    /// The window compares these runs; `None`: it does no longer. Replay sounds accordingly.
    Compare(Option<ComparedPair>),
}

/// A command about other engines. What comes of it is in later snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendCommand {
    /// Attach the one with this address.
    Attach(Arc<str>),
    /// Detach one: its lanes go, and its instances go on.
    Detach(BackendName),
    /// Which instances are lanes.
    Watch(Watched),
    /// Run the workflows of other programs: their workers can connect.
    Serve,
    /// Let no worker connect any more: the workflows of other programs wait.
    StopServing,
}

/// A command about a file. It is carried out in the background; a notice says what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileCommand {
    /// Open a score, a MIDI file or an exported history, judged by its content. `~` is the home folder.
    Open(PathBuf),
    /// Write the history of a run to a new file.
    Export {
        /// The instance.
        instance: InstanceId,
        /// Its run.
        run: u32,
    },
}

/// A command to the replay bus. Moments are those of the histories.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ReplayCommand {
    /// Jump to a moment, in silence.
    Seek(Timestamp),
    /// The playhead was dragged: the notes that it crossed sound.
    Drag {
        /// From this moment.
        from: Timestamp,
        /// To this one.
        to: Timestamp,
    },
    /// Play from a moment on.
    Play {
        /// The moment.
        from: Timestamp,
        /// The rate.
        rate: Rate,
    },
    /// Replay has ended.
    Stop,
}

/// A command to the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineCommand {
    /// Start a score as a new instance.
    StartScore(ScoreId),
    /// Start a score as a new instance with an input.
    StartWith {
        /// The score.
        score: ScoreId,
        /// The input of the workflow.
        input: Value,
    },
    /// Start a closed instance again, with the same input.
    Restart(InstanceId),
    /// Suspend an instance.
    Suspend(InstanceId),
    /// Resume an instance.
    Resume(InstanceId),
    /// Terminate an instance.
    Terminate(InstanceId),
    /// Terminate an instance at a musical moment. A program that ends before has terminated nothing.
    TerminateAt(InstanceId, EndAt),
    /// Withdraw a termination whose moment has not come.
    PlayOn(InstanceId),
    /// Ask an instance to end; it may compensate.
    Cancel(InstanceId),
    /// Pause a schedule.
    PauseSchedule(ScheduleName),
    /// Resume a schedule.
    ResumeSchedule(ScheduleName),
    /// Start a run of a schedule now.
    TriggerSchedule(ScheduleName),
    /// Delete the ended instances that a search matches: the text of a [`HistoryQuery`](super::HistoryQuery).
    PurgeEnded(Arc<str>),
    /// Retry at once what waits for its next attempt in an instance.
    RetryNow(InstanceId),
    /// Suspend every running instance.
    SuspendAll,
    /// Resume every suspended instance, whoever suspended it.
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
    /// Fork an instance: a new one shares the history of a run before an event, and continues from there.
    Rerun {
        /// The source.
        instance: InstanceId,
        /// Its run.
        run: u32,
        /// The first event that is not shared.
        from: EventId,
    },
    /// Start recording the performance.
    StartRecording,
    /// Stop the recording and save it.
    StopRecording,
    /// Start the transport: resume the instances that [`Stop`](Self::Stop) suspended.
    Play,
    /// Stop the transport: suspend every running instance. Those that are suspended already stay so
    /// when the transport starts again.
    Stop,
}

/// A command to the player or the mixer.
#[derive(Debug, Clone, PartialEq)]
pub enum PlayerCommand {
    /// Silence everything at once.
    Panic,
    /// Set the tempo, in quarter notes per minute.
    SetTempo(f64),
    /// Tap the tempo, at this moment.
    Tap(Timestamp),
    /// Shift everything that is still to be played.
    Nudge(Offset),
    /// Mute a lane or an instrument: its notes are performed but not heard.
    Mute(Strip, Switch),
    /// Solo a lane or an instrument.
    Solo(Strip, Switch),
    /// Set the volume of a lane.
    SetVolume(InstanceId, Volume),
    /// Change the injected fault of a target.
    ChangeFault(FaultTarget, FaultChange),
    /// Kill the program at once.
    Crash,
    /// End all injected faults: those that were set, and those of the scores.
    EndFaults,
}

/// A command to the control surface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlSurfaceCommand {
    /// Set the selected lane.
    Select(Option<InstanceId>),
    /// Enter learn mode: controls no longer act.
    StartLearning,
    /// Map the next control that is touched to this action.
    Learn(ControlAction),
    /// Remove the mapping of this action.
    Unmap(ControlAction),
    /// Leave learn mode: controls act again.
    StopLearning,
}

impl EngineCommand {
    /// The reason in the history of an instance that [`Stop`](Self::Stop) suspended:
    /// [`Play`](Self::Play) resumes those and no others, even after the program was started again.
    pub const STOPPED: &str = "the transport was stopped";

    /// The instance that it acts on, if it is one.
    pub fn instance(&self) -> Option<&InstanceId> {
        match self {
            Self::Suspend(id)
            | Self::Resume(id)
            | Self::Terminate(id)
            | Self::TerminateAt(id, _)
            | Self::PlayOn(id)
            | Self::Cancel(id)
            | Self::RetryNow(id) => Some(id),
            Self::RaiseEvent { instance, .. } | Self::Rerun { instance, .. } => Some(instance),
            _ => None,
        }
    }

    /// Raises an event without data, such as a cue.
    pub fn raise(instance: &InstanceId, event: &Arc<str>) -> Self {
        Self::RaiseEvent {
            instance: instance.clone(),
            event: Arc::clone(event),
            data: Value::Null,
        }
    }
}

impl From<BackendCommand> for Command {
    fn from(command: BackendCommand) -> Self {
        Self::Backend(command)
    }
}

impl From<EngineCommand> for Command {
    fn from(command: EngineCommand) -> Self {
        Self::Engine(command)
    }
}

impl From<SetlistCommand> for Command {
    fn from(command: SetlistCommand) -> Self {
        Self::Setlist(command)
    }
}

impl From<FileCommand> for Command {
    fn from(command: FileCommand) -> Self {
        Self::File(command)
    }
}

impl From<HistoryCommand> for Command {
    fn from(command: HistoryCommand) -> Self {
        Self::History(command)
    }
}

impl From<ScoreTextCommand> for Command {
    fn from(command: ScoreTextCommand) -> Self {
        Self::ScoreText(command)
    }
}

impl From<ReplayCommand> for Command {
    fn from(command: ReplayCommand) -> Self {
        Self::Replay(command)
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
