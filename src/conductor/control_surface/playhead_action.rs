//! What controls do with the playhead of the window: the same as its keys, and what only wheels and faders
//! can.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::conductor::Direction;

/// What a step of the playhead goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// An event of the selected lane.
    Event,
    /// A beat.
    Beat,
    /// A bar line.
    Bar,
    /// A failure in any lane.
    Failure,
    /// A marker.
    Marker,
}

impl Stop {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Event,
        Self::Beat,
        Self::Bar,
        Self::Failure,
        Self::Marker,
    ];
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Event => "event",
            Self::Beat => "beat",
            Self::Bar => "bar",
            Self::Failure => "failure",
            Self::Marker => "marker",
        })
    }
}

/// What a control does with the playhead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayheadAction {
    /// A wheel moves it, by small parts of what is visible.
    Jog,
    /// A fader puts it at a place in what is visible.
    Scrub,
    /// A button moves it to the next place to stop at.
    Step(Stop, Direction),
    /// A button plays the past, or stops.
    Replay(Direction),
    /// A button returns to live.
    Live,
    /// A button repeats the selected range, or the visible one.
    Loop,
    /// A button sets a marker, or removes the one at the playhead.
    Mark,
    /// A button reruns the selected lane from the playhead.
    Rerun,
}

impl PlayheadAction {
    /// All of them, in the order of lists.
    pub fn all() -> impl Iterator<Item = Self> {
        let both = [Direction::Backward, Direction::Forward];
        let steps = Stop::ALL
            .into_iter()
            .flat_map(move |stop| both.map(|direction| Self::Step(stop, direction)));
        let first = [Self::Jog, Self::Scrub, Self::Live];
        let replay = both.map(Self::Replay);
        let last = [Self::Loop, Self::Mark, Self::Rerun];
        first.into_iter().chain(replay).chain(last).chain(steps)
    }
}

impl fmt::Display for PlayheadAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jog => f.write_str("Jog the playhead"),
            Self::Scrub => f.write_str("Scrub the playhead"),
            Self::Step(stop, Direction::Forward) => write!(f, "Next {stop}"),
            Self::Step(stop, Direction::Backward) => write!(f, "Previous {stop}"),
            Self::Replay(Direction::Forward) => f.write_str("Play the past"),
            Self::Replay(Direction::Backward) => f.write_str("Play the past backward"),
            Self::Live => f.write_str("Return to live"),
            Self::Loop => f.write_str("Repeat the range"),
            Self::Mark => f.write_str("Set a marker"),
            Self::Rerun => f.write_str("Rerun from here"),
        }
    }
}
