//! Where the playhead goes: the next event, beat, bar or failure from a moment.

use std::sync::Arc;

use super::{
    lane::LaneModel, lane_history::EventCount, moment::Moment, playhead::TimeRange,
    snapshot::Snapshot, time_map::shifted,
};
pub use crate::conductor::control_surface::Stop;
use crate::{
    conductor::Direction,
    engine::{InstanceId, Timestamp},
};

/// How far the ruler is searched for a beat or a bar line, in nanoseconds.
const RULER_SEARCH: f64 = 120e9;

impl Snapshot {
    /// The whole performance, from the first start to the moment that live shows. In a scene it is that of
    /// the opened history.
    pub fn extent(&self, wall: Timestamp) -> TimeRange {
        if let Some(scene) = &self.scene {
            return scene.range;
        }
        let edge = self.live_edge(wall);
        let starts = self.lanes.iter().map(|lane| lane.history.first_at());
        let first = starts.flatten().min().unwrap_or(edge);
        // What goes on from before this show began then.
        let first = first.max(self.show_from.unwrap_or(first));
        TimeRange::between(first, edge)
    }

    /// The next place to stop at from a moment, in a direction; `None`: there is none. `lane` is the
    /// selected lane of this live snapshot.
    pub fn stop(
        &self,
        moment: &Moment,
        stop: Stop,
        direction: Direction,
        lane: Option<&Arc<LaneModel>>,
    ) -> Option<Moment> {
        match stop {
            Stop::Event => lane?.event_stop(moment, direction),
            Stop::Beat => self.ruler_stop(moment.at, direction, |_| true),
            Stop::Bar => self.ruler_stop(moment.at, direction, |beat| beat == 1),
            // Markers are not part of what is shown: they belong to the window.
            Stop::Marker => None,
            Stop::Failure => {
                let lanes = self.lanes.iter();
                let found = lanes.filter_map(|lane| lane.failure_stop(moment.at, direction));
                let at = match direction {
                    Direction::Forward => found.min(),
                    Direction::Backward => found.max(),
                };
                at.map(Moment::new)
            }
        }
    }

    /// The lane in which an attempt failed at a moment; `selected`, if it is one of them.
    pub(super) fn failed_at(
        &self,
        at: Timestamp,
        selected: Option<&InstanceId>,
    ) -> Option<&Arc<LaneModel>> {
        let failed = |lane: &&Arc<LaneModel>| {
            let mut failures = lane.timeline.failures();
            failures.any(|failure| failure == at)
        };
        let mut lanes = self.lanes.iter().filter(failed);
        let first = lanes.next()?;
        let chosen = lanes.find(|lane| Some(&lane.id) == selected);
        match Some(&first.id) == selected {
            true => Some(first),
            false => chosen.or(Some(first)),
        }
    }

    fn ruler_stop(
        &self,
        at: Timestamp,
        direction: Direction,
        stops: impl Fn(i64) -> bool,
    ) -> Option<Moment> {
        let lines = |from, until| self.time_map.lines(from, until, 0.0);
        let line = match direction {
            Direction::Forward => lines(at, shifted(at, RULER_SEARCH))
                .into_iter()
                .find(|line| line.at > at && stops(line.beat)),
            Direction::Backward => lines(shifted(at, -RULER_SEARCH), at)
                .into_iter()
                .rev()
                .find(|line| line.at < at && stops(line.beat)),
        };
        line.map(|line| Moment::new(line.at))
    }
}

impl LaneModel {
    /// The moment after one event more, or one less.
    fn event_stop(&self, moment: &Moment, direction: Direction) -> Option<Moment> {
        let EventCount(here) = self.count_at(moment);
        let count = match direction {
            Direction::Forward => here + 1,
            Direction::Backward => here.checked_sub(1)?,
        };
        let last = self.history.get(count.checked_sub(1)?)?;
        Some(Moment {
            at: last.event.at,
            step: Some((self.id.clone(), EventCount(count))),
        })
    }

    fn failure_stop(&self, at: Timestamp, direction: Direction) -> Option<Timestamp> {
        let failures = self.timeline.failures();
        match direction {
            Direction::Forward => failures.filter(|failed| *failed > at).min(),
            Direction::Backward => failures.filter(|failed| *failed < at).max(),
        }
    }
}
