//! What would come next: a history, replayed and then played on with imagined results.
//!
//! Workflow code is pure, so it can be asked ahead of time. Nothing here reaches a store or the
//! world.

use super::{
    ActivityError, Event, EventId, EventKind, History, InstanceId, InstanceKey, Limits, Payload,
    Registry, Timestamp, context::Identity, instance::Instance, places::Places, turn::Divergence,
};

/// An instance that only imagines what it does.
pub struct Rehearsal {
    instance: Instance,
    places: Places,
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
    pub fn of(registry: &Registry, id: &InstanceId, history: &[Event]) -> Option<Self> {
        let mut instance = silent(registry, id, history);
        let now = history.last()?.at;
        instance.recover(history, now);
        let mut places = Places::without_end();
        instance.start_ready(now, &mut places);
        Some(Self {
            instance,
            places,
            now,
        })
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
        self.instance.start_ready(self.now, &mut self.places);
        // Nobody asks for these.
        self.instance.take_fresh();
        self.instance.take_annotations();
        self.instance.take_armed();
        self.instance.take_mail();
        self.instance.take_deeds();
    }
}

/// Replays a history against today's code, without doing anything, under the default [`Limits`].
/// Tells where they first part.
///
/// ```
/// # use fermata::engine::*;
/// # fn example(registry: Registry, json: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let history = History::from_json(json)?;
/// replay(&registry, &history)?;
/// # Ok(())
/// # }
/// ```
pub fn replay(registry: &Registry, history: &History) -> Result<(), Box<Divergence>> {
    let mut instance = silent(registry, &history.instance, &history.events);
    match instance.replay(&history.events) {
        None => Ok(()),
        Some(divergence) => Err(Box::new(divergence)),
    }
}

/// An instance that nobody wakes.
fn silent(registry: &Registry, id: &InstanceId, history: &[Event]) -> Instance {
    let identity = Identity {
        instance: id.clone(),
        run: 1,
        limits: Limits::default(),
    };
    let (name, version) = match history.first().map(|event| &event.kind) {
        Some(EventKind::ExecutionStarted { name, version, .. }) => {
            (name.as_str(), version.as_deref())
        }
        _ => ("", None),
    };
    let workflow = registry.find_workflow(name, version).cloned();
    Instance::new(InstanceKey(0), identity, name, workflow, None)
}
