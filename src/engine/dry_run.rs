//! Dry runs: replays a history and continues it with assumed results.
//!
//! Workflow code is deterministic, so its next steps can be predicted. Nothing here accesses a
//! store or executes side effects.

use super::{
    ActivityError, CodeLocation, Event, EventId, EventKind, History, InstanceId, InstanceKey,
    Limits, Payload, Registry, Timestamp,
    activity_slots::ActivitySlots,
    context::Identity,
    instance::Instance,
    outbox_message::NextRun,
    registry::{WorkflowCode, WorkflowFn},
    remote::code_location,
    turn::{Divergence, first_invalid_event},
};

/// An instance that runs without side effects.
pub struct DryRun {
    instance: Instance,
    workflow: Option<WorkflowFn>,
    version: Option<String>,
    slots: ActivitySlots,
    now: Timestamp,
}

/// An activity that the workflow would run.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictedActivity {
    /// Its `TaskScheduled`.
    pub scheduled: EventId,
    /// Its name.
    pub name: String,
    /// Its input.
    pub input: Payload,
    run: u32,
    attempt: u32,
}

impl DryRun {
    /// Replays a history; `None` if its workflow is not registered.
    pub fn of(registry: &Registry, id: &InstanceId, history: &[Event]) -> Option<Self> {
        let (name, version) = workflow_of(history);
        let workflow = match code_location(history) {
            CodeLocation::Local => registry.find_workflow(name, version).cloned(),
            // Only its worker knows.
            CodeLocation::Remote => None,
        };
        let mut instance = silent(id, history, local(workflow.clone()));
        let now = history.last()?.at;
        instance.recover(history, &[], now);
        let mut slots = ActivitySlots::unlimited();
        instance.start_ready(now, &mut slots);
        Some(Self {
            instance,
            workflow,
            version: version.map(str::to_owned),
            slots,
            now,
        })
    }

    /// Takes the activities that have started since the last call.
    pub fn take_started(&mut self) -> Vec<PredictedActivity> {
        let run = self.instance.summary.run;
        let starts = self.instance.take_starts().into_iter();
        starts
            .map(|start| PredictedActivity {
                scheduled: start.scheduled,
                name: start.name.to_string(),
                input: start.input,
                run,
                attempt: start.attempt,
            })
            .collect()
    }

    /// Completes an activity with an assumed result. If the workflow continues as new, later
    /// activities belong to the next run.
    pub fn complete(&mut self, activity: &PredictedActivity, result: Payload) {
        if activity.run != self.instance.summary.run {
            return;
        }
        let ended: Result<_, ActivityError> = Ok(result);
        self.instance
            .activity_ended(self.now, activity.scheduled, activity.attempt, ended);
        self.instance.start_ready(self.now, &mut self.slots);
        // Not used in a dry run.
        self.instance.take_fresh();
        self.instance.take_annotations();
        self.instance.take_armed();
        self.instance.take_effects();
        self.instance.take_outbox();
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
        let workflow = local(self.workflow.clone());
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
            code: CodeLocation::Local,
        };
        self.instance.receive(self.now, started);
        for (name, input, from) in next.unread_events {
            let raised = EventKind::EventRaised {
                name,
                input,
                from,
                request: None,
            };
            self.instance.receive(self.now, raised);
        }
        self.instance.start_ready(self.now, &mut self.slots);
    }
}

/// Replays a history with the registered code, without side effects, under the default [`Limits`].
/// Returns the first divergence: a command that the code does not request, a different result, or
/// an event that is not possible at that point.
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
    let workflow = registry.code(name, version, code_location(&history.events));
    let mut instance = silent(&history.instance, &history.events, workflow);
    // At the same event, an invalid event is the cause of the divergence of the code.
    let invalid = first_invalid_event(&history.instance, &history.events).into_iter();
    let first = invalid.chain(instance.replay(&history.events));
    match first.min_by_key(|divergence| divergence.event) {
        None => Ok(()),
        Some(divergence) => Err(Box::new(divergence)),
    }
}

fn local(workflow: Option<WorkflowFn>) -> WorkflowCode {
    workflow.map_or(WorkflowCode::Missing, WorkflowCode::Local)
}

/// An instance that ignores wakes.
fn silent(id: &InstanceId, history: &[Event], workflow: WorkflowCode) -> Instance {
    let identity = Identity {
        instance: id.clone(),
        run: 1,
        limits: Limits::default(),
    };
    let (name, _) = workflow_of(history);
    Instance::new(InstanceKey(0), identity, name, workflow, None)
}

/// The name and version of a history's workflow.
pub(super) fn workflow_of(history: &[Event]) -> (&str, Option<&str>) {
    match history.first().map(|event| &event.kind) {
        Some(EventKind::ExecutionStarted { name, version, .. }) => (name, version.as_deref()),
        _ => ("", None),
    }
}
