//! The actions of pads, faders and keys.

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::PlayheadAction;
use crate::{
    conductor::{EndAt, FaultTarget},
    music::{Offset, Volume},
};

/// An action of a pad, fader or key. The window's shortcuts and buttons use the same actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlAction {
    /// Pauses a lane, or resumes it.
    Pause(LaneTarget),
    /// Terminates a lane.
    Terminate(LaneTarget),
    /// Terminates a lane at a musical moment, or withdraws that.
    TerminateAt(LaneTarget, EndAt),
    /// Asks a lane to end; it may compensate.
    Cancel(LaneTarget),
    /// Retries what waits for its next attempt in a lane at once.
    Retry(LaneTarget),
    /// Raises the event that a lane waits for, whatever its type.
    Cue(LaneTarget),
    /// Raises an event of this type with this data; null: without data.
    Raise(LaneTarget, Arc<str>, Value),
    /// Mutes a lane or an instrument.
    Mute(StripTarget),
    /// Solos a lane or an instrument.
    Solo(StripTarget),
    /// Sets the volume of a lane, in decibels.
    Volume(LaneTarget),
    /// Raises the volume of a lane by one decibel.
    Louder(LaneTarget),
    /// Lowers the volume of a lane by one decibel.
    Softer(LaneTarget),
    /// Sets the volume of a lane to 0 dB.
    ResetVolume(LaneTarget),
    /// Sets the share of a target's attempts that fail, 0 to 1.
    Faults(FaultTarget),
    /// Makes one more of a target's next attempts fail.
    FailNext(FaultTarget),
    /// Begins an outage of a target, or ends it.
    Outage(FaultTarget),
    /// Ends all faults that were set, and those of the scores.
    EndFaults,
    /// Sets the tempo, in beats per minute.
    Tempo,
    /// Sets the tempo by tapping.
    Tap,
    /// Shifts everything that is still to be played.
    Nudge(Offset),
    /// Starts or stops the transport.
    PlayStop,
    /// Silences everything.
    Panic,
    /// Starts the current piece of the set list, or the next one.
    NextPiece,
    /// Goes back one piece of the set list.
    PreviousPiece,
    /// Ends the current piece of the set list and makes it ready to start again.
    ResetScene,
    /// Moves the playhead of the window, or does something at it.
    Playhead(PlayheadAction),
}

/// The name of a [`ControlAction`] without its parameters, as rig files contain it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlActionName {
    /// [`ControlAction::Pause`].
    Pause,
    /// [`ControlAction::Terminate`].
    Terminate,
    /// [`ControlAction::TerminateAt`] the end of the note.
    TerminateAfterNote,
    /// [`ControlAction::TerminateAt`] the end of the bar.
    TerminateAfterBar,
    /// [`ControlAction::Cancel`].
    Cancel,
    /// [`ControlAction::Retry`].
    Retry,
    /// [`ControlAction::Cue`].
    Cue,
    /// [`ControlAction::Raise`].
    Raise,
    /// [`ControlAction::Mute`].
    Mute,
    /// [`ControlAction::Solo`].
    Solo,
    /// [`ControlAction::Volume`].
    Volume,
    /// [`ControlAction::Louder`].
    Louder,
    /// [`ControlAction::Softer`].
    Softer,
    /// [`ControlAction::ResetVolume`].
    ResetVolume,
    /// [`ControlAction::Faults`].
    Faults,
    /// [`ControlAction::FailNext`].
    FailNext,
    /// [`ControlAction::Outage`].
    Outage,
    /// [`ControlAction::EndFaults`].
    EndFaults,
    /// [`ControlAction::Tempo`].
    Tempo,
    /// [`ControlAction::Tap`].
    Tap,
    /// [`ControlAction::Nudge`].
    Nudge,
    /// [`ControlAction::PlayStop`].
    #[serde(rename = "play")]
    PlayStop,
    /// [`ControlAction::Panic`].
    Panic,
    /// [`ControlAction::NextPiece`].
    NextPiece,
    /// [`ControlAction::PreviousPiece`].
    PreviousPiece,
    /// [`ControlAction::ResetScene`].
    ResetScene,
    /// [`PlayheadAction::Jog`].
    Jog,
    /// [`PlayheadAction::Scrub`].
    Scrub,
    /// [`PlayheadAction::Step`].
    Step,
    /// [`PlayheadAction::Replay`].
    Replay,
    /// [`PlayheadAction::Live`].
    Live,
    /// [`PlayheadAction::Loop`].
    Loop,
    /// [`PlayheadAction::Mark`].
    Mark,
    /// [`PlayheadAction::Rerun`].
    Rerun,
}

/// The lanes that an action targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaneTarget {
    /// The lane that is selected in the window.
    Selected,
    /// Every lane.
    All,
    /// The lane with this number in the window, counted from 1 at the top.
    Number(u8),
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
    /// A fader or knob, with a default range of values.
    Fader {
        /// At the lower end.
        from: i16,
        /// At the upper end.
        to: i16,
    },
    /// A wheel that turns without end.
    Wheel,
}

impl ControlAction {
    /// The shift of one press of a nudge.
    pub const NUDGE: Duration = Duration::from_millis(5);

    /// The kind of control that it needs.
    pub fn kind(&self) -> ControlKind {
        match self {
            Self::Tempo => ControlKind::Fader { from: 60, to: 180 },
            Self::Volume(_) => ControlKind::Fader {
                from: Volume::FADER_FROM,
                to: Volume::FADER_TO,
            },
            Self::Faults(_) | Self::Playhead(PlayheadAction::Scrub) => {
                ControlKind::Fader { from: 0, to: 1 }
            }
            Self::Playhead(PlayheadAction::Jog) => ControlKind::Wheel,
            _ => ControlKind::Button,
        }
    }

    /// Its name.
    pub fn name(&self) -> ControlActionName {
        match self {
            Self::Pause(_) => ControlActionName::Pause,
            Self::Terminate(_) => ControlActionName::Terminate,
            Self::TerminateAt(_, EndAt::Note) => ControlActionName::TerminateAfterNote,
            Self::TerminateAt(_, EndAt::Bar) => ControlActionName::TerminateAfterBar,
            Self::Cancel(_) => ControlActionName::Cancel,
            Self::Retry(_) => ControlActionName::Retry,
            Self::Cue(_) => ControlActionName::Cue,
            Self::Raise(..) => ControlActionName::Raise,
            Self::Mute(_) => ControlActionName::Mute,
            Self::Solo(_) => ControlActionName::Solo,
            Self::Volume(_) => ControlActionName::Volume,
            Self::Louder(_) => ControlActionName::Louder,
            Self::Softer(_) => ControlActionName::Softer,
            Self::ResetVolume(_) => ControlActionName::ResetVolume,
            Self::Faults(_) => ControlActionName::Faults,
            Self::FailNext(_) => ControlActionName::FailNext,
            Self::Outage(_) => ControlActionName::Outage,
            Self::EndFaults => ControlActionName::EndFaults,
            Self::Tempo => ControlActionName::Tempo,
            Self::Tap => ControlActionName::Tap,
            Self::Nudge(_) => ControlActionName::Nudge,
            Self::PlayStop => ControlActionName::PlayStop,
            Self::Panic => ControlActionName::Panic,
            Self::NextPiece => ControlActionName::NextPiece,
            Self::PreviousPiece => ControlActionName::PreviousPiece,
            Self::ResetScene => ControlActionName::ResetScene,
            Self::Playhead(action) => match action {
                PlayheadAction::Jog => ControlActionName::Jog,
                PlayheadAction::Scrub => ControlActionName::Scrub,
                PlayheadAction::Step(..) => ControlActionName::Step,
                PlayheadAction::Replay(_) => ControlActionName::Replay,
                PlayheadAction::Live => ControlActionName::Live,
                PlayheadAction::Loop => ControlActionName::Loop,
                PlayheadAction::Mark => ControlActionName::Mark,
                PlayheadAction::Rerun => ControlActionName::Rerun,
            },
        }
    }

    /// What it does, for lists of shortcuts. [`Display`](fmt::Display) gives a shorter label.
    pub fn description(&self) -> String {
        match self {
            Self::Pause(target) => format!("Pause or resume {target}"),
            Self::Cue(LaneTarget::Selected) => "Send the cue a lane is waiting for".to_owned(),
            Self::Cue(target) => format!("Send the cue {target} is waiting for"),
            Self::Cancel(target) => format!("Ask {target} to end; it may compensate"),
            Self::Retry(target) => format!("Retry now what {target} waits to retry"),
            Self::Louder(target) => format!("Volume of {target} up 1 dB"),
            Self::Softer(target) => format!("Volume of {target} down 1 dB"),
            Self::ResetVolume(target) => format!("Volume of {target} to 0 dB"),
            Self::EndFaults => "End all injected faults".to_owned(),
            Self::Tap => "Tap the tempo".to_owned(),
            Self::PlayStop => "Start or stop the transport".to_owned(),
            Self::Panic => "Panic: silence everything".to_owned(),
            Self::NextPiece => "Start the next piece of the set list".to_owned(),
            Self::PreviousPiece => "Go back one piece of the set list".to_owned(),
            Self::ResetScene => "Reset the scene: end the piece, ready again".to_owned(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for ControlAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pause(target) => write!(f, "Pause {target}"),
            Self::Terminate(target) => write!(f, "Terminate {target}"),
            Self::TerminateAt(target, at) => write!(f, "Terminate {target} at {at}"),
            Self::Cancel(target) => write!(f, "Cancel {target}"),
            Self::Retry(target) => write!(f, "Retry {target}"),
            Self::Cue(target) => write!(f, "Cue {target}"),
            Self::Raise(target, event, Value::Null) => write!(f, "Raise {event} for {target}"),
            Self::Raise(target, event, data) => {
                write!(f, "Raise {event} with {data} for {target}")
            }
            Self::Mute(strip) => write!(f, "Mute {strip}"),
            Self::Solo(strip) => write!(f, "Solo {strip}"),
            Self::Volume(target) => write!(f, "Volume, {}", target.brief()),
            Self::Louder(target) => write!(f, "Louder, {}", target.brief()),
            Self::Softer(target) => write!(f, "Softer, {}", target.brief()),
            Self::ResetVolume(target) => write!(f, "0 dB, {}", target.brief()),
            Self::Faults(target) => write!(f, "Fault rate of {}", target.brief()),
            Self::FailNext(target) => write!(f, "Fail the next of {}", target.brief()),
            Self::Outage(target) => write!(f, "Outage of {}", target.brief()),
            Self::EndFaults => f.write_str("End faults"),
            Self::Tempo => f.write_str("Tempo"),
            Self::Tap => f.write_str("Tap tempo"),
            Self::Nudge(Offset::Earlier(_)) => f.write_str("Nudge earlier"),
            Self::Nudge(Offset::Later(_)) => f.write_str("Nudge later"),
            Self::PlayStop => f.write_str("Start or stop"),
            Self::Panic => f.write_str("Panic"),
            Self::NextPiece => f.write_str("Next piece"),
            Self::PreviousPiece => f.write_str("Previous piece"),
            Self::ResetScene => f.write_str("Reset the scene"),
            Self::Playhead(action) => action.fmt(f),
        }
    }
}

impl LaneTarget {
    /// Its name after a comma, where room is scarce.
    fn brief(&self) -> String {
        match self {
            Self::Selected => "selected lane".to_owned(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for LaneTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Selected => f.write_str("the selected lane"),
            Self::All => f.write_str("all lanes"),
            Self::Number(number) => write!(f, "lane {number}"),
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
