//! A walk through the replay of a remote run: what each turn asked for.
//!
//! The code is not here, but the history says with which events it was woken, and what it asked for then. In each
//! turn a worker starts the code again from the top.

use std::collections::HashMap;

use crate::engine::{
    Answer, CommandNumber, Event, EventId, EventKind, Walk, WalkStep, WalkedCommand,
};

/// Walks through the turns of a remote run.
pub(in crate::engine) fn walk_turns(history: &[Event]) -> Walk {
    let mut turns = Turns::default();
    let steps = history.iter().map(|event| turns.step(event)).collect();
    Walk {
        steps,
        commands: turns.commands,
        divergence: None,
    }
}

#[derive(Default)]
struct Turns {
    commands: Vec<WalkedCommand>,
    /// The number of commands that are recorded.
    recorded: usize,
    /// The commands whose end is awaited, by the event that opened them.
    open: HashMap<EventId, usize>,
    /// Ends that no turn has read: the event and its command.
    unread: Vec<(EventId, usize)>,
}

impl Turns {
    fn step(&mut self, event: &Event) -> WalkStep {
        let issued = self.commands.len();
        let mut step = WalkStep {
            event: event.id,
            wakes: 0,
            issued: issued..issued,
            records: None,
            annotations: Vec::new(),
        };
        if let EventKind::TurnTaken { read, numbers, .. } = &event.kind {
            step.wakes = 1;
            self.deliver(*read, event.id);
            self.commands.extend(numbers.iter().map(|_| WalkedCommand {
                issued: event.id,
                request: None,
                recorded: None,
                answer: None,
            }));
            step.issued.end = self.commands.len();
        } else if let Some(opened) = event.kind.ended() {
            let command = self.open.remove(&opened);
            self.unread
                .extend(command.map(|command| (event.id, command)));
        } else if records(&event.kind)
            && let Some(command) = self.commands.get_mut(self.recorded)
        {
            command.request = Some(event.kind.clone());
            command.recorded = Some(event.id);
            self.open.insert(event.id, self.recorded);
            step.records = Some(CommandNumber(self.recorded));
            self.recorded += 1;
        }
        step
    }

    /// The code receives the ends up to an event.
    fn deliver(&mut self, read: EventId, delivered: EventId) {
        let commands = &mut self.commands;
        self.unread.retain(|(event, command)| {
            let is_read = *event <= read;
            if is_read && let Some(command) = commands.get_mut(*command) {
                let event = *event;
                command.answer = Some(Answer { event, delivered });
            }
            !is_read
        });
    }
}

/// Whether an event records what a worker has asked for.
pub(super) fn records(kind: &EventKind) -> bool {
    use EventKind as E;
    matches!(
        kind,
        E::TaskScheduled { .. }
            | E::TimerCreated { .. }
            | E::ChildWorkflowInstanceCreated { .. }
            | E::EventSent { .. }
            | E::ExecutionCompleted { .. }
            | E::ExecutionFailed { .. }
            | E::ContinuedAsNew { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{
        CodeLocation, CommandState, History, InstanceId, Registry, RemoteNumber,
        remote::code_location, walk,
    };

    /// The recorded history of a chain of three.
    fn chain() -> History {
        let json = include_str!("../../../tests/engine/golden/remote-chain-1.json");
        History::from_json(json).unwrap()
    }

    #[test]
    fn each_turn_walks_the_code_and_asks_for_one_more_step() {
        let history = chain();
        assert_eq!(code_location(&history.events), CodeLocation::Remote);
        let id = InstanceId::new("chain-1").unwrap();
        let walk = walk(&Registry::new(), &id, &history.events);
        assert!(walk.divergence.is_none());
        assert_eq!(walk.steps.iter().map(|step| step.wakes).sum::<u32>(), 4);
        let recorded = walk
            .commands
            .iter()
            .map(|command| command.recorded.unwrap().0);
        assert_eq!(recorded.collect::<Vec<_>>(), [2, 6, 10, 14]);
        let states = |event| {
            let states = walk.commands_after(EventId(event)).map(|(_, state)| state);
            states.collect::<Vec<_>>()
        };
        use CommandState as S;
        assert_eq!(states(0), []);
        assert_eq!(states(1), [S::New]);
        assert_eq!(states(4), [S::Waiting], "its end has not been read");
        assert_eq!(states(5), [S::Answered, S::New]);
        assert_eq!(states(14), [S::Answered; 4]);
    }

    #[test]
    fn what_a_turn_asked_for_and_is_not_recorded_is_new() {
        let mut history = chain().events;
        history.truncate(2);
        let EventKind::TurnTaken { numbers, .. } = &mut history[1].kind else {
            panic!("{:?}", history[1]);
        };
        numbers.push(RemoteNumber(2));
        let walk = walk_turns(&history);
        assert_eq!(walk.commands.len(), 2);
        assert!(
            walk.commands
                .iter()
                .all(|command| command.recorded.is_none())
        );
    }
}
