//! One item to paint.

use std::sync::Arc;

use crate::{
    engine::Status,
    music::Key,
    view::{
        palette::Rgb,
        timeline_entry::{Outcome, Purpose, WaitOn},
    },
};

/// Notes and activities narrower than this are merged. In points.
pub(super) const MIN_WIDTH: f32 = 2.5;
/// One item to paint.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Left edge, in points from the left edge of the window.
    pub left: f32,
    /// Right edge.
    pub right: f32,
    /// Number of timeline entries in it.
    pub count: u32,
    /// The sub-rows that it covers, if it belongs to an operation.
    pub rows: SubRows,
    /// Its kind.
    pub kind: ItemKind,
}

/// A range of sub-rows on screen, counted from 0 at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SubRows {
    /// The first.
    pub first: u32,
    /// The last.
    pub last: u32,
}

impl SubRows {
    /// One sub-row.
    pub(super) fn one(row: u32) -> Self {
        Self {
            first: row,
            last: row,
        }
    }

    /// The rows from the first to the last of both.
    pub(super) fn union(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

/// The kind of an [`Item`].
#[derive(Debug, Clone, PartialEq)]
pub enum ItemKind {
    /// A note.
    Note {
        /// Its key.
        key: Key,
        /// Its instrument.
        instrument: Arc<str>,
        /// The color of its instrument.
        color: Rgb,
        /// Whether it is upcoming, sounding or played.
        phase: NotePhase,
    },
    /// A cluster of notes.
    Notes {
        /// The lowest.
        low: Key,
        /// The highest.
        high: Key,
        /// The color of the lane.
        color: Rgb,
    },
    /// An activity that is scheduled and has not started, or that no worker has taken.
    Queued {
        /// Name of the activity or of its task.
        task: Arc<str>,
    },
    /// An attempt of an activity.
    Attempt {
        /// Its outcome.
        outcome: Outcome,
        /// Name of the activity or of its task.
        task: Arc<str>,
        /// What it does.
        purpose: Purpose,
    },
    /// Operations that are open and have no sub-row of their own.
    Open {
        /// All that are open in the lane, with those that have one.
        all: u32,
    },
    /// Operations that have ended and had no sub-row of their own.
    Crowd,
    /// A fork: several operations at once.
    Branches {
        /// Whether they have joined.
        joined: bool,
    },
    /// A cluster of activities, children and compensations.
    Activities,
    /// The wait before a retry.
    Backoff {
        /// Where the retry is due, in points.
        due: f32,
        /// The attempt that follows.
        attempt: u32,
        /// Whether it is still open.
        open: bool,
    },
    /// A wait.
    Wait {
        /// The event or moment.
        on: WaitOn,
        /// Where it times out, in points.
        deadline: Option<f32>,
        /// Whether it is still open.
        open: bool,
    },
    /// A pause.
    Paused,
    /// A stall: the code does not match the history.
    Stalled,
    /// One failure or several.
    Failure {
        /// Failures in a row, up to the last of them.
        in_a_row: u32,
        /// The last of them was injected.
        injected: bool,
    },
    /// An event was raised on the instance.
    Raised {
        /// Its name.
        name: Arc<str>,
    },
    /// A child workflow.
    Child {
        /// Its outcome.
        outcome: Outcome,
        /// Name of its workflow.
        name: Arc<str>,
    },
    /// A compensation.
    Compensation {
        /// Its outcome.
        outcome: Outcome,
        /// What it does, in words: `undoes charge`.
        words: Arc<str>,
        /// The place of what it undoes.
        undone: UndoneItem,
        /// Its place among the compensations of its run, counted from 0.
        order: u32,
    },
    /// An event was sent to another instance.
    Sent {
        /// Its name.
        name: Arc<str>,
    },
    /// A detached child was started.
    Detached {
        /// Name of its workflow.
        name: Arc<str>,
    },
    /// A heartbeat of an activity.
    Heartbeat,
    /// The instance was asked to cancel.
    CancelRequested,
    /// The first event of a fork that is not shared with its source.
    Forked,
    /// The instance closed.
    Closed {
        /// Its status.
        status: Status,
        /// The run that ended.
        run: u32,
    },
    /// A cluster of waits, pauses and marks.
    Others,
}

/// The place of what a compensation undoes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UndoneItem {
    /// Left edge, in points from the left edge of the window.
    pub left: f32,
    /// Right edge.
    pub right: f32,
    /// Its sub-row; `None`: it has no bar.
    pub row: Option<u32>,
}

/// The phase of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotePhase {
    /// It will play.
    Upcoming,
    /// It is sounding.
    Sounding,
    /// It has been played.
    Played,
}
