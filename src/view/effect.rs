//! What commands do, in a few words.

use serde_json::Value;

use super::{
    command::{BackendCommand, Command, EngineCommand, FileCommand, PlayerCommand},
    form::ChoiceOption,
    format,
    snapshot::Snapshot,
};
use crate::{
    conductor::{FaultTarget, Mixer, Strip, Switch},
    engine::{InstanceId, Status},
    music::Offset,
};

/// The effect of a command, while it is pending and once it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Effect {
    /// While it is pending.
    pub pending: String,
    /// Once it is done.
    pub done: String,
}

impl Effect {
    fn new(pending: impl Into<String>, done: impl Into<String>) -> Self {
        let (pending, done) = (pending.into(), done.into());
        Self { pending, done }
    }
}

/// What nobody has to confirm.
impl From<String> for Effect {
    fn from(done: String) -> Self {
        Self::new(format!("{done}…"), done)
    }
}

/// The effect of commands that were given together; `None` if the window shows it anyway.
pub(super) fn effect(commands: &[Command], snapshot: &Snapshot) -> Option<Effect> {
    let first = commands.first()?;
    if let (Command::Engine(command), count @ 2..) = (first, commands.len())
        && let Some(effect) = effect_on_several(command, count)
    {
        return Some(effect);
    }
    if let (Command::Player(PlayerCommand::SetVolume(..)), count @ 2..) = (first, commands.len()) {
        return Some(format!("volume of {}", lanes(count)).into());
    }
    match first {
        Command::Engine(command) => Some(engine_effect(command, snapshot)),
        Command::Player(command) => Some(player_effect(command, snapshot).into()),
        Command::Show(Some(_)) => Some(match ended(snapshot) {
            0 => "new show · nothing to hide".to_owned().into(),
            count => format!("new show · {} hidden, none deleted", lanes(count)).into(),
        }),
        Command::Setlist(command) => {
            let list = snapshot.setlist.as_ref()?;
            Some(list.effect(*command, snapshot).into())
        }
        Command::Show(None) => Some("earlier lanes · shown again".to_owned().into()),
        Command::File(command) => Some(file_effect(command, snapshot).into()),
        Command::Backend(BackendCommand::Attach(address)) => {
            Some(format!("attaching {address}…").into())
        }
        Command::Backend(BackendCommand::Detach(name)) => Some(format!("{name} detached").into()),
        // A notice says where.
        Command::Backend(BackendCommand::Serve) => None,
        Command::Backend(BackendCommand::StopServing) => {
            Some("no longer serving · workflows wait".to_owned().into())
        }
        Command::ControlSurface(_)
        | Command::Backend(BackendCommand::Watch(_))
        | Command::Replay(_)
        | Command::ListSchedules(_)
        | Command::History(_)
        | Command::ScoreText(_)
        | Command::KeepMarkers(_)
        | Command::KeepArrangement(_)
        | Command::KeepSettings(_) => None,
    }
}

fn file_effect(command: &FileCommand, snapshot: &Snapshot) -> String {
    match command {
        FileCommand::Open(path) => {
            let name = path.file_name().unwrap_or(path.as_os_str());
            format!("opening {}", name.to_string_lossy())
        }
        FileCommand::Export { instance, .. } => {
            let lane = snapshot.lane(instance);
            let title = lane.map_or(instance.as_str(), |lane| lane.title());
            format!("exporting {title}")
        }
    }
}

/// Lanes that have ended.
fn ended(snapshot: &Snapshot) -> usize {
    let lanes = snapshot.lanes.iter();
    lanes.filter(|lane| lane.status.is_closed()).count()
}

/// The effect of a pad that acts on several lanes.
fn effect_on_several(command: &EngineCommand, count: usize) -> Option<Effect> {
    let lanes = lanes(count);
    Some(match command {
        EngineCommand::Suspend(_) => {
            Effect::new(format!("pausing {lanes}…"), format!("{lanes} paused"))
        }
        EngineCommand::Resume(_) => {
            Effect::new(format!("resuming {lanes}…"), format!("{lanes} resumed"))
        }
        EngineCommand::Terminate(_) => Effect::new(
            format!("terminating {lanes}…"),
            format!("{lanes} terminated"),
        ),
        EngineCommand::Cancel(_) => Effect::new(
            format!("asking {lanes} to end…"),
            format!("{lanes} asked to end"),
        ),
        EngineCommand::RetryNow(_) => Effect::new(
            format!("retrying in {lanes}…"),
            format!("{lanes} retry now"),
        ),
        EngineCommand::RaiseEvent { event, .. } => Effect::new(
            format!("sending “{event}” to {lanes}…"),
            format!("“{event}” sent to {lanes}"),
        ),
        _ => return None,
    })
}

fn engine_effect(command: &EngineCommand, snapshot: &Snapshot) -> Effect {
    let title = |id: &InstanceId| match snapshot.lane(id) {
        Some(lane) => lane.title().to_owned(),
        None => id.to_string(),
    };
    let of = |pending: &str, id: &InstanceId, done: &str| {
        let title = title(id);
        Effect::new(format!("{pending} {title}…"), format!("{title} {done}"))
    };
    let with = |status| {
        let lanes = snapshot.own_lanes();
        lanes.filter(|lane| lane.status == status).count()
    };
    match command {
        EngineCommand::StartScore(score) | EngineCommand::StartWith { score, .. } => {
            let card = snapshot.scores.iter().find(|card| card.id == *score);
            let name = card.map_or(&*score.0, |card| card.title.as_str());
            Effect::new(format!("starting {name}…"), format!("{name} started"))
        }
        EngineCommand::Restart(id) => of("restarting", id, "restarted"),
        EngineCommand::Suspend(id) => of("pausing", id, "paused"),
        EngineCommand::Resume(id) => of("resuming", id, "resumed"),
        EngineCommand::Terminate(id) => of("terminating", id, "terminated"),
        EngineCommand::TerminateAt(id, at) => {
            let title = title(id);
            let words = format!("{title} ends at {at}");
            Effect::new(words.clone(), format!("{title} was terminated at {at}"))
        }
        EngineCommand::PlayOn(id) => of("letting it play on:", id, "plays on"),
        EngineCommand::Cancel(id) => of("asking", id, "is asked to end; it may compensate"),
        EngineCommand::PauseSchedule(name) => Effect::new(
            format!("pausing the schedule {name}…"),
            format!("the schedule {name} is paused"),
        ),
        EngineCommand::ResumeSchedule(name) => Effect::new(
            format!("resuming the schedule {name}…"),
            format!("the schedule {name} goes on"),
        ),
        EngineCommand::TriggerSchedule(name) => Effect::new(
            format!("starting a run of {name}…"),
            format!("a run of {name} was started"),
        ),
        EngineCommand::PurgeEnded(_) => Effect::new("deleting…", "deleted"),
        EngineCommand::RetryNow(id) => of("retrying", id, "retries now"),
        EngineCommand::SuspendAll | EngineCommand::Stop => match with(Status::Running) {
            0 => Effect::new("stopping…", "stopped · no lane was running"),
            count => {
                let lanes = lanes(count);
                Effect::new(format!("pausing {lanes}…"), format!("{lanes} paused"))
            }
        },
        EngineCommand::ResumeAll => {
            let lanes = lanes(with(Status::Suspended));
            Effect::new(format!("resuming {lanes}…"), format!("{lanes} resumed"))
        }
        EngineCommand::Play => {
            let stopped = snapshot.lanes.iter().filter(|lane| lane.is_stopped());
            match (stopped.count(), with(Status::Suspended)) {
                (0, 0) => Effect::new("starting…", "nothing was stopped"),
                // They were paused one by one.
                (0, paused) => Effect::new(
                    "starting…",
                    format!("{} paused: Shift+Space resumes", lanes(paused)),
                ),
                (stopped, _) => {
                    let lanes = lanes(stopped);
                    Effect::new(format!("resuming {lanes}…"), format!("{lanes} resumed"))
                }
            }
        }
        EngineCommand::RaiseEvent {
            instance,
            event,
            data,
        } => {
            let title = title(instance);
            let with = match data {
                Value::Null => String::new(),
                data => {
                    let data = ChoiceOption::of(data.clone()).label;
                    format!(" with {}", format::cut(&data, 40))
                }
            };
            Effect::new(
                format!("sending “{event}”{with} to {title}…"),
                format!("“{event}”{with} sent to {title}"),
            )
        }
        EngineCommand::Rerun { instance, from, .. } => {
            let when = match snapshot.transport.rolling {
                true => ", at the next bar",
                false => "",
            };
            let title = title(instance);
            Effect::new(
                format!("rerunning {title} from event {from}…"),
                format!("{title} reruns from event {from}{when}"),
            )
        }
        EngineCommand::StartRecording => Effect::new("starting to record…", "recording"),
        EngineCommand::StopRecording => {
            Effect::new("stopping the recording…", "the recording has stopped")
        }
    }
}

fn player_effect(command: &PlayerCommand, snapshot: &Snapshot) -> String {
    let mixer = &snapshot.mixer;
    match command {
        PlayerCommand::Panic => "panic · everything is silent".to_owned(),
        PlayerCommand::SetTempo(tempo) => format!("tempo · {tempo:.0} BPM"),
        PlayerCommand::Tap(_) => "tap · tempo".to_owned(),
        PlayerCommand::Nudge(Offset::Earlier(by)) => {
            format!("nudge · {} ms earlier", by.as_millis())
        }
        PlayerCommand::Nudge(Offset::Later(by)) => format!("nudge · {} ms later", by.as_millis()),
        PlayerCommand::Mute(strip, switch) => {
            let on = turns_on(*switch, mixer, strip, Mixer::is_muted);
            let word = if on { "mute" } else { "unmute" };
            format!("{word} · {}", strip_name(strip, snapshot))
        }
        PlayerCommand::Solo(strip, switch) => {
            let on = turns_on(*switch, mixer, strip, Mixer::is_solo);
            let word = if on { "solo" } else { "solo off" };
            format!("{word} · {}", strip_name(strip, snapshot))
        }
        PlayerCommand::SetVolume(lane, volume) => {
            let strip = Strip::Lane(lane.clone());
            format!("{} · {volume}", strip_name(&strip, snapshot))
        }
        PlayerCommand::ChangeFault(target, change) => {
            let mut fault = mixer.fault(target);
            fault.change(*change);
            let words = target.words(&fault);
            match target {
                FaultTarget::Instrument(name) | FaultTarget::Port(name) => {
                    format!("faults · {name}: {words}")
                }
                FaultTarget::Activity(name) => format!("faults · the activity {name}: {words}"),
                FaultTarget::Service(name) => format!("faults · the service {name}: {words}"),
                FaultTarget::Disk => format!("faults · the disk: {words}"),
                FaultTarget::Lane(id) => {
                    let strip = Strip::Lane(id.clone());
                    format!(
                        "faults · the code of {}: {words}",
                        strip_name(&strip, snapshot)
                    )
                }
            }
        }
        PlayerCommand::Crash => "the program is killed".to_owned(),
        PlayerCommand::EndFaults => "faults · all ended".to_owned(),
    }
}

fn turns_on(
    switch: Switch,
    mixer: &Mixer,
    strip: &Strip,
    is_on: fn(&Mixer, &Strip) -> bool,
) -> bool {
    match switch {
        Switch::On => true,
        Switch::Off => false,
        Switch::Toggle => !is_on(mixer, strip),
    }
}

fn strip_name(strip: &Strip, snapshot: &Snapshot) -> String {
    match strip {
        Strip::Instrument(name) => name.to_string(),
        Strip::Lane(id) => match snapshot.lane(id) {
            Some(lane) => lane.title().to_owned(),
            None => id.to_string(),
        },
    }
}

fn lanes(count: usize) -> String {
    match count {
        1 => "1 lane".to_owned(),
        n => format!("{n} lanes"),
    }
}
