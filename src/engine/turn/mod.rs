//! A turn: one event in, commands out. No clock, no store, no thread.
//!
//! Live and replay are the same function. An event that comes from outside (a start, a result, a
//! fired timer, a raised event) wakes the operation that it closes and polls the workflow once. An
//! event that the workflow asked for (a scheduled task, a created timer, its end) is matched with the
//! command that asked for it; live, the engine makes that event from the command.

mod command;
mod divergence;
mod wake;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    task::{Poll, Waker},
};

use futures_util::future::LocalBoxFuture;

use super::{
    Context, Event, EventId, EventKind, Failure, Payload, SuspendedTime, Timestamp,
    activity::ActivityFn,
    catch_panic,
    context::{Ahead, ChildWaits, Identity, Incoming, OperationId, Resolution, State},
    registry::WorkflowFn,
};
pub(super) use command::{ChildId, Command, End, NewChild, NewTask};
use command::{closes, is_asked_for, is_received};
pub use divergence::{Cause, Divergence, Story};
use divergence::{agree, cause, describe, is_history_limit};
pub(super) use divergence::{impossible, not_registered};
pub(super) use wake::Alarm;
use wake::Wakes;

/// A run of an instance: its workflow function, half-way through.
pub(super) struct Run {
    workflow: WorkflowFn,
    context: Context,
    future: Option<LocalBoxFuture<'static, Result<Payload, Failure>>>,
    /// What the function is given once its start is due.
    pending_input: Option<Payload>,
    /// The workflow's code panicked.
    panicked: Option<String>,
    /// The events that are applied are of a history that is there already.
    replaying: bool,
    wakes: Arc<Wakes>,
    operations: HashMap<EventId, OperationId>,
    opened: HashMap<OperationId, EventId>,
    /// While suspended: what came, in order.
    held: Option<VecDeque<Event>>,
    /// While suspended: since when, and what becomes of time.
    suspended: Option<(Timestamp, SuspendedTime)>,
    /// The events that are received have waited while time ran on.
    late: bool,
    /// The last event on which code and history agree.
    last: Option<(EventId, &'static str)>,
    /// The history tells of a stall: what was received meanwhile came without its commands.
    was_stalled: bool,
    /// The code did not agree with the history, and was not mended since.
    is_stalled: bool,
}

impl Run {
    pub fn new(workflow: WorkflowFn, identity: Identity, alarm: Option<Alarm>) -> Self {
        Self {
            workflow,
            context: Context::new(identity),
            future: None,
            pending_input: None,
            panicked: None,
            replaying: false,
            wakes: Wakes::new(alarm),
            operations: HashMap::new(),
            opened: HashMap::new(),
            held: None,
            suspended: None,
            late: false,
            last: None,
            was_stalled: false,
            is_stalled: false,
        }
    }

    /// Applies the next event of the history. `following` is what the history already has after it;
    /// live there is nothing.
    pub fn apply(&mut self, event: &Event, following: &[Event]) -> Result<(), Divergence> {
        {
            let mut state = self.context.state().borrow_mut();
            state.reach(event.id);
            state.replaying = self.replaying;
        }
        match &event.kind {
            EventKind::ExecutionSuspended { freeze_time, .. } => {
                self.held.get_or_insert_default();
                let time = match freeze_time {
                    true => SuspendedTime::Frozen,
                    false => SuspendedTime::RunsOn,
                };
                self.suspended.get_or_insert((event.at, time));
            }
            EventKind::ExecutionResumed { .. } if self.is_stalled => self.is_stalled = false,
            EventKind::ExecutionResumed { .. } => {
                let held = self.held.take().unwrap_or_default();
                if !held.is_empty() {
                    self.nothing_added(event)?;
                    self.look_ahead(following);
                }
                self.foresee(&held);
                self.late = match self.suspended.take() {
                    Some((since, SuspendedTime::Frozen)) => {
                        let mut state = self.context.state().borrow_mut();
                        state.shift_waits(since, event.at);
                        false
                    }
                    Some((_, SuspendedTime::RunsOn)) => true,
                    None => false,
                };
                for held in held {
                    self.receive(&held, event)?;
                }
                self.late = false;
                self.context.state().borrow_mut().closed_ahead.clear();
            }
            EventKind::ExecutionTerminated { .. } => self.close(),
            EventKind::ExecutionFailed { failure } if is_history_limit(failure) => self.close(),
            EventKind::ExecutionStalled { .. } => {
                self.was_stalled = true;
                self.is_stalled = true;
            }
            kind if is_asked_for(kind) => self.confirm(event)?,
            kind if is_received(kind) => match &mut self.held {
                Some(held) => held.push_back(event.clone()),
                None => {
                    self.nothing_added(event)?;
                    self.look_ahead(following);
                    self.receive(event, event)?;
                }
            },
            EventKind::ChildWorkflowInstanceFailed { created, .. } => {
                self.child_waits(*created, ChildWaits::ForRetry);
            }
            EventKind::ChildWorkflowInstanceRestarted { created, .. } => {
                self.child_waits(*created, ChildWaits::ForEnd);
            }
            // How the engine went about it; nothing to the workflow.
            _ => {}
        }
        self.last = Some((event.id, event.kind.name()));
        Ok(())
    }

    /// Replays a history; returns where the code does not agree with it. Annotations and log lines of
    /// the replay are dropped: they were published before.
    pub fn replay(&mut self, history: &[Event]) -> Option<Divergence> {
        self.replaying = true;
        let mut places = history.iter().enumerate();
        let diverged = places.find_map(|(place, event)| {
            let following = &history[place + 1..];
            self.apply(event, following).err()
        });
        self.replaying = false;
        self.take_annotations();
        self.take_log();
        diverged
    }

    /// The event that the workflow asks for next, if it asks for one.
    pub fn wanted(&self) -> Option<EventKind> {
        let state = self.context.state().borrow();
        let next = state.commands.front();
        next.and_then(|command| command.event(&self.opened))
    }

    /// What the workflow told those who watch since this was last asked.
    pub fn take_annotations(&mut self) -> Vec<Payload> {
        std::mem::take(&mut self.context.state().borrow_mut().annotations)
    }

    fn child_waits(&self, created: EventId, waits: ChildWaits) {
        if let Some(id) = self.operations.get(&created) {
            self.context.state().borrow_mut().child_waits(*id, waits);
        }
    }

    /// The children that are to be asked to end since this was last asked, by the events that created
    /// them.
    pub fn take_asked_children(&mut self) -> Vec<EventId> {
        let asked = self.context.state().borrow_mut().take_asked_children();
        let asked = asked.into_iter();
        asked
            .filter_map(|id| self.opened.get(&id).copied())
            .collect()
    }

    /// What the workflow has logged since this was last asked.
    pub fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.context.state().borrow_mut().log)
    }

    /// What the workflow has published under a name.
    pub fn published(&self, name: &str) -> Option<Payload> {
        self.context.state().borrow().published.get(name).cloned()
    }

    /// How many events have come that the workflow has not taken.
    pub fn unread(&self) -> usize {
        let held = self.held.as_ref().map_or(0, VecDeque::len);
        held + self.context.state().borrow().unread()
    }

    /// The code of an activity that was given with its call.
    pub fn function_of(&self, scheduled: EventId) -> Option<ActivityFn> {
        let id = self.operations.get(&scheduled)?;
        self.context.state().borrow().function_of(*id)
    }

    /// What came for the workflow and was never waited for, for its next run.
    pub fn take_mail(&mut self) -> VecDeque<Incoming> {
        self.context.state().borrow_mut().take_mail()
    }

    /// Whether workflow code thinks that a failure of what `opened` began is worth a retry.
    /// It panicked: the failure.
    pub fn worth_a_retry(&self, opened: EventId, failure: &Failure) -> Result<bool, Failure> {
        let Some(id) = self.operations.get(&opened) else {
            return Ok(true);
        };
        let state = self.context.state().borrow();
        state.worth_a_retry(*id, failure)
    }

    /// The workflow waits for something that is not of its context.
    pub fn foreign_wake(&self) -> Divergence {
        let event = EventId(self.context.state().borrow().length);
        self.divergence(event, Story::Foreign, Cause::ForeignWake)
    }

    /// What was held closes these operations, also when the workflow drops them before it hears.
    fn foresee(&mut self, held: &VecDeque<Event>) {
        let closed = held.iter().filter_map(|event| closes(&event.kind));
        let closed = closed.filter_map(|opened| self.operations.get(&opened).copied());
        self.context
            .state()
            .borrow_mut()
            .closed_ahead
            .extend(closed);
    }

    /// What the history already has of the commands that follow.
    fn look_ahead(&mut self, following: &[Event]) {
        let state = &mut *self.context.state().borrow_mut();
        state.ahead = Ahead::default();
        for event in following {
            if let EventKind::ExecutionFailed { failure } = &event.kind {
                state.ahead.panicked = failure.error_type == Failure::PANIC;
            }
            if let EventKind::VersionMarked { change, version } = &event.kind {
                state.ahead.versions.push((change.clone(), *version));
            } else if is_asked_for(&event.kind) {
                state.ahead.commands += 1;
            } else if is_received(&event.kind)
                || matches!(event.kind, EventKind::ExecutionResumed { .. })
            {
                state.ahead.is_over = true;
                break;
            }
        }
    }

    /// Before the workflow goes on, the history has everything that it asked for until then.
    fn nothing_added(&self, event: &Event) -> Result<(), Divergence> {
        if self.was_stalled {
            return Ok(());
        }
        match self.wanted() {
            None => Ok(()),
            Some(wanted) => {
                let story = Story::Differs {
                    found: describe(&event.kind),
                    expected: describe(&wanted),
                };
                Err(self.divergence(event.id, story, Cause::StepAdded))
            }
        }
    }

    /// Takes an event from outside to the workflow, at the time of `at`, and lets it go on as far as
    /// it can.
    fn receive(&mut self, event: &Event, at: &Event) -> Result<(), Divergence> {
        self.wakes.begin_turn();
        self.take_in(event, at);
        self.poll();
        self.wakes.end_turn();
        if let Some(message) = self.panicked.take() {
            let story = Story::Panicked { message };
            return Err(self.divergence(at.id.next(), story, Cause::Panic));
        }
        let unfit = self.context.state().borrow_mut().unfit.take();
        if let Some(reason) = unfit {
            let found = describe(&event.kind);
            let story = Story::Unfit { found, reason };
            return Err(self.divergence(at.id, story, Cause::OtherType));
        }
        if self.future.is_some() && !self.context.state().borrow().waits() {
            return Err(self.divergence(at.id.next(), Story::Foreign, Cause::ForeignWake));
        }
        Ok(())
    }

    fn take_in(&mut self, event: &Event, at: &Event) {
        self.context.state().borrow_mut().now = at.at;
        match &event.kind {
            EventKind::ExecutionStarted {
                input,
                run,
                seed,
                fork,
                start_at,
                limits,
                ..
            } => {
                let mut state = self.context.state().borrow_mut();
                state.random = *seed;
                state.identity.run = *run;
                state.limits = limits.unwrap_or(state.limits);
                state.forked_from(fork.as_ref());
                drop(state);
                match start_at {
                    Some(_) => self.pending_input = Some(input.clone()),
                    None => self.begin(input.clone()),
                }
            }
            EventKind::TaskCompleted {
                scheduled: opened,
                result,
            }
            | EventKind::ChildWorkflowInstanceCompleted {
                created: opened,
                result,
            } => self.close_operation(*opened, |state, id| {
                state.resolve(id, Resolution::Returned(result.clone()))
            }),
            EventKind::TaskFailed {
                scheduled: opened,
                failure,
                ..
            }
            | EventKind::ChildWorkflowInstanceFailed {
                created: opened,
                failure,
                ..
            } => self.close_operation(*opened, |state, id| {
                if failure.is_canceled() {
                    state.cancel_delivered();
                }
                state.resolve(id, Resolution::Failed(failure.clone()))
            }),
            EventKind::AwaitedInstanceClosed {
                awaited,
                output,
                failure,
            } => self.close_operation(*awaited, |state, id| {
                let output = || Resolution::Returned(output.clone().unwrap_or_else(Payload::null));
                let resolution = failure.clone().map_or_else(output, Resolution::Failed);
                state.resolve(id, resolution)
            }),
            EventKind::TimerFired { timer: EventId(0) } => {
                if let Some(input) = self.pending_input.take() {
                    self.begin(input);
                }
            }
            EventKind::TimerFired { timer } => self.close_operation(*timer, State::fire),
            EventKind::EventRaised {
                name, input, from, ..
            } => {
                let incoming = Incoming {
                    event: event.id,
                    name: name.clone(),
                    input: input.clone(),
                    from: from.clone(),
                };
                self.raise(incoming, self.late.then_some(event.at));
            }
            EventKind::ExecutionCancelRequested {
                reason,
                waits_for_children,
            } => {
                let mut state = self.context.state().borrow_mut();
                state.request_cancel(reason, *waits_for_children);
                drop(state);
                self.end_before_start(Failure::canceled(reason.as_str()));
            }
            EventKind::ExecutionLimitReached { failure } => {
                self.context.state().borrow_mut().exhaust(failure);
                self.end_before_start(failure.clone());
            }
            _ => {}
        }
    }

    /// An event came. Which listeners want it is decided by code of the workflow.
    fn raise(&mut self, incoming: Incoming, came: Option<Timestamp>) {
        let state = self.context.state();
        let raised =
            catch_panic::caught("the workflow", || state.borrow_mut().raise(incoming, came));
        if let Err(failure) = raised {
            self.end(Err(failure.non_retryable()));
        }
    }

    fn begin(&mut self, input: Payload) {
        let (workflow, context) = (Arc::clone(&self.workflow), self.context.clone());
        match catch_panic::caught("the workflow", || workflow(context, input)) {
            Ok(future) => self.future = Some(future),
            Err(panic) => self.panic(panic),
        }
    }

    /// A workflow whose start is not due yet ends without having run.
    fn end_before_start(&mut self, failure: Failure) {
        if self.pending_input.take().is_some() {
            self.end(Err(failure));
        }
    }

    /// The workflow's code panicked. That is a fault of the program: the instance waits for a program
    /// without it. Earlier builds failed the instance, and the history of one that did goes on so.
    fn panic(&mut self, panic: Failure) {
        let state = self.context.state().borrow();
        let exhausted = state.exhausted.clone();
        let fails = state.ahead.panicked;
        drop(state);
        match exhausted {
            Some(failure) => self.end(Err(failure)),
            None if fails => self.end(Err(panic.non_retryable())),
            None => {
                self.close();
                self.panicked = Some(panic.message);
            }
        }
    }

    /// Closes the operation that `opened` opened. While its cancel is still on the way to the
    /// history the pairing is kept, so that the cancel can name its event.
    fn close_operation(
        &mut self,
        opened: EventId,
        close: impl FnOnce(&mut State, OperationId) -> bool,
    ) {
        let Some(&id) = self.operations.get(&opened) else {
            return;
        };
        let state = &mut *self.context.state().borrow_mut();
        if close(state, id) || state.closed_ahead.contains(&id) {
            self.operations.remove(&opened);
            self.opened.remove(&id);
        }
    }

    fn poll(&mut self) {
        let waker = Waker::from(Arc::clone(&self.wakes));
        let mut cx = std::task::Context::from_waker(&waker);
        while let Some(future) = &mut self.future {
            self.wakes.take();
            match catch_panic::caught("the workflow", || future.as_mut().poll(&mut cx)) {
                Ok(Poll::Ready(result)) => self.end(result),
                Ok(Poll::Pending) if self.wakes.take() => {}
                Ok(Poll::Pending) => break,
                Err(panic) => self.panic(panic),
            }
        }
    }

    fn end(&mut self, result: Result<Payload, Failure>) {
        self.close();
        let mut state = self.context.state().borrow_mut();
        let most = usize::try_from(state.limits.payload).unwrap_or(usize::MAX);
        let next = state.next_run.take();
        let longest = state.identity.limits.failure;
        let end = match (result, next) {
            (Ok(output), _) if output.size() > most => {
                End::Failed(Failure::too_large("workflow's output", output.size(), most))
            }
            (Ok(output), _) => End::Completed(output),
            (Err(failure), Some(next)) if failure.continues() => End::ContinuedAsNew {
                input: next.input,
                keep_version: next.keep_version,
            },
            (Err(failure), _) if failure.is_canceled() && state.cancel.is_some() => {
                End::Canceled(failure.shortened(longest))
            }
            (Err(failure), _) => End::Failed(failure.shortened(longest)),
        };
        state.commands.push_back(Command::End(end));
    }

    /// Drops the workflow's code where it stands; its open operations are not cancelled one by one.
    fn close(&mut self) {
        self.context.state().borrow_mut().closing = true;
        // Dropping is code of the workflow as well.
        let future = self.future.take();
        let _ = catch_panic::caught("the workflow", || drop(future));
        self.held = None;
    }

    /// Matches an event with the command that asked for it.
    fn confirm(&mut self, event: &Event) -> Result<(), Divergence> {
        let wanted = self.wanted();
        if is_retired_marker(&event.kind, wanted.as_ref()) {
            return Ok(());
        }
        match &wanted {
            Some(wanted) if agree(wanted, &event.kind) => {}
            Some(wanted) => {
                let story = Story::Differs {
                    found: describe(&event.kind),
                    expected: describe(wanted),
                };
                return Err(self.divergence(event.id, story, cause(wanted, &event.kind)));
            }
            None => {
                let found = describe(&event.kind);
                let story = Story::Missing { found };
                return Err(self.divergence(event.id, story, Cause::StepRemoved));
            }
        }
        let command = self.context.state().borrow_mut().commands.pop_front();
        if let Some(id) = command.as_ref().and_then(Command::opens) {
            self.operations.insert(event.id, id);
            self.opened.insert(id, event.id);
        }
        if let Some(id) = command.as_ref().and_then(Command::closes)
            && let Some(opened) = self.opened.remove(&id)
        {
            self.operations.remove(&opened);
        }
        Ok(())
    }

    pub fn divergence(&self, event: EventId, story: Story, cause: Cause) -> Divergence {
        Divergence {
            instance: self.context.instance(),
            event,
            story,
            last: self.last,
            cause,
        }
    }
}

/// Whether an event is a version marker that the code no longer asks for: the `version` call was
/// removed together with the old code.
fn is_retired_marker(found: &EventKind, wanted: Option<&EventKind>) -> bool {
    let EventKind::VersionMarked { change, .. } = found else {
        return false;
    };
    !matches!(wanted, Some(EventKind::VersionMarked { change: wanted, .. }) if wanted == change)
}

impl Drop for Run {
    /// Whatever workflow code has left behind is dropped like everything of its: guarded.
    fn drop(&mut self) {
        self.close();
        let identity = self.context.state().borrow().identity.clone();
        let state = self.context.state().replace(State::new(identity));
        // A panic of a destructor is the program's; the instance is gone anyway.
        let _ = catch_panic::caught("the workflow", || drop(state));
    }
}
