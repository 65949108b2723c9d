//! The data that the events have for which a lane waits.

use serde_json::{Value, json};

use super::lane::LaneModel;
use crate::score::{AwaitedEvent, Schema};

impl LaneModel {
    /// What its score says about an event. As for events that are raised by hand, letter case does not
    /// matter.
    fn awaited_event(&self, event: &str) -> Option<&AwaitedEvent> {
        let events = self.facts.as_ref()?.events.iter();
        let event = event.to_lowercase();
        events
            .into_iter()
            .find(|one| one.kind.to_lowercase() == event)
    }

    /// The schema of the data of an event: that of its score, or one of the data that its filters ask for.
    pub(super) fn event_schema(&self, event: &str) -> Option<Schema> {
        let event = self.awaited_event(event)?;
        let samples = || {
            let asked = event.needs_sample && !event.samples.is_empty();
            asked.then(|| json!({ "enum": event.samples }))
        };
        let schema = event.schema.clone().or_else(samples)?;
        // One that does not stand alone cannot be checked.
        Schema::compile(schema).ok()
    }

    /// Whether an event without data would not do.
    pub(super) fn needs_data(&self, event: &str) -> bool {
        let schema = self.event_schema(event);
        schema.is_some_and(|schema| schema.check(&Value::Null).is_err())
    }
}
