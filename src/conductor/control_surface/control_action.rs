//! What pads, faders and keys can do.

use std::{fmt, sync::Arc, time::Duration};

use crate::music::Offset;

/// What a control does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlAction {
    /// Pauses a lane, or resumes it.
    Pause(LaneTarget),
    /// Ends a lane.
    Terminate(LaneTarget),
    /// Raises the event that a lane waits for, whichever it is.
    Cue(LaneTarget),
    /// Raises an event of this type.
    Raise(LaneTarget, Arc<str>),
    /// Lets a lane or an instrument play unheard.
    Mute(Strip),
    /// Lets only this lane or instrument be heard, and others that are solo.
    Solo(Strip),
    /// How often an instrument misses its notes on purpose, 0 to 1.
    Faults(Arc<str>),
    /// The tempo, in beats a minute.
    Tempo,
    /// Tells the tempo by tapping it.
    Tap,
    /// Shifts everything that is still to come.
    Nudge(Offset),
    /// Starts or stops everything.
    Play,
    /// Silences everything.
    Panic,
}

/// Which lane is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaneTarget {
    /// The one that is selected on the stage.
    Selected,
    /// Every one.
    All,
    /// The one at that place on the stage, counted from 1.
    Place(u8),
    /// Those that perform the score of that name.
    Score(Arc<str>),
}

/// What can be muted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strip {
    /// All that a lane plays.
    Lane(LaneTarget),
    /// The instruments of that name, in every lane.
    Instrument(Arc<str>),
}

/// How a control does what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlKind {
    /// It is pressed.
    Button,
    /// It is moved: it has a value from `from` to `to`, unless the rig says otherwise.
    Fader {
        /// At the lower end.
        from: u16,
        /// At the upper end.
        to: u16,
    },
}

impl ControlAction {
    /// How far one press of a nudge goes.
    pub const NUDGE: Duration = Duration::from_millis(5);

    /// Whether it is for a button or for a fader.
    pub fn kind(&self) -> ControlKind {
        match self {
            Self::Tempo => ControlKind::Fader { from: 60, to: 180 },
            Self::Faults(_) => ControlKind::Fader { from: 0, to: 1 },
            _ => ControlKind::Button,
        }
    }
}

impl fmt::Display for ControlAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pause(whom) => write!(f, "Pause {whom}"),
            Self::Terminate(whom) => write!(f, "Terminate {whom}"),
            Self::Cue(whom) => write!(f, "Cue {whom}"),
            Self::Raise(whom, event) => write!(f, "Raise {event} for {whom}"),
            Self::Mute(strip) => write!(f, "Mute {strip}"),
            Self::Solo(strip) => write!(f, "Solo {strip}"),
            Self::Faults(instrument) => write!(f, "Faults of {instrument}"),
            Self::Tempo => f.write_str("Tempo"),
            Self::Tap => f.write_str("Tap tempo"),
            Self::Nudge(Offset::Earlier(_)) => f.write_str("Nudge earlier"),
            Self::Nudge(Offset::Later(_)) => f.write_str("Nudge later"),
            Self::Play => f.write_str("Start or stop"),
            Self::Panic => f.write_str("Panic"),
        }
    }
}

impl fmt::Display for LaneTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Selected => f.write_str("the selected lane"),
            Self::All => f.write_str("every lane"),
            Self::Place(place) => write!(f, "lane {place}"),
            Self::Score(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Strip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lane(whom) => whom.fmt(f),
            Self::Instrument(name) => f.write_str(name),
        }
    }
}
