//! Updates: requests that a workflow answers. Their arrival is an event that is raised; the answer is noted.

use serde::Deserialize;

use super::super::{
    event::TemporalEvent, event_type::EventType as T, payload::Payloads, translator::Translator,
};
use crate::engine::EventKind;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Arrived {
    /// Of an update that is admitted.
    request: Request,
    /// Of one that is accepted.
    accepted_request: Request,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Request {
    meta: Meta,
    input: Input,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Meta {
    update_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Input {
    name: String,
    args: Payloads,
}

impl Translator {
    pub(in super::super) fn update(&mut self, event: &TemporalEvent) -> Result<bool, String> {
        let arrived: Arrived = match event.event_type {
            T::WorkflowExecutionUpdateAdmitted | T::WorkflowExecutionUpdateAccepted => {
                event.attributes()?
            }
            _ => return Ok(false),
        };
        let request = match event.event_type {
            T::WorkflowExecutionUpdateAdmitted => {
                let id = arrived.request.meta.update_id.clone();
                self.admitted.insert(id);
                arrived.request
            }
            _ if self
                .admitted
                .contains(&arrived.accepted_request.meta.update_id) =>
            {
                return Ok(false);
            }
            _ => arrived.accepted_request,
        };
        let kind = EventKind::EventRaised {
            name: format!("update {}", request.input.name),
            input: request.input.args.payload(),
            from: None,
            request: Some(request.meta.update_id).filter(|id| !id.is_empty()),
        };
        self.open(event, kind);
        Ok(true)
    }
}
