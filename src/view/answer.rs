//! The answer to a command: what it does, in a few words, for a moment after it was given.

use super::{
    action::Action,
    command::{Command, EngineCommand, PlayerCommand},
    snapshot::Snapshot,
};
use crate::{
    conductor::{
        Mixer, Strip, Switch,
        control_surface::{ControlAction, LaneTarget},
    },
    engine::{InstanceId, Status},
    music::Offset,
};

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The key of the command; empty for a button.
    pub key: String,
    /// Its effect.
    pub effect: String,
}

impl Answer {
    /// The answer to a button.
    pub fn to_button(command: &Command, snapshot: &Snapshot) -> Option<Self> {
        let effect = effect(command, snapshot)?;
        let key = String::new();
        Some(Self { key, effect })
    }

    /// The answer to an action that led to these commands. `None` if the window shows its effect
    /// anyway, as for panels and zoom.
    pub fn to_action(action: &Action, commands: &[Command], snapshot: &Snapshot) -> Option<Self> {
        let effect = match commands.first() {
            Some(command) => effect(command, snapshot)?,
            None if *action == Action::Setlist && snapshot.setlist.is_none() => {
                NO_SETLIST.to_owned()
            }
            None => no_effect(action)?.to_owned(),
        };
        let key = action.keys();
        Some(Self { key, effect })
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.key.is_empty() {
            true => f.write_str(&self.effect),
            false => write!(f, "{} {}", self.key, self.effect),
        }
    }
}

fn effect(command: &Command, snapshot: &Snapshot) -> Option<String> {
    match command {
        Command::Engine(command) => Some(engine_effect(command, snapshot)),
        Command::Player(command) => Some(player_effect(command, snapshot)),
        Command::Show(Some(_)) => Some(match ended(snapshot) {
            0 => "new show · nothing to hide".to_owned(),
            count => format!("new show · {} hidden, none deleted", lanes(count)),
        }),
        Command::Setlist(command) => {
            let list = snapshot.setlist.as_ref()?;
            Some(list.effect(*command, snapshot))
        }
        Command::Show(None) => Some("earlier lanes · shown again".to_owned()),
        Command::ControlSurface(_)
        | Command::Replay(_)
        | Command::History(_)
        | Command::KeepMarkers(_)
        | Command::KeepSettings(_) => None,
    }
}

/// Lanes that have ended.
fn ended(snapshot: &Snapshot) -> usize {
    let lanes = snapshot.lanes.iter();
    lanes.filter(|lane| lane.status.is_closed()).count()
}

fn engine_effect(command: &EngineCommand, snapshot: &Snapshot) -> String {
    let title = |id: &InstanceId| match snapshot.lane(id) {
        Some(lane) => lane.title().to_owned(),
        None => id.to_string(),
    };
    let with = |status| {
        let lanes = snapshot.lanes.iter();
        lanes.filter(|lane| lane.status == status).count()
    };
    match command {
        EngineCommand::StartScore(score) => {
            let card = snapshot.scores.iter().find(|card| card.id == *score);
            let name = card.map_or(&*score.0, |card| card.title.as_str());
            format!("start · {name}")
        }
        EngineCommand::Suspend(id) => format!("pause · {}", title(id)),
        EngineCommand::Resume(id) => format!("resume · {}", title(id)),
        EngineCommand::Terminate(id) => format!("terminate · {}", title(id)),
        EngineCommand::SuspendAll => format!("pause all · {} paused", lanes(with(Status::Running))),
        EngineCommand::ResumeAll => {
            format!("resume all · {} resumed", lanes(with(Status::Suspended)))
        }
        EngineCommand::Stop => format!("stop · {} paused", lanes(with(Status::Running))),
        EngineCommand::Play => {
            let stopped = snapshot.lanes.iter().filter(|lane| lane.is_stopped());
            match (stopped.count(), with(Status::Suspended)) {
                (0, 0) => "play · nothing was stopped".to_owned(),
                // They were paused one by one.
                (0, paused) => format!("play · {} paused: Shift+Space resumes", lanes(paused)),
                (stopped, _) => format!("play · {} resumed", lanes(stopped)),
            }
        }
        EngineCommand::RaiseEvent {
            instance, event, ..
        } => {
            format!("cue · “{event}” to {}", title(instance))
        }
        EngineCommand::Rerun { instance, from, .. } => {
            let when = match snapshot.transport.rolling {
                true => ", at the next bar",
                false => "",
            };
            format!("rerun · {} from event {from}{when}", title(instance))
        }
        EngineCommand::StartRecording => "record · started".to_owned(),
        EngineCommand::StopRecording => "record · stopped".to_owned(),
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
        PlayerCommand::SetFaults(instrument, rate) => {
            format!("faults · {:.0} % of {instrument}", rate * 100.0)
        }
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

/// There is no set list to act on.
const NO_SETLIST: &str = "set list · none is open: start `fermata setlist.yaml`";

/// Why an action led to no command.
fn no_effect(action: &Action) -> Option<&'static str> {
    match action {
        Action::Control(ControlAction::Cue(_)) => Some("cue · no lane waits for an event"),
        Action::Control(ControlAction::Pause(LaneTarget::All)) => {
            Some("pause all · no lane is running")
        }
        Action::Control(ControlAction::Pause(_)) => Some("pause · no lane to pause"),
        Action::Live => Some("live"),
        Action::Control(
            ControlAction::NextPiece | ControlAction::PreviousPiece | ControlAction::ResetScene,
        ) => Some(NO_SETLIST),
        Action::Control(ControlAction::Mute(_)) => Some("mute · no lane"),
        Action::Control(ControlAction::Solo(_)) => Some("solo · no lane"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{projector::Projector, test_history::TestHistory};

    #[test]
    fn stop_says_how_many_lanes_it_pauses_and_play_how_many_it_resumes() {
        let mut projector = Projector::new();
        for (name, pause) in [("one", None), ("two", None), ("three", Some("to tune"))] {
            let mut history = TestHistory::new(name);
            if let Some(reason) = pause {
                history.pause_because(1.0, reason);
            }
            projector.committed(&history.commit());
        }
        let key = Action::Control(ControlAction::PlayStop);
        let said = |command: EngineCommand, projector: &Projector| {
            let answer = Answer::to_action(&key, &[command.into()], &projector.snapshot());
            answer.unwrap().to_string()
        };
        assert_eq!(
            said(EngineCommand::Stop, &projector),
            "P stop · 2 lanes paused"
        );
        let paused = said(EngineCommand::Play, &projector);
        assert_eq!(paused, "P play · 1 lane paused: Shift+Space resumes");
        let mut stopped = TestHistory::new("four");
        stopped.pause_because(2.0, EngineCommand::STOPPED);
        projector.committed(&stopped.commit());
        assert_eq!(
            said(EngineCommand::Play, &projector),
            "P play · 1 lane resumed"
        );
    }

    #[test]
    fn an_action_without_a_target_says_so() {
        let cue = Action::Control(ControlAction::Cue(LaneTarget::Selected));
        let answer = Answer::to_action(&cue, &[], &Snapshot::default()).unwrap();
        assert_eq!(answer.to_string(), "C cue · no lane waits for an event");
        let zoom = Answer::to_action(&Action::ZoomIn, &[], &Snapshot::default());
        assert_eq!(zoom, None);
    }
}
