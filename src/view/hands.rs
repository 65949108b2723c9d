//! The performer's hands as the stage shows them, and what their wishes mean just now.

use std::sync::Arc;

use super::{
    command::Command,
    lane::LaneModel,
    snapshot::Snapshot,
    status::Doing,
    ui_state::{hold_or_go, hold_or_go_all},
};
use crate::{
    conductor::{
        self, Switch,
        hands::{Deed, Glow, How, Strip, Whom, Wish},
    },
    engine::{InstanceId, Status, Timestamp},
};

/// The performer's hands as the stage shows them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HandsView {
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
    pub deed: Deed,
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
    Choose(Deed),
    /// No control does this any more.
    Forget(Deed),
    /// Controls act again.
    Close,
}

impl HandsView {
    /// The control that a deed is bound to.
    pub fn control_of(&self, deed: &Deed) -> Option<&Arc<str>> {
        let bound = self.bound.iter().find(|bound| bound.deed == *deed);
        bound.map(|bound| &bound.control)
    }
}

/// What a wish means just now, `selected` being the lane that is selected.
pub fn commands(
    wish: &Wish,
    at: Timestamp,
    snapshot: &Snapshot,
    selected: Option<&InstanceId>,
) -> Vec<Command> {
    let lanes = |whom: &Whom| lanes(whom, snapshot, selected);
    let each = |whom: &Whom, command: &dyn Fn(&LaneModel) -> Option<Command>| {
        let lanes = lanes(whom).into_iter();
        lanes.filter_map(command).collect::<Vec<_>>()
    };
    let switch = match wish.how {
        How::Over | How::At(_) => Switch::Over,
        How::On => Switch::On,
        How::Off => Switch::Off,
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
    match &wish.deed {
        Deed::Mute(strip) => strips(strip)
            .into_iter()
            .map(|strip| Command::Mute(strip, switch))
            .collect(),
        Deed::Solo(strip) => strips(strip)
            .into_iter()
            .map(|strip| Command::Solo(strip, switch))
            .collect(),
        Deed::Pause(Whom::All) => match switch {
            Switch::Over => hold_or_go_all(snapshot).into_iter().collect(),
            Switch::On => vec![Command::SuspendAll],
            Switch::Off => vec![Command::ResumeAll],
        },
        Deed::Pause(whom) => each(whom, &|lane| paused(lane, switch)),
        // What is left happens when a button is pressed, not when it is let go.
        _ if wish.how == How::Off => Vec::new(),
        Deed::Terminate(whom) => each(whom, &|lane| {
            let open = !lane.status.is_closed();
            open.then(|| Command::Terminate(lane.id.clone()))
        }),
        Deed::Cue(whom) => each(whom, &|lane| {
            let cue = lane.cues().next()?;
            Some(Command::RaiseEvent(lane.id.clone(), Arc::clone(cue)))
        }),
        Deed::Raise(whom, event) => each(whom, &|lane| {
            let open = !lane.status.is_closed();
            open.then(|| Command::RaiseEvent(lane.id.clone(), Arc::clone(event)))
        }),
        Deed::Faults(instrument) => match wish.how {
            How::At(rate) => vec![Command::Faults(Arc::clone(instrument), rate)],
            _ => Vec::new(),
        },
        Deed::Tempo => match wish.how {
            How::At(tempo) => vec![Command::SetTempo(tempo)],
            _ => Vec::new(),
        },
        Deed::Tap => vec![Command::Tap(at)],
        Deed::Nudge(by) => vec![Command::Nudge(*by)],
        Deed::Play => vec![match snapshot.transport.rolling {
            true => Command::Stop,
            false => Command::Play,
        }],
        Deed::Panic => vec![Command::Panic],
    }
}

fn paused(lane: &LaneModel, switch: Switch) -> Option<Command> {
    if lane.status.is_closed() {
        return None;
    }
    match switch {
        Switch::Over => hold_or_go(lane),
        Switch::On => Some(Command::Suspend(lane.id.clone())),
        Switch::Off => Some(Command::Resume(lane.id.clone())),
    }
}

/// The lanes that are meant.
fn lanes<'a>(
    whom: &Whom,
    snapshot: &'a Snapshot,
    selected: Option<&InstanceId>,
) -> Vec<&'a LaneModel> {
    let all = snapshot.lanes.iter().map(AsRef::as_ref);
    match whom {
        Whom::All => all.collect(),
        Whom::Selected => {
            let chosen = selected.and_then(|id| snapshot.lane(id));
            let lane = chosen.or_else(|| snapshot.lanes.first());
            lane.into_iter().map(AsRef::as_ref).collect()
        }
        Whom::Place(place) => {
            let place = usize::from(*place).checked_sub(1);
            let lane = place.and_then(|place| snapshot.lanes.get(place));
            lane.into_iter().map(AsRef::as_ref).collect()
        }
        Whom::Score(name) => all
            .filter(|lane| *lane.workflow == **name || lane.title().eq_ignore_ascii_case(name))
            .collect(),
    }
}

/// Where a fader's thing stands.
pub fn present(deed: &Deed, snapshot: &Snapshot) -> Option<f64> {
    match deed {
        Deed::Tempo => Some(snapshot.transport.tempo),
        Deed::Faults(instrument) => snapshot.desk.faults(instrument),
        _ => None,
    }
}

/// What the lamp of a deed tells; `None`: it has nothing to tell.
pub fn glow(deed: &Deed, snapshot: &Snapshot, selected: Option<&InstanceId>) -> Option<Glow> {
    let lanes = |whom: &Whom| lanes(whom, snapshot, selected);
    let lit = |on: bool| Some(if on { Glow::On } else { Glow::Off });
    let waits = |waits: bool| Some(if waits { Glow::Waiting } else { Glow::Off });
    match deed {
        Deed::Pause(whom) => {
            let glows = lanes(whom).into_iter().map(glow_of);
            glows.max_by_key(|glow| match glow {
                Glow::Off => 0,
                Glow::Held => 1,
                Glow::On => 2,
                Glow::Waiting => 3,
            })
        }
        Deed::Terminate(whom) => lit(lanes(whom).iter().any(|lane| !lane.status.is_closed())),
        Deed::Cue(whom) => waits(lanes(whom).iter().any(|lane| lane.cues().next().is_some())),
        Deed::Raise(whom, event) => waits(
            lanes(whom)
                .iter()
                .any(|lane| lane.cues().any(|cue| cue == event)),
        ),
        Deed::Mute(strip) => lit(of_strip(strip, &lanes, |s| snapshot.desk.is_muted(s))),
        Deed::Solo(strip) => lit(of_strip(strip, &lanes, |s| snapshot.desk.is_solo(s))),
        Deed::Play => lit(snapshot.transport.rolling),
        Deed::Faults(_) | Deed::Tempo | Deed::Tap | Deed::Nudge(_) | Deed::Panic => None,
    }
}

fn of_strip<'a>(
    strip: &Strip,
    lanes: &dyn Fn(&Whom) -> Vec<&'a LaneModel>,
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
