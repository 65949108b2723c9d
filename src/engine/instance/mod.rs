//! An open instance in memory: its run, and the engine's state derived from its history.
//!
//! Everything except the run is a fold over the history, the same in live execution and at
//! recovery. Side effects and messages to other instances are only collected here: the worker
//! executes them after the commit.

mod attempts;
mod child;
mod code;
mod deadline;
mod fold;
mod local_run;
mod next_run;
mod outbox;
mod relations;
mod remote_turn;
mod replay;
mod retries;
mod task;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use self::{child::Child, code::Code, deadline::Deadline, task::Task};
use super::{
    Event, EventId, EventKind, Failure, InstanceId, InstanceKey, InstanceSummary, Payload, Status,
    Timestamp,
    activity::ActivityFn,
    context::Identity,
    outbox_message::{NextRun, OutboxMessage},
    registry::{WorkflowCode, WorkflowFn},
    turn::{Divergence, OnForeignWake, Run},
};
pub(super) use attempts::AttemptStart;
pub(super) use local_run::LocalRun;
pub(super) use relations::outcome_of;
pub(super) use task::Attempt;
use task::{Limit, Stage};

/// An open instance.
pub(super) struct Instance {
    pub key: InstanceKey,
    pub summary: InstanceSummary,
    identity: Arc<Identity>,
    code: Code,
    next: EventId,
    seed: u64,
    tasks: BTreeMap<EventId, Box<Task>>,
    /// Tasks that start as soon as the instance is running.
    ready: BTreeSet<EventId>,
    /// Tasks whose start is recorded and that have not been spawned.
    to_start: Vec<EventId>,
    /// Children to which a cancel request was pending when the process ended.
    pending_cancels: Vec<EventId>,
    /// Tasks that were in flight when the process ended.
    interrupted: Vec<EventId>,
    timers: BTreeMap<EventId, Deadline>,
    /// The timers among them that are delays before retries by the workflow.
    retry_delays: BTreeSet<EventId>,
    children: BTreeMap<EventId, Box<Child>>,
    /// Waits for other instances.
    awaited: BTreeMap<EventId, InstanceId>,
    suspended: Option<Suspended>,
    /// The reason of the last cancel request.
    cancel_requested: Option<String>,
    /// Progress of the code in this run.
    progress: Progress,
    /// The delayed start of the run, if any.
    start_at: Option<Timestamp>,
    /// The execution timeout.
    deadline: Option<Deadline>,
    /// The execution timeout, kept for the next run after this one has closed.
    next_deadline: Option<Timestamp>,
    /// The history limit.
    history_limit: u64,
    /// The ids of the raise requests that were accepted.
    requests: HashSet<String>,
    /// The summary differs from the store.
    summary_changed: bool,
    /// Events that are not in the store.
    fresh: Vec<Event>,
    /// Side effects to execute after the commit.
    effects: Vec<Effect>,
    /// Messages to other instances.
    outbox: Vec<OutboxMessage>,
    /// The next run, if this one has continued as new.
    next_run: Option<NextRun>,
    /// New deadlines.
    armed: Vec<(Timestamp, EventId)>,
    /// New annotations.
    annotations: Vec<Payload>,
    /// New log lines.
    log: Vec<String>,
}

/// Progress of a run.
#[derive(Default)]
struct Progress {
    /// Events that count against the history limit.
    counted: u64,
    /// The code has received something that it waited for.
    has_waited: bool,
    /// The code was notified that a limit was reached.
    is_exhausted: bool,
    /// Events that were raised while the instance was stalled.
    raised_while_stalled: usize,
}

/// Since when it is suspended, and whether its time is frozen.
#[derive(Clone, Copy)]
struct Suspended {
    at: Timestamp,
    freeze_time: bool,
}

/// A side effect of the engine.
pub(super) enum Effect {
    /// Cancel an attempt.
    CancelAttempt(Attempt),
    /// Release the slot of an activity that has not been spawned.
    ReleaseSlot { name: String },
    /// Notify attempts that the instance is suspended.
    NotifySuspended,
    /// Notify attempts that the instance is resumed.
    NotifyResumed,
}

impl Instance {
    /// Creates an instance without events.
    pub fn new(
        key: InstanceKey,
        identity: Identity,
        name: &str,
        workflow: WorkflowCode,
        on_foreign_wake: Option<OnForeignWake>,
    ) -> Self {
        let mut summary = InstanceSummary::new(identity.instance.clone(), name);
        summary.run = identity.run;
        let history_limit = identity.limits.history;
        Self {
            key,
            summary,
            code: match workflow {
                WorkflowCode::Local(workflow) => {
                    let run = Run::new(workflow, identity.clone(), on_foreign_wake);
                    Code::Local(LocalRun::new(run))
                }
                WorkflowCode::Remote => Code::Remote(Box::default()),
                WorkflowCode::Missing => Code::Missing,
            },
            identity: Arc::new(identity),
            next: EventId::default(),
            seed: 0,
            tasks: BTreeMap::new(),
            ready: BTreeSet::new(),
            to_start: Vec::new(),
            pending_cancels: Vec::new(),
            interrupted: Vec::new(),
            timers: BTreeMap::new(),
            retry_delays: BTreeSet::new(),
            children: BTreeMap::new(),
            awaited: BTreeMap::new(),
            suspended: None,
            cancel_requested: None,
            progress: Progress::default(),
            start_at: None,
            deadline: None,
            next_deadline: None,
            history_limit,
            requests: HashSet::new(),
            summary_changed: false,
            fresh: Vec::new(),
            effects: Vec::new(),
            outbox: Vec::new(),
            next_run: None,
            armed: Vec::new(),
            annotations: Vec::new(),
            log: Vec::new(),
        }
    }

    /// Stalls the instance: its workflow was woken from outside its context.
    pub fn woken_from_outside(&mut self, now: Timestamp) {
        if self.is_closed() {
            return;
        }
        if let Some(divergence) = self.read_run(Run::foreign_wake) {
            self.stall(now, &divergence);
        }
    }

    /// The seed of its random numbers.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    pub fn is_closed(&self) -> bool {
        self.summary.status.is_closed()
    }

    /// Appends an external event and the commands that follow from it.
    pub fn receive(&mut self, now: Timestamp, kind: EventKind) {
        self.append(now, kind);
        self.advance(now);
    }

    /// Takes the events that are not in the store.
    pub fn take_fresh(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.fresh)
    }

    /// Events that are not in the store.
    pub fn fresh(&self) -> &[Event] {
        &self.fresh
    }

    /// Takes whether the summary differs from the store.
    pub fn take_summary_changed(&mut self) -> bool {
        std::mem::take(&mut self.summary_changed)
    }

    /// Takes the side effects to execute.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Takes the messages to other instances.
    pub fn take_outbox(&mut self) -> Vec<OutboxMessage> {
        std::mem::take(&mut self.outbox)
    }

    /// Takes the next run.
    pub fn take_next_run(&mut self) -> Option<NextRun> {
        self.next_run.take()
    }

    /// Takes the new deadlines.
    pub fn take_armed(&mut self) -> Vec<(Timestamp, EventId)> {
        std::mem::take(&mut self.armed)
    }

    /// Takes the annotations.
    pub fn take_annotations(&mut self) -> Vec<Payload> {
        std::mem::take(&mut self.annotations)
    }

    /// Takes the log lines.
    pub fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// The value that the workflow has published under a name.
    pub fn published(&self, name: &str) -> Option<Payload> {
        self.read_run(|run| run.published(name))?
    }

    /// The number of events that the workflow has not read.
    pub fn unread(&self) -> usize {
        let unread = match &self.code {
            Code::Remote(run) => run.unread(),
            Code::Local(_) | Code::Missing => self.read_run(Run::unread).unwrap_or_default(),
        };
        unread + self.progress.raised_while_stalled
    }

    /// Whether a raise request with this id was accepted before.
    pub fn has_accepted(&self, request: &str) -> bool {
        self.requests.contains(request)
    }

    /// The function of an inline activity.
    pub fn function_of(&self, scheduled: EventId) -> Option<ActivityFn> {
        self.read_run(|run| run.function_of(scheduled))?
    }

    /// Whether its run belongs to another thread.
    pub fn is_on_other_thread(&self) -> bool {
        self.code.local().is_some_and(|run| !run.is_here())
    }

    /// Replaces a run of another thread by one of this thread, replayed to the same point. Returns
    /// the old run, which must be dropped on its thread.
    pub fn replace_run(
        &mut self,
        now: Timestamp,
        workflow: WorkflowFn,
        on_foreign_wake: Option<OnForeignWake>,
        history: &[Event],
    ) -> Option<LocalRun> {
        let mut run = Run::new(workflow, Identity::clone(&self.identity), on_foreign_wake);
        let diverged = match self.summary.status {
            // Events since the stall are replayed to the fixed code.
            Status::Stalled => None,
            _ => run.replay(history),
        };
        // These requests were sent in live execution.
        run.take_child_cancels();
        let elsewhere = self.code.replace(LocalRun::new(run));
        if let Some(divergence) = diverged {
            self.stall(now, &divergence);
        }
        elsewhere
    }

    /// Its summary, and its run, to be dropped on its thread.
    pub fn into_parts(self) -> (InstanceSummary, Option<LocalRun>) {
        (self.summary, self.code.into_local())
    }

    /// Reads the run, if it belongs to this thread.
    fn read_run<T>(&self, read: impl FnOnce(&Run) -> T) -> Option<T> {
        self.code.local()?.read(read)
    }

    /// Changes the run, if it belongs to this thread.
    fn with_run<T>(&mut self, change: impl FnOnce(&mut Run) -> T) -> Option<T> {
        self.code.local_mut()?.change(change)
    }

    /// Appends the commands of the workflow and checks the history limit.
    fn advance(&mut self, now: Timestamp) {
        self.append_commands(now);
        self.end_remote(now);
        let limit = self.history_limit;
        if self.progress.counted >= limit && !self.is_closed() && self.has_code() {
            let counted = self.progress.counted;
            let message = format!(
                "the history has {counted} events and the limit is {limit}: let the workflow \
                 continue as new from time to time"
            );
            self.limit_reached(now, Failure::new(Failure::HISTORY_LIMIT, message));
        }
    }

    fn append_commands(&mut self, now: Timestamp) {
        while self.summary.status != Status::Stalled
            && !self.is_closed()
            && let Some(kind) = self.next_command()
        {
            self.append(now, kind);
        }
    }

    /// What the code asks for next.
    fn next_command(&mut self) -> Option<EventKind> {
        match &mut self.code {
            Code::Remote(run) => run.next_command(),
            Code::Local(_) | Code::Missing => self.read_run(Run::next_event)?,
        }
    }

    /// Whether its code can run: it is registered and matches the history.
    fn has_code(&self) -> bool {
        !matches!(self.code, Code::Missing) && self.summary.status != Status::Stalled
    }

    /// A limit was reached: lets the code compensate and close; fails the instance if it does not.
    pub fn limit_reached(&mut self, now: Timestamp, failure: Failure) {
        let failure = failure.non_retryable();
        if self.is_remote() {
            self.append(now, EventKind::ExecutionFailed { failure });
        } else if !self.progress.is_exhausted {
            self.append(now, EventKind::ExecutionLimitReached { failure });
            self.append_commands(now);
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
        // A stalled run of this process receives nothing: later events are replayed to the fixed code, which then
        // hears that the stall is over. Remote code is not replayed here.
        let is_deaf = stalled && !self.is_remote();
        if is_deaf && matches!(event.kind, EventKind::EventRaised { .. }) {
            self.progress.raised_while_stalled += 1;
        }
        let applied = match &event.kind {
            EventKind::ExecutionResumed { .. } => self.apply(&event),
            _ if is_deaf => Ok(()),
            _ => self.apply(&event),
        };
        self.collect_outbox(&event);
        self.fresh.push(event);
        if let Err(divergence) = applied {
            self.stall(now, &divergence);
        }
    }

    /// Applies an event to the run and collects its output.
    fn apply(&mut self, event: &Event) -> Result<(), Divergence> {
        if let Some(run) = self.code.remote_mut() {
            run.apply(event);
        }
        let applied = self.with_run(|run| {
            let applied = run.apply(event, &[]);
            let (annotations, log) = (run.take_annotations(), run.take_log());
            (applied, annotations, log, run.take_child_cancels())
        });
        let Some((applied, annotations, log, asked)) = applied else {
            return Ok(());
        };
        self.annotations.extend(annotations);
        self.log.extend(log);
        self.request_child_cancels(asked);
        applied
    }
}

/// How many events the code may add for compensation after the history limit was reached.
fn reserve(limit: u64) -> u64 {
    limit / 10 + 1_000
}
