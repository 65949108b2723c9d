//! The answer to the last command: at once, and again when the engine has confirmed it.

use std::time::Duration;

use super::{Overlay, UiState};
use crate::{
    conductor::control_surface::ControlAction,
    engine::Timestamp,
    view::{
        action::Action,
        answer::{Answer, AnswerStage, GivenAnswer},
        command::Command,
        control_commands::refused_cue,
        pending::PendingCommands,
        snapshot::Snapshot,
    },
};

/// What a pad or a fader did: its action, and the commands that it led to.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenByControl {
    /// The action.
    pub action: ControlAction,
    /// The commands.
    pub commands: Vec<Command>,
}

impl UiState {
    /// A key or the palette led to these commands.
    pub fn answer_action(
        &mut self,
        action: &Action,
        commands: &[Command],
        live: &Snapshot,
        now: Timestamp,
    ) {
        // A form asks for what is missing.
        if commands.is_empty() && matches!(self.overlay, Overlay::Form(_)) {
            return;
        }
        let answer = GivenAnswer::to_action(action, commands, live.performance());
        self.give(answer, commands, now);
    }

    /// A button gives these commands.
    pub fn answer_button(&mut self, commands: &[Command], live: &Snapshot, now: Timestamp) {
        let answer = GivenAnswer::to_commands(commands, live.performance());
        self.give(answer, commands, now);
    }

    /// A pad or a fader has given commands.
    pub fn answer_control(&mut self, given: &GivenByControl, live: &Snapshot, now: Timestamp) {
        let commands = &given.commands;
        let selected = self.selected.as_ref();
        let refused = refused_cue(&given.action, live.performance(), selected);
        if let Some(why) = refused.filter(|_| commands.is_empty()) {
            self.answer = Some((Answer::rejection(String::new(), &why), now));
            return;
        }
        let answer = GivenAnswer::to_control(&given.action, commands, live.performance());
        self.give(answer, commands, now);
    }

    /// Says what an action did that only changes the window.
    pub(super) fn say(&mut self, action: &Action, effect: &str, now: Timestamp) {
        let answer = Answer {
            key: action.keys(),
            effect: effect.to_owned(),
            stage: AnswerStage::Done,
        };
        self.answer = Some((answer, now));
    }

    fn give(&mut self, answer: Option<GivenAnswer>, commands: &[Command], now: Timestamp) {
        let Some(answer) = answer else {
            return;
        };
        if let Some(confirmed) = answer.confirmed {
            let commands = commands.iter().filter_map(|command| match command {
                Command::Engine(command) => Some(command.clone()),
                _ => None,
            });
            self.pending.give(commands.collect(), confirmed, now);
        }
        self.answer = Some((answer.now, now));
    }

    /// Takes what the engine has confirmed or rejected. Called once per frame.
    pub fn confirm(&mut self, live: &Snapshot, now: Timestamp) {
        let answers = self.pending.take(&live.performance().outcomes, now);
        if let Some(answer) = answers.into_iter().next_back() {
            self.answer = Some((answer, now));
        }
    }

    /// The answer that is shown, and the time until it changes.
    pub fn answered(&self, now: Timestamp) -> Option<(Answer, Duration)> {
        let (answer, at) = self.answer.as_ref()?;
        let age = now.since(*at);
        let mut answer = answer.clone();
        let shown_for = match answer.stage {
            AnswerStage::Done => Self::ANSWER,
            AnswerStage::Rejected => Self::REJECTION,
            AnswerStage::Pending if age < PendingCommands::LATE => PendingCommands::LATE,
            AnswerStage::Pending => {
                answer.effect += " no answer yet";
                PendingCommands::GIVEN_UP
            }
        };
        let left = shown_for.saturating_sub(age);
        (!left.is_zero()).then_some((answer, left))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        conductor::control_surface::{ControlIntent, Gesture, LaneTarget},
        score::AwaitedEvent,
        view::{
            command::EngineCommand,
            control_commands::commands,
            pending::CommandEnd,
            projector::Projector,
            score_facts::ScoreFacts,
            test_history::{TestHistory, s},
        },
    };

    /// A window in which Space was pressed with one lane.
    fn paused() -> (Projector, UiState, EngineCommand) {
        let mut projector = Projector::new();
        projector.committed(&TestHistory::new("Bass").commit());
        let live = projector.snapshot();
        let mut state = UiState::default();
        let action = Action::Control(ControlAction::Pause(LaneTarget::Selected));
        let commands = state.act(action.clone(), &live, s(5.0));
        state.answer_action(&action, &commands, &live, s(5.0));
        let Command::Engine(command) = commands[0].clone() else {
            panic!("{commands:?}");
        };
        (projector, state, command)
    }

    fn shown(state: &UiState, at: f64) -> String {
        let answer = state.answered(s(at));
        answer.map_or_else(String::new, |(answer, _)| answer.to_string())
    }

    #[test]
    fn the_answer_is_pending_until_the_engine_confirms_the_command() {
        let (mut projector, mut state, command) = paused();
        state.confirm(&projector.snapshot(), s(5.9));
        assert_eq!(shown(&state, 5.9), "Space · pausing Bass…");
        assert_eq!(shown(&state, 8.0), "Space · pausing Bass… no answer yet");
        projector.outcome(command, CommandEnd::Done);
        state.confirm(&projector.snapshot(), s(9.0));
        assert_eq!(shown(&state, 10.0), "Space · Bass paused");
        assert_eq!(shown(&state, 10.5), "");
    }

    #[test]
    fn a_cue_of_a_pad_for_an_event_with_data_raises_nothing_and_says_what_to_do() {
        for (schema, raises) in [(json!({ "type": "object" }), false), (json!({}), true)] {
            let mut history = TestHistory::new("Booking");
            history.wait_for(1.0, "order", None);
            let mut projector = Projector::new();
            let event = AwaitedEvent {
                kind: "order".to_owned(),
                samples: Vec::new(),
                needs_sample: false,
                schema: Some(schema),
            };
            let facts = ScoreFacts {
                title: "Booking".to_owned(),
                events: [event].into(),
                ..ScoreFacts::default()
            };
            projector.score_facts(&history.id, facts);
            projector.committed(&history.commit());
            let live = projector.snapshot();
            for target in [LaneTarget::Selected, LaneTarget::All, LaneTarget::Number(1)] {
                let action = ControlAction::Cue(target);
                let gesture = Gesture::On;
                let intent = ControlIntent { action, gesture };
                let commands = commands(&intent, s(5.0), &live, None);
                assert_eq!(commands.len(), usize::from(raises), "{intent:?}");
                let mut state = UiState::default();
                let action = intent.action;
                state.answer_control(&GivenByControl { action, commands }, &live, s(5.0));
                let said = match raises {
                    true => "sending “order” to Booking…",
                    false => {
                        "“order” of Booking needs data: press Shift+C, or use `raise` with `data` \
                         in the rig"
                    }
                };
                assert_eq!(shown(&state, 5.1), said);
            }
        }
    }

    #[test]
    fn a_rejected_command_is_answered_in_the_same_place_with_a_sentence() {
        let (mut projector, mut state, command) = paused();
        let reason = "The store cannot be written: the disk is full.";
        projector.outcome(command, CommandEnd::Rejected(reason.into()));
        state.confirm(&projector.snapshot(), s(5.5));
        assert_eq!(shown(&state, 11.0), format!("Space · {reason}"));
        assert_eq!(shown(&state, 12.0), "");
    }
}
