//! Histories of other engines, as events of this one.

use std::{fmt, sync::Arc};

use serde_json::Value;

use crate::engine::{Event, EventId, EventKind, History, InstanceId, Timestamp};

/// The engine that recorded a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceEngine {
    /// This one.
    Fermata,
    /// Temporal.
    Temporal,
    /// Durable Task.
    DurableTask,
    /// Dapr Workflow.
    Dapr,
}

impl fmt::Display for SourceEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fermata => "Fermata",
            Self::Temporal => "Temporal",
            Self::DurableTask => "Durable Task",
            Self::Dapr => "Dapr",
        })
    }
}

/// An event of another engine's history.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// Its number there: Temporal's event id; for Durable Task, whose ids are not unique, its place counted
    /// from 1.
    pub number: u64,
    /// Its type there: `WorkflowTaskScheduled`.
    pub name: Arc<str>,
    /// All its fields.
    pub fields: Value,
}

/// A history with the origin of each of its events.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The engine that recorded it.
    pub engine: SourceEngine,
    /// The history.
    pub history: History,
    /// The origin of each event: one event of another engine can become several. Empty for the own engine.
    pub origins: Vec<Arc<Origin>>,
}

impl Imported {
    /// The number of events that the other engine recorded.
    pub fn recorded(&self) -> usize {
        if self.engine == SourceEngine::Fermata {
            return self.history.events.len();
        }
        let mut numbers: Vec<_> = self.origins.iter().map(|origin| origin.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.len()
    }
}

/// The id of an instance of another engine. One that is too long, or has control characters, loses them.
pub(super) fn instance_id(prefix: &str, workflow: &str) -> InstanceId {
    let printable = workflow.chars().filter(|c| !c.is_control());
    let mut id: String = prefix.chars().chain(printable).collect();
    id.truncate(id.floor_char_boundary(InstanceId::MAX_BYTES));
    if id.is_empty() {
        id.push_str("workflow");
    }
    InstanceId::new(&id).expect("it is neither empty nor too long and has no control characters")
}

/// Appends the events that a translator makes. Their times never go back.
#[derive(Debug, Default)]
pub(super) struct Appender {
    events: Vec<Event>,
    origins: Vec<Arc<Origin>>,
    origin: Option<Arc<Origin>>,
    /// The id of the next event.
    next: EventId,
    now: Timestamp,
}

impl Appender {
    /// What is appended from now on comes from this event of the other engine.
    pub fn begin(&mut self, origin: Origin, at: Timestamp) {
        self.origin = Some(Arc::new(origin));
        self.now = self.now.max(at);
    }

    /// When the current event happened.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Appends an event.
    pub fn push(&mut self, kind: EventKind) -> EventId {
        let id = self.next;
        self.next = id.next();
        self.events.push(Event {
            id,
            at: self.now,
            kind,
        });
        self.origins.extend(self.origin.clone());
        id
    }

    /// The first event, for what is known of it only later.
    pub fn first(&mut self) -> Option<&mut EventKind> {
        let first = self.events.first_mut()?;
        (first.id == EventId(0)).then_some(&mut first.kind)
    }

    /// The events since the last call, with their origins.
    pub fn take(&mut self) -> (Vec<Event>, Vec<Arc<Origin>>) {
        (
            std::mem::take(&mut self.events),
            std::mem::take(&mut self.origins),
        )
    }

    /// All events, as the history of an instance.
    pub fn finish(mut self, engine: SourceEngine, instance: InstanceId) -> Imported {
        let (events, origins) = self.take();
        Imported {
            engine,
            history: History { instance, events },
            origins,
        }
    }
}
