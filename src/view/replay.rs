//! Replay: the snapshot of a moment of the past, folded from the histories that a live snapshot holds.

use std::{collections::HashMap, sync::Arc};

use super::{
    lane::LaneModel,
    lane_history::{EventCount, RunEvent},
    lane_order,
    moment::Moment,
    snapshot::Snapshot,
};
use crate::engine::InstanceId;

/// Makes snapshots of moments. It remembers the last one, so that playing on from there is cheap.
#[derive(Debug, Default)]
pub struct Replay {
    lanes: HashMap<InstanceId, Shown>,
    last: Option<(u64, Moment, Arc<Snapshot>)>,
}

/// A lane as it was last shown.
#[derive(Debug)]
struct Shown {
    /// The first event of its history. Once earlier runs are loaded it is another one, and counts of
    /// events mean other moments.
    first: Option<RunEvent>,
    count: EventCount,
    lane: Arc<LaneModel>,
}

impl Replay {
    /// Everything as it was at a moment: the lanes that had started, in the state of that moment, and the
    /// transport. Scores, mixer and meters are those of now.
    pub fn snapshot(&mut self, live: &Snapshot, moment: &Moment) -> Arc<Snapshot> {
        if let Some((version, at, shown)) = &self.last
            && *version == live.version
            && at == moment
        {
            return Arc::clone(shown);
        }
        let mut lanes: Vec<_> = live
            .lanes
            .iter()
            .filter_map(|lane| self.lane(lane, moment))
            .collect();
        lane_order::sort(&mut lanes, &live.numbers);
        let shown = Arc::new(Snapshot {
            lanes,
            transport: live.time_map.transport_at(moment.at, &live.transport),
            ..live.clone()
        });
        self.last = Some((live.version, moment.clone(), Arc::clone(&shown)));
        shown
    }

    /// Forgets what was shown.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn lane(&mut self, live: &Arc<LaneModel>, moment: &Moment) -> Option<Arc<LaneModel>> {
        let count = live.count_at(moment);
        if count == EventCount(0) {
            return None;
        }
        if count == live.history.len() {
            return Some(Arc::clone(live));
        }
        let first = live.history.get(0);
        let near = self.lanes.get(&live.id);
        let near = near.filter(|shown| shown.first == first);
        if let Some(shown) = near.filter(|shown| shown.count == count) {
            return Some(Arc::clone(&shown.lane));
        }
        let lane = live.after(count, near.map(|shown| (shown.count, &shown.lane)));
        let shown = Shown {
            first,
            count,
            lane: Arc::clone(&lane),
        };
        self.lanes.insert(live.id.clone(), shown);
        Some(lane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventKind, Payload},
        view::{
            projector::{EarlierRuns, Projector},
            test_history::{TestHistory, s},
        },
    };

    #[test]
    fn a_moment_shows_earlier_runs_once_they_are_loaded() {
        let mut first = TestHistory::new("vamp");
        first.note(1.0, 0.5, 40);
        let input = Payload::null();
        let keep_version = false;
        let next = EventKind::ContinuedAsNew {
            input,
            keep_version,
        };
        first.add(3.0, next);
        let mut second = first.next_run(3.0);
        second.note(4.0, 0.5, 41);
        second.note(5.0, 0.5, 42);
        let mut projector = Projector::new();
        projector.committed(&second.commit());
        let mut replay = Replay::default();
        let mut shown = |projector: &Projector, at: f64| {
            let shown = replay.snapshot(&projector.snapshot(), &Moment::new(s(at)));
            let lane = shown.lanes.first()?;
            let first = lane.timeline.iter().next()?;
            Some((lane.run, lane.last_moment(), first.from))
        };
        let before = shown(&projector, 4.5);
        assert_eq!(before, Some((2, s(3.99), s(3.95))));
        assert_eq!(shown(&projector, 2.0), None);
        let transport = projector.snapshot().transport;
        let id = first.id.clone();
        projector.earlier_runs(EarlierRuns::fold(id, &[first.commit()], transport));
        // The same moment, with what went before.
        assert_eq!(shown(&projector, 4.5), Some((2, s(3.99), s(0.95))));
        assert_eq!(shown(&projector, 2.0), Some((1, s(0.99), s(0.95))));
    }
}
