//! Which two runs are compared.

use std::sync::Arc;

use crate::{
    engine::{InstanceId, Timestamp},
    view::{histories::HistorySource, lane::LaneModel, snapshot::Snapshot},
};

/// A run of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunOf {
    /// The instance: of the store, or that of an opened file.
    pub instance: InstanceId,
    /// The run: 1, 2, ...
    pub run: u32,
}

/// Two runs to compare, in any order, with all that happened until a moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ComparedPair {
    /// One of them: the one that was selected.
    pub one: RunOf,
    /// The other.
    pub other: RunOf,
    /// When it was asked for.
    pub asked: Timestamp,
}

impl RunOf {
    /// The latest run of a lane.
    pub fn latest(lane: &LaneModel) -> Self {
        Self {
            instance: lane.id.clone(),
            run: lane.run,
        }
    }
}

impl Snapshot {
    /// The run that the latest run of a lane is compared with if nobody says otherwise: the source of a
    /// rerun, the run before, or the only other run of the same workflow. `None`: it is not obvious.
    pub fn counterpart_of(&self, lane: &LaneModel) -> Option<RunOf> {
        let opened = self.histories.opened(&lane.id);
        let is_stored = opened.is_none_or(|opened| opened.source == HistorySource::Store);
        if let Some(fork) = lane.fork.as_ref().filter(|_| is_stored) {
            return Some(RunOf {
                instance: fork.instance.clone(),
                run: fork.run,
            });
        }
        let before = lane.history.iter().rev();
        if let Some(before) = before.map(|event| event.run).find(|run| *run != lane.run) {
            return Some(RunOf {
                instance: lane.id.clone(),
                run: before,
            });
        }
        let histories = self.histories.opened.iter().map(|opened| &opened.lane);
        let performance = self.performance().lanes.iter();
        let others = histories.clone().chain(performance.filter(|_| is_stored));
        let others: Vec<_> = others.filter(|other| other.id != lane.id).collect();
        let alike = others.iter().copied();
        let alike = alike.filter(|other| other.workflow == lane.workflow);
        let only = only(alike).or_else(|| {
            // Two files that were opened together.
            only(histories.filter(|other| other.id != lane.id)).filter(|_| !is_stored)
        });
        only.map(|other| RunOf::latest(other))
    }
}

/// The only lane.
fn only<'a>(lanes: impl Iterator<Item = &'a Arc<LaneModel>>) -> Option<&'a Arc<LaneModel>> {
    let mut ids: Vec<&Arc<LaneModel>> = Vec::new();
    for lane in lanes {
        if ids.iter().all(|known| known.id != lane.id) {
            ids.push(lane);
        }
    }
    match ids.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}
