//! The items to paint for a lane in a window of time, at the level of detail that fits.
//!
//! Narrow items are merged into clusters that count their entries; a failure is only merged with other
//! failures. The counts of all items sum to the entries in the window.

mod builder;
mod cluster;
mod item;
#[cfg(test)]
mod tests;

use builder::ItemBuilder;
pub use item::{Item, ItemKind, NotePhase, SubRows, UndoneItem};

use super::{
    lane::LaneModel,
    sub_rows::ShownRows,
    timeline_entry::{EntryKind, TimelineEntry},
    transport_view::TransportView,
    viewport::Viewport,
};
use crate::engine::Timestamp;

/// A chunk of entries narrower than this is drawn from its extent. In points.
const MIN_CHUNK_WIDTH: f32 = 3.0;

/// The notes after `now`.
#[derive(Debug, Clone, Copy)]
pub enum Upcoming<'a> {
    /// Those that will play if nothing intervenes, with the transport that gives their time.
    Predicted(&'a TransportView),
    /// Those that did play, from the lane as it is now.
    Recorded(&'a LaneModel),
}

/// The items of a lane in the window, in painting order. Open entries end at `now`. Operations without a
/// sub-row of their own are merged, however many there are.
pub fn visible_items(
    lane: &LaneModel,
    view: &Viewport,
    upcoming: Upcoming<'_>,
    now: Timestamp,
    rows: ShownRows,
) -> Vec<Item> {
    let mut items = ItemBuilder::new(lane, view, now, rows);
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
    match upcoming {
        Upcoming::Predicted(transport) => items.predicted_notes(transport),
        Upcoming::Recorded(live) => items.recorded_notes(live),
    }
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
