//! A run whose code is elsewhere: how far its worker has read, and what it has asked for.
//!
//! Live execution and replay are the same function: events move the marks.

use std::collections::{HashMap, VecDeque};

use tokio::task::AbortHandle;

use super::{RemoteCommand, RemoteNumber, TakenTurn, walk::records};
use crate::engine::{Event, EventId, EventKind, outbox_message::UnreadEvents};

/// Identifies a turn that was handed out. A late answer has an old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::engine) struct TurnTicket(u64);

/// The state of a remote run.
#[derive(Default)]
pub(in crate::engine) struct RemoteRun {
    /// The last event that the worker has read.
    read: Option<EventId>,
    /// The last event that is input for the code.
    newest: Option<EventId>,
    /// What the worker has asked for and is not recorded yet.
    asked: VecDeque<EventKind>,
    /// The numbers of the recorded commands that follow.
    expected: VecDeque<RemoteNumber>,
    /// The numbers of open operations.
    numbers: HashMap<EventId, RemoteNumber>,
    /// The versions that the last turn named.
    versions: Vec<(RemoteNumber, String)>,
    /// Raised events that the worker has not read.
    unread: VecDeque<(EventId, EventKind)>,
    /// Events for the next run, which the worker has read.
    carried_over: Vec<(String, crate::engine::Payload)>,
    tickets: u64,
    turn: Option<TurnUnderWay>,
}

/// A turn that was handed out. Dropping it withdraws the turn.
struct TurnUnderWay {
    ticket: TurnTicket,
    task: Option<AbortHandle>,
}

impl Drop for TurnUnderWay {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl RemoteRun {
    /// Applies the next event of the history.
    pub fn apply(&mut self, event: &Event) {
        use EventKind as E;
        match &event.kind {
            E::TurnTaken {
                read,
                numbers,
                versions,
                ..
            } => {
                self.read = Some(*read);
                self.expected = numbers.iter().copied().collect();
                self.versions.clone_from(versions);
                self.unread.retain(|(id, _)| id > read);
            }
            E::ExecutionStarted { start_at: None, .. } => self.newest = Some(event.id),
            E::EventRaised { .. } => {
                self.unread.push_back((event.id, event.kind.clone()));
                // Before a delayed start is due, no code runs that could read it.
                if self.newest.is_some() {
                    self.newest = Some(event.id);
                }
            }
            E::ExecutionSuspended { .. } | E::ExecutionStalled { .. } => self.turn = None,
            kind if records(kind) => {
                if let Some(number) = self.expected.pop_front() {
                    self.numbers.insert(event.id, number);
                }
            }
            kind => {
                if let Some(opened) = kind.ended() {
                    self.numbers.remove(&opened);
                    self.newest = Some(event.id);
                }
            }
        }
        if event.kind.is_end_of_code() || matches!(event.kind, E::ExecutionTerminated { .. }) {
            self.turn = None;
            self.asked.clear();
        }
    }

    /// Whether the code has something to read, and no turn is under way.
    pub fn is_due(&self) -> bool {
        self.turn.is_none() && self.newest.is_some() && self.newest > self.read
    }

    /// Hands out a turn.
    pub fn begin_turn(&mut self) -> TurnTicket {
        self.tickets += 1;
        let ticket = TurnTicket(self.tickets);
        self.turn = Some(TurnUnderWay { ticket, task: None });
        ticket
    }

    /// The task that waits for the answer.
    pub fn turn_spawned(&mut self, ticket: TurnTicket, task: AbortHandle) {
        match &mut self.turn {
            Some(turn) if turn.ticket == ticket => turn.task = Some(task),
            _ => task.abort(),
        }
    }

    /// Whether an answer belongs to the turn under way, which ends with it.
    pub fn ends_turn(&mut self, ticket: TurnTicket) -> bool {
        let is_current = self.turn.as_ref().is_some_and(|turn| turn.ticket == ticket);
        if is_current {
            self.turn = None;
        }
        is_current
    }

    /// Takes what a worker asks for. Returns the event that records the turn; [`next_command`](Self::next_command)
    /// returns the others.
    pub fn take_turn(&mut self, turn: TakenTurn) -> EventKind {
        let versions = turn.commands.iter().filter_map(|(number, command)| {
            let version = command.version()?;
            Some((*number, version.to_owned()))
        });
        let taken = EventKind::TurnTaken {
            read: turn.read,
            numbers: turn.commands.iter().map(|(number, _)| *number).collect(),
            versions: versions.collect(),
            patches: turn.patches,
            version: turn.version,
        };
        let status = turn.custom_status;
        let status = status.map(|status| EventKind::CustomStatusSet { status });
        self.asked.extend(status);
        for (_, command) in turn.commands {
            if let RemoteCommand::ContinueAsNew { carried_over, .. } = &command {
                self.carried_over.clone_from(carried_over);
            }
            self.asked.push_back(command.event());
        }
        taken
    }

    /// The next thing to record.
    pub fn next_command(&mut self) -> Option<EventKind> {
        self.asked.pop_front()
    }

    /// The number of an open operation.
    pub fn number_of(&self, opened: EventId) -> Option<RemoteNumber> {
        self.numbers.get(&opened).copied()
    }

    /// The version that the worker named with what an event of this turn records.
    pub fn version_of(&self, event: EventId) -> Option<String> {
        let number = self.number_of(event)?;
        let mut versions = self.versions.iter();
        let (_, version) = versions.find(|(of, _)| *of == number)?;
        Some(version.clone())
    }

    /// The number of raised events that the worker has not read.
    pub fn unread(&self) -> usize {
        self.unread.len()
    }

    /// Takes the events for the next run.
    pub fn take_unread(&mut self) -> UnreadEvents {
        let carried_over = std::mem::take(&mut self.carried_over).into_iter();
        let carried_over = carried_over.map(|(name, input)| (name, input, None));
        let unread = std::mem::take(&mut self.unread).into_iter();
        let unread = unread.filter_map(|(_, kind)| match kind {
            EventKind::EventRaised {
                name, input, from, ..
            } => Some((name, input, from)),
            _ => None,
        });
        carried_over.chain(unread).collect()
    }
}
