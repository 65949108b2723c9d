//! The lanes that an action of the control surface targets.

use super::{lane::LaneModel, snapshot::Snapshot};
use crate::{conductor::control_surface::LaneTarget, engine::InstanceId};

/// The targeted lanes, from the top. Without a selected lane, the first open one counts as selected; a selected
/// history that was opened is none of them.
pub(super) fn lanes<'a>(
    target: &LaneTarget,
    snapshot: &'a Snapshot,
    selected: Option<&InstanceId>,
) -> Vec<&'a LaneModel> {
    let all = snapshot.lanes.iter().map(AsRef::as_ref);
    match target {
        LaneTarget::All => all.collect(),
        LaneTarget::Selected => {
            let chosen = selected.and_then(|id| snapshot.lane(id));
            // A lane that is gone stands for no other one.
            let lane = match selected {
                Some(_) => chosen,
                None => snapshot.first_lane(),
            };
            lane.into_iter().map(AsRef::as_ref).collect()
        }
        LaneTarget::Number(number) => {
            let lane = snapshot.numbered(*number);
            lane.into_iter().map(AsRef::as_ref).collect()
        }
        LaneTarget::Score(name) => all
            .filter(|lane| *lane.workflow == **name || lane.title().eq_ignore_ascii_case(name))
            .collect(),
    }
}

/// The targeted lanes that wait for a cue. If the selected lane does not, the first lane that does is
/// used instead, so that a performer need not select it.
pub(super) fn lanes_to_cue<'a>(
    target: &LaneTarget,
    snapshot: &'a Snapshot,
    selected: Option<&InstanceId>,
) -> Vec<&'a LaneModel> {
    let waits = |lane: &&LaneModel| lane.cues().next().is_some();
    let mut waiting = lanes(target, snapshot, selected);
    waiting.retain(waits);
    let is_opened = selected.is_some_and(|id| snapshot.histories.opened(id).is_some());
    if waiting.is_empty() && *target == LaneTarget::Selected && !is_opened {
        let mut all = snapshot.lanes.iter().map(AsRef::as_ref);
        waiting.extend(all.find(waits));
    }
    waiting
}
