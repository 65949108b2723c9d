//! The performer's hands as the stage shows them, and what their wishes mean just now.

use std::sync::Arc;

use super::{
    command::Command,
    lane::LaneModel,
    snapshot::Snapshot,
    status::Doing,
    ui_state::{hold_or_go_all, pause_or_resume},
};
use crate::{
    conductor::{
        self, Switch,
        control_surface::{ControlAction, ControlIntent, Gesture, Glow, LaneTarget, Strip},
    },
    engine::{InstanceId, Status, Timestamp},
};

/// The performer's hands as the stage shows them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ControlSurfaceView {
    /// What is bound, and to which control.
    pub bound: Vec<Bound>,
    /// Inputs that are listened to.
    pub inputs: Vec<Arc<str>>,
    /// The clock that is followed.
    pub clock: Option<ClockView>,
}

/// What is bound, and to which control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// What it does.
    pub action: ControlAction,
    /// The control's name.
    pub control: Arc<str>,
}

/// The clock that is followed.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockView {
    /// Where it comes from.
    pub from: Arc<str>,
    /// Its tempo; `None`: it is not heard.
    pub tempo: Option<f64>,
}

/// What the stage tells of learning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learn {
    /// From now on controls do nothing but are learned.
    Open,
    /// The next control that is touched does this.
    Choose(ControlAction),
    /// No control does this any more.
    Forget(ControlAction),
    /// Controls act again.
    Close,
}

impl ControlSurfaceView {
    /// The control that a action is bound to.
    pub fn control_of(&self, action: &ControlAction) -> Option<&Arc<str>> {
        let bound = self.bound.iter().find(|bound| bound.action == *action);
        bound.map(|bound| &bound.control)
    }
}

/// What a wish means just now, `selected` being the lane that is selected.
pub fn commands(
    wish: &ControlIntent,
    at: Timestamp,
    snapshot: &Snapshot,
    selected: Option<&InstanceId>,
) -> Vec<Command> {
    let lanes = |whom: &LaneTarget| lanes(whom, snapshot, selected);
    let each = |whom: &LaneTarget, command: &dyn Fn(&LaneModel) -> Option<Command>| {
        let lanes = lanes(whom).into_iter();
        lanes.filter_map(command).collect::<Vec<_>>()
    };
    let switch = match wish.gesture {
        Gesture::Toggle | Gesture::At(_) => Switch::Over,
        Gesture::On => Switch::On,
        Gesture::Off => Switch::Off,
    };
    let strips = |strip: &Strip| -> Vec<conductor::Strip> {
        match strip {
            Strip::Instrument(name) => vec![conductor::Strip::Instrument(Arc::clone(name))],
            Strip::Lane(whom) => lanes(whom)
                .iter()
                .map(|lane| conductor::Strip::Lane(lane.id.clone()))
                .collect(),
        }
    };
    match &wish.action {
        ControlAction::Mute(strip) => strips(strip)
            .into_iter()
            .map(|strip| Command::Mute(strip, switch))
            .collect(),
        ControlAction::Solo(strip) => strips(strip)
            .into_iter()
            .map(|strip| Command::Solo(strip, switch))
            .collect(),
        ControlAction::Pause(LaneTarget::All) => match switch {
            Switch::Over => hold_or_go_all(snapshot).into_iter().collect(),
            Switch::On => vec![Command::SuspendAll],
            Switch::Off => vec![Command::ResumeAll],
        },
        ControlAction::Pause(whom) => each(whom, &|lane| paused(lane, switch)),
        // What is left happens when a button is pressed, not when it is let go.
        _ if wish.gesture == Gesture::Off => Vec::new(),
        ControlAction::Terminate(whom) => each(whom, &|lane| {
            let open = !lane.status.is_closed();
            open.then(|| Command::Terminate(lane.id.clone()))
        }),
        ControlAction::Cue(whom) => each(whom, &|lane| {
            let cue = lane.cues().next()?;
            Some(Command::RaiseEvent(lane.id.clone(), Arc::clone(cue)))
        }),
        ControlAction::Raise(whom, event) => each(whom, &|lane| {
            let open = !lane.status.is_closed();
            open.then(|| Command::RaiseEvent(lane.id.clone(), Arc::clone(event)))
        }),
        ControlAction::Faults(instrument) => match wish.gesture {
            Gesture::At(rate) => vec![Command::Faults(Arc::clone(instrument), rate)],
            _ => Vec::new(),
        },
        ControlAction::Tempo => match wish.gesture {
            Gesture::At(tempo) => vec![Command::SetTempo(tempo)],
            _ => Vec::new(),
        },
        ControlAction::Tap => vec![Command::Tap(at)],
        ControlAction::Nudge(by) => vec![Command::Nudge(*by)],
        ControlAction::Play => vec![match snapshot.transport.rolling {
            true => Command::Stop,
            false => Command::Play,
        }],
        ControlAction::Panic => vec![Command::Panic],
    }
}

fn paused(lane: &LaneModel, switch: Switch) -> Option<Command> {
    if lane.status.is_closed() {
        return None;
    }
    match switch {
        Switch::Over => pause_or_resume(lane),
        Switch::On => Some(Command::Suspend(lane.id.clone())),
        Switch::Off => Some(Command::Resume(lane.id.clone())),
    }
}

/// The lanes that are meant.
fn lanes<'a>(
    whom: &LaneTarget,
    snapshot: &'a Snapshot,
    selected: Option<&InstanceId>,
) -> Vec<&'a LaneModel> {
    let all = snapshot.lanes.iter().map(AsRef::as_ref);
    match whom {
        LaneTarget::All => all.collect(),
        LaneTarget::Selected => {
            let chosen = selected.and_then(|id| snapshot.lane(id));
            let lane = chosen.or_else(|| snapshot.lanes.first());
            lane.into_iter().map(AsRef::as_ref).collect()
        }
        LaneTarget::Place(place) => {
            let place = usize::from(*place).checked_sub(1);
            let lane = place.and_then(|place| snapshot.lanes.get(place));
            lane.into_iter().map(AsRef::as_ref).collect()
        }
        LaneTarget::Score(name) => all
            .filter(|lane| *lane.workflow == **name || lane.title().eq_ignore_ascii_case(name))
            .collect(),
    }
}

/// Where a fader's thing stands.
pub fn present(action: &ControlAction, snapshot: &Snapshot) -> Option<f64> {
    match action {
        ControlAction::Tempo => Some(snapshot.transport.tempo),
        ControlAction::Faults(instrument) => snapshot.mixer.faults(instrument),
        _ => None,
    }
}

/// What the lamp of a action tells; `None`: it has nothing to tell.
pub fn glow(
    action: &ControlAction,
    snapshot: &Snapshot,
    selected: Option<&InstanceId>,
) -> Option<Glow> {
    let lanes = |whom: &LaneTarget| lanes(whom, snapshot, selected);
    let lit = |on: bool| Some(if on { Glow::On } else { Glow::Off });
    let waits = |waits: bool| Some(if waits { Glow::Waiting } else { Glow::Off });
    match action {
        ControlAction::Pause(whom) => {
            let glows = lanes(whom).into_iter().map(glow_of);
            glows.max_by_key(|glow| match glow {
                Glow::Off => 0,
                Glow::Held => 1,
                Glow::On => 2,
                Glow::Waiting => 3,
            })
        }
        ControlAction::Terminate(whom) => {
            lit(lanes(whom).iter().any(|lane| !lane.status.is_closed()))
        }
        ControlAction::Cue(whom) => {
            waits(lanes(whom).iter().any(|lane| lane.cues().next().is_some()))
        }
        ControlAction::Raise(whom, event) => waits(
            lanes(whom)
                .iter()
                .any(|lane| lane.cues().any(|cue| cue == event)),
        ),
        ControlAction::Mute(strip) => lit(of_strip(strip, &lanes, |s| snapshot.mixer.is_muted(s))),
        ControlAction::Solo(strip) => lit(of_strip(strip, &lanes, |s| snapshot.mixer.is_solo(s))),
        ControlAction::Play => lit(snapshot.transport.rolling),
        ControlAction::Faults(_)
        | ControlAction::Tempo
        | ControlAction::Tap
        | ControlAction::Nudge(_)
        | ControlAction::Panic => None,
    }
}

fn of_strip<'a>(
    strip: &Strip,
    lanes: &dyn Fn(&LaneTarget) -> Vec<&'a LaneModel>,
    is_on: impl Fn(&conductor::Strip) -> bool,
) -> bool {
    match strip {
        Strip::Instrument(name) => is_on(&conductor::Strip::Instrument(Arc::clone(name))),
        Strip::Lane(whom) => lanes(whom)
            .iter()
            .any(|lane| is_on(&conductor::Strip::Lane(lane.id.clone()))),
    }
}

fn glow_of(lane: &LaneModel) -> Glow {
    match lane.status {
        Status::Suspended | Status::Stalled => Glow::Held,
        status if status.is_closed() => Glow::Off,
        _ => match lane.doing() {
            Doing::WaitsForEvent { .. } => Glow::Waiting,
            _ => Glow::On,
        },
    }
}
