//! Translates the events of a run of a Temporal workflow, one after the other.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde_json::Value;

use super::{
    super::{
        BackendName,
        imported::{Appender, Imported, Origin, SourceEngine, instance_id},
    },
    event::TemporalEvent,
    event_type::EventType,
    translate::Told,
};
use crate::engine::{Event, EventId, EventKind, InstanceId, Payload};

/// How the ids of workflows become ids of instances.
#[derive(Debug, Clone)]
pub(in crate::backend) struct Ids {
    prefix: String,
}

impl Ids {
    /// As they are.
    pub fn plain() -> Self {
        let prefix = String::new();
        Self { prefix }
    }

    /// Behind the name of their backend.
    pub fn of(backend: &BackendName) -> Self {
        let prefix = backend.prefix();
        Self { prefix }
    }

    /// The id of an instance.
    pub fn instance(&self, workflow: &str) -> InstanceId {
        instance_id(&self.prefix, workflow)
    }
}

/// Something that was begun, by the number of the event that began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// An activity, or an operation of another service, with its current attempt.
    Task { id: EventId, attempt: u32 },
    /// A timer.
    Timer(EventId),
    /// A child.
    Child(EventId),
    /// Anything else that later events refer to.
    Other(EventId),
}

impl Opened {
    fn id(self) -> EventId {
        match self {
            Self::Task { id, .. } | Self::Timer(id) | Self::Child(id) | Self::Other(id) => id,
        }
    }
}

/// Translates a run.
#[derive(Debug)]
pub(in crate::backend) struct Translator {
    pub(super) ids: Ids,
    /// The id of the workflow if its first event does not say it.
    pub(super) fallback: String,
    pub(super) instance: Option<InstanceId>,
    pub(super) appender: Appender,
    /// What later events refer to.
    pub(super) opened: HashMap<u64, Opened>,
    /// What was told of activities before their history did.
    pub(super) told: HashMap<u64, Told>,
    /// Updates that were admitted before they were accepted.
    pub(super) admitted: HashSet<String>,
    /// The start is delayed, and has not come.
    pub(super) starts_later: bool,
    /// A worker could not go on.
    pub(super) stalled: bool,
}

impl Translator {
    /// A translator for a run. `fallback` is the id of the workflow if its first event does not say it.
    pub fn new(ids: Ids, fallback: &str) -> Self {
        Self {
            ids,
            fallback: fallback.to_owned(),
            instance: None,
            appender: Appender::default(),
            opened: HashMap::new(),
            told: HashMap::new(),
            admitted: HashSet::new(),
            starts_later: false,
            stalled: false,
        }
    }

    /// Translates the next event. An error names the field.
    pub fn translate(&mut self, event: &TemporalEvent) -> Result<(), String> {
        let origin = Origin {
            number: event.id,
            name: Arc::from(event.event_type.name()),
            fields: event.fields.clone(),
        };
        self.appender.begin(origin, event.at);
        if !self.execution(event)?
            && !self.activity(event)?
            && !self.timer(event)?
            && !self.child(event)?
            && !self.external(event)?
            && !self.update(event)?
            && !self.nexus(event)?
            && !self.marker(event)?
        {
            self.note(event);
        }
        Ok(())
    }

    /// The events since the last call, with their origins.
    pub fn take(&mut self) -> (Vec<Event>, Vec<Arc<Origin>>) {
        self.appender.take()
    }

    /// The whole history.
    pub fn finish(self) -> Imported {
        let instance = match self.instance {
            Some(instance) => instance,
            None => self.ids.instance(&self.fallback),
        };
        self.appender.finish(SourceEngine::Temporal, instance)
    }

    pub(super) fn push(&mut self, kind: EventKind) -> EventId {
        self.appender.push(kind)
    }

    /// Appends an event that others refer to.
    pub(super) fn open(&mut self, event: &TemporalEvent, kind: EventKind) -> EventId {
        let id = self.push(kind);
        self.opened.insert(event.id, Opened::Other(id));
        id
    }

    /// Appends an event as it is.
    pub(super) fn note(&mut self, event: &TemporalEvent) -> EventId {
        let about = event.refers_to();
        let about = about.and_then(|id| self.opened.get(&id));
        let kind = EventKind::Noted {
            what: event.event_type.name().to_owned(),
            details: match &event.attributes {
                Value::Null => Payload::null(),
                attributes => Payload::from(attributes.clone()),
            },
            about: about.map(|opened| opened.id()),
        };
        let id = self.push(kind);
        let is_new = matches!(
            event.event_type,
            EventType::WorkflowTaskScheduled | EventType::WorkflowExecutionUpdateAccepted
        );
        if is_new {
            self.opened.insert(event.id, Opened::Other(id));
        }
        id
    }
}
