//! The actions of pads, faders and keys.

use std::{fmt, sync::Arc, time::Duration};

use crate::music::Offset;

/// An action of a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlAction {
    /// Pauses a lane, or resumes it.
    Pause(LaneTarget),
    /// Terminates a lane.
    Terminate(LaneTarget),
    /// Raises the event that a lane waits for, whatever its type.
    Cue(LaneTarget),
    /// Raises an event of this type.
    Raise(LaneTarget, Arc<str>),
    /// Mutes a lane or an instrument.
    Mute(StripTarget),
    /// Solos a lane or an instrument.
    Solo(StripTarget),
    /// The share of an instrument's notes that fail on purpose, 0 to 1.
    Faults(Arc<str>),
    /// The tempo, in beats per minute.
    Tempo,
    /// Sets the tempo by tapping.
    Tap,
    /// Shifts everything that is still to be played.
    Nudge(Offset),
    /// Starts or stops the transport.
    PlayStop,
    /// Silences everything.
    Panic,
}

/// The lanes that an action targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaneTarget {
    /// The lane that is selected in the window.
    Selected,
    /// Every lane.
    All,
    /// The lane at this place in the window, counted from 1.
    Place(u8),
    /// The lanes that perform the score of this name.
    Score(Arc<str>),
}

/// The strips that an action targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StripTarget {
    /// Everything that a lane plays.
    Lane(LaneTarget),
    /// The instruments of that name, in every lane.
    Instrument(Arc<str>),
}

/// The kind of control that an action needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlKind {
    /// A button, pad or key.
    Button,
    /// A fader or knob, with values from `from` to `to` unless the rig says otherwise.
    Fader {
        /// At the lower end.
        from: u16,
        /// At the upper end.
        to: u16,
    },
}

impl ControlAction {
    /// How far one press of a nudge shifts.
    pub const NUDGE: Duration = Duration::from_millis(5);

    /// The kind of control that it needs.
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
            Self::Pause(target) => write!(f, "Pause {target}"),
            Self::Terminate(target) => write!(f, "Terminate {target}"),
            Self::Cue(target) => write!(f, "Cue {target}"),
            Self::Raise(target, event) => write!(f, "Raise {event} for {target}"),
            Self::Mute(strip) => write!(f, "Mute {strip}"),
            Self::Solo(strip) => write!(f, "Solo {strip}"),
            Self::Faults(instrument) => write!(f, "Faults of {instrument}"),
            Self::Tempo => f.write_str("Tempo"),
            Self::Tap => f.write_str("Tap tempo"),
            Self::Nudge(Offset::Earlier(_)) => f.write_str("Nudge earlier"),
            Self::Nudge(Offset::Later(_)) => f.write_str("Nudge later"),
            Self::PlayStop => f.write_str("Start or stop"),
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

impl fmt::Display for StripTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lane(target) => target.fmt(f),
            Self::Instrument(name) => f.write_str(name),
        }
    }
}
