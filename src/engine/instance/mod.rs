//! An open instance in memory: its run, and what follows from its history for the engine.
//!
//! Everything here but the run is a fold over the history, the same live and at recovery. What is to
//! be done in the world, or to other instances, is only noted: the worker does it after the commit.

mod attempts;
mod child;
mod deadline;
mod family;
mod fold;
mod past;
mod task;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use self::{child::Child, deadline::Deadline, task::Task};
use super::{
    Event, EventId, EventKind, Failure, InstanceKey, InstanceSummary, Payload, Status, Timestamp,
    context::Identity,
    delivery::Delivery,
    registry::WorkflowFn,
    turn::{Alarm, Run},
};
pub(super) use attempts::Start;
pub(super) use family::end_of;
pub(super) use task::Attempt;
use task::{Limit, Stage};

/// An open instance.
pub(super) struct Instance {
    pub key: InstanceKey,
    pub summary: InstanceSummary,
    identity: Arc<Identity>,
    /// None if no function is registered for the workflow.
    run: Option<Run>,
    next: EventId,
    seed: u64,
    tasks: BTreeMap<EventId, Box<Task>>,
    /// Of the tasks, those that start as soon as the instance runs.
    ready: BTreeSet<EventId>,
    /// Of the tasks, those that the history has started and the world not yet.
    to_start: Vec<EventId>,
    timers: BTreeMap<EventId, Deadline>,
    children: BTreeMap<EventId, Box<Child>>,
    suspended: Option<Suspended>,
    cancel_requested: bool,
    /// The summary is not in the store as it is.
    summary_changed: bool,
    /// Events that are not yet in the store.
    fresh: Vec<Event>,
    /// What is to be done in the world once the history has its cause.
    deeds: Vec<Deed>,
    /// What is to be done to other instances.
    mail: Vec<Delivery>,
    /// Moments to watch for.
    armed: Vec<(Timestamp, EventId)>,
}

/// Since when it is held, and whether time stands still for it.
#[derive(Clone, Copy)]
struct Suspended {
    at: Timestamp,
    freeze_time: bool,
}

/// What is to be done in the world.
pub(super) enum Deed {
    /// Nobody wants the result any more.
    Stop(Attempt),
    /// Nobody wants the result any more of an activity that has its place and has not begun.
    GiveUp { name: String },
    /// The instance is held.
    Recall,
    /// The instance goes on.
    GoOn,
}

impl Instance {
    /// An instance before its first event.
    pub fn new(
        key: InstanceKey,
        identity: Identity,
        name: &str,
        workflow: Option<WorkflowFn>,
        alarm: Option<Alarm>,
    ) -> Self {
        let mut summary = InstanceSummary::new(identity.instance.clone(), name);
        summary.run = identity.run;
        Self {
            key,
            summary,
            run: workflow.map(|workflow| Run::new(workflow, identity.clone(), alarm)),
            identity: Arc::new(identity),
            next: EventId::default(),
            seed: 0,
            tasks: BTreeMap::new(),
            ready: BTreeSet::new(),
            to_start: Vec::new(),
            timers: BTreeMap::new(),
            children: BTreeMap::new(),
            suspended: None,
            cancel_requested: false,
            summary_changed: false,
            fresh: Vec::new(),
            deeds: Vec::new(),
            mail: Vec::new(),
            armed: Vec::new(),
        }
    }

    /// The workflow was woken from outside its context.
    pub fn woken_from_outside(&mut self, now: Timestamp) {
        if let Some(run) = self.run.as_ref().filter(|_| !self.is_closed()) {
            let divergence = run.foreign_wake();
            self.stall(now, &divergence);
        }
    }

    pub fn is_closed(&self) -> bool {
        self.summary.status.is_closed()
    }

    /// Appends what came from outside and lets the workflow go on.
    pub fn receive(&mut self, now: Timestamp, kind: EventKind) {
        self.append(now, kind);
        self.advance(now);
    }

    /// Events that were appended since this was last asked.
    pub fn take_fresh(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.fresh)
    }

    /// Events that are not yet in the store.
    pub fn fresh(&self) -> &[Event] {
        &self.fresh
    }

    /// Whether the summary changed since this was last asked.
    pub fn take_summary_changed(&mut self) -> bool {
        std::mem::take(&mut self.summary_changed)
    }

    /// What is to be done in the world, since this was last asked.
    pub fn take_deeds(&mut self) -> Vec<Deed> {
        std::mem::take(&mut self.deeds)
    }

    /// What is to be done to other instances, since this was last asked.
    pub fn take_mail(&mut self) -> Vec<Delivery> {
        std::mem::take(&mut self.mail)
    }

    /// Moments to watch for, since this was last asked.
    pub fn take_armed(&mut self) -> Vec<(Timestamp, EventId)> {
        std::mem::take(&mut self.armed)
    }

    /// What the workflow told those who watch since this was last asked.
    pub fn take_annotations(&mut self) -> Vec<Payload> {
        self.run
            .as_mut()
            .map_or_else(Vec::new, Run::take_annotations)
    }

    /// Appends what the workflow asks for.
    fn advance(&mut self, now: Timestamp) {
        while self.summary.status != Status::Stalled
            && !self.is_closed()
            && let Some(kind) = self.run.as_ref().and_then(Run::wanted)
        {
            self.append(now, kind);
        }
        let limit = self.identity.limits.history;
        if self.next.0 >= limit && !self.is_closed() {
            let message = format!(
                "the history has {} events, the engine allows {limit}: let the workflow continue as \
                 new from time to time",
                self.next
            );
            let failure = Failure::new(Failure::HISTORY_LIMIT, message).non_retryable();
            self.append(now, EventKind::ExecutionFailed { failure });
        }
    }

    fn append(&mut self, now: Timestamp, kind: EventKind) {
        let event = Event {
            id: self.next,
            at: now,
            kind,
        };
        let stalled = self.summary.status == Status::Stalled;
        self.fold(&event);
        // A stalled run takes nothing more; what comes is replayed to the mended code.
        let run = self.run.as_mut().filter(|_| !stalled);
        let applied = run.map_or(Ok(()), |run| run.apply(&event, &[]));
        self.note_mail(&event);
        self.fresh.push(event);
        if let Err(divergence) = applied {
            self.stall(now, &divergence);
        }
    }
}
