//! Operations of other services, called through Nexus: activities of a sort.

use serde::Deserialize;

use super::super::{
    super::proto_json::{Integer, Seconds},
    event::TemporalEvent,
    event_type::EventType as T,
    failure::RawFailure,
    payload::RawPayload,
    translator::{Opened, Translator},
};
use crate::engine::{EventKind, Payload, Timeouts};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Operation {
    service: String,
    operation: String,
    input: Option<RawPayload>,
    schedule_to_close_timeout: Seconds,
    scheduled_event_id: Integer,
    result: Option<RawPayload>,
    failure: RawFailure,
}

impl Translator {
    pub(in super::super) fn nexus(&mut self, event: &TemporalEvent) -> Result<bool, String> {
        let is_one = matches!(
            event.event_type,
            T::NexusOperationScheduled
                | T::NexusOperationStarted
                | T::NexusOperationCompleted
                | T::NexusOperationFailed
                | T::NexusOperationCanceled
                | T::NexusOperationTimedOut
        );
        if !is_one {
            return Ok(false);
        }
        let operation: Operation = event.attributes()?;
        match event.event_type {
            T::NexusOperationScheduled => {
                let id = self.push(EventKind::TaskScheduled {
                    name: format!("{}.{}", operation.service, operation.operation),
                    input: payload(operation.input),
                    retry: None,
                    timeouts: Timeouts {
                        schedule_to_close: operation.schedule_to_close_timeout.limit(),
                        ..Timeouts::default()
                    },
                });
                let attempt = 0;
                self.opened.insert(event.id, Opened::Task { id, attempt });
            }
            T::NexusOperationStarted => {
                let Some(scheduled) = self.attempt(operation.scheduled_event_id, 1) else {
                    return Ok(false);
                };
                let attempt = 1;
                self.push(EventKind::TaskStarted { scheduled, attempt });
            }
            _ => {
                let Some((scheduled, attempt)) = self.end_task(operation.scheduled_event_id) else {
                    return Ok(false);
                };
                self.push(match event.event_type {
                    T::NexusOperationCompleted => EventKind::TaskCompleted {
                        scheduled,
                        result: payload(operation.result),
                    },
                    T::NexusOperationCanceled => EventKind::TaskCanceled { scheduled },
                    _ => EventKind::TaskFailed {
                        scheduled,
                        attempt: attempt.max(1),
                        failure: operation.failure.failure(),
                        retry_at: None,
                        heartbeat: None,
                    },
                });
            }
        }
        Ok(true)
    }
}

fn payload(data: Option<RawPayload>) -> Payload {
    data.map_or_else(Payload::null, |data| data.payload())
}
