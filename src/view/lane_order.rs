//! The order of lanes.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{lane::LaneModel, lane_numbers::LaneNumbers};
use crate::engine::{InstanceId, Timestamp};

/// What decides on the place of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub has_begun: bool,
    pub has_ended: bool,
    started_at: Timestamp,
    below: Option<InstanceId>,
}

impl Place {
    pub fn of(lane: &LaneModel) -> Self {
        Self {
            has_begun: !lane.history.is_empty(),
            has_ended: lane.has_ended(),
            started_at: lane.first_started_at,
            below: above(lane).cloned(),
        }
    }
}

/// The instance whose lane is above: the parent, or the source of a fork.
pub(super) fn above(lane: &LaneModel) -> Option<&InstanceId> {
    let parent = lane.parent.as_ref().map(|parent| &parent.instance);
    parent.or(lane.fork.as_ref().map(|fork| &fork.instance))
}

/// Sorts lanes by their number, then by their start, children below their parent, and forks below their
/// source. A lane that ends keeps its place as long as it has its number.
pub(super) fn sort(lanes: &mut Vec<Arc<LaneModel>>, numbers: &LaneNumbers) {
    let numbers: HashMap<_, _> = numbers.iter().map(|(number, id)| (id, number)).collect();
    lanes.sort_by_cached_key(|lane| {
        let number = numbers
            .get(&lane.id)
            .map_or(u16::MAX, |number| u16::from(*number));
        (number, lane.first_started_at, lane.ordinal)
    });
    *lanes = children_below_parents(std::mem::take(lanes));
}

/// Moves the lanes of children below that of their parent, and those of forks below that of their source.
/// Keeps the order otherwise.
fn children_below_parents(lanes: Vec<Arc<LaneModel>>) -> Vec<Arc<LaneModel>> {
    let shown: HashSet<_> = lanes.iter().map(|lane| lane.id.clone()).collect();
    let mut roots = Vec::new();
    let mut children: HashMap<InstanceId, Vec<Arc<LaneModel>>> = HashMap::new();
    for lane in lanes {
        let parent = above(&lane);
        match parent.filter(|id| shown.contains(*id)) {
            Some(parent) => children.entry(parent.clone()).or_default().push(lane),
            None => roots.push(lane),
        }
    }
    let mut ordered = Vec::new();
    let mut next: Vec<_> = roots.into_iter().rev().collect();
    while let Some(lane) = next.pop() {
        next.extend(children.remove(&lane.id).into_iter().flatten().rev());
        ordered.push(lane);
    }
    // In a store that was tampered with, an instance can be its own ancestor. It is shown as well.
    ordered.extend(children.into_values().flatten());
    ordered
}
