//! The workflow itself: start, pause, workflow tasks, properties, end.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    super::{
        super::proto_json::{EnumValue, Integer, Seconds},
        event::TemporalEvent,
        event_type::EventType as T,
        failure::RawFailure,
        payload::{Payloads, RawPayload},
        translator::{Opened, Translator},
    },
    Execution, Named, failure,
};
use crate::engine::{CodeLocation, EventId, EventKind, Failure, Fork, Parent, Payload, Tags};

/// The start of a run.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Started {
    workflow_type: Named,
    workflow_id: String,
    input: Payloads,
    parent_workflow_execution: Option<Execution>,
    parent_initiated_event_id: Integer,
    first_workflow_task_backoff: Seconds,
    workflow_execution_timeout: Seconds,
    memo: Fields,
    search_attributes: IndexedFields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    fields: BTreeMap<String, RawPayload>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct IndexedFields {
    indexed_fields: BTreeMap<String, RawPayload>,
}

/// The end of a run, and what was asked of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Ended {
    result: Payloads,
    failure: RawFailure,
    details: Payloads,
    reason: String,
    cause: String,
    input: Payloads,
}

/// A workflow task that failed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TaskFailed {
    cause: EnumValue,
    failure: RawFailure,
}

/// Memo and search attributes that have changed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Changed {
    upserted_memo: Fields,
    search_attributes: IndexedFields,
}

impl Translator {
    pub(in super::super) fn execution(&mut self, event: &TemporalEvent) -> Result<bool, String> {
        match event.event_type {
            T::WorkflowExecutionStarted => self.started(event)?,
            T::WorkflowExecutionCompleted
            | T::WorkflowExecutionFailed
            | T::WorkflowExecutionTimedOut
            | T::WorkflowExecutionCanceled
            | T::WorkflowExecutionTerminated
            | T::WorkflowExecutionContinuedAsNew => self.ended(event)?,
            T::WorkflowExecutionCancelRequested
            | T::WorkflowExecutionPaused
            | T::WorkflowExecutionUnpaused => self.controlled(event)?,
            T::WorkflowTaskScheduled | T::WorkflowTaskCompleted | T::WorkflowTaskFailed => {
                self.workflow_task(event)?;
            }
            T::UpsertWorkflowSearchAttributes
            | T::WorkflowPropertiesModified
            | T::WorkflowPropertiesModifiedExternally => self.properties(event)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn started(&mut self, event: &TemporalEvent) -> Result<(), String> {
        let started: Started = event.attributes()?;
        if self.instance.is_some() {
            // A workflow starts once.
            self.note(event);
            return Ok(());
        }
        let id = match started.workflow_id.as_str() {
            "" => self.fallback.clone(),
            id => id.to_owned(),
        };
        self.instance = Some(self.ids.instance(&id));
        let created = u64::try_from(started.parent_initiated_event_id.0).unwrap_or(0);
        let parent = started.parent_workflow_execution.map(|parent| Parent {
            instance: self.ids.instance(&parent.workflow_id),
            created: EventId(created),
            attached: true,
            run: 0,
        });
        let now = self.appender.now();
        let later = started.first_workflow_task_backoff.limit();
        self.starts_later = later.is_some();
        let timeout = started.workflow_execution_timeout.limit();
        let kind = EventKind::ExecutionStarted {
            name: started.workflow_type.name,
            input: started.input.payload(),
            run: 1,
            version: None,
            seed: 0,
            parent,
            fork: None,
            tags: tags(
                started.memo.fields,
                started.search_attributes.indexed_fields,
            )
            .collect(),
            start_at: later.map(|later| now + later),
            limits: None,
            custom_status: None,
            deadline: timeout.map(|timeout| now + timeout),
            code: CodeLocation::Local,
        };
        self.open(event, kind);
        Ok(())
    }

    fn ended(&mut self, event: &TemporalEvent) -> Result<(), String> {
        let ended: Ended = event.attributes()?;
        let kind = match event.event_type {
            T::WorkflowExecutionCompleted => EventKind::ExecutionCompleted {
                output: ended.result.payload(),
            },
            T::WorkflowExecutionFailed => EventKind::ExecutionFailed {
                failure: ended.failure.failure(),
            },
            T::WorkflowExecutionTimedOut => EventKind::ExecutionFailed {
                failure: failure(Failure::EXECUTION_TIMEOUT, "the workflow took too long"),
            },
            T::WorkflowExecutionCanceled => {
                let details = ended.details.payload();
                let canceled = Failure::canceled("canceled on request");
                EventKind::ExecutionCanceled {
                    failure: match details == Payload::null() {
                        true => canceled,
                        false => canceled.with_details(details),
                    },
                }
            }
            T::WorkflowExecutionTerminated => EventKind::ExecutionTerminated {
                reason: ended.reason,
                output: None,
            },
            _ => EventKind::ContinuedAsNew {
                input: ended.input.payload(),
                keep_version: false,
            },
        };
        self.push(kind);
        Ok(())
    }

    fn controlled(&mut self, event: &TemporalEvent) -> Result<(), String> {
        let asked: Ended = event.attributes()?;
        let kind = match event.event_type {
            T::WorkflowExecutionPaused => EventKind::ExecutionSuspended {
                reason: asked.reason,
                // Timers run on.
                freeze_time: false,
            },
            T::WorkflowExecutionUnpaused => EventKind::ExecutionResumed {
                reason: asked.reason,
            },
            _ => EventKind::ExecutionCancelRequested {
                reason: match asked.reason.is_empty() {
                    true => asked.cause,
                    false => asked.reason,
                },
                waits_for_children: false,
            },
        };
        self.push(kind);
        Ok(())
    }

    /// Workflow tasks: the worker replays the history and says what comes next.
    fn workflow_task(&mut self, event: &TemporalEvent) -> Result<(), String> {
        match event.event_type {
            T::WorkflowTaskScheduled if self.starts_later => {
                self.starts_later = false;
                self.push(EventKind::TimerFired { timer: EventId(0) });
            }
            T::WorkflowTaskCompleted if self.stalled => {
                self.stalled = false;
                let reason = "a workflow task was completed".to_owned();
                self.push(EventKind::ExecutionResumed { reason });
            }
            T::WorkflowTaskFailed => return self.workflow_task_failed(event),
            _ => {}
        }
        self.note(event);
        Ok(())
    }

    fn workflow_task_failed(&mut self, event: &TemporalEvent) -> Result<(), String> {
        let failed: TaskFailed = event.attributes()?;
        let cause = &failed.cause;
        if cause.is("RESET_WORKFLOW", 20) {
            let from = self.note(event);
            if let Some(instance) = self.instance.clone() {
                self.reset(instance, from);
            }
            return Ok(());
        }
        let worker_cannot_go_on =
            cause.is("NON_DETERMINISTIC_ERROR", 24) || cause.is("UNHANDLED_FAILURE", 14);
        if !worker_cannot_go_on {
            self.note(event);
            return Ok(());
        }
        let failure = failed.failure.failure();
        let reason = match failure.message.is_empty() {
            true => cause.words(),
            false => failure.message,
        };
        self.stalled = true;
        let id = self.push(EventKind::ExecutionStalled { reason });
        self.opened.insert(event.id, Opened::Other(id));
        Ok(())
    }

    /// The run begins with a copy of the history of an earlier run of this workflow, up to `from`.
    fn reset(&mut self, instance: crate::engine::InstanceId, from: EventId) {
        let Some(EventKind::ExecutionStarted { run, fork, .. }) = self.appender.first() else {
            return;
        };
        *run = 2;
        *fork = Some(Box::new(Fork {
            instance,
            run: 1,
            from,
            source: None,
            seed: None,
        }));
    }

    fn properties(&mut self, event: &TemporalEvent) -> Result<(), String> {
        let changed: Changed = event.attributes()?;
        let fields = changed.upserted_memo.fields;
        let tags: Tags = tags(fields, changed.search_attributes.indexed_fields).collect();
        if tags.is_empty() {
            self.note(event);
        }
        for (name, value) in tags {
            self.push(EventKind::TagSet { name, value });
        }
        Ok(())
    }
}

/// Whether the server keeps a search attribute for itself: the versions that a workflow passed, which it also
/// marks in its history, and the builds of its workers.
fn is_of_the_server(name: &str) -> bool {
    name == "BuildIds" || name.starts_with("Temporal")
}

/// Memo and search attributes as tags.
pub(in super::super) fn tags(
    memo: BTreeMap<String, RawPayload>,
    search: BTreeMap<String, RawPayload>,
) -> impl Iterator<Item = (String, String)> {
    let search = search
        .into_iter()
        .filter(|(name, _)| !is_of_the_server(name));
    let all = memo.into_iter().chain(search);
    all.map(|(name, value)| {
        let value = value.payload();
        let text = value.decode::<String>();
        let text = text.unwrap_or_else(|_| value.as_str().to_owned());
        (name, text)
    })
}
