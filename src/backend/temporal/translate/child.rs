//! Child workflows.

use serde::Deserialize;

use super::{
    super::{
        super::proto_json::{EnumValue, Integer},
        event::TemporalEvent,
        event_type::EventType as T,
        failure::RawFailure,
        payload::Payloads,
        translator::{Opened, Translator},
    },
    Named, Retry, failure,
};
use crate::engine::{EventId, EventKind, Failure, ParentClosePolicy};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Initiated {
    workflow_id: String,
    workflow_type: Named,
    input: Payloads,
    retry_policy: Option<Retry>,
    parent_close_policy: EnumValue,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Ended {
    initiated_event_id: Integer,
    result: Payloads,
    failure: RawFailure,
    cause: EnumValue,
}

impl Translator {
    pub(in super::super) fn child(&mut self, event: &TemporalEvent) -> Result<bool, String> {
        match event.event_type {
            T::StartChildWorkflowExecutionInitiated => {
                let child: Initiated = event.attributes()?;
                let id = self.push(EventKind::ChildWorkflowInstanceCreated {
                    instance: self.ids.instance(&child.workflow_id),
                    name: child.workflow_type.name,
                    input: child.input.payload(),
                    retry: child.retry_policy.map(|retry| Box::new(retry.policy())),
                    on_close: on_close(&child.parent_close_policy),
                    detached: false,
                });
                self.opened.insert(event.id, Opened::Child(id));
                Ok(true)
            }
            T::StartChildWorkflowExecutionFailed
            | T::ChildWorkflowExecutionCompleted
            | T::ChildWorkflowExecutionFailed
            | T::ChildWorkflowExecutionCanceled
            | T::ChildWorkflowExecutionTimedOut
            | T::ChildWorkflowExecutionTerminated => self.child_ended(event),
            _ => Ok(false),
        }
    }

    fn child_ended(&mut self, event: &TemporalEvent) -> Result<bool, String> {
        let ended: Ended = event.attributes()?;
        let Some(created) = self.end_child(ended.initiated_event_id) else {
            return Ok(false);
        };
        let failure = match event.event_type {
            T::ChildWorkflowExecutionCompleted => {
                let result = ended.result.payload();
                self.push(EventKind::ChildWorkflowInstanceCompleted { created, result });
                return Ok(true);
            }
            T::StartChildWorkflowExecutionFailed => {
                failure(Failure::NOT_STARTED, ended.cause.words())
            }
            T::ChildWorkflowExecutionCanceled => Failure::canceled("the child was canceled"),
            T::ChildWorkflowExecutionTimedOut => {
                failure(Failure::EXECUTION_TIMEOUT, "the child took too long")
            }
            T::ChildWorkflowExecutionTerminated => {
                failure(Failure::TERMINATED, "the child was terminated")
            }
            _ => ended.failure.failure(),
        };
        self.push(EventKind::ChildWorkflowInstanceFailed {
            created,
            attempt: 1,
            failure,
            retry_at: None,
        });
        Ok(true)
    }

    fn end_child(&mut self, initiated: Integer) -> Option<EventId> {
        let number = u64::try_from(initiated.0).ok()?;
        let Some(Opened::Child(id)) = self.opened.get(&number).copied() else {
            return None;
        };
        self.opened.insert(number, Opened::Other(id));
        Some(id)
    }
}

fn on_close(policy: &EnumValue) -> ParentClosePolicy {
    match policy {
        policy if policy.is("ABANDON", 2) => ParentClosePolicy::Abandon,
        policy if policy.is("REQUEST_CANCEL", 3) => ParentClosePolicy::RequestCancel,
        _ => ParentClosePolicy::Terminate,
    }
}
