//! Translates actions of the control surface to commands for the lanes that they target.
//!
//! Shortcuts use the same translation, so a key and a pad with the same action behave alike.

use std::sync::Arc;

use super::{
    command::{Command, EngineCommand, PlayerCommand},
    lane::LaneModel,
    lane_target::{lanes, lanes_to_cue},
    setlist::SetlistCommand,
    snapshot::Snapshot,
};
use crate::{
    conductor::{
        FaultChange, Strip, Switch,
        control_surface::{ControlAction, ControlIntent, Gesture, LaneTarget, StripTarget},
    },
    engine::{InstanceId, Status, Timestamp},
    music::Volume,
};

/// The commands for an intent at the moment `at`; `selected` is the selected lane.
pub fn commands(
    intent: &ControlIntent,
    at: Timestamp,
    snapshot: &Snapshot,
    selected: Option<&InstanceId>,
) -> Vec<Command> {
    let lanes = |target: &LaneTarget| lanes(target, snapshot, selected).into_iter();
    let strips = |target: &StripTarget| strips(target, snapshot, selected).into_iter();
    let switch = switch(intent.gesture);
    match &intent.action {
        ControlAction::Mute(target) => strips(target)
            .map(|strip| PlayerCommand::Mute(strip, switch).into())
            .collect(),
        ControlAction::Solo(target) => strips(target)
            .map(|strip| PlayerCommand::Solo(strip, switch).into())
            .collect(),
        ControlAction::Pause(LaneTarget::All) => pause_all(snapshot, switch).into_iter().collect(),
        ControlAction::Pause(target) => lanes(target)
            .filter_map(|lane| Some(pause(lane, switch)?.into()))
            .collect(),
        ControlAction::Outage(target) => {
            let outage = match switch {
                Switch::On => true,
                Switch::Off => false,
                Switch::Toggle => !snapshot.mixer.fault(target).outage,
            };
            let change = FaultChange {
                outage: Some(outage),
                ..FaultChange::default()
            };
            vec![PlayerCommand::ChangeFault(target.clone(), change).into()]
        }
        // All other actions act when a button is pressed, not when it is released.
        _ if intent.gesture == Gesture::Off => Vec::new(),
        ControlAction::Terminate(target) => lanes(target)
            .filter(|lane| lane.can_be_terminated())
            .map(|lane| EngineCommand::Terminate(lane.id.clone()).into())
            .collect(),
        ControlAction::TerminateAt(target, at) => lanes(target)
            .filter(|lane| lane.backend.is_none() && lane.can_be_terminated())
            .map(|lane| match snapshot.endings.get(&lane.id) {
                Some(_) => EngineCommand::PlayOn(lane.id.clone()).into(),
                None => EngineCommand::TerminateAt(lane.id.clone(), *at).into(),
            })
            .collect(),
        ControlAction::Cancel(target) => lanes(target)
            .filter(|lane| lane.can_be_canceled())
            .map(|lane| EngineCommand::Cancel(lane.id.clone()).into())
            .collect(),
        ControlAction::Retry(target) => lanes(target)
            .filter(|lane| lane.backend.is_none() && lane.waits_to_retry())
            .map(|lane| EngineCommand::RetryNow(lane.id.clone()).into())
            .collect(),
        ControlAction::EndFaults => vec![PlayerCommand::EndFaults.into()],
        ControlAction::Cue(target) => lanes_to_cue(target, snapshot, selected)
            .into_iter()
            .filter_map(|lane| {
                let event = lane.cues().next()?;
                let raises = !lane.needs_data(event);
                raises.then(|| EngineCommand::raise(&lane.id, event).into())
            })
            .collect(),
        ControlAction::Raise(target, event, data) => lanes(target)
            .filter(|lane| lane.can_be_raised())
            .map(|lane| {
                let command = EngineCommand::RaiseEvent {
                    instance: lane.id.clone(),
                    event: Arc::clone(event),
                    data: data.clone(),
                };
                command.into()
            })
            .collect(),
        ControlAction::Faults(target) => match intent.gesture {
            Gesture::Value(rate) => {
                vec![PlayerCommand::ChangeFault(target.clone(), FaultChange::rate(rate)).into()]
            }
            _ => Vec::new(),
        },
        ControlAction::FailNext(target) => {
            let change = FaultChange {
                fail_next: Some(snapshot.mixer.fault(target).fail_next.saturating_add(1)),
                ..FaultChange::default()
            };
            vec![PlayerCommand::ChangeFault(target.clone(), change).into()]
        }
        ControlAction::Volume(target) => match intent.gesture {
            Gesture::Value(decibels) => {
                let volume = Volume::from_decibels(decibels);
                volumes(lanes(target), snapshot, |_| volume)
            }
            _ => Vec::new(),
        },
        ControlAction::Louder(target) => volumes(lanes(target), snapshot, Volume::louder),
        ControlAction::Softer(target) => volumes(lanes(target), snapshot, Volume::softer),
        ControlAction::ResetVolume(target) => volumes(lanes(target), snapshot, |_| Volume::UNITY),
        ControlAction::Tempo => match intent.gesture {
            Gesture::Value(tempo) => vec![PlayerCommand::SetTempo(tempo).into()],
            _ => Vec::new(),
        },
        ControlAction::Tap => vec![PlayerCommand::Tap(at).into()],
        ControlAction::Nudge(by) => vec![PlayerCommand::Nudge(*by).into()],
        ControlAction::PlayStop => vec![play_or_stop(snapshot).into()],
        ControlAction::Panic => vec![PlayerCommand::Panic.into()],
        ControlAction::NextPiece => setlist(SetlistCommand::Next, snapshot),
        ControlAction::PreviousPiece => setlist(SetlistCommand::Previous, snapshot),
        ControlAction::ResetScene => setlist(SetlistCommand::Reset, snapshot),
        // The playhead is the window's: see `UiState::turn_playhead`.
        ControlAction::Playhead(_) => Vec::new(),
    }
}

/// Why a cue of a pad raises nothing: the event that a lane waits for has data, and a pad gives none.
pub(super) fn refused_cue(
    action: &ControlAction,
    snapshot: &Snapshot,
    selected: Option<&InstanceId>,
) -> Option<String> {
    let ControlAction::Cue(target) = action else {
        return None;
    };
    let mut waiting = lanes_to_cue(target, snapshot, selected).into_iter();
    waiting.find_map(|lane| {
        let event = lane.cues().next().filter(|event| lane.needs_data(event))?;
        let title = lane.title();
        Some(format!(
            "“{event}” of {title} needs data: press Shift+C, or use `raise` with `data` in the rig"
        ))
    })
}

/// A command to the set list, if one is open.
fn setlist(command: SetlistCommand, snapshot: &Snapshot) -> Vec<Command> {
    let is_open = snapshot.setlist.is_some();
    is_open.then(|| command.into()).into_iter().collect()
}

/// The command of a lane's pause button: suspend it, or resume it; `None` if it has ended.
pub fn pause_or_resume(lane: &LaneModel) -> Option<EngineCommand> {
    pause(lane, Switch::Toggle)
}

fn switch(gesture: Gesture) -> Switch {
    match gesture {
        Gesture::Toggle | Gesture::Value(_) | Gesture::Ticks(_) => Switch::Toggle,
        Gesture::On => Switch::On,
        Gesture::Off => Switch::Off,
    }
}

fn pause(lane: &LaneModel, switch: Switch) -> Option<EngineCommand> {
    let paused = match lane.status {
        _ if !lane.can_be_suspended() => return None,
        Status::Suspended | Status::Stalled => true,
        _ => false,
    };
    let id = lane.id.clone();
    Some(match (switch, paused) {
        (Switch::On, _) | (Switch::Toggle, false) => EngineCommand::Suspend(id),
        (Switch::Off, _) | (Switch::Toggle, true) => EngineCommand::Resume(id),
    })
}

fn pause_all(snapshot: &Snapshot, switch: Switch) -> Option<Command> {
    // The commands act on the own engine only: other engines may be used by others.
    let any = |status| snapshot.own_lanes().any(|lane| lane.status == status);
    let suspends = match switch {
        Switch::On => true,
        Switch::Off => false,
        // Lanes that can be neither paused nor resumed, such as stalled ones, have no say.
        Switch::Toggle if any(Status::Running) => true,
        Switch::Toggle if any(Status::Suspended) => false,
        Switch::Toggle => return None,
    };
    Some(match suspends {
        true => EngineCommand::SuspendAll.into(),
        false => EngineCommand::ResumeAll.into(),
    })
}

fn play_or_stop(snapshot: &Snapshot) -> EngineCommand {
    match snapshot.transport.rolling {
        true => EngineCommand::Stop,
        false => EngineCommand::Play,
    }
}

/// The commands that change the volumes of lanes that have not ended.
fn volumes<'a>(
    lanes: impl Iterator<Item = &'a LaneModel>,
    snapshot: &Snapshot,
    change: impl Fn(Volume) -> Volume,
) -> Vec<Command> {
    let open = lanes.filter(|lane| !lane.status.is_closed());
    let set = open.map(|lane| {
        let volume = change(snapshot.mixer.volume(&lane.id));
        PlayerCommand::SetVolume(lane.id.clone(), volume).into()
    });
    set.collect()
}

/// The mixer strips that are targeted.
fn strips(target: &StripTarget, snapshot: &Snapshot, selected: Option<&InstanceId>) -> Vec<Strip> {
    match target {
        StripTarget::Instrument(name) => vec![Strip::Instrument(Arc::clone(name))],
        StripTarget::Lane(target) => {
            let lanes = lanes(target, snapshot, selected).into_iter();
            lanes.map(|lane| Strip::Lane(lane.id.clone())).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventKind, Payload},
        view::{projector::Projector, test_history::TestHistory},
    };

    /// The command of the key that pauses or resumes all, with lanes in these states.
    fn pause_key(statuses: &[Status]) -> Vec<Command> {
        let mut projector = Projector::new();
        for (place, status) in statuses.iter().enumerate() {
            let mut history = TestHistory::new(&format!("lane-{place}"));
            match status {
                Status::Suspended => history.pause(1.0),
                Status::Stalled => {
                    let reason = String::new();
                    history.add(1.0, EventKind::ExecutionStalled { reason });
                }
                Status::Completed => {
                    let output = Payload::null();
                    history.add(1.0, EventKind::ExecutionCompleted { output });
                }
                _ => {}
            }
            projector.committed(&history.commit());
        }
        let action = ControlAction::Pause(LaneTarget::All);
        let gesture = Gesture::Toggle;
        let intent = ControlIntent { action, gesture };
        commands(&intent, Timestamp(0), &projector.snapshot(), None)
    }

    #[test]
    fn lanes_are_resumed_together_even_if_another_lane_is_stalled() {
        use Status::{Completed, Running, Stalled, Suspended};
        let suspends = [EngineCommand::SuspendAll.into()];
        let resumes = [EngineCommand::ResumeAll.into()];
        assert_eq!(pause_key(&[Running, Stalled, Suspended]), suspends);
        assert_eq!(pause_key(&[Suspended, Stalled, Suspended]), resumes);
        assert_eq!(pause_key(&[Stalled, Completed]), []);
        assert_eq!(pause_key(&[]), []);
    }
}
