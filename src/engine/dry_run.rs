//! What would come next: a history, replayed and then played on with imagined results.
//!
//! Workflow code is pure, so it can be asked ahead of time. Nothing here reaches a store or the
//! world.

use super::{
    ActivityError, Event, EventId, EventKind, History, InstanceId, InstanceKey, Limits, Payload,
    Registry, Timestamp,
    activity_slots::ActivitySlots,
    context::Identity,
    delivery::NextRun,
    instance::Instance,
    registry::WorkflowFn,
    turn::{Divergence, impossible},
};

/// An instance that only imagines what it does.
pub struct DryRun {
    instance: Instance,
    workflow: Option<WorkflowFn>,
    version: Option<String>,
    places: ActivitySlots,
    now: Timestamp,
}

/// An activity that the workflow waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictedActivity {
    /// Its `TaskScheduled`.
    pub scheduled: EventId,
    /// Its name.
    pub name: String,
    /// What it is given.
    pub input: Payload,
    run: u32,
    attempt: u32,
}

impl DryRun {
    /// Replays a history; `None` if no workflow of that name is registered.
    pub fn of(registry: &Registry, id: &InstanceId, history: &[Event]) -> Option<Self> {
        let (name, version) = workflow_of(history);
        let workflow = registry.find_workflow(name, version).cloned();
        let mut instance = silent(id, history, workflow.clone());
        let now = history.last()?.at;
        instance.recover(history, &[], now);
        let mut places = ActivitySlots::without_end();
        instance.start_ready(now, &mut places);
        Some(Self {
            instance,
            workflow,
            version: version.map(str::to_owned),
            places,
            now,
        })
    }

    /// The activities that have begun since this was last asked.
    pub fn begun(&mut self) -> Vec<PredictedActivity> {
        let run = self.instance.summary.run;
        let starts = self.instance.take_starts().into_iter();
        starts
            .map(|start| PredictedActivity {
                scheduled: start.scheduled,
                name: start.name,
                input: start.input,
                run,
                attempt: start.attempt,
            })
            .collect()
    }

    /// Imagines that an activity returns. Where the workflow continues as new, what begins next is of
    /// the next run.
    pub fn complete(&mut self, activity: &PredictedActivity, result: Payload) {
        if activity.run != self.instance.summary.run {
            return;
        }
        let ended: Result<_, ActivityError> = Ok(result);
        self.instance
            .activity_ended(self.now, activity.scheduled, activity.attempt, ended);
        self.instance.start_ready(self.now, &mut self.places);
        // Nobody asks for these.
        self.instance.take_fresh();
        self.instance.take_annotations();
        self.instance.take_armed();
        self.instance.take_effects();
        self.instance.take_mail();
        if let Some(next) = self.instance.take_next_run() {
            self.continue_as(next);
        }
    }

    fn continue_as(&mut self, next: NextRun) {
        let seed = next.instance.seed_of(next.run);
        let identity = Identity {
            instance: next.instance,
            run: next.run,
            limits: Limits::default(),
        };
        let workflow = self.workflow.clone();
        let key = InstanceKey(0);
        self.instance = Instance::new(key, identity, &next.workflow, workflow, None);
        let started = EventKind::ExecutionStarted {
            name: next.workflow,
            input: next.input,
            run: next.run,
            version: self.version.clone(),
            seed,
            parent: next.parent,
            fork: None,
            tags: next.tags,
            start_at: None,
            limits: None,
            custom_status: None,
            deadline: None,
        };
        self.instance.receive(self.now, started);
        for (name, input, from) in next.mail {
            let raised = EventKind::EventRaised {
                name,
                input,
                from,
                request: None,
            };
            self.instance.receive(self.now, raised);
        }
        self.instance.start_ready(self.now, &mut self.places);
    }
}

/// Replays a history against today's code, without doing anything, under the default [`Limits`].
/// Tells where they first part: at a step that the code does not ask for, at an end with another
/// result, or at an event that cannot have happened there.
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
    let (name, version) = workflow_of(&history.events);
    let workflow = registry.find_workflow(name, version).cloned();
    let mut instance = silent(&history.instance, &history.events, workflow);
    // Of two at one event, that it cannot be is the reason why the code does not agree.
    let impossible = impossible(&history.instance, &history.events).into_iter();
    let first = impossible.chain(instance.replay(&history.events));
    match first.min_by_key(|divergence| divergence.event) {
        None => Ok(()),
        Some(divergence) => Err(Box::new(divergence)),
    }
}

/// An instance that nobody wakes.
fn silent(id: &InstanceId, history: &[Event], workflow: Option<WorkflowFn>) -> Instance {
    let identity = Identity {
        instance: id.clone(),
        run: 1,
        limits: Limits::default(),
    };
    let (name, _) = workflow_of(history);
    Instance::new(InstanceKey(0), identity, name, workflow, None)
}

/// The workflow that a history is of.
fn workflow_of(history: &[Event]) -> (&str, Option<&str>) {
    match history.first().map(|event| &event.kind) {
        Some(EventKind::ExecutionStarted { name, version, .. }) => (name, version.as_deref()),
        _ => ("", None),
    }
}
