//! Output of a run other than commands.

use std::collections::VecDeque;

use super::Run;
use crate::engine::{EventId, Failure, Payload, RaisedEvent, activity::ActivityFn};

impl Run {
    /// Takes the annotations since the last call.
    pub fn take_annotations(&mut self) -> Vec<Payload> {
        std::mem::take(&mut self.context.state().borrow_mut().annotations)
    }

    /// Takes the children to which a cancel request is to be sent, by the events that created them.
    pub fn take_child_cancels(&mut self) -> Vec<EventId> {
        let canceled = self.context.state().borrow_mut().take_child_cancels();
        let canceled = canceled.into_iter();
        canceled
            .filter_map(|id| self.opened.get(&id).copied())
            .collect()
    }

    /// Takes the log lines since the last call.
    pub fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.context.state().borrow_mut().log)
    }

    /// The value that the workflow has published under a name.
    pub fn published(&self, name: &str) -> Option<Payload> {
        self.context.state().borrow().published.get(name).cloned()
    }

    /// The number of events that the workflow has not read.
    pub fn unread(&self) -> usize {
        let buffered = self.buffered.as_ref().map_or(0, VecDeque::len);
        buffered + self.context.state().borrow().unread()
    }

    /// The function of an inline activity.
    pub fn function_of(&self, scheduled: EventId) -> Option<ActivityFn> {
        let id = self.operations.get(&scheduled)?;
        self.context.state().borrow().function_of(*id)
    }

    /// Takes the events without a matching wait, for the next run.
    pub fn take_unread(&mut self) -> VecDeque<RaisedEvent> {
        self.context.state().borrow_mut().take_unread()
    }

    /// Whether the workflow's predicate allows a retry of what `opened` started. An error if the
    /// predicate panics.
    pub fn should_retry(&self, opened: EventId, failure: &Failure) -> Result<bool, Failure> {
        let Some(id) = self.operations.get(&opened) else {
            return Ok(true);
        };
        let state = self.context.state().borrow();
        state.should_retry(*id, failure)
    }
}
