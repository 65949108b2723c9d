//! Replay: the snapshot of a moment of the past, folded from the histories that a live snapshot holds.

use std::{collections::HashMap, sync::Arc};

use super::{
    lane::LaneModel, lane_history::EventCount, lane_order, moment::Moment, snapshot::Snapshot,
};
use crate::engine::InstanceId;

/// Makes snapshots of moments. It remembers the last one, so that playing on from there is cheap.
#[derive(Debug, Default)]
pub struct Replay {
    lanes: HashMap<InstanceId, (EventCount, Arc<LaneModel>)>,
    last: Option<(u64, Moment, Arc<Snapshot>)>,
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
        lane_order::sort(&mut lanes);
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
        let near = self.lanes.get(&live.id);
        if let Some((shown, lane)) = near
            && *shown == count
        {
            return Some(Arc::clone(lane));
        }
        let lane = live.after(count, near.map(|(count, lane)| (*count, lane)));
        let kept = (count, Arc::clone(&lane));
        self.lanes.insert(live.id.clone(), kept);
        Some(lane)
    }
}
