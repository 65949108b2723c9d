//! What controls show: where a fader is, and how a pad's lamp glows.

use std::sync::Arc;

use super::{
    lane::LaneModel,
    lane_state::LaneState,
    lane_target::{lanes, lanes_to_cue},
    snapshot::Snapshot,
};
use crate::{
    conductor::{
        Strip,
        control_surface::{ControlAction, Glow, LaneTarget, StripTarget},
    },
    engine::{InstanceId, Status},
};

/// The present value of what a fader controls, in its own unit; `None` for buttons.
pub fn fader_value(action: &ControlAction, snapshot: &Snapshot) -> Option<f64> {
    match action {
        ControlAction::Tempo => Some(snapshot.transport.tempo),
        ControlAction::Faults(instrument) => snapshot.mixer.faults(instrument),
        _ => None,
    }
}

/// How the lamp of an action glows; `None` for actions that have no state.
pub fn glow(
    action: &ControlAction,
    snapshot: &Snapshot,
    selected: Option<&InstanceId>,
) -> Option<Glow> {
    let lanes = |target: &LaneTarget| lanes(target, snapshot, selected);
    let lit = |on: bool| Some(if on { Glow::On } else { Glow::Off });
    let waits = |waits: bool| Some(if waits { Glow::Waiting } else { Glow::Off });
    match action {
        ControlAction::Pause(target) => {
            let glows = lanes(target).into_iter().map(glow_of);
            glows.max_by_key(|glow| match glow {
                Glow::Off => 0,
                Glow::Paused => 1,
                Glow::On => 2,
                Glow::Waiting => 3,
            })
        }
        ControlAction::Terminate(target) => {
            lit(lanes(target).iter().any(|lane| !lane.status.is_closed()))
        }
        ControlAction::Cue(target) => waits(!lanes_to_cue(target, snapshot, selected).is_empty()),
        ControlAction::Raise(target, event) => waits(
            lanes(target)
                .iter()
                .any(|lane| lane.cues().any(|cue| cue == event)),
        ),
        ControlAction::Mute(target) => lit(any_strip(target, &lanes, |strip| {
            snapshot.mixer.is_muted(strip)
        })),
        ControlAction::Solo(target) => lit(any_strip(target, &lanes, |strip| {
            snapshot.mixer.is_solo(strip)
        })),
        ControlAction::PlayStop => lit(snapshot.transport.rolling),
        ControlAction::Faults(_)
        | ControlAction::Tempo
        | ControlAction::Tap
        | ControlAction::Nudge(_)
        | ControlAction::Panic => None,
    }
}

fn any_strip<'a>(
    target: &StripTarget,
    lanes: &dyn Fn(&LaneTarget) -> Vec<&'a LaneModel>,
    is_on: impl Fn(&Strip) -> bool,
) -> bool {
    match target {
        StripTarget::Instrument(name) => is_on(&Strip::Instrument(Arc::clone(name))),
        StripTarget::Lane(target) => lanes(target)
            .iter()
            .any(|lane| is_on(&Strip::Lane(lane.id.clone()))),
    }
}

fn glow_of(lane: &LaneModel) -> Glow {
    match lane.status {
        Status::Suspended | Status::Stalled => Glow::Paused,
        status if status.is_closed() => Glow::Off,
        _ => match lane.state() {
            LaneState::WaitingForEvent { .. } => Glow::Waiting,
            _ => Glow::On,
        },
    }
}
