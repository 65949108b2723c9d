//! What would come next: a history, replayed and then played on with imagined results.
//!
//! Workflow code is pure, so it can be asked ahead of time. Nothing here reaches a store or the
//! world.

use super::{
    ActivityError, Event, EventId, InstanceId, InstanceKey, Payload, Registry, Timestamp,
    instance::Instance,
};

/// An instance that only imagines what it does.
pub struct Rehearsal {
    instance: Instance,
    now: Timestamp,
}

/// An activity that the workflow waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Imagined {
    /// Its `TaskScheduled`.
    pub scheduled: EventId,
    /// Its name.
    pub name: String,
    /// What it is given.
    pub input: Payload,
    attempt: u32,
}

impl Rehearsal {
    /// Replays a history; `None` if no workflow of that name is registered.
    pub fn of(registry: &Registry, id: &InstanceId, name: &str, history: &[Event]) -> Option<Self> {
        let workflow = registry.find_workflow(name)?.clone();
        let mut instance = Instance::new(InstanceKey(0), id.clone(), name, workflow);
        let now = history.last().map(|event| event.at).unwrap_or_default();
        instance.recover(history, now);
        Some(Self { instance, now })
    }

    /// The activities that have begun since this was last asked.
    pub fn begun(&mut self) -> Vec<Imagined> {
        let starts = self.instance.take_starts().into_iter();
        starts
            .map(|start| Imagined {
                scheduled: start.scheduled,
                name: start.name,
                input: start.input,
                attempt: start.attempt,
            })
            .collect()
    }

    /// Imagines that an activity returns.
    pub fn complete(&mut self, activity: &Imagined, result: Payload) {
        let ended: Result<_, ActivityError> = Ok(result);
        self.instance
            .activity_ended(self.now, activity.scheduled, activity.attempt, ended);
        // Nobody asks for these.
        self.instance.take_fresh();
        self.instance.take_annotations();
    }
}
