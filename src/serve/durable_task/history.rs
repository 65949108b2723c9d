//! The history of an instance, as its worker has seen it.
//!
//! The engine's history has more than a worker may see, in the order in which it happened. A worker sees batches:
//! what came from outside until it took a turn, then what it asked for in that turn. Only so does a replay meet the
//! same events in the same order as the live code did.

use std::collections::{HashMap, VecDeque};

use super::{
    failure::failure_details,
    history_events::{timer_name, timer_origin, turn_started, wire},
    messages::{
        ChildCreated, Completed, EventRaised, EventSent, EventType, ExecutionStarted, Failed,
        HistoryEvent, Instance, ParentInfo, TaskScheduled, TimerCreated, TimerFired,
    },
    values::{fire_at, moment, text, words},
};
use crate::engine::{Event, EventId, EventKind, InstanceId, Payload, RemoteNumber, Timestamp};

/// The number of events that came from outside.
pub(super) const FROM_OUTSIDE: i32 = -1;

/// Turns the events of one run into those of its worker, one at a time.
#[derive(Debug)]
pub(super) struct WorkerHistory {
    instance: InstanceId,
    /// The id of the last event that was given.
    last: Option<EventId>,
    /// What no turn has read yet.
    unread: VecDeque<Unread>,
    /// The numbers of the recorded commands that follow.
    expected: VecDeque<RemoteNumber>,
    versions: HashMap<RemoteNumber, String>,
    open: HashMap<EventId, Opened>,
    custom_status: Option<Payload>,
    passed: Passed,
    /// Each command, for a rerun from it.
    commands: Vec<Recorded>,
    /// The turn whose commands follow.
    turn: EventId,
}

/// What the worker's code has told about itself, which is recorded once.
#[derive(Debug, Clone, Default)]
pub(super) struct Passed {
    /// The names of the code changes that it has passed.
    pub patches: Vec<String>,
    /// It has chosen its version.
    pub has_version: bool,
}

/// An event that no turn has read yet.
#[derive(Debug)]
struct Unread {
    id: EventId,
    at: Timestamp,
    /// `None`: it counts as read, but no worker knows such an event.
    event: Option<HistoryEvent>,
}

/// A command of the worker.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recorded {
    number: RemoteNumber,
    /// The event that records it.
    pub event: EventId,
    /// The turn in which the worker asked for it.
    pub turn: EventId,
}

/// An operation that is open.
#[derive(Debug, Clone, Copy)]
struct Opened {
    number: RemoteNumber,
    fire_at: Option<Timestamp>,
}

/// What a turn is to read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NewEvents {
    /// The events, the start of the turn first.
    pub events: Vec<HistoryEvent>,
    /// The last event of the history among them.
    pub read: EventId,
}

impl WorkerHistory {
    pub fn new(instance: InstanceId) -> Self {
        Self {
            instance,
            last: None,
            unread: VecDeque::new(),
            expected: VecDeque::new(),
            versions: HashMap::new(),
            open: HashMap::new(),
            custom_status: None,
            passed: Passed::default(),
            commands: Vec::new(),
            turn: EventId(0),
        }
    }

    /// The first event of the history that has not been given.
    pub fn next(&self) -> EventId {
        self.last.map_or(EventId(0), EventId::next)
    }

    /// The last event of the history that was given.
    pub fn last(&self) -> Option<EventId> {
        self.last
    }

    /// The custom status that the worker set last.
    pub fn custom_status(&self) -> Option<&Payload> {
        self.custom_status.as_ref()
    }

    /// What the worker's code has told about itself.
    pub fn passed(&self) -> &Passed {
        &self.passed
    }

    /// The command with a number.
    pub fn command(&self, number: RemoteNumber) -> Option<Recorded> {
        let mut commands = self.commands.iter().rev();
        commands.find(|command| command.number == number).copied()
    }

    /// What no turn has read yet, without the start of a turn.
    pub fn into_unread(self) -> impl Iterator<Item = HistoryEvent> {
        self.unread.into_iter().filter_map(|unread| unread.event)
    }

    /// What no turn has read yet; `None`: nothing.
    pub fn new_events(&self) -> Option<NewEvents> {
        let last = self.unread.back()?;
        let start = turn_started(last.at, &[], None);
        let unread = self.unread.iter().filter_map(|unread| unread.event.clone());
        Some(NewEvents {
            events: std::iter::once(start).chain(unread).collect(),
            read: last.id,
        })
    }

    /// Takes the next event of the history. Appends what the worker has seen with it.
    pub fn take(&mut self, event: &Event, seen: &mut Vec<HistoryEvent>) {
        self.last = Some(event.id);
        if let EventKind::ExecutionStarted { custom_status, .. } = &event.kind {
            self.custom_status.clone_from(custom_status);
        }
        match &event.kind {
            EventKind::TurnTaken {
                read,
                numbers,
                patches,
                versions,
                version,
            } => {
                self.turn_taken(*read, patches, version.as_deref(), seen);
                self.passed.patches.extend(patches.iter().cloned());
                self.passed.has_version |= version.is_some();
                self.turn = event.id;
                self.expected = numbers.iter().copied().collect();
                self.versions = versions.iter().cloned().collect();
            }
            EventKind::CustomStatusSet { status } => self.custom_status = Some(status.clone()),
            // A delayed start is due.
            EventKind::TimerFired { timer } if *timer == EventId(0) => self.push(event, None),
            kind => {
                if let Some(kind) = self.input(kind) {
                    self.push(event, Some(kind));
                } else if let Some(number) = self.expected.front().copied()
                    && let Some(kind) = self.command_event(number, kind)
                {
                    self.expected.pop_front();
                    self.commands.push(Recorded {
                        number,
                        event: event.id,
                        turn: self.turn,
                    });
                    seen.push(wire(number.0, event.at, kind));
                }
            }
        }
        self.close_or_open(event);
    }

    /// A worker has read up to an event.
    fn turn_taken(
        &mut self,
        read: EventId,
        patches: &[String],
        version: Option<&str>,
        seen: &mut Vec<HistoryEvent>,
    ) {
        let count = self
            .unread
            .iter()
            .take_while(|unread| unread.id <= read)
            .count();
        let batch: Vec<Unread> = self.unread.drain(..count).collect();
        // A turn always reads something.
        let Some(last) = batch.last() else { return };
        seen.push(turn_started(last.at, patches, version));
        seen.extend(batch.into_iter().filter_map(|unread| unread.event));
    }

    fn push(&mut self, event: &Event, kind: Option<EventType>) {
        self.unread.push_back(Unread {
            id: event.id,
            at: event.at,
            event: kind.map(|kind| wire(FROM_OUTSIDE, event.at, kind)),
        });
    }

    /// What comes from outside of the code.
    fn input(&self, kind: &EventKind) -> Option<EventType> {
        use EventKind as E;
        Some(match kind {
            E::ExecutionStarted { .. } => EventType::ExecutionStarted(self.started(kind)?),
            E::TaskCompleted { scheduled, result } => EventType::TaskCompleted(Completed {
                task_scheduled_id: self.number(*scheduled)?,
                result: text(result),
            }),
            E::TaskFailed {
                scheduled,
                failure,
                retry_at: None,
                ..
            } => EventType::TaskFailed(Failed {
                task_scheduled_id: self.number(*scheduled)?,
                failure: Some(failure_details(failure)),
            }),
            E::ChildWorkflowInstanceCompleted { created, result } => {
                EventType::ChildCompleted(Completed {
                    task_scheduled_id: self.number(*created)?,
                    result: text(result),
                })
            }
            E::ChildWorkflowInstanceFailed {
                created,
                failure,
                retry_at: None,
                ..
            } => EventType::ChildFailed(Failed {
                task_scheduled_id: self.number(*created)?,
                failure: Some(failure_details(failure)),
            }),
            E::TimerFired { timer } => EventType::TimerFired(TimerFired {
                fire_at: Some(fire_at(self.open.get(timer)?.fire_at)),
                timer_id: self.number(*timer)?,
            }),
            E::EventRaised { name, input, .. } => EventType::EventRaised(EventRaised {
                name: name.clone(),
                input: text(input),
            }),
            _ => return None,
        })
    }

    fn started(&self, kind: &EventKind) -> Option<ExecutionStarted> {
        let EventKind::ExecutionStarted {
            name,
            version,
            input,
            parent,
            tags,
            start_at,
            ..
        } = kind
        else {
            return None;
        };
        let instance = |id: &InstanceId| Instance {
            instance_id: id.to_string(),
            execution_id: None,
        };
        Some(ExecutionStarted {
            name: name.clone(),
            version: version.as_deref().and_then(words),
            input: text(input),
            instance: Some(instance(&self.instance)),
            parent: parent.as_ref().map(|parent| ParentInfo {
                task_scheduled_id: 0,
                name: None,
                instance: Some(instance(&parent.instance)),
            }),
            scheduled_start: start_at.map(moment),
            tags: tags.clone().into_iter().collect(),
        })
    }

    /// What the code asked for. The end of the run has a number, but no worker sees it again.
    fn command_event(&self, number: RemoteNumber, kind: &EventKind) -> Option<EventType> {
        use EventKind as E;
        Some(match kind {
            E::TaskScheduled { name, input, .. } => EventType::TaskScheduled(TaskScheduled {
                name: name.clone(),
                version: None,
                input: text(input),
            }),
            E::TimerCreated {
                fire_at: at,
                origin,
            } => EventType::TimerCreated(TimerCreated {
                fire_at: Some(fire_at(*at)),
                name: timer_name(origin),
                origin: Some(timer_origin(origin)),
            }),
            E::ChildWorkflowInstanceCreated {
                instance,
                name,
                input,
                ..
            } => EventType::ChildCreated(ChildCreated {
                instance_id: instance.to_string(),
                name: name.clone(),
                version: self.versions.get(&number).and_then(|text| words(text)),
                input: text(input),
            }),
            E::EventSent {
                target,
                name,
                input,
            } => EventType::EventSent(EventSent {
                instance_id: target.to_string(),
                name: name.clone(),
                input: text(input),
            }),
            _ => return None,
        })
    }

    fn number(&self, opened: EventId) -> Option<i32> {
        Some(self.open.get(&opened)?.number.0)
    }

    /// Remembers what is open.
    fn close_or_open(&mut self, event: &Event) {
        use EventKind as E;
        let fire_at = match &event.kind {
            E::TimerCreated { fire_at, .. } => *fire_at,
            E::TaskScheduled { .. } | E::ChildWorkflowInstanceCreated { .. } => None,
            kind => {
                if let Some(opened) = kind.ended() {
                    self.open.remove(&opened);
                }
                return;
            }
        };
        if let Some(command) = self.commands.last().copied()
            && command.event == event.id
        {
            let number = command.number;
            self.open.insert(event.id, Opened { number, fire_at });
        }
    }
}
