//! A turn: one event in, commands out. It uses no clock, store or thread.
//!
//! Live execution and replay are the same function. An external event (a start, a result, a fired
//! timer, a raised event) resolves the operation that it closes and polls the workflow once. An
//! event that records a command (a scheduled task, a created timer, completion) is matched with
//! that command; in live execution, the engine makes the event from the command.

mod divergence;
mod event_role;
mod input;
mod output;
mod trace;
mod wake;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use futures_util::future::LocalBoxFuture;

use super::{
    Context, Event, EventId, EventKind, Failure, Payload, SuspendedTime, Timestamp, catch_panic,
    command::{Command, OperationId},
    context::{ChildWaits, Identity, Lookahead, State},
    registry::WorkflowFn,
};
pub use divergence::{Cause, Divergence, DivergenceKind};
use divergence::{cause, describe, is_history_limit, matches_event};
pub(super) use divergence::{first_invalid_event, not_registered};
use event_role::{closes, is_external, records_command};
pub(super) use wake::OnForeignWake;
use wake::WakeFlags;

/// A run of an instance: its suspended workflow function.
pub(super) struct Run {
    workflow: WorkflowFn,
    context: Context,
    future: Option<LocalBoxFuture<'static, Result<Payload, Failure>>>,
    /// The input, until a delayed start is due.
    pending_input: Option<Payload>,
    /// The panic message, if the workflow's code panicked.
    panicked: Option<String>,
    /// Applied events come from a stored history.
    replaying: bool,
    wakes: Arc<WakeFlags>,
    operations: HashMap<EventId, OperationId>,
    opened: HashMap<OperationId, EventId>,
    /// While suspended: external events in order of arrival.
    buffered: Option<VecDeque<Event>>,
    /// While suspended: since when, and whether time is frozen.
    suspended: Option<(Timestamp, SuspendedTime)>,
    /// The events being delivered were buffered while time ran on.
    ran_on: bool,
    /// The last event that matches.
    last: Option<(EventId, &'static str)>,
    /// The history contains a stall: events received during it have no commands.
    was_stalled: bool,
    /// The code does not match the history and has not been fixed since.
    is_stalled: bool,
}

impl Run {
    pub fn new(
        workflow: WorkflowFn,
        identity: Identity,
        on_foreign_wake: Option<OnForeignWake>,
    ) -> Self {
        Self {
            workflow,
            context: Context::new(identity),
            future: None,
            pending_input: None,
            panicked: None,
            replaying: false,
            wakes: WakeFlags::new(on_foreign_wake),
            operations: HashMap::new(),
            opened: HashMap::new(),
            buffered: None,
            suspended: None,
            ran_on: false,
            last: None,
            was_stalled: false,
            is_stalled: false,
        }
    }

    /// Applies the next event of the history. `following` are the events after it that the history
    /// already contains; empty in live execution.
    pub fn apply(&mut self, event: &Event, following: &[Event]) -> Result<(), Divergence> {
        {
            let mut state = self.context.state().borrow_mut();
            state.reach(event.id);
            state.replaying = self.replaying;
        }
        match &event.kind {
            EventKind::ExecutionSuspended { freeze_time, .. } => {
                self.buffered.get_or_insert_default();
                let time = match freeze_time {
                    true => SuspendedTime::Frozen,
                    false => SuspendedTime::RunsOn,
                };
                self.suspended.get_or_insert((event.at, time));
            }
            EventKind::ExecutionResumed { .. } if self.is_stalled => self.is_stalled = false,
            EventKind::ExecutionResumed { .. } => {
                let buffered = self.buffered.take().unwrap_or_default();
                if !buffered.is_empty() {
                    self.expect_no_commands(event)?;
                    self.collect_lookahead(following);
                }
                self.mark_closed_ahead(&buffered);
                self.ran_on = match self.suspended.take() {
                    Some((since, SuspendedTime::Frozen)) => {
                        let mut state = self.context.state().borrow_mut();
                        state.shift_waits(since, event.at);
                        false
                    }
                    Some((_, SuspendedTime::RunsOn)) => true,
                    None => false,
                };
                for buffered in buffered {
                    self.receive(&buffered, event)?;
                }
                self.ran_on = false;
                self.context.state().borrow_mut().closed_ahead.clear();
            }
            EventKind::ExecutionTerminated { .. } => self.close(),
            EventKind::ExecutionFailed { failure } if is_history_limit(failure) => self.close(),
            EventKind::ExecutionStalled { .. } => {
                self.was_stalled = true;
                self.is_stalled = true;
            }
            kind if records_command(kind) => self.match_command(event)?,
            kind if is_external(kind) => match &mut self.buffered {
                Some(buffered) => buffered.push_back(event.clone()),
                None => {
                    self.expect_no_commands(event)?;
                    self.collect_lookahead(following);
                    self.receive(event, event)?;
                }
            },
            EventKind::ChildWorkflowInstanceFailed { created, .. } => {
                self.child_waits(*created, ChildWaits::ForRetry);
            }
            EventKind::ChildWorkflowInstanceRestarted { created, .. } => {
                self.child_waits(*created, ChildWaits::ForEnd);
            }
            // Progress of the engine that is not visible to the workflow.
            _ => {}
        }
        self.last = Some((event.id, event.kind.name()));
        Ok(())
    }

    /// Replays a history; returns the divergence, if any. Annotations and log lines are dropped:
    /// they were published before.
    pub fn replay(&mut self, history: &[Event]) -> Option<Divergence> {
        self.replaying = true;
        let mut events = history.iter().enumerate();
        let diverged = events.find_map(|(position, event)| {
            let following = &history[position + 1..];
            self.apply(event, following).err()
        });
        self.replaying = false;
        self.take_annotations();
        self.take_log();
        diverged
    }

    /// The event of the next command, if there is one.
    pub fn next_event(&self) -> Option<EventKind> {
        let state = self.context.state().borrow();
        let next = state.commands.front();
        next.and_then(|command| command.event(&self.opened))
    }

    fn child_waits(&self, created: EventId, waits: ChildWaits) {
        if let Some(id) = self.operations.get(&created) {
            self.context.state().borrow_mut().child_waits(*id, waits);
        }
    }

    /// The divergence of a workflow that awaits something outside its context.
    pub fn foreign_wake(&self) -> Divergence {
        let event = EventId(self.context.state().borrow().length);
        self.divergence(event, DivergenceKind::ForeignWait, Cause::ForeignWake)
    }

    /// Marks the operations that buffered events close, even if the workflow drops them before it
    /// receives the events.
    fn mark_closed_ahead(&mut self, buffered: &VecDeque<Event>) {
        let closed = buffered.iter().filter_map(|event| closes(&event.kind));
        let closed = closed.filter_map(|opened| self.operations.get(&opened).copied());
        self.context
            .state()
            .borrow_mut()
            .closed_ahead
            .extend(closed);
    }

    /// Collects the commands of this turn that the history already contains.
    fn collect_lookahead(&mut self, following: &[Event]) {
        let state = &mut *self.context.state().borrow_mut();
        state.lookahead = Lookahead::default();
        for event in following {
            if let EventKind::ExecutionFailed { failure } = &event.kind {
                state.lookahead.panicked = failure.error_type == Failure::PANIC;
            }
            if let EventKind::VersionMarked { change, version } = &event.kind {
                state.lookahead.versions.push((change.clone(), *version));
            } else if records_command(&event.kind) {
                state.lookahead.commands += 1;
            } else if is_external(&event.kind)
                || matches!(event.kind, EventKind::ExecutionResumed { .. })
            {
                state.lookahead.is_over = true;
                break;
            }
        }
    }

    /// An error if the workflow has commands that the history does not contain.
    fn expect_no_commands(&self, event: &Event) -> Result<(), Divergence> {
        if self.was_stalled {
            return Ok(());
        }
        match self.next_event() {
            None => Ok(()),
            Some(expected) => {
                let kind = DivergenceKind::Mismatch {
                    found: describe(&event.kind),
                    expected: describe(&expected),
                };
                Err(self.divergence(event.id, kind, Cause::StepAdded))
            }
        }
    }

    /// Matches an event with the next command.
    fn match_command(&mut self, event: &Event) -> Result<(), Divergence> {
        let expected = self.next_event();
        if is_retired_marker(&event.kind, expected.as_ref()) {
            return Ok(());
        }
        match &expected {
            Some(expected) if matches_event(expected, &event.kind) => {}
            Some(expected) => {
                let kind = DivergenceKind::Mismatch {
                    found: describe(&event.kind),
                    expected: describe(expected),
                };
                return Err(self.divergence(event.id, kind, cause(expected, &event.kind)));
            }
            None => {
                let found = describe(&event.kind);
                let kind = DivergenceKind::NotRequested { found };
                return Err(self.divergence(event.id, kind, Cause::StepRemoved));
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

    pub fn divergence(&self, event: EventId, kind: DivergenceKind, cause: Cause) -> Divergence {
        Divergence {
            instance: self.context.instance(),
            event,
            kind,
            last: self.last,
            cause,
        }
    }
}

/// Whether an event is a version marker that the code no longer requests, because the `version`
/// call was removed together with the old code.
fn is_retired_marker(found: &EventKind, expected: Option<&EventKind>) -> bool {
    let EventKind::VersionMarked { change, .. } = found else {
        return false;
    };
    !matches!(expected, Some(EventKind::VersionMarked { change: expected, .. }) if expected == change)
}

impl Drop for Run {
    /// Drops the rest of the workflow's values, guarded against panics.
    fn drop(&mut self) {
        self.close();
        let identity = self.context.state().borrow().identity.clone();
        let state = self.context.state().replace(State::new(identity));
        // Nothing depends on the outcome: the instance is gone.
        let _ = catch_panic::caught("the workflow", || drop(state));
    }
}
