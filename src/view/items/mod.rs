//! The items to paint for a lane in a window of time, at the level of detail that fits.
//!
//! Narrow items are merged into clusters that count their entries; a failure is only merged with other
//! failures. The counts of all items sum to the entries in the window.

mod builder;
mod cluster;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use builder::ItemBuilder;

use super::{
    lane::LaneModel,
    palette::Rgb,
    time_map::TransportView,
    timeline_entry::{EntryKind, Outcome, TimelineEntry, WaitOn},
    viewport::Viewport,
};
use crate::{
    engine::{Status, Timestamp},
    music::Key,
};

/// Notes and activities narrower than this are merged. In points.
const MIN_WIDTH: f32 = 2.5;
/// A chunk of entries narrower than this is drawn from its extent. In points.
const MIN_CHUNK_WIDTH: f32 = 3.0;

/// One item to paint.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Left edge, in points from the left edge of the window.
    pub left: f32,
    /// Right edge.
    pub right: f32,
    /// Number of timeline entries in it.
    pub count: u32,
    /// Its kind.
    pub kind: ItemKind,
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
    /// An activity that is scheduled and has not started.
    Queued,
    /// An attempt of an activity.
    Attempt {
        /// Its outcome.
        outcome: Outcome,
        /// Name of the activity or of its task.
        task: Arc<str>,
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
        /// Its name.
        step: Arc<str>,
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
    },
    /// A cluster of waits, pauses and marks.
    Others,
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

/// The items of a lane in the window, in painting order. Open entries end at `now`.
pub fn visible_items(
    lane: &LaneModel,
    view: &Viewport,
    transport: &TransportView,
    now: Timestamp,
) -> Vec<Item> {
    let mut items = ItemBuilder::new(lane, view, now);
    let (from, to) = (view.from, view.until());
    for (extent, entries) in lane.timeline.chunks_in(from, to) {
        let width = view.x(extent.until) - view.x(extent.from);
        if width < MIN_CHUNK_WIDTH && !extent.open {
            items.chunk(extent);
            continue;
        }
        for entry in entries {
            if entry.from <= to && drawn_until(entry, now) >= from {
                items.entry(entry);
            }
        }
    }
    items.upcoming_notes(transport);
    items.finish()
}

/// The end of an entry as drawn: an open wait or backoff is drawn up to where it is due.
pub(super) fn drawn_until(entry: &TimelineEntry, now: Timestamp) -> Timestamp {
    let due = match (&entry.kind, entry.until) {
        (EntryKind::Backoff { due, .. }, None) => *due,
        (
            EntryKind::Wait {
                deadline: Some(at), ..
            },
            None,
        ) => *at,
        _ => Timestamp(0),
    };
    entry.end(now).max(due)
}
