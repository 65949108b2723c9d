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
    Context, Event, EventId, EventKind, Failure, Payload,
    context::{Ahead, Identity, Incoming, OperationId, Resolution, State},
    panics,
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
    wakes: Arc<Wakes>,
    operations: HashMap<EventId, OperationId>,
    opened: HashMap<OperationId, EventId>,
    /// While suspended: what came, in order.
    held: Option<VecDeque<Event>>,
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
            wakes: Wakes::new(alarm),
            operations: HashMap::new(),
            opened: HashMap::new(),
            held: None,
            last: None,
            was_stalled: false,
            is_stalled: false,
        }
    }

    /// Applies the next event of the history. `following` is what the history already has after it;
    /// live there is nothing.
    pub fn apply(&mut self, event: &Event, following: &[Event]) -> Result<(), Divergence> {
        self.context.state().borrow_mut().reach(event.id);
        match &event.kind {
            EventKind::ExecutionSuspended { .. } => {
                self.held.get_or_insert_default();
            }
            EventKind::ExecutionResumed { .. } if self.is_stalled => self.is_stalled = false,
            EventKind::ExecutionResumed { .. } => {
                let held = self.held.take().unwrap_or_default();
                if !held.is_empty() {
                    self.nothing_added(event)?;
                    self.look_ahead(following);
                }
                self.foresee(&held);
                for held in held {
                    self.receive(&held, event)?;
                }
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
            // How the engine went about it; nothing to the workflow.
            _ => {}
        }
        self.last = Some((event.id, event.kind.name()));
        Ok(())
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

    /// What came for the workflow and was never waited for, for its next run.
    pub fn take_mail(&mut self) -> VecDeque<Incoming> {
        self.context.state().borrow_mut().take_mail()
    }

    /// Whether workflow code thinks that a failure of what `opened` began is worth a retry.
    pub fn worth_a_retry(&self, opened: EventId, failure: &Failure) -> bool {
        self.operations.get(&opened).is_none_or(|id| {
            let state = self.context.state().borrow();
            state.worth_a_retry(*id, failure)
        })
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
            if let EventKind::VersionMarked { version, .. } = event.kind {
                let place = state.ahead.commands;
                state.ahead.versions.push((place, version));
            }
            if is_asked_for(&event.kind) {
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
                ..
            } => {
                let mut state = self.context.state().borrow_mut();
                state.random = *seed;
                state.identity.run = *run;
                state.forked_from(fork.as_ref());
                drop(state);
                self.begin(input.clone());
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
                state.resolve(id, Resolution::Failed(failure.clone()))
            }),
            EventKind::TimerFired { timer } => self.close_operation(*timer, State::fire),
            EventKind::EventRaised {
                name, input, from, ..
            } => self.raise(Incoming {
                event: event.id,
                name: name.clone(),
                input: input.clone(),
                from: from.clone(),
            }),
            EventKind::ExecutionCancelRequested { reason, .. } => {
                self.context.state().borrow_mut().request_cancel(reason);
            }
            _ => {}
        }
    }

    /// An event came. Which listeners want it is decided by code of the workflow.
    fn raise(&mut self, incoming: Incoming) {
        let state = self.context.state();
        let raised = panics::caught("the workflow", || state.borrow_mut().raise(incoming));
        if let Err(failure) = raised {
            self.end(Err(failure.non_retryable()));
        }
    }

    fn begin(&mut self, input: Payload) {
        let (workflow, context) = (Arc::clone(&self.workflow), self.context.clone());
        match panics::caught("the workflow", || workflow(context, input)) {
            Ok(future) => self.future = Some(future),
            Err(failure) => self.end(Err(failure)),
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
            match panics::caught("the workflow", || future.as_mut().poll(&mut cx)) {
                Ok(Poll::Ready(result)) => self.end(result),
                Ok(Poll::Pending) if self.wakes.take() => {}
                Ok(Poll::Pending) => break,
                Err(failure) => self.end(Err(failure.non_retryable())),
            }
        }
    }

    fn end(&mut self, result: Result<Payload, Failure>) {
        self.close();
        let mut state = self.context.state().borrow_mut();
        let most = state.identity.limits.payload;
        let next = state.next_input.take();
        let end = match (result, next) {
            (Ok(output), _) if output.size() > most => {
                End::Failed(Failure::too_large("workflow's output", output.size(), most))
            }
            (Ok(output), _) => End::Completed(output),
            (Err(failure), Some(next)) if failure.error_type == Failure::CONTINUE => {
                End::ContinuedAsNew(next)
            }
            (Err(failure), _) if failure.is_canceled() && state.cancel.is_some() => {
                End::Canceled(failure)
            }
            (Err(failure), _) => End::Failed(failure),
        };
        state.commands.push_back(Command::End(end));
    }

    /// Drops the workflow's code where it stands; its open operations are not cancelled one by one.
    fn close(&mut self) {
        self.context.state().borrow_mut().closing = true;
        // Dropping is code of the workflow as well.
        let future = self.future.take();
        let _ = panics::caught("the workflow", || drop(future));
        self.held = None;
    }

    /// Matches an event with the command that asked for it.
    fn confirm(&mut self, event: &Event) -> Result<(), Divergence> {
        let wanted = self.wanted();
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

    fn divergence(&self, event: EventId, story: Story, cause: Cause) -> Divergence {
        Divergence {
            instance: self.context.instance(),
            event,
            story,
            last: self.last,
            cause,
        }
    }
}
