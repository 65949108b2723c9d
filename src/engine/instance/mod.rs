//! An open instance in memory: its run, and what follows from its history for the engine.
//!
//! Everything here but the run is a fold over the history, the same live and at recovery. What is to
//! be done in the world, or to other instances, is only noted: the worker does it after the commit.

mod attempts;
mod child;
mod code;
mod deadline;
mod family;
mod fold;
mod past;
mod task;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use self::{child::Child, deadline::Deadline, task::Task};
use super::{
    Event, EventId, EventKind, Failure, InstanceId, InstanceKey, InstanceSummary, Payload, Status,
    Timestamp,
    activity::ActivityFn,
    context::Identity,
    delivery::{Delivery, NextRun},
    registry::WorkflowFn,
    turn::{Alarm, Divergence, Run},
};
pub(super) use attempts::Start;
pub(super) use code::Code;
pub(super) use family::end_of;
pub(super) use task::Attempt;
use task::{Limit, Stage};

/// An open instance.
pub(super) struct Instance {
    pub key: InstanceKey,
    pub summary: InstanceSummary,
    identity: Arc<Identity>,
    /// None if no function is registered for the workflow.
    code: Option<Code>,
    next: EventId,
    seed: u64,
    tasks: BTreeMap<EventId, Box<Task>>,
    /// Of the tasks, those that start as soon as the instance runs.
    ready: BTreeSet<EventId>,
    /// Of the tasks, those that the history has started and the world not yet.
    to_start: Vec<EventId>,
    /// Of the children, those that were to be asked to end when the process ended.
    asked: Vec<EventId>,
    /// Of the tasks, those that were under way when the process ended.
    cut_off: Vec<EventId>,
    timers: BTreeMap<EventId, Deadline>,
    children: BTreeMap<EventId, Box<Child>>,
    /// Its waits for the ends of other instances.
    awaited: BTreeMap<EventId, InstanceId>,
    suspended: Option<Suspended>,
    /// Why it was asked to end, in the words of the last request.
    cancel_requested: Option<String>,
    /// What the code has come to since its run began.
    progress: Progress,
    /// When the run was to begin; `None`: at once.
    start_at: Option<Timestamp>,
    /// When the instance is out of time.
    deadline: Option<Deadline>,
    /// The same, kept for the next run once this one has ended.
    out_of_time: Option<Timestamp>,
    /// The most events that count.
    history_limit: u64,
    /// The names of the raise requests that were taken.
    requests: HashSet<String>,
    /// The summary is not in the store as it is.
    summary_changed: bool,
    /// Events that are not yet in the store.
    fresh: Vec<Event>,
    /// What is to be done in the world once the history has its cause.
    effects: Vec<Effect>,
    /// What is to be done to other instances.
    mail: Vec<Delivery>,
    /// What begins in the place of this run, which has continued as new.
    next_run: Option<NextRun>,
    /// Moments to watch for.
    armed: Vec<(Timestamp, EventId)>,
    /// What the code told those who watch.
    annotations: Vec<Payload>,
    /// What the code has logged.
    log: Vec<String>,
}

/// What a run has come to.
#[derive(Default)]
struct Progress {
    /// Events that count against the limit of the history.
    counted: u64,
    /// Something came that the code waited for.
    has_waited: bool,
    /// The code was told that a limit was reached.
    is_exhausted: bool,
    /// Events that came while the instance was stalled.
    raised_while_stalled: usize,
}

/// Since when it is held, and whether time stands still for it.
#[derive(Clone, Copy)]
struct Suspended {
    at: Timestamp,
    freeze_time: bool,
}

/// What is to be done in the world.
pub(super) enum Effect {
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
        let history_limit = identity.limits.history;
        Self {
            key,
            summary,
            code: workflow.map(|workflow| Code::new(Run::new(workflow, identity.clone(), alarm))),
            identity: Arc::new(identity),
            next: EventId::default(),
            seed: 0,
            tasks: BTreeMap::new(),
            ready: BTreeSet::new(),
            to_start: Vec::new(),
            asked: Vec::new(),
            cut_off: Vec::new(),
            timers: BTreeMap::new(),
            children: BTreeMap::new(),
            awaited: BTreeMap::new(),
            suspended: None,
            cancel_requested: None,
            progress: Progress::default(),
            start_at: None,
            deadline: None,
            out_of_time: None,
            history_limit,
            requests: HashSet::new(),
            summary_changed: false,
            fresh: Vec::new(),
            effects: Vec::new(),
            mail: Vec::new(),
            next_run: None,
            armed: Vec::new(),
            annotations: Vec::new(),
            log: Vec::new(),
        }
    }

    /// The workflow was woken from outside its context.
    pub fn woken_from_outside(&mut self, now: Timestamp) {
        if self.is_closed() {
            return;
        }
        if let Some(divergence) = self.look(Run::foreign_wake) {
            self.stall(now, &divergence);
        }
    }

    /// The start of its random numbers.
    pub fn seed(&self) -> u64 {
        self.seed
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
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// What is to be done to other instances, since this was last asked.
    pub fn take_mail(&mut self) -> Vec<Delivery> {
        std::mem::take(&mut self.mail)
    }

    /// The run that begins in the place of this one, once.
    pub fn take_next_run(&mut self) -> Option<NextRun> {
        self.next_run.take()
    }

    /// Moments to watch for, since this was last asked.
    pub fn take_armed(&mut self) -> Vec<(Timestamp, EventId)> {
        std::mem::take(&mut self.armed)
    }

    /// What the workflow told those who watch since this was last asked.
    pub fn take_annotations(&mut self) -> Vec<Payload> {
        std::mem::take(&mut self.annotations)
    }

    /// What the workflow has logged since this was last asked.
    pub fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// What the workflow has published under a name.
    pub fn published(&self, name: &str) -> Option<Payload> {
        self.look(|run| run.published(name))?
    }

    /// How many events were raised and not yet taken.
    pub fn unread(&self) -> usize {
        let unread = self.look(Run::unread).unwrap_or_default();
        unread + self.progress.raised_while_stalled
    }

    /// Whether a raise request of this name was taken before.
    pub fn has_taken(&self, request: &str) -> bool {
        self.requests.contains(request)
    }

    /// The code of an activity that was given with its call.
    pub fn function_of(&self, scheduled: EventId) -> Option<ActivityFn> {
        self.look(|run| run.function_of(scheduled))?
    }

    /// Whether its code is half-way through on another thread.
    pub fn is_elsewhere(&self) -> bool {
        self.code.as_ref().is_some_and(|code| !code.is_here())
    }

    /// Replaces the code, which is half-way through on another thread, by code of this thread that has
    /// come as far. Gives back the code of the other thread, which is to be dropped there.
    pub fn bring_here(
        &mut self,
        now: Timestamp,
        workflow: WorkflowFn,
        alarm: Option<Alarm>,
        history: &[Event],
    ) -> Option<Code> {
        let mut run = Run::new(workflow, Identity::clone(&self.identity), alarm);
        let diverged = match self.summary.status {
            // What came since it stalled is replayed to the fixed code.
            Status::Stalled => None,
            _ => run.replay(history),
        };
        // They were asked when the code asked for it.
        run.take_asked_children();
        let elsewhere = self.code.replace(Code::new(run));
        if let Some(divergence) = diverged {
            self.stall(now, &divergence);
        }
        elsewhere
    }

    /// Its code, for the thread that it belongs to.
    pub fn into_code(self) -> Option<Code> {
        self.code
    }

    /// Looks at the run of its code, if there is one on this thread.
    fn look<T>(&self, look: impl FnOnce(&Run) -> T) -> Option<T> {
        self.code.as_ref()?.read(look)
    }

    /// Lets its code do something, if there is some on this thread.
    fn run<T>(&mut self, act: impl FnOnce(&mut Run) -> T) -> Option<T> {
        self.code.as_mut()?.run(act)
    }

    /// Appends what the workflow asks for.
    fn advance(&mut self, now: Timestamp) {
        self.ask(now);
        let limit = self.history_limit;
        if self.progress.counted >= limit && !self.is_closed() && self.has_code() {
            let counted = self.progress.counted;
            let message = format!(
                "the history has {counted} events, the engine allows {limit}: let the workflow \
                 continue as new from time to time"
            );
            self.exhaust(now, Failure::new(Failure::HISTORY_LIMIT, message));
        }
    }

    fn ask(&mut self, now: Timestamp) {
        while self.summary.status != Status::Stalled
            && !self.is_closed()
            && let Some(kind) = self.look(Run::wanted).flatten()
        {
            self.append(now, kind);
        }
    }

    /// Whether its code could run: it is registered and agrees with the history.
    fn has_code(&self) -> bool {
        self.code.is_some() && self.summary.status != Status::Stalled
    }

    /// A limit was reached: the code may compensate and end. If it does not, it is ended.
    pub fn exhaust(&mut self, now: Timestamp, failure: Failure) {
        let failure = failure.non_retryable();
        if !self.progress.is_exhausted {
            self.append(now, EventKind::ExecutionLimitReached { failure });
            self.ask(now);
        } else if self.progress.counted >= self.history_limit + reserve(self.history_limit) {
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
        if stalled && matches!(event.kind, EventKind::EventRaised { .. }) {
            self.progress.raised_while_stalled += 1;
        }
        // A stalled run takes nothing more; what comes is replayed to the fixed code.
        let applied = match stalled {
            true => Ok(()),
            false => self.apply(&event),
        };
        self.note_mail(&event);
        self.fresh.push(event);
        if let Err(divergence) = applied {
            self.stall(now, &divergence);
        }
    }

    /// Takes an event to the code, and what the code has told on the way.
    fn apply(&mut self, event: &Event) -> Result<(), Divergence> {
        let applied = self.run(|run| {
            let applied = run.apply(event, &[]);
            let (annotations, log) = (run.take_annotations(), run.take_log());
            (applied, annotations, log, run.take_asked_children())
        });
        let Some((applied, annotations, log, asked)) = applied else {
            return Ok(());
        };
        self.annotations.extend(annotations);
        self.log.extend(log);
        self.ask_children_to_end(asked);
        applied
    }
}

/// How many events the code may add after the limit of the history was reached, for compensation.
fn reserve(limit: u64) -> u64 {
    limit / 10 + 1_000
}
