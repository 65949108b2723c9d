//! Uncommitted changes of instances.

use crate::engine::{Event, InstanceSummary, Payload, instance::Instance};

/// Changes of an instance from before its code ran again, for the next commit.
#[derive(Default)]
pub(super) struct Uncommitted {
    pub events: Vec<Event>,
    pub summary: Option<InstanceSummary>,
    pub annotations: Vec<Payload>,
    pub log: Vec<String>,
}

impl Uncommitted {
    /// Takes the uncommitted changes of an instance.
    pub fn take(&mut self, instance: &mut Instance) {
        self.events.append(&mut instance.take_fresh());
        if instance.take_summary_changed() {
            self.summary = Some(instance.summary.clone());
        }
        self.annotations.append(&mut instance.take_annotations());
        self.log.append(&mut instance.take_log());
    }

    pub fn events(&self) -> &[Event] {
        &self.events
    }
}
