//! The timeline entry under the pointer, and its tooltip.

use super::{
    format,
    items::drawn_until,
    lane::LaneModel,
    sub_rows::ShownRows,
    timeline_entry::{EntryKind, TimelineEntry},
    viewport::Viewport,
};
use crate::engine::Timestamp;

/// The entry of a lane under a point, if any. Failures win over marks, marks over work.
pub fn entry_at<'a>(
    lane: &'a LaneModel,
    view: &Viewport,
    now: Timestamp,
    x: f32,
    area: LaneArea,
) -> Option<&'a TimelineEntry> {
    const REACH: f32 = 3.0;
    let (from, to) = (view.time_at(x - REACH), view.time_at(x + REACH));
    let mut found: Option<(&TimelineEntry, u8)> = None;
    for (_, entries) in lane.timeline.chunks_in(from, to) {
        for entry in entries {
            if entry.from > to || drawn_until(entry, now) < from {
                continue;
            }
            let rank = match (&entry.kind, area) {
                (EntryKind::Failure { .. }, _) => 4,
                (
                    EntryKind::Raised { .. }
                    | EntryKind::Sent { .. }
                    | EntryKind::Detached { .. }
                    | EntryKind::CancelRequested { .. }
                    | EntryKind::Forked { .. }
                    | EntryKind::Closed { .. },
                    _,
                ) => 3,
                (EntryKind::Note { .. }, LaneArea::Notes) => 2,
                (EntryKind::Note { .. }, LaneArea::Activities { .. }) => 0,
                (EntryKind::Attempt { .. } | EntryKind::Queued { .. }, LaneArea::Notes) => 0,
                (
                    EntryKind::Heartbeat { .. }
                    | EntryKind::Attempt { .. }
                    | EntryKind::Queued { .. }
                    | EntryKind::Child { .. }
                    | EntryKind::Backoff { .. },
                    LaneArea::Activities { row, rows },
                ) => match rows.of(entry.slot) == row {
                    true if matches!(entry.kind, EntryKind::Heartbeat { .. }) => 3,
                    true => 2,
                    // It is in another row.
                    false => continue,
                },
                (EntryKind::Branches { .. }, _) => 0,
                _ => 1,
            };
            if found.is_none_or(|(_, best)| rank >= best) {
                found = Some((entry, rank));
            }
        }
    }
    found.map(|(entry, _)| entry)
}

/// A part of a lane's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneArea {
    /// The upper part: notes by pitch.
    Notes,
    /// The lower part: activities.
    Activities {
        /// The sub-row.
        row: u32,
        /// The sub-rows on screen.
        rows: ShownRows,
    },
}

/// The tooltip of an entry: lane, event, description, length, age.
pub fn tooltip(lane: &LaneModel, entry: &TimelineEntry, now: Timestamp) -> String {
    let ago = match entry.from > now {
        true => format!("in {}", format::seconds(entry.from.since(now))),
        false => format!("{} ago", format::seconds(now.since(entry.from))),
    };
    let (name, event) = (lane.title(), entry.event);
    let length = entry.end(now).since(entry.from);
    let length = match length.is_zero() {
        true => String::new(),
        false => format!("{}, ", format::seconds(length)),
    };
    let words = match &entry.kind {
        EntryKind::Attempt { task, attempt, .. } if lane.waits_for_worker(entry) => {
            format!("{task}, attempt {attempt}, waits for a worker")
        }
        kind => kind.to_string(),
    };
    format!("{name} #{event} · {words} · {length}{ago}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::test_history::{TestHistory, s};

    #[test]
    fn the_pointer_finds_a_failure_before_the_activity_under_it() {
        let mut history = TestHistory::new("bass");
        let task = history.schedule(2.0, "pay", crate::engine::Payload::null());
        history.fail(3.0, task, 1, None);
        let mut lane = LaneModel::new(history.id.clone(), 0);
        lane.committed(&history.commit());
        let view = Viewport::new(s(0.0), 10.0, 1000.0);
        let rows = ShownRows::new(1, 1);
        let area = LaneArea::Activities { row: 0, rows };
        let at = |x| entry_at(&lane, &view, s(9.0), x, area).map(|p| p.kind.to_string());
        assert!(at(300.0).unwrap().starts_with("pay failed"));
        assert!(at(250.0).unwrap().starts_with("pay, attempt 1"));
        assert_eq!(at(600.0), None);
    }
}
