//! A run of a workflow, as far as it was read.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Value, json};

use super::{
    super::{
        BackendName,
        history_file::Private,
        imported::{Imported, Origin, SourceEngine},
        proto_json::read,
    },
    event::TemporalEvent,
    event_type::EventType,
    failure::RawFailure,
    fold::Fold,
    translate::Pending,
    translator::{Ids, Translator},
    wire::{
        answers::{HistoryPage, PendingActivity, activity_state},
        event_json, events_of_blob, failure_json,
    },
};
use crate::engine::{Event, EventId, EventKind, History, InstanceId, InstanceSummary};

/// A run of a workflow.
#[derive(Debug)]
pub(super) struct Run {
    /// The number of the run: 1, 2, ...
    pub number: u32,
    /// The server's id of the run.
    pub id: String,
    translator: Translator,
    instance: InstanceId,
    fold: Fold,
    /// The server's number of the event that each event comes from.
    origins: Vec<u64>,
    /// Where it can be reset: the numbers of the ends of workflow tasks, in order.
    resets: Vec<u64>,
    /// The activities that have not ended: the event that scheduled each.
    activities: HashMap<String, u64>,
    /// The number of the last event that was read.
    last: u64,
    ended: Option<Ended>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    /// The run that follows it, if the end says so.
    pub next_run: Option<String>,
}

impl Run {
    /// A run without events.
    pub fn new(backend: &BackendName, workflow: &str, number: u32, id: &str) -> Self {
        let ids = Ids::of(backend);
        let instance = ids.instance(workflow);
        Self {
            number,
            id: id.to_owned(),
            fold: Fold::new(instance.clone(), number),
            translator: Translator::new(ids, workflow),
            instance,
            origins: Vec::new(),
            resets: Vec::new(),
            activities: HashMap::new(),
            last: 0,
            ended: None,
        }
    }

    /// The number of the last event that was read.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// How it ended, if it did.
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// Whether an activity has not ended.
    pub fn has_activities(&self) -> bool {
        !self.activities.is_empty()
    }

    /// Its summary.
    pub fn summary(&self) -> InstanceSummary {
        self.fold.summary()
    }

    /// Where to reset so that the history before an event is shared: the last end of a workflow task that
    /// is not after it, else the first one.
    pub fn reset_at(&self, from: EventId) -> Option<u64> {
        let place = usize::try_from(from.0).unwrap_or(usize::MAX);
        let number = self.origins.get(place).copied().unwrap_or(u64::MAX);
        let before = self.resets.iter().rev().find(|reset| **reset <= number);
        before.or(self.resets.first()).copied()
    }

    /// Reads events in the order in which they are given. Returns those that follow, as this engine's.
    pub fn read(&mut self, events: Vec<TemporalEvent>) -> Vec<Event> {
        self.translate(events);
        self.taken().0
    }

    /// Tells what the server says about activities that have not ended.
    pub fn pending(&mut self, activities: Vec<PendingActivity>) -> Vec<Event> {
        for activity in activities {
            if let Some(scheduled) = self.activities.get(&activity.activity_id) {
                self.translator.pending(&pending(*scheduled, activity));
            }
        }
        self.taken().0
    }

    /// All events of a history, with their origins.
    pub fn imported(mut self, events: Vec<TemporalEvent>) -> (Imported, Self) {
        self.translate(events);
        let (events, origins) = self.taken();
        let imported = Imported {
            engine: SourceEngine::Temporal,
            history: History {
                instance: self.instance.clone(),
                events,
            },
            origins,
        };
        (imported, self)
    }

    fn translate(&mut self, events: Vec<TemporalEvent>) {
        for event in events {
            self.last = self.last.max(event.id);
            self.remember(&event);
            if self.translator.translate(&event).is_err() {
                self.translator.note(&event);
            }
        }
    }

    fn taken(&mut self) -> (Vec<Event>, Vec<Arc<Origin>>) {
        let (mut events, origins) = self.translator.take();
        if let Some(first) = events.first_mut()
            && first.id == EventId(0)
        {
            number_run(&mut first.kind, self.number);
        }
        self.origins
            .extend(origins.iter().map(|origin| origin.number));
        events.iter().for_each(|event| self.fold.apply(event));
        (events, origins)
    }

    /// What commands and later calls need to know of an event.
    fn remember(&mut self, event: &TemporalEvent) {
        use EventType as T;
        match event.event_type {
            T::WorkflowTaskCompleted | T::WorkflowTaskFailed | T::WorkflowTaskTimedOut => {
                self.resets.push(event.id);
            }
            T::ActivityTaskScheduled => {
                if let Some(Value::String(id)) = event.attributes.get("activityId") {
                    self.activities.insert(id.clone(), event.id);
                }
            }
            T::ActivityTaskCompleted
            | T::ActivityTaskFailed
            | T::ActivityTaskTimedOut
            | T::ActivityTaskCanceled => {
                let scheduled = event.refers_to();
                self.activities.retain(|_, id| Some(*id) != scheduled);
            }
            T::WorkflowExecutionCompleted
            | T::WorkflowExecutionFailed
            | T::WorkflowExecutionTimedOut
            | T::WorkflowExecutionCanceled
            | T::WorkflowExecutionTerminated
            | T::WorkflowExecutionContinuedAsNew => {
                let next = event.attributes.get("newExecutionRunId");
                let next = next.and_then(Value::as_str).filter(|id| !id.is_empty());
                let next_run = next.map(str::to_owned);
                self.activities.clear();
                self.ended = Some(Ended { next_run });
            }
            _ => {}
        }
    }
}

/// Whether an event is the reset of a run: what is before it was copied from an earlier run.
pub(super) fn is_reset(event: &TemporalEvent) -> bool {
    let cause = event.attributes.get("cause").and_then(Value::as_str);
    event.event_type == EventType::WorkflowTaskFailed
        && cause.is_some_and(|cause| cause.ends_with("RESET_WORKFLOW"))
}

/// The number of a run in the event that starts it.
fn number_run(first: &mut EventKind, number: u32) {
    if let EventKind::ExecutionStarted { run, fork, .. } = first {
        *run = number;
        if let Some(fork) = fork {
            fork.run = number.saturating_sub(1).max(1);
        }
    }
}

fn pending(scheduled: u64, activity: PendingActivity) -> Pending {
    let runs = [
        activity_state::STARTED,
        activity_state::CANCEL_REQUESTED,
        activity_state::PAUSE_REQUESTED,
    ];
    let since = activity.last_started_time.map(|at| at.timestamp());
    let failed_at = activity
        .last_attempt_complete_time
        .or(activity.last_started_time);
    let failed_at = failed_at.map(|at| at.timestamp()).unwrap_or_default();
    let failure = activity.last_failure.map(|bytes| failure_json(&bytes));
    let failure = failure.map(|json| read::<RawFailure>(&json).unwrap_or_default());
    Pending {
        scheduled,
        attempt: u32::try_from(activity.attempt).unwrap_or(1).max(1),
        running_since: since.filter(|_| runs.contains(&activity.state)),
        last_failure: failure.map(|failure| (failure, failed_at)),
        next_at: activity.next_attempt_schedule_time.map(|at| at.timestamp()),
    }
}

/// The events of a page that come after an event.
pub(super) fn events_after(last: u64, page: HistoryPage) -> Vec<TemporalEvent> {
    let plain = page.history.map(|history| history.events);
    let blobs = page.raw_history.into_iter().flat_map(events_of_blob);
    let mut last = last;
    let mut found = Vec::new();
    for bytes in plain.into_iter().flatten().chain(blobs) {
        let event = read_event(&bytes, last + 1);
        if event.id > last {
            last = event.id;
            found.push(event);
        }
    }
    found
}

/// Reads an event. What cannot be read is still an event, with all its bytes.
fn read_event(bytes: &[u8], expected: u64) -> TemporalEvent {
    let event = event_json(bytes).map_err(|error| error.to_string());
    let event = event.and_then(|json| TemporalEvent::read(json, Private::Hidden));
    event.unwrap_or_else(|reason| {
        let attributes = json!({ "reason": reason, "bytes": format!("{bytes:02x?}") });
        TemporalEvent {
            id: expected,
            at: crate::engine::Timestamp::default(),
            event_type: EventType::Other("UnreadableEvent".to_owned()),
            summary: None,
            fields: attributes.clone(),
            attributes,
        }
    })
}
