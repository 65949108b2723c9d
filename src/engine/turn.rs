//! A turn: one event in, commands out. No clock, no store, no thread.
//!
//! Live and replay are the same function. An event that comes from outside (a start, a result, a
//! fired timer, a raised event) wakes the operation that it closes and polls the workflow once. An
//! event that the workflow asked for (a scheduled task, a created timer, its end) is matched with the
//! command that asked for it; live, the engine makes that event from the command.

use std::{
    collections::{HashMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Wake, Waker},
};

use futures_util::future::LocalBoxFuture;

use super::{
    Context, Event, EventId, EventKind, Failure, InstanceId, Payload, RetryPolicy, TimerOrigin,
    Timestamp,
    context::{OperationId, Resolution, State},
    registry::WorkflowFn,
};

/// What a workflow asks for, before it is in the history.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Command {
    ScheduleTask {
        id: OperationId,
        name: String,
        input: Payload,
        retry: RetryPolicy,
    },
    CancelTask(OperationId),
    CreateTimer {
        id: OperationId,
        fire_at: Option<Timestamp>,
        origin: TimerOrigin,
    },
    CancelTimer(OperationId),
    SetStatus(Payload),
    End(Result<Payload, Failure>),
}

/// The code no longer agrees with the history.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "the workflow no longer agrees with its history at event {event}: the history has {found}, the code now asks for {expected}"
)]
pub(super) struct Mismatch {
    event: EventId,
    found: String,
    expected: String,
}

/// A run of an instance: its workflow function, half-way through.
pub(super) struct Run {
    workflow: WorkflowFn,
    context: Context,
    future: Option<LocalBoxFuture<'static, Result<Payload, Failure>>>,
    woken: Arc<Woken>,
    operations: HashMap<EventId, OperationId>,
    events: HashMap<OperationId, EventId>,
    /// While suspended: what came, in order.
    held: Option<VecDeque<Event>>,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Run {
    pub fn new(workflow: WorkflowFn, instance: InstanceId) -> Self {
        Self {
            workflow,
            context: Context::new(instance),
            future: None,
            woken: Arc::default(),
            operations: HashMap::new(),
            events: HashMap::new(),
            held: None,
        }
    }

    /// Applies the next event of the history.
    pub fn apply(&mut self, event: &Event) -> Result<(), Mismatch> {
        match &event.kind {
            EventKind::ExecutionSuspended { .. } => {
                self.held.get_or_insert_default();
            }
            EventKind::ExecutionResumed { .. } => {
                for held in self.held.take().into_iter().flatten() {
                    self.receive(&held, event.at);
                }
            }
            EventKind::ExecutionTerminated { .. } => self.close(),
            // How the engine went about it; nothing to the workflow.
            EventKind::TaskStarted { .. }
            | EventKind::TaskFailed {
                retry_at: Some(_), ..
            }
            | EventKind::ExecutionStalled { .. } => {}
            EventKind::ExecutionStarted { .. }
            | EventKind::TaskCompleted { .. }
            | EventKind::TaskFailed { retry_at: None, .. }
            | EventKind::TimerFired { .. }
            | EventKind::EventRaised { .. } => match &mut self.held {
                Some(held) => held.push_back(event.clone()),
                None => self.receive(event, event.at),
            },
            EventKind::TaskScheduled { .. }
            | EventKind::TaskCanceled { .. }
            | EventKind::TimerCreated { .. }
            | EventKind::TimerCanceled { .. }
            | EventKind::CustomStatusSet { .. }
            | EventKind::ExecutionCompleted { .. }
            | EventKind::ExecutionFailed { .. } => self.confirm(event)?,
        }
        Ok(())
    }

    /// The event that the workflow asks for next, if it asks for one.
    pub fn wanted(&self) -> Option<EventKind> {
        let state = self.context.state().borrow();
        state.commands.front().and_then(|c| self.event_of(c))
    }

    /// What the workflow told those who watch since this was last asked.
    pub fn take_annotations(&mut self) -> Vec<Payload> {
        std::mem::take(&mut self.context.state().borrow_mut().annotations)
    }

    /// Takes an event from outside to the workflow and lets it go on as far as it can.
    fn receive(&mut self, event: &Event, now: Timestamp) {
        self.context.state().borrow_mut().now = now;
        match &event.kind {
            EventKind::ExecutionStarted { input, .. } => {
                self.future = Some((self.workflow)(self.context.clone(), input.clone()));
            }
            EventKind::TaskCompleted { scheduled, result } => {
                self.close_operation(*scheduled, |state, id| {
                    state.resolve(id, Resolution::Returned(result.clone()))
                });
            }
            EventKind::TaskFailed {
                scheduled, failure, ..
            } => {
                self.close_operation(*scheduled, |state, id| {
                    state.resolve(id, Resolution::Failed(failure.clone()))
                });
            }
            EventKind::TimerFired { timer } => {
                self.close_operation(*timer, State::fire);
            }
            EventKind::EventRaised { name, input } => {
                let mut state = self.context.state().borrow_mut();
                state.raise(name, input.clone());
            }
            _ => {}
        }
        self.poll();
    }

    /// Closes the operation that `opened` opened. While its cancel is still on the way to the
    /// history the pairing is kept, so that the cancel can name its event.
    fn close_operation(
        &mut self,
        opened: EventId,
        close: impl FnOnce(&mut State, OperationId) -> bool,
    ) {
        if let Some(&id) = self.operations.get(&opened)
            && close(&mut self.context.state().borrow_mut(), id)
        {
            self.operations.remove(&opened);
            self.events.remove(&id);
        }
    }

    fn poll(&mut self) {
        let waker = Waker::from(Arc::clone(&self.woken));
        let mut cx = std::task::Context::from_waker(&waker);
        while let Some(future) = &mut self.future {
            self.woken.0.store(false, Ordering::Relaxed);
            let end = match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx))) {
                Ok(Poll::Ready(result)) => Some(result),
                Ok(Poll::Pending) => None,
                Err(panic) => Some(Err(
                    Failure::new("Panic", panic_text(&*panic)).non_retryable()
                )),
            };
            if let Some(result) = end {
                self.close();
                let mut state = self.context.state().borrow_mut();
                state.commands.push_back(Command::End(result));
            } else if !self.woken.0.load(Ordering::Relaxed) {
                break;
            }
        }
    }

    /// Drops the workflow's code where it stands; its open operations are not cancelled one by one.
    fn close(&mut self) {
        self.context.state().borrow_mut().closing = true;
        self.future = None;
        self.held = None;
    }

    /// Matches an event with the command that asked for it.
    fn confirm(&mut self, event: &Event) -> Result<(), Mismatch> {
        let command = self.context.state().borrow_mut().commands.pop_front();
        let wanted = command.as_ref().and_then(|c| self.event_of(c));
        if !wanted
            .as_ref()
            .is_some_and(|wanted| agree(wanted, &event.kind))
        {
            return Err(Mismatch {
                event: event.id,
                found: describe(&event.kind),
                expected: wanted.map_or_else(|| "nothing".into(), |kind| describe(&kind)),
            });
        }
        match command {
            Some(Command::ScheduleTask { id, .. } | Command::CreateTimer { id, .. }) => {
                self.operations.insert(event.id, id);
                self.events.insert(id, event.id);
            }
            Some(Command::CancelTask(id) | Command::CancelTimer(id)) => {
                if let Some(opened) = self.events.remove(&id) {
                    self.operations.remove(&opened);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn event_of(&self, command: &Command) -> Option<EventKind> {
        Some(match command {
            Command::ScheduleTask {
                name, input, retry, ..
            } => EventKind::TaskScheduled {
                name: name.clone(),
                input: input.clone(),
                retry: retry.clone(),
            },
            Command::CancelTask(id) => EventKind::TaskCanceled {
                scheduled: *self.events.get(id)?,
            },
            Command::CreateTimer {
                fire_at, origin, ..
            } => EventKind::TimerCreated {
                fire_at: *fire_at,
                origin: origin.clone(),
            },
            Command::CancelTimer(id) => EventKind::TimerCanceled {
                timer: *self.events.get(id)?,
            },
            Command::SetStatus(status) => EventKind::CustomStatusSet {
                status: status.clone(),
            },
            Command::End(Ok(output)) => EventKind::ExecutionCompleted {
                output: output.clone(),
            },
            Command::End(Err(failure)) => EventKind::ExecutionFailed {
                failure: failure.clone(),
            },
        })
    }
}

/// Whether the code asks for what the history has: the same kind, name and input.
fn agree(wanted: &EventKind, found: &EventKind) -> bool {
    use EventKind as E;
    match (wanted, found) {
        (
            E::TaskScheduled { name, input, .. },
            E::TaskScheduled {
                name: n, input: i, ..
            },
        ) => name == n && input == i,
        (E::TimerCreated { origin, .. }, E::TimerCreated { origin: o, .. }) => origin == o,
        (E::CustomStatusSet { status }, E::CustomStatusSet { status: s }) => status == s,
        (E::ExecutionCompleted { .. }, E::ExecutionCompleted { .. })
        | (E::ExecutionFailed { .. }, E::ExecutionFailed { .. }) => true,
        (E::TaskCanceled { scheduled }, E::TaskCanceled { scheduled: s }) => scheduled == s,
        (E::TimerCanceled { timer }, E::TimerCanceled { timer: t }) => timer == t,
        _ => false,
    }
}

fn describe(kind: &EventKind) -> String {
    match kind {
        EventKind::TaskScheduled { name, input, .. } => {
            format!("activity {name:?} with {}", input.as_str())
        }
        EventKind::TaskCanceled { scheduled } => format!("cancel of activity {scheduled}"),
        EventKind::TimerCreated { origin, .. } => format!("a timer ({origin:?})"),
        EventKind::TimerCanceled { timer } => format!("cancel of timer {timer}"),
        EventKind::CustomStatusSet { status } => format!("status {}", status.as_str()),
        EventKind::ExecutionCompleted { .. } => "the end".into(),
        EventKind::ExecutionFailed { failure } => format!("failure ({failure})"),
        other => format!("{other:?}"),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    format!("workflow code panicked: {}", text.unwrap_or_default())
}
