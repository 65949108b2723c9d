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
    /// rerun, the run before, the only rerun, or the only other run of the same workflow. `None`: it is not obvious.
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
        let is_rerun = |other: &&Arc<LaneModel>| {
            let source = other.fork.as_ref();
            source.is_some_and(|fork| fork.instance == lane.id && fork.run == lane.run)
        };
        if let Some(rerun) = only(others.iter().copied().filter(is_rerun)) {
            return Some(RunOf::latest(rerun));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventKind, Payload},
        view::{
            histories::{OpenedHistory, OpeningNumber},
            projector::{EarlierRuns, Projector},
            test_history::TestHistory,
            transport_view::TransportView,
        },
    };

    fn named(id: &str, run: u32) -> Option<RunOf> {
        let instance = InstanceId::new(id).unwrap();
        Some(RunOf { instance, run })
    }

    fn counterpart(projector: &mut Projector, id: &str) -> Option<RunOf> {
        let snapshot = projector.snapshot();
        let id = InstanceId::new(id).unwrap();
        let opened = snapshot.histories.opened(&id).map(|opened| &opened.lane);
        snapshot.counterpart_of(snapshot.lane(&id).or(opened).unwrap())
    }

    fn open(projector: &mut Projector, history: &TestHistory, file: Option<&str>) {
        let source = match file {
            Some(file) => HistorySource::File(file.into()),
            None => HistorySource::Store,
        };
        let runs = [history.commit()];
        let (number, transport) = (OpeningNumber(1), TransportView::default());
        let opened = OpenedHistory::fold(number, &history.id, &runs, source, transport);
        projector.open_history(opened.unwrap());
    }

    #[test]
    fn a_rerun_is_compared_with_its_source_wherever_that_is() {
        let mut projector = Projector::new();
        let rerun = TestHistory::new("rerun").fork_of("order-7", 3);
        projector.committed(&rerun.commit());
        assert_eq!(counterpart(&mut projector, "rerun"), named("order-7", 1));
        projector.committed(&TestHistory::new("order-7").commit());
        assert_eq!(counterpart(&mut projector, "order-7"), named("rerun", 1));
    }

    #[test]
    fn a_run_is_compared_with_the_run_before() {
        let mut first = TestHistory::new("vamp");
        let (input, keep_version) = (Payload::null(), false);
        first.add(
            1.0,
            EventKind::ContinuedAsNew {
                input,
                keep_version,
            },
        );
        let second = first.next_run(1.0);
        let mut projector = Projector::new();
        projector.committed(&second.commit());
        assert_eq!(counterpart(&mut projector, "vamp"), None, "not loaded");
        let transport = projector.snapshot().transport;
        let earlier = EarlierRuns::fold(first.id.clone(), &[first.commit()], transport);
        projector.earlier_runs(earlier);
        assert_eq!(counterpart(&mut projector, "vamp"), named("vamp", 1));
    }

    #[test]
    fn the_only_other_run_of_a_workflow_is_obvious_and_several_are_not() {
        let mut projector = Projector::new();
        let commit = |id: &str| {
            let mut commit = TestHistory::new(id).commit();
            commit.instance.workflow = "cities".to_owned();
            for event in &mut commit.events {
                if let EventKind::ExecutionStarted { name, .. } = &mut event.kind {
                    *name = "cities".to_owned();
                }
            }
            commit
        };
        projector.committed(&commit("order-1"));
        projector.committed(&TestHistory::new("bass").commit());
        assert_eq!(counterpart(&mut projector, "order-1"), None);
        projector.committed(&commit("order-2"));
        assert_eq!(counterpart(&mut projector, "order-1"), named("order-2", 1));
        projector.committed(&commit("order-3"));
        assert_eq!(counterpart(&mut projector, "order-1"), None);
    }

    #[test]
    fn two_files_that_were_opened_are_compared_with_each_other() {
        let mut projector = Projector::new();
        projector.committed(&TestHistory::new("tonight").commit());
        open(
            &mut projector,
            &TestHistory::new("before"),
            Some("before.json"),
        );
        assert_eq!(counterpart(&mut projector, "before"), None);
        open(
            &mut projector,
            &TestHistory::new("after"),
            Some("after.json"),
        );
        assert_eq!(counterpart(&mut projector, "before"), named("after", 1));
        assert_eq!(counterpart(&mut projector, "after"), named("before", 1));
        open(&mut projector, &TestHistory::new("stored"), None);
        assert_eq!(counterpart(&mut projector, "stored"), None);
    }
}
