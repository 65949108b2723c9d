//! Idle time: stretches in which no lane has an event and no note sounds. On request the time axis folds
//! them.
//!
//! A lane keeps the few stretches in which something happens, so that a history of any length costs
//! nothing here.

use std::{sync::Arc, time::Duration};

use super::{
    chunked::Chunked,
    format,
    playhead::TimeRange,
    snapshot::Snapshot,
    time_map::{shifted, signed_ns},
    viewport::Viewport,
};
use crate::engine::Timestamp;

/// The shortest time that counts as idle.
const SHORTEST: Duration = Duration::from_secs(4);

/// The stretches of a lane in which something happens, the oldest first. They are at least [`SHORTEST`]
/// apart.
#[derive(Debug, Clone, Default)]
pub(super) struct BusyTime(Chunked<TimeRange>);

impl BusyTime {
    /// Something happened.
    pub fn add(&mut self, from: Timestamp, until: Timestamp) {
        let last = self.0.len().checked_sub(1);
        match last.and_then(|last| self.0.get_mut(last)) {
            Some(last) if from <= last.until + SHORTEST => {
                last.from = last.from.min(from);
                last.until = last.until.max(until);
            }
            _ => {
                self.0.push(TimeRange { from, until });
            }
        }
    }
}

/// The idle times that a time axis folds, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IdleTimes(Arc<[TimeRange]>);

impl IdleTimes {
    /// Those between the first and the last thing that happens in the lanes of a snapshot. The time after
    /// the last one is not idle: it may be now.
    pub fn of(snapshot: &Snapshot) -> Self {
        let busy = snapshot.lanes.iter().flat_map(|lane| lane.busy.0.iter());
        let mut busy: Vec<TimeRange> = busy.copied().collect();
        busy.sort_unstable_by_key(|busy| busy.from);
        let mut idle = Vec::new();
        let mut reached: Option<Timestamp> = None;
        for busy in busy {
            if let Some(reached) = reached
                && busy.from.since(reached) > SHORTEST
            {
                idle.push(TimeRange::between(reached, busy.from));
            }
            reached = reached.max(Some(busy.until));
        }
        Self(idle.into())
    }

    #[cfg(test)]
    pub(super) fn new(times: Vec<TimeRange>) -> Self {
        Self(times.into())
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &TimeRange> {
        self.0.iter()
    }

    /// Those that are longer than some nanoseconds.
    pub(super) fn longer_than(&self, ns: f64) -> Self {
        let longer = |idle: &&TimeRange| signed_ns(idle.from, idle.until) > ns;
        Self(self.iter().filter(longer).copied().collect())
    }

    /// The same times, `ns` nanoseconds later.
    pub(super) fn moved_by(&self, ns: f64) -> Self {
        let moved = self.iter().map(|idle| TimeRange {
            from: shifted(idle.from, ns),
            until: shifted(idle.until, ns),
        });
        Self(moved.collect())
    }

    /// Those that end after a moment, in order.
    pub(super) fn ending_after(&self, at: Timestamp) -> impl Iterator<Item = &TimeRange> {
        let first = self.0.partition_point(|idle| idle.until <= at);
        self.0.get(first..).unwrap_or_default().iter()
    }

    /// The one that a moment lies in, neither at its start nor at its end.
    pub(super) fn around(&self, at: Timestamp) -> Option<TimeRange> {
        let next = self.ending_after(at).next();
        next.filter(|idle| idle.from < at).copied()
    }

    /// Those that start before a moment, the latest first.
    pub(super) fn starting_before(&self, at: Timestamp) -> impl Iterator<Item = &TimeRange> {
        let end = self.0.partition_point(|idle| idle.from < at);
        self.0.get(..end).unwrap_or_default().iter().rev()
    }
}

/// The idle times of what is shown. It remembers the last ones.
#[derive(Debug, Clone, Default)]
pub struct IdleTimesShown {
    last: Option<(u64, Option<u64>, IdleTimes)>,
}

impl IdleTimesShown {
    /// Those of a snapshot.
    pub fn of(&mut self, snapshot: &Snapshot) -> IdleTimes {
        let focus = snapshot.scene.as_ref().map(|scene| scene.range.from.0);
        if let Some((version, scene, idle)) = &self.last
            && (*version, *scene) == (snapshot.version, focus)
        {
            return idle.clone();
        }
        let idle = IdleTimes::of(snapshot);
        self.last = Some((snapshot.version, focus, idle.clone()));
        idle
    }
}

/// A fold on screen.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownFold {
    /// Its left edge, in points from the left edge of the view.
    pub left: f32,
    /// Its right edge.
    pub right: f32,
    /// Its length in words: `5 min`.
    pub label: String,
}

impl Viewport {
    /// The folds in view.
    pub fn shown_folds(&self) -> Vec<ShownFold> {
        let last = self.until();
        let folds = self.folded().ending_after(self.from);
        let folds = folds.take_while(|idle| idle.from < last);
        folds
            .map(|idle| ShownFold {
                left: self.x(idle.from),
                right: self.x(idle.until),
                label: format::rough(idle.length()),
            })
            .collect()
    }

    /// The times in view that are not folded, in order.
    pub fn unfolded(&self) -> Vec<TimeRange> {
        let (mut from, last) = (self.from, self.until());
        let mut times = Vec::new();
        let folds = self.folded().ending_after(from);
        for fold in folds.take_while(|fold| fold.from < last) {
            if fold.from > from {
                times.push(TimeRange::between(from, fold.from));
            }
            from = fold.until;
        }
        if from < last {
            times.push(TimeRange::between(from, last));
        }
        times
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{
        projector::Projector,
        test_history::{TestHistory, s},
    };

    /// Notes at these seconds.
    fn lane(id: &str, notes: &[f64]) -> TestHistory {
        let mut history = TestHistory::new(id);
        for at in notes {
            history.note(*at, 0.5, 40);
        }
        history
    }

    fn idle(lanes: &[TestHistory]) -> Vec<(Timestamp, Timestamp)> {
        let mut projector = Projector::new();
        for lane in lanes {
            projector.committed(&lane.commit());
        }
        let idle = IdleTimes::of(&projector.snapshot());
        idle.0.iter().map(|idle| (idle.from, idle.until)).collect()
    }

    #[test]
    fn only_what_is_idle_in_all_lanes_for_long_is_idle() {
        let bass = || lane("bass", &[1.0, 2.0, 60.0]);
        assert_eq!(idle(&[bass()]).len(), 1);
        let (from, until) = idle(&[bass()])[0];
        assert!(from >= s(2.5) && until < s(60.0), "the note has ended");
        let harp = lane("harp", &[30.0]);
        assert_eq!(idle(&[bass(), harp]).len(), 2);
        let busy = lane(
            "drums",
            &(1..20).map(|n| f64::from(n) * 3.5).collect::<Vec<_>>(),
        );
        assert_eq!(idle(&[bass(), busy]), []);
    }

    #[test]
    fn the_time_after_the_last_event_is_not_folded() {
        assert_eq!(idle(&[lane("bass", &[1.0])]), []);
        assert_eq!(idle(&[]), []);
    }
}
