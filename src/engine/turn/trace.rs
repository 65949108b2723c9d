//! What a walk reads from a run: its commands before they are matched, and what was answered.

use super::Run;
use crate::engine::{EventId, EventKind, command::OperationId, context::Trace};

/// A command that waits for its event.
pub(in crate::engine) struct QueuedCommand {
    /// The event that would record it; `None` if it cancels something that was never recorded.
    pub request: Option<EventKind>,
    /// The operation that it opens.
    pub opens: Option<OperationId>,
}

impl Run {
    /// Traces what is delivered from now on, as a replay.
    pub fn trace(&mut self) {
        self.replaying = true;
        self.context.state().borrow_mut().trace = Some(Box::default());
    }

    /// Takes the trace since the last call.
    pub fn take_trace(&mut self) -> Trace {
        let state = &mut *self.context.state().borrow_mut();
        let trace = state.trace.as_deref_mut();
        trace.map(std::mem::take).unwrap_or_default()
    }

    /// The number of commands that wait for their events.
    pub fn queued(&self) -> usize {
        self.context.state().borrow().commands.len()
    }

    /// The commands that wait for their events, without the first `known`. `next` is the id of the
    /// next event: a command can name one before it that is not recorded either.
    pub fn queued_after(&mut self, known: usize, next: EventId) -> Vec<QueuedCommand> {
        let state = self.context.state().borrow();
        let first = known.min(state.commands.len());
        let mut predicted = Vec::new();
        let commands = (next.0 + first as u64..).zip(state.commands.range(first..));
        let queued = commands
            .map(|(id, command)| {
                if let Some(operation) = command.opens() {
                    self.opened.insert(operation, EventId(id));
                    predicted.push(operation);
                }
                QueuedCommand {
                    request: command.event(&self.opened),
                    opens: command.opens(),
                }
            })
            .collect();
        for operation in predicted {
            self.opened.remove(&operation);
        }
        queued
    }

    /// Notes that an event wakes the code.
    pub(super) fn trace_delivery(&self, event: EventId) {
        if let Some(trace) = &mut self.context.state().borrow_mut().trace {
            trace.delivering = event;
            trace.wakes += 1;
        }
    }
}
