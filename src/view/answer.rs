//! The answer to a command: what it does, in a few words, for a moment after it was given.

use super::{
    action::Action,
    command::{Command, EngineCommand},
    effect::effect,
    snapshot::Snapshot,
};
use crate::{
    conductor::control_surface::{ControlAction, LaneTarget},
    engine::InstanceId,
};

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The key of the command; empty for buttons and pads.
    pub key: String,
    /// Its effect.
    pub effect: String,
    /// How far the command is.
    pub stage: AnswerStage,
}

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerStage {
    /// The engine has not confirmed it.
    Pending,
    /// It is done.
    Done,
    /// It was rejected; the effect is the reason.
    Rejected,
}

/// What is said of commands that were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenAnswer {
    /// The answer at once.
    pub now: Answer,
    /// The answer once the engine has confirmed them; `None`: nothing has to be confirmed.
    pub confirmed: Option<Answer>,
}

impl GivenAnswer {
    /// The answer to a button.
    pub fn to_commands(commands: &[Command], snapshot: &Snapshot) -> Option<Self> {
        Self::with_key(String::new(), commands, snapshot)
    }

    /// The answer to an action that led to these commands. `None` if the window shows its effect
    /// anyway, as for panels and zoom.
    pub fn to_action(action: &Action, commands: &[Command], snapshot: &Snapshot) -> Option<Self> {
        match commands {
            [] => Some(Self {
                now: Answer {
                    key: action.keys(),
                    effect: no_effect(action, snapshot)?.to_owned(),
                    stage: AnswerStage::Done,
                },
                confirmed: None,
            }),
            commands => Self::with_key(action.keys(), commands, snapshot),
        }
    }

    /// The answer to a pad or a fader, whose action led to these commands.
    pub fn to_control(
        action: &ControlAction,
        commands: &[Command],
        snapshot: &Snapshot,
    ) -> Option<Self> {
        let mut answer = Self::to_action(&Action::Control(action.clone()), commands, snapshot)?;
        answer.now.key.clear();
        if let Some(confirmed) = &mut answer.confirmed {
            confirmed.key.clear();
        }
        Some(answer)
    }

    fn with_key(key: String, commands: &[Command], snapshot: &Snapshot) -> Option<Self> {
        let effect = effect(commands, snapshot)?;
        let is_confirmed = matches!(commands.first(), Some(Command::Engine(_)));
        let done = Answer {
            key: key.clone(),
            effect: effect.done,
            stage: AnswerStage::Done,
        };
        Some(match is_confirmed {
            true => Self {
                now: Answer {
                    key,
                    effect: effect.pending,
                    stage: AnswerStage::Pending,
                },
                confirmed: Some(done),
            },
            false => Self {
                now: done,
                confirmed: None,
            },
        })
    }
}

impl Answer {
    /// What is said while a key or button is held; `None` if nothing has to be held for the command.
    pub fn to_hold(command: &Command, snapshot: &Snapshot) -> Option<Self> {
        let title = |id: &InstanceId| match snapshot.lane(id) {
            Some(lane) => lane.title().to_owned(),
            None => id.to_string(),
        };
        let Command::Engine(command) = command else {
            return None;
        };
        let what = match command {
            EngineCommand::Terminate(id) => format!("terminate {}", title(id)),
            EngineCommand::TerminateAt(id, at) => format!("terminate {} at {at}", title(id)),
            EngineCommand::Cancel(id) => format!("ask {} to end", title(id)),
            EngineCommand::PurgeEnded(_) => "delete what has ended".to_owned(),
            _ => return None,
        };
        Some(Self {
            key: "Hold".to_owned(),
            effect: format!("{what}…"),
            stage: AnswerStage::Pending,
        })
    }

    /// The answer to a command that was rejected.
    pub fn rejection(key: String, reason: &str) -> Self {
        Self {
            key,
            effect: reason.to_owned(),
            stage: AnswerStage::Rejected,
        }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.key.is_empty() {
            true => f.write_str(&self.effect),
            false => write!(f, "{} · {}", self.key, self.effect),
        }
    }
}

/// Why an action led to no command.
fn no_effect(action: &Action, snapshot: &Snapshot) -> Option<&'static str> {
    match action {
        Action::Setlist if snapshot.setlist.is_some() => None,
        Action::Setlist
        | Action::Control(
            ControlAction::NextPiece | ControlAction::PreviousPiece | ControlAction::ResetScene,
        ) => Some("no set list is open: start `fermata setlist.yaml`"),
        Action::Control(ControlAction::Cue(_)) => Some("cue: no lane waits for an event"),
        Action::Control(ControlAction::Pause(LaneTarget::All)) => {
            Some("pause all: no lane is running")
        }
        Action::Control(ControlAction::Pause(_)) => Some("pause: no lane to pause"),
        Action::Live => Some("live"),
        Action::Control(ControlAction::Retry(_)) => Some("retry: no activity waits for an attempt"),
        Action::Control(
            ControlAction::Terminate(_) | ControlAction::TerminateAt(..) | ControlAction::Cancel(_),
        ) => Some("no lane to end"),
        Action::Control(ControlAction::Mute(_)) => Some("mute: no lane"),
        Action::Control(ControlAction::Solo(_)) => Some("solo: no lane"),
        Action::Control(
            ControlAction::Louder(_) | ControlAction::Softer(_) | ControlAction::ResetVolume(_),
        ) => Some("volume: no lane that plays"),
        Action::RaiseWithData => Some("raise: no lane waits for an event"),
        Action::SaveScore => Some("save: no change of a score"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{command::PlayerCommand, projector::Projector, test_history::TestHistory};

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
            let answer = GivenAnswer::to_action(&key, &[command.into()], &projector.snapshot());
            answer.unwrap().confirmed.unwrap().to_string()
        };
        assert_eq!(said(EngineCommand::Stop, &projector), "P · 2 lanes paused");
        let paused = said(EngineCommand::Play, &projector);
        assert_eq!(paused, "P · 1 lane paused: Shift+Space resumes");
        let mut stopped = TestHistory::new("four");
        stopped.pause_because(2.0, EngineCommand::STOPPED);
        projector.committed(&stopped.commit());
        assert_eq!(said(EngineCommand::Play, &projector), "P · 1 lane resumed");
    }

    #[test]
    fn an_action_without_a_target_says_so() {
        let cue = Action::Control(ControlAction::Cue(LaneTarget::Selected));
        let answer = GivenAnswer::to_action(&cue, &[], &Snapshot::default()).unwrap();
        assert_eq!(
            answer.now.to_string(),
            "C · cue: no lane waits for an event"
        );
        let zoom = GivenAnswer::to_action(&Action::ZoomIn, &[], &Snapshot::default());
        assert_eq!(zoom, None);
    }

    #[test]
    fn a_command_to_the_engine_is_pending_and_one_to_the_player_is_done_at_once() {
        let mut projector = Projector::new();
        projector.committed(&TestHistory::new("Bass").commit());
        let snapshot = projector.snapshot();
        let id = snapshot.lanes[0].id.clone();
        let given = |commands: &[Command]| GivenAnswer::to_commands(commands, &snapshot).unwrap();
        let pause = Command::from(EngineCommand::Suspend(id));
        let one = given(std::slice::from_ref(&pause));
        assert_eq!(one.now.to_string(), "pausing Bass…");
        assert_eq!(one.now.stage, AnswerStage::Pending);
        assert_eq!(one.confirmed.unwrap().to_string(), "Bass paused");
        let several = given(&[pause.clone(), pause.clone(), pause]);
        assert_eq!(several.confirmed.unwrap().to_string(), "3 lanes paused");
        let panic = given(&[PlayerCommand::Panic.into()]);
        assert_eq!(
            (panic.now.stage, panic.confirmed),
            (AnswerStage::Done, None)
        );
    }
}
