//! The translation of Durable Task's events.
//!
//! A completion refers to the number that the SDK gave to what it asked for; the same number may be given
//! again once that is over. An activity has no event of its own for its start: it starts when it is
//! scheduled. Waits for events, if they are in the history, have no event for their end: the event ends
//! them.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        imported::{Appender, Imported, Origin, SourceEngine},
        proto_json::{EnumValue, Integer, Moment, capitalized},
    },
    event::DurableTaskEvent,
};
use crate::engine::{
    CodeLocation, EventId, EventKind, Failure, InstanceId, Parent, ParentClosePolicy, Payload,
    Timeouts, TimerOrigin, Timestamp,
};

/// What an event says of whatever it is about. Every type has some of these fields.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Fields {
    name: String,
    version: Option<String>,
    input: Option<String>,
    result: Option<String>,
    instance_id: String,
    #[serde(alias = "orchestrationInstance")]
    workflow_instance: Instance,
    parent_instance: Option<ParentInstance>,
    scheduled_start_timestamp: Option<Moment>,
    tags: BTreeMap<String, String>,
    task_scheduled_id: Integer,
    timer_id: Integer,
    fire_at: Option<Moment>,
    failure_details: Option<Details>,
    #[serde(alias = "orchestrationStatus")]
    workflow_status: EnumValue,
    description: String,
    external_event: Option<Named>,
    activity_retry: Option<serde_json::Value>,
    child_workflow_retry: Option<serde_json::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Instance {
    instance_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ParentInstance {
    #[serde(alias = "orchestrationInstance")]
    workflow_instance: Instance,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Details {
    error_type: String,
    #[serde(alias = "message")]
    error_message: String,
    stack_trace: Option<String>,
    inner_failure: Option<Box<Details>>,
    is_non_retriable: bool,
}

impl Details {
    fn failure(&self) -> Failure {
        let failure = Failure {
            non_retryable: self.is_non_retriable,
            ..Failure::new(self.error_type.as_str(), self.error_message.as_str())
        };
        let inner = self
            .inner_failure
            .as_ref()
            .map(|inner| inner.failure().to_string());
        match (&self.stack_trace, inner) {
            (None, None) => failure,
            (trace, inner) => {
                let details = json!({ "cause": inner, "stackTrace": trace });
                failure.with_details(Payload::from(details))
            }
        }
    }
}

/// The JSON text of an input or result as a payload.
fn payload(text: Option<String>) -> Payload {
    match text.as_deref() {
        None | Some("") => Payload::null(),
        Some(text) => Payload::from_text(text),
    }
}

/// A reason, which engines write as JSON text or as it is.
fn reason(text: Option<String>) -> String {
    let text = text.unwrap_or_default();
    serde_json::from_str(&text).unwrap_or(text)
}

/// A wait that ends with an event.
#[derive(Debug)]
struct Wait {
    timer: EventId,
    /// The number of its timer.
    number: i64,
    /// The event; `None`: the history does not say which.
    name: Option<String>,
}

/// Translates the events of an instance.
#[derive(Debug)]
pub(super) struct Translator {
    appender: Appender,
    instance: Option<String>,
    tasks: HashMap<i64, EventId>,
    timers: HashMap<i64, EventId>,
    children: HashMap<i64, EventId>,
    waits: Vec<Wait>,
    closed: bool,
    /// The last good time.
    now: Timestamp,
}

impl Translator {
    pub fn new(begins: Timestamp) -> Self {
        Self {
            appender: Appender::default(),
            instance: None,
            tasks: HashMap::new(),
            timers: HashMap::new(),
            children: HashMap::new(),
            waits: Vec::new(),
            closed: false,
            now: begins,
        }
    }

    /// Translates the next event. An error names the field.
    pub fn translate(&mut self, place: usize, event: &DurableTaskEvent) -> Result<(), String> {
        if !event.at.is_unknown() {
            self.now = event.at.0;
        }
        let what = capitalized(&event.name);
        let origin = Origin {
            number: place as u64,
            name: what.as_str().into(),
            fields: event.fields.clone(),
        };
        self.appender.begin(origin, self.now);
        let fields: Fields = event.attributes()?;
        if !self.instance_event(event, &fields) && !self.operation_event(event, &fields) {
            self.appender.push(EventKind::Noted {
                what,
                details: Payload::from(event.attributes.clone()),
                about: None,
            });
        }
        Ok(())
    }

    /// The whole history.
    pub fn finish(self, engine: SourceEngine, name: &str) -> Imported {
        let own = self.instance.filter(|id| !id.is_empty());
        let instance = instance_id(&own.unwrap_or_else(|| name.to_owned()));
        self.appender.finish(engine, instance)
    }

    /// Events of the instance itself. Returns whether it is one.
    fn instance_event(&mut self, event: &DurableTaskEvent, fields: &Fields) -> bool {
        let kind = match event.name.as_str() {
            "executionStarted" if self.instance.is_none() => self.started(fields),
            "executionCompleted" if !self.closed => self.completed(fields),
            "executionTerminated" if !self.closed => {
                self.closed = true;
                EventKind::ExecutionTerminated {
                    reason: reason(fields.input.clone()),
                    output: None,
                }
            }
            "continueAsNew" if !self.closed => {
                self.closed = true;
                continued(fields.input.clone())
            }
            "executionSuspended" => EventKind::ExecutionSuspended {
                reason: reason(fields.input.clone()),
                // Timers run on.
                freeze_time: false,
            },
            "executionResumed" => EventKind::ExecutionResumed {
                reason: reason(fields.input.clone()),
            },
            "executionStalled" => EventKind::ExecutionStalled {
                reason: fields.description.clone(),
            },
            _ => return false,
        };
        self.appender.push(kind);
        true
    }

    fn started(&mut self, fields: &Fields) -> EventKind {
        self.instance = Some(fields.workflow_instance.instance_id.clone());
        let parent = fields.parent_instance.as_ref().map(|parent| Parent {
            instance: instance_id(&parent.workflow_instance.instance_id),
            created: EventId(0),
            attached: true,
            run: 0,
        });
        EventKind::ExecutionStarted {
            name: fields.name.clone(),
            input: payload(fields.input.clone()),
            run: 1,
            version: fields.version.clone().filter(|version| !version.is_empty()),
            seed: 0,
            parent,
            fork: None,
            tags: fields.tags.clone(),
            start_at: fields
                .scheduled_start_timestamp
                .map(|at| at.0)
                .filter(|at| *at > self.appender.now()),
            limits: None,
            custom_status: None,
            deadline: None,
            code: CodeLocation::Local,
        }
    }

    fn completed(&mut self, fields: &Fields) -> EventKind {
        self.closed = true;
        let failure = || fields.failure_details.as_ref().map(Details::failure);
        let status = &fields.workflow_status;
        match status {
            status if status.is("FAILED", 3) => EventKind::ExecutionFailed {
                failure: failure().unwrap_or_else(|| Failure::new("Error", "it failed")),
            },
            status if status.is("CANCELED", 4) => EventKind::ExecutionCanceled {
                failure: failure().unwrap_or_else(|| Failure::canceled("canceled")),
            },
            status if status.is("TERMINATED", 5) => EventKind::ExecutionTerminated {
                reason: reason(fields.result.clone()),
                output: None,
            },
            status if status.is("CONTINUED_AS_NEW", 2) => continued(fields.result.clone()),
            _ => EventKind::ExecutionCompleted {
                output: payload(fields.result.clone()),
            },
        }
    }

    /// Activities, timers, children and events. Returns whether it is one.
    fn operation_event(&mut self, event: &DurableTaskEvent, fields: &Fields) -> bool {
        match event.name.as_str() {
            "taskScheduled" => self.task_scheduled(event.id, fields),
            "taskCompleted" | "taskFailed" => return self.task_ended(event, fields),
            "timerCreated" => self.timer_created(event.id, fields),
            "timerFired" => return self.timer_fired(fields),
            "subOrchestrationInstanceCreated" | "childWorkflowInstanceCreated" => {
                let created = self.child_created(fields, false);
                self.children.insert(event.id, created);
            }
            "detachedWorkflowInstanceCreated" => {
                self.child_created(fields, true);
            }
            "subOrchestrationInstanceCompleted"
            | "childWorkflowInstanceCompleted"
            | "subOrchestrationInstanceFailed"
            | "childWorkflowInstanceFailed" => return self.child_ended(event, fields),
            "eventRaised" => self.raised(fields),
            "eventSent" => {
                self.appender.push(EventKind::EventSent {
                    target: instance_id(&fields.instance_id),
                    name: fields.name.clone(),
                    input: payload(fields.input.clone()),
                });
            }
            _ => return false,
        }
        true
    }

    fn task_scheduled(&mut self, number: i64, fields: &Fields) {
        let scheduled = self.appender.push(EventKind::TaskScheduled {
            name: fields.name.clone(),
            input: payload(fields.input.clone()),
            retry: None,
            timeouts: Timeouts::default(),
        });
        let attempt = 1;
        self.appender
            .push(EventKind::TaskStarted { scheduled, attempt });
        self.tasks.insert(number, scheduled);
    }

    fn task_ended(&mut self, event: &DurableTaskEvent, fields: &Fields) -> bool {
        let Some(scheduled) = self.tasks.remove(&fields.task_scheduled_id.0) else {
            return false;
        };
        self.appender.push(match failure_of(event, fields) {
            Some(failure) => EventKind::TaskFailed {
                scheduled,
                attempt: 1,
                failure,
                retry_at: None,
                heartbeat: None,
            },
            None => EventKind::TaskCompleted {
                scheduled,
                result: payload(fields.result.clone()),
            },
        });
        true
    }

    fn timer_created(&mut self, number: i64, fields: &Fields) {
        let fire_at = fields.fire_at.filter(|at| !at.is_never()).map(|at| at.0);
        let name = fields.name.clone();
        let event = fields
            .external_event
            .as_ref()
            .map(|event| event.name.clone());
        let is_retry = fields.activity_retry.is_some() || fields.child_workflow_retry.is_some();
        let origin = match &event {
            Some(name) => TimerOrigin::ExternalEvent { name: name.clone() },
            None if is_retry => TimerOrigin::Retry { name, attempt: 2 },
            None if fire_at.is_none() => TimerOrigin::ExternalEvents { names: Vec::new() },
            None => TimerOrigin::Wait { name },
        };
        let timer = self
            .appender
            .push(EventKind::TimerCreated { fire_at, origin });
        if event.is_some() || fire_at.is_none() {
            let name = event;
            self.waits.push(Wait {
                timer,
                number,
                name,
            });
        }
        self.timers.insert(number, timer);
    }

    fn timer_fired(&mut self, fields: &Fields) -> bool {
        let Some(timer) = self.timers.remove(&fields.timer_id.0) else {
            return false;
        };
        self.waits.retain(|wait| wait.timer != timer);
        self.appender.push(EventKind::TimerFired { timer });
        true
    }

    fn child_created(&mut self, fields: &Fields, detached: bool) -> EventId {
        self.appender.push(EventKind::ChildWorkflowInstanceCreated {
            instance: instance_id(&fields.instance_id),
            name: match fields.name.is_empty() {
                true => fields.instance_id.clone(),
                false => fields.name.clone(),
            },
            input: payload(fields.input.clone()),
            retry: None,
            on_close: ParentClosePolicy::default(),
            detached,
        })
    }

    fn child_ended(&mut self, event: &DurableTaskEvent, fields: &Fields) -> bool {
        let Some(created) = self.children.remove(&fields.task_scheduled_id.0) else {
            return false;
        };
        self.appender.push(match failure_of(event, fields) {
            Some(failure) => EventKind::ChildWorkflowInstanceFailed {
                created,
                attempt: 1,
                failure,
                retry_at: None,
            },
            None => EventKind::ChildWorkflowInstanceCompleted {
                created,
                result: payload(fields.result.clone()),
            },
        });
        true
    }

    fn raised(&mut self, fields: &Fields) {
        self.appender.push(EventKind::EventRaised {
            name: fields.name.clone(),
            input: payload(fields.input.clone()),
            from: None,
            request: None,
        });
        let name = Some(fields.name.to_lowercase());
        let by_name = self
            .waits
            .iter()
            .position(|wait| wait.name.as_ref().map(|name| name.to_lowercase()) == name);
        let ended = by_name.or_else(|| self.waits.iter().position(|wait| wait.name.is_none()));
        if let Some(ended) = ended {
            let wait = self.waits.remove(ended);
            self.timers.remove(&wait.number);
            self.appender
                .push(EventKind::TimerCanceled { timer: wait.timer });
        }
    }
}

/// The failure with which an activity or a child ended, if it did.
fn failure_of(event: &DurableTaskEvent, fields: &Fields) -> Option<Failure> {
    let failure = fields.failure_details.as_ref().map(Details::failure);
    let unknown = || Failure::new("Error", "it failed");
    let failed = event.name.ends_with("Failed");
    failed.then(|| failure.unwrap_or_else(unknown))
}

fn continued(input: Option<String>) -> EventKind {
    EventKind::ContinuedAsNew {
        input: payload(input),
        keep_version: false,
    }
}

/// The id of an instance. One that is too long, or has control characters, loses them.
fn instance_id(id: &str) -> InstanceId {
    super::super::imported::instance_id("", id)
}
