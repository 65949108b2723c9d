//! Commands that were given and not confirmed yet.
//!
//! The application executes commands to the engine in order, on another thread. It reports the outcome of each:
//! done once the engine has committed it, or rejected with a reason. Until then the command is pending.

use std::{sync::Arc, time::Duration};

use super::{answer::Answer, command::EngineCommand};
use crate::engine::{InstanceId, Timestamp};

/// What became of a command to the engine.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandOutcome {
    /// Counts up from 1.
    pub number: u64,
    /// The command.
    pub command: EngineCommand,
    /// What happened.
    pub ended: CommandEnd,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandEnd {
    /// The engine has committed it.
    Done,
    /// The engine has committed it, and this sentence says what it did.
    DoneAs(Arc<str>),
    /// It was rejected, for this reason, a sentence.
    Rejected(Arc<str>),
}

/// The commands that are pending. They are confirmed in the order in which they were given.
#[derive(Debug, Clone, Default)]
pub struct PendingCommands {
    given: Vec<Given>,
    /// The last outcome that was taken.
    seen: u64,
}

/// Commands that were given together, by one key or pad, with one answer.
#[derive(Debug, Clone)]
struct Given {
    commands: Vec<EngineCommand>,
    answer: Answer,
    at: Timestamp,
}

impl PendingCommands {
    /// After this time the answer says that there is none yet.
    pub const LATE: Duration = Duration::from_secs(2);
    /// After this time nobody waits for a confirmation any more.
    pub const GIVEN_UP: Duration = Duration::from_secs(30);

    /// Commands were given, with this answer once all of them are done.
    pub fn give(&mut self, commands: Vec<EngineCommand>, answer: Answer, now: Timestamp) {
        self.given.push(Given {
            commands,
            answer,
            at: now,
        });
    }

    /// Takes the outcomes that are new, and returns the answers that they complete, the oldest first.
    pub fn take(&mut self, outcomes: &[CommandOutcome], now: Timestamp) -> Vec<Answer> {
        self.given
            .retain(|given| now.since(given.at) < Self::GIVEN_UP);
        let mut answers = Vec::new();
        for outcome in outcomes {
            if outcome.number <= self.seen {
                continue;
            }
            self.seen = outcome.number;
            answers.extend(self.end(outcome));
        }
        answers
    }

    /// The answer that an outcome completes. A command that was not given in this window, such as one of a
    /// MIDI clock, has an answer only if it was rejected.
    fn end(&mut self, outcome: &CommandOutcome) -> Option<Answer> {
        let given = self.given.iter().enumerate();
        let mut places = given.filter_map(|(place, given)| {
            let mut commands = given.commands.iter();
            let own = commands.position(|command| *command == outcome.command)?;
            Some((place, own))
        });
        let Some((place, own)) = places.next() else {
            return match &outcome.ended {
                CommandEnd::Rejected(reason) => Some(Answer::rejection(String::new(), reason)),
                CommandEnd::Done | CommandEnd::DoneAs(_) => None,
            };
        };
        let given = &mut self.given[place];
        given.commands.remove(own);
        match &outcome.ended {
            CommandEnd::Rejected(reason) => {
                let given = self.given.remove(place);
                Some(Answer::rejection(given.answer.key, reason))
            }
            CommandEnd::DoneAs(words) if given.commands.is_empty() => {
                let given = self.given.remove(place);
                let effect = words.to_string();
                Some(Answer {
                    effect,
                    ..given.answer
                })
            }
            CommandEnd::Done | CommandEnd::DoneAs(_) => {
                let is_whole = given.commands.is_empty();
                is_whole.then(|| self.given.remove(place).answer)
            }
        }
    }

    /// Whether a command to this instance is pending, and which.
    pub fn of(&self, id: &InstanceId) -> Option<&EngineCommand> {
        let commands = self.given.iter().rev().flat_map(|given| &given.commands);
        let mut own = commands.filter(|command| command.instance() == Some(id));
        own.next()
    }

    /// Whether this command is pending.
    pub fn has(&self, command: &EngineCommand) -> bool {
        let mut commands = self.given.iter().flat_map(|given| &given.commands);
        commands.any(|own| own == command)
    }

    /// When the latest of the commands was given; `None` while none is pending.
    pub fn latest(&self) -> Option<Timestamp> {
        self.given.last().map(|given| given.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::answer::AnswerStage;

    fn id(name: &str) -> InstanceId {
        InstanceId::new(name).unwrap()
    }

    fn pause(name: &str) -> EngineCommand {
        EngineCommand::Suspend(id(name))
    }

    fn answer(effect: &str) -> Answer {
        Answer {
            key: "Space".to_owned(),
            effect: effect.to_owned(),
            stage: AnswerStage::Done,
        }
    }

    fn outcome(number: u64, command: EngineCommand, ended: CommandEnd) -> CommandOutcome {
        CommandOutcome {
            number,
            command,
            ended,
        }
    }

    #[test]
    fn commands_that_were_given_together_are_done_once_all_are() {
        let mut pending = PendingCommands::default();
        let now = Timestamp(0);
        pending.give(vec![pause("a"), pause("b")], answer("2 lanes paused"), now);
        let first = outcome(1, pause("b"), CommandEnd::Done);
        let second = outcome(2, pause("a"), CommandEnd::Done);
        assert_eq!(pending.take(std::slice::from_ref(&first), now), []);
        assert!(pending.of(&id("b")).is_none() && pending.of(&id("a")).is_some());
        let all = [first, second];
        assert_eq!(pending.take(&all, now), [answer("2 lanes paused")]);
        assert_eq!(pending.take(&all, now), [], "each outcome counts once");
        assert_eq!(pending.latest(), None);
    }

    #[test]
    fn a_rejection_is_a_sentence_whoever_gave_the_command() {
        let mut pending = PendingCommands::default();
        let now = Timestamp(0);
        pending.give(vec![pause("a"), pause("b")], answer("2 lanes paused"), now);
        let reason = CommandEnd::Rejected("a is closed.".into());
        let outcomes = [
            outcome(1, pause("a"), reason.clone()),
            outcome(2, pause("b"), CommandEnd::Done),
            outcome(3, EngineCommand::Play, reason),
        ];
        let answers = pending.take(&outcomes, now);
        let words: Vec<_> = answers.iter().map(ToString::to_string).collect();
        assert_eq!(words, ["Space · a is closed.", "a is closed."]);
        assert!(
            answers
                .iter()
                .all(|answer| answer.stage == AnswerStage::Rejected)
        );
    }

    #[test]
    fn nobody_waits_forever_for_a_confirmation() {
        let mut pending = PendingCommands::default();
        pending.give(vec![pause("a")], answer("a paused"), Timestamp(0));
        let later = Timestamp(0) + PendingCommands::GIVEN_UP;
        assert_eq!(pending.take(&[], later), []);
        assert_eq!(pending.of(&id("a")), None);
    }
}
