//! Signals, and what is sent to other workflows.

use serde::Deserialize;

use super::{
    super::{
        super::proto_json::{EnumValue, Integer},
        event::TemporalEvent,
        event_type::EventType as T,
        payload::Payloads,
        translator::{Opened, Translator},
    },
    Execution,
};
use crate::engine::EventKind;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Sent {
    signal_name: String,
    input: Payloads,
    workflow_execution: Execution,
    external_workflow_execution: Option<Execution>,
    reason: String,
    initiated_event_id: Integer,
    cause: EnumValue,
}

impl Translator {
    pub(in super::super) fn external(&mut self, event: &TemporalEvent) -> Result<bool, String> {
        let is_one = matches!(
            event.event_type,
            T::WorkflowExecutionSignaled
                | T::SignalExternalWorkflowExecutionInitiated
                | T::SignalExternalWorkflowExecutionFailed
                | T::RequestCancelExternalWorkflowExecutionInitiated
                | T::RequestCancelExternalWorkflowExecutionFailed
        );
        if !is_one {
            return Ok(false);
        }
        let sent: Sent = event.attributes()?;
        let target = self.ids.instance(&sent.workflow_execution.workflow_id);
        let kind = match event.event_type {
            T::WorkflowExecutionSignaled => EventKind::EventRaised {
                name: sent.signal_name,
                input: sent.input.payload(),
                from: sent
                    .external_workflow_execution
                    .map(|from| self.ids.instance(&from.workflow_id)),
                request: None,
            },
            T::SignalExternalWorkflowExecutionInitiated => EventKind::EventSent {
                target,
                name: sent.signal_name,
                input: sent.input.payload(),
            },
            T::RequestCancelExternalWorkflowExecutionInitiated => EventKind::CancelSent {
                target,
                reason: sent.reason,
            },
            _ => {
                let number = u64::try_from(sent.initiated_event_id.0).unwrap_or(0);
                let Some(Opened::Other(id)) = self.opened.get(&number).copied() else {
                    return Ok(false);
                };
                EventKind::EventUndelivered {
                    sent: id,
                    reason: sent.cause.words(),
                }
            }
        };
        self.open(event, kind);
        Ok(true)
    }
}
