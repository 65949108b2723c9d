//! What a lane did over time, for a row that is too low for bars: how much happened in each stretch of
//! time, and where it failed.

use super::{
    heat_stretches::{Change, Warmth, stretches},
    lane::LaneModel,
    timeline_entry::{EntryKind, TimelineEntry},
    viewport::Viewport,
};
use crate::engine::{Status, Timestamp};

/// The heat row of a lane.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heat {
    /// The stretches in which something happens. Where two overlap, the later one counts: it is within
    /// the other and has a higher level, so that notes which touch each other are few stretches.
    pub stretches: Vec<Warmth>,
    /// Where it failed, in points from the left, in the order of the history.
    pub failures: Vec<f32>,
    /// Where it began to undo something, in points from the left.
    pub undone: Vec<f32>,
    /// Where it ended, and how.
    pub closed: Option<(f32, Status)>,
}

impl Heat {
    /// The highest level.
    pub const MOST: u8 = 4;
    /// The width of the shortest stretch, in points.
    pub const WIDTH: f32 = 4.0;
    /// A chunk of entries narrower than this is drawn from its extent. In points.
    const CHUNK: f32 = 16.0;

    /// The heat row of a lane in a window of time. What is open ends at `now`.
    pub fn of(lane: &LaneModel, view: &Viewport, now: Timestamp) -> Self {
        let mut field = HeatField::new(view);
        let (from, to) = (view.from, view.until());
        for (extent, entries) in lane.timeline.chunks_in(from, to) {
            let (left, right) = (view.x(extent.from), view.x(extent.until));
            if right - left < Self::CHUNK && !extent.open {
                // What is in it is spread over its width.
                let stretches = ((right - left) / Self::WIDTH).ceil().max(1.0) as u32;
                let busy = (extent.notes + extent.activities).div_ceil(stretches);
                let busy = i32::try_from(busy).unwrap_or(i32::MAX);
                field.add(left, right, Change::of(busy, 0, 0));
                if extent.failures > 0 {
                    field.fails(left);
                }
                continue;
            }
            for entry in entries {
                if entry.from <= to && entry.end(now) >= from {
                    field.entry(entry, now);
                }
            }
        }
        field.finish()
    }
}

impl LaneModel {
    /// Whether so much of it is in a window of time that bars on one line could not be told apart.
    pub fn is_dense_in(&self, view: &Viewport) -> bool {
        let chunks = self.timeline.chunks_in(view.from, view.until());
        let entries: usize = chunks.map(|(_, entries)| entries.len()).sum();
        entries as f32 > view.width * 2.0
    }
}

/// The heat row as it is added up.
struct HeatField<'a> {
    view: &'a Viewport,
    changes: Vec<Change>,
    heat: Heat,
}

impl<'a> HeatField<'a> {
    fn new(view: &'a Viewport) -> Self {
        let places = (view.width / Heat::WIDTH).ceil().max(1.0) as usize;
        Self {
            view,
            changes: vec![Change::NONE; places + 1],
            heat: Heat::default(),
        }
    }

    /// Adds to the places between two edges, in points.
    fn add(&mut self, left: f32, right: f32, change: Change) {
        let most = self.changes.len() - 1;
        if right < 0.0 || left >= most as f32 * Heat::WIDTH {
            return;
        }
        let first = (left.max(0.0) / Heat::WIDTH) as usize;
        let last = right.max(0.0) / Heat::WIDTH;
        let whole = last as usize;
        let after = whole.saturating_add(usize::from(whole as f32 != last));
        if let Some(place) = self.changes.get_mut(first) {
            place.add(change);
        }
        if let Some(place) = self.changes.get_mut(after.min(most).max(first + 1)) {
            place.add(change.reversed());
        }
    }

    fn entry(&mut self, entry: &TimelineEntry, now: Timestamp) {
        let (left, right) = (self.view.x(entry.from), self.view.x(entry.end(now)));
        if let EntryKind::Compensation { .. } = entry.kind {
            mark(&mut self.heat.undone, left);
        }
        match &entry.kind {
            EntryKind::Note { .. }
            | EntryKind::Attempt { .. }
            | EntryKind::Child { .. }
            | EntryKind::Compensation { .. } => self.add(left, right, Change::of(1, 0, 0)),
            EntryKind::Queued { .. } | EntryKind::Wait { .. } | EntryKind::Backoff { .. } => {
                self.add(left, right, Change::of(0, 1, 0))
            }
            EntryKind::Paused | EntryKind::Stalled { .. } => {
                self.add(left, right, Change::of(0, 0, 1))
            }
            EntryKind::Failure { .. } => self.fails(left),
            EntryKind::Closed {
                status: Status::ContinuedAsNew,
                ..
            } => {}
            EntryKind::Closed { status, .. } => {
                if *status == Status::Failed {
                    self.fails(left);
                }
                self.heat.closed = Some((left, *status));
            }
            // Marks say nothing about how much happens.
            _ => {}
        }
    }

    /// Failures too close to be told apart are one mark.
    fn fails(&mut self, at: f32) {
        mark(&mut self.heat.failures, at);
    }

    fn finish(self) -> Heat {
        Heat {
            stretches: stretches(&self.changes),
            ..self.heat
        }
    }
}

/// Adds a mark unless it is too close to the last one.
fn mark(marks: &mut Vec<f32>, at: f32) {
    let is_new = |last: &f32| (at - last).abs() >= 2.0;
    if marks.last().is_none_or(is_new) {
        marks.push(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventKind, Payload},
        view::{
            HeatLevel,
            test_history::{TestHistory, s},
        },
    };

    /// The heat over 10 s of 100 points each.
    fn heat(history: &TestHistory) -> Heat {
        let mut lane = LaneModel::new(history.id.clone(), 0);
        lane.committed(&history.commit());
        Heat::of(&lane, &Viewport::new(s(0.0), 10.0, 1000.0), s(9.0))
    }

    #[test]
    fn more_at_once_is_hotter_and_failures_are_marks() {
        let mut history = TestHistory::new("fleet");
        let tasks: Vec<_> = (0..3)
            .map(|n| history.schedule(1.0 + f64::from(n), "region", Payload::null()))
            .collect();
        history.fail(6.0, tasks[0], 1, None);
        let heat = heat(&history);
        let level_at = |x: f32| {
            let mut found = heat.stretches.iter().rev();
            let found = found.find(|stretch| stretch.left <= x && x < stretch.right);
            found.map(|stretch| stretch.level)
        };
        assert_eq!(level_at(50.0), None);
        assert_eq!(level_at(150.0), Some(HeatLevel::Busy(1)));
        assert_eq!(level_at(250.0), Some(HeatLevel::Busy(2)));
        assert_eq!(level_at(350.0), Some(HeatLevel::Busy(3)));
        assert_eq!(level_at(950.0), None, "what is open ends now");
        assert_eq!(heat.failures.len(), 1);
        assert!((heat.failures[0] - 600.0).abs() < 1.0);
    }

    #[test]
    fn waits_and_pauses_are_not_work_and_the_end_is_known() {
        let mut history = TestHistory::new("oboe");
        let wait = history.wait_for(1.0, "applause", Some(8.0));
        let stretches = heat(&history).stretches;
        assert!(stretches.iter().all(|one| one.level == HeatLevel::Waits));
        assert_eq!((stretches[0].left, stretches[0].right), (100.0, 900.0));
        history.add(4.0, EventKind::TimerCanceled { timer: wait });
        history.pause(5.0);
        assert!(
            heat(&history)
                .stretches
                .iter()
                .any(|one| one.level == HeatLevel::Paused)
        );
        let output = Payload::null();
        history.add(7.0, EventKind::ExecutionCompleted { output });
        let closed = heat(&history).closed.unwrap();
        assert_eq!((closed.0.round(), closed.1), (700.0, Status::Completed));
    }

    #[test]
    fn what_is_undone_has_a_mark() {
        let mut history = TestHistory::new("trip");
        history.schedule(1.0, "book", Payload::null());
        let name = "book".to_owned();
        let registered = history.add(2.0, EventKind::CompensationRegistered { name });
        assert_eq!(heat(&history).undone, [] as [f32; 0]);
        history.add(6.0, EventKind::CompensationStarted { registered });
        let heat = heat(&history);
        assert_eq!(heat.undone.len(), 1);
        assert!((heat.undone[0] - 600.0).abs() < 1.0);
        assert!(heat.failures.is_empty(), "it is no failure");
    }

    #[test]
    fn thousands_of_notes_are_a_few_stretches() {
        let mut history = TestHistory::new("bass");
        for n in 0..4000 {
            history.note(1.0 + f64::from(n) * 0.002, 0.01, 40);
        }
        let heat = heat(&history);
        assert!(heat.stretches.len() < 60, "{}", heat.stretches.len());
        let most = HeatLevel::Busy(Heat::MOST);
        assert!(heat.stretches.iter().any(|one| one.level == most));
    }
}
