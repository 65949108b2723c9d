//! Feedback to the control surface: the present value for a fader, the state of a lamp.

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
        control_surface::{ControlAction, LampState, LaneTarget, StripTarget},
    },
    engine::{InstanceId, Status},
    music::Volume,
};

/// The present value for a fader, in its own unit; `None` for buttons.
pub fn fader_value(
    action: &ControlAction,
    snapshot: &Snapshot,
    selected: Option<&InstanceId>,
) -> Option<f64> {
    match action {
        ControlAction::Volume(target) => {
            let lanes = lanes(target, snapshot, selected);
            let first = lanes.first()?;
            Some(snapshot.mixer.volume(&first.id).on_fader())
        }
        ControlAction::Tempo => Some(snapshot.transport.tempo),
        ControlAction::Faults(target) => snapshot.mixer.failing_share(target),
        _ => None,
    }
}

/// The state that the lamp of an action shows; `None` for actions that have no state.
pub fn lamp_state(
    action: &ControlAction,
    snapshot: &Snapshot,
    selected: Option<&InstanceId>,
) -> Option<LampState> {
    let lanes = |target: &LaneTarget| lanes(target, snapshot, selected);
    let lit = |on: bool| Some(if on { LampState::On } else { LampState::Off });
    let waits = |waits: bool| {
        Some(if waits {
            LampState::Waiting
        } else {
            LampState::Off
        })
    };
    match action {
        ControlAction::Pause(target) => {
            let states = lanes(target).into_iter().map(state_of);
            states.max_by_key(|state| match state {
                LampState::Off => 0,
                LampState::Paused => 1,
                LampState::On => 2,
                LampState::Waiting => 3,
            })
        }
        ControlAction::Terminate(target) => {
            lit(lanes(target).iter().any(|lane| !lane.status.is_closed()))
        }
        ControlAction::TerminateAt(target, at) => {
            let lanes = lanes(target);
            let ends = |lane: &&LaneModel| snapshot.endings.get(&lane.id) == Some(at);
            match lanes.iter().any(ends) {
                true => Some(LampState::Waiting),
                false => lit(lanes.iter().any(|lane| !lane.status.is_closed())),
            }
        }
        ControlAction::Cancel(target) => {
            lit(lanes(target).iter().any(|lane| !lane.status.is_closed()))
        }
        ControlAction::Retry(target) => {
            waits(lanes(target).iter().any(|lane| lane.waits_to_retry()))
        }
        ControlAction::FailNext(target) => waits(snapshot.mixer.fault(target).fail_next > 0),
        ControlAction::Outage(target) => lit(snapshot.mixer.fault(target).outage),
        ControlAction::EndFaults => lit(snapshot.mixer.injects_faults()),
        ControlAction::Cue(target) => waits(!lanes_to_cue(target, snapshot, selected).is_empty()),
        ControlAction::Raise(target, event, _) => waits(
            lanes(target)
                .iter()
                .any(|lane| lane.awaited().contains(event)),
        ),
        ControlAction::Mute(target) => lit(any_strip(target, &lanes, |strip| {
            snapshot.mixer.is_muted(strip)
        })),
        ControlAction::Solo(target) => lit(any_strip(target, &lanes, |strip| {
            snapshot.mixer.is_solo(strip)
        })),
        ControlAction::PlayStop => lit(snapshot.transport.rolling),
        ControlAction::NextPiece => {
            let list = snapshot.setlist.as_ref();
            match list.is_some_and(|list| list.starts_next_by_itself(snapshot)) {
                true => Some(LampState::Waiting),
                false => lit(list.is_some_and(|list| list.next().is_some())),
            }
        }
        ControlAction::PreviousPiece => {
            let list = snapshot.setlist.as_ref();
            lit(list.is_some_and(|list| list.position.current.previous().is_some()))
        }
        ControlAction::ResetScene => {
            let list = snapshot.setlist.as_ref();
            lit(list.is_some_and(|list| list.position.has_started()))
        }
        ControlAction::ResetVolume(target) => lit(lanes(target)
            .iter()
            .any(|lane| snapshot.mixer.volume(&lane.id) != Volume::UNITY)),
        ControlAction::Volume(_)
        | ControlAction::Louder(_)
        | ControlAction::Softer(_)
        | ControlAction::Faults(_)
        | ControlAction::Tempo
        | ControlAction::Tap
        | ControlAction::Nudge(_)
        | ControlAction::Panic
        | ControlAction::Playhead(_) => None,
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

fn state_of(lane: &LaneModel) -> LampState {
    match lane.status {
        Status::Suspended | Status::Stalled => LampState::Paused,
        status if status.is_closed() => LampState::Off,
        _ => match lane.state() {
            LaneState::WaitingForEvent { .. } => LampState::Waiting,
            _ => LampState::On,
        },
    }
}
