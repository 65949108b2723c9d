//! Delivery of external events to a run.

use std::{
    sync::Arc,
    task::{Poll, Waker},
};

use super::{Cause, Divergence, DivergenceKind, Run, divergence::describe};
use crate::engine::{
    Event, EventId, EventKind, Failure, Payload, RaisedEvent, Timestamp, catch_panic,
    command::{Command, End, OperationId},
    context::{Resolution, State},
};

impl Run {
    /// Delivers an external event at the time of `at` and polls the workflow until it waits again.
    pub(super) fn receive(&mut self, event: &Event, at: &Event) -> Result<(), Divergence> {
        self.wakes.begin_turn();
        self.trace_delivery(event.id);
        self.apply_external(event, at);
        self.poll();
        self.wakes.end_turn();
        if let Some(message) = self.panicked.take() {
            let kind = DivergenceKind::Panicked { message };
            return Err(self.divergence(at.id.next(), kind, Cause::Panic));
        }
        let type_error = self.context.state().borrow_mut().type_error.take();
        if let Some(reason) = type_error {
            let found = describe(&event.kind);
            let kind = DivergenceKind::WrongType { found, reason };
            return Err(self.divergence(at.id, kind, Cause::TypeChanged));
        }
        if self.future.is_some() && !self.context.state().borrow().waits() {
            return Err(self.divergence(
                at.id.next(),
                DivergenceKind::ForeignWait,
                Cause::ForeignWake,
            ));
        }
        Ok(())
    }

    pub(super) fn apply_external(&mut self, event: &Event, at: &Event) {
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
                state.limits = limits.as_deref().copied().unwrap_or(state.limits);
                state.forked_from(fork.as_deref());
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
                let incoming = RaisedEvent {
                    event: event.id,
                    name: name.clone(),
                    input: input.clone(),
                    from: from.clone(),
                };
                self.raise(incoming, self.ran_on.then_some(event.at));
            }
            EventKind::ExecutionCancelRequested {
                reason,
                waits_for_children,
            } => {
                let mut state = self.context.state().borrow_mut();
                state.request_cancel(reason, *waits_for_children);
                drop(state);
                self.close_before_start(Failure::canceled(reason.as_str()));
            }
            EventKind::ExecutionLimitReached { failure } => {
                self.context.state().borrow_mut().exhaust(failure);
                self.close_before_start(failure.clone());
            }
            _ => {}
        }
    }

    /// Delivers a raised event. The filters of listeners are workflow code and may panic.
    pub(super) fn raise(&mut self, event: RaisedEvent, received: Option<Timestamp>) {
        let state = self.context.state();
        let raised =
            catch_panic::caught("the workflow", || state.borrow_mut().raise(event, received));
        if let Err(failure) = raised {
            self.end(Err(failure.non_retryable()));
        }
    }

    pub(super) fn begin(&mut self, input: Payload) {
        let (workflow, context) = (Arc::clone(&self.workflow), self.context.clone());
        match catch_panic::caught("the workflow", || workflow(context, input)) {
            Ok(future) => self.future = Some(future),
            Err(panic) => self.panic(panic),
        }
    }

    /// Closes a workflow whose delayed start is not due yet.
    pub(super) fn close_before_start(&mut self, failure: Failure) {
        if self.pending_input.take().is_some() {
            self.end(Err(failure));
        }
    }

    /// The workflow's code panicked: the instance stalls until the program is fixed. Earlier
    /// versions failed the instance instead; their histories replay that way.
    pub(super) fn panic(&mut self, panic: Failure) {
        let state = self.context.state().borrow();
        let exhausted = state.exhausted.clone();
        let fails = state.lookahead.panicked;
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

    /// Closes the operation that `opened` opened. While its cancel command is pending the pairing
    /// is kept, so that the command can name the event.
    pub(super) fn close_operation(
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

    pub(super) fn poll(&mut self) {
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

    pub(super) fn end(&mut self, result: Result<Payload, Failure>) {
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

    /// Drops the workflow's future; its open operations are not canceled one by one.
    pub(super) fn close(&mut self) {
        self.context.state().borrow_mut().closing = true;
        // Destructors are workflow code as well.
        let future = self.future.take();
        let _ = catch_panic::caught("the workflow", || drop(future));
        self.buffered = None;
    }
}
