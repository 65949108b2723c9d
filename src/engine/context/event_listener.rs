//! The handle of a listener in workflow code.

use std::time::Duration;

use super::{
    Context, RaisedEvent,
    listener::{EventFilter, ListenerId},
    operation::NewOperation,
    pending::{Pending, received, received_in_time},
};

/// A listener for external events. Every event that its filter selects is buffered in order, even
/// while the code does something else. Several listeners may select the same event; each receives
/// it. When a listener is dropped, its unread events return to the mailbox unless another listener
/// has read or holds them.
#[must_use = "nothing is received until `next` is awaited"]
pub struct EventListener {
    context: Context,
    id: ListenerId,
}

impl EventListener {
    pub(super) fn new(context: &Context, filter: EventFilter) -> Self {
        let id = context.state().borrow_mut().add_listener(filter);
        let context = context.clone();
        Self { context, id }
    }

    /// Waits for the next event. `names` is recorded in the history as a description of the wait,
    /// the most likely name first; empty: any event.
    pub fn next(&self, names: Vec<String>) -> Pending<RaisedEvent> {
        Pending::new(
            &self.context,
            NewOperation::NextEvent(self.id, names, None),
            received,
        )
    }

    /// As [`next`](Self::next), with a timeout: `None` if no event arrives within `limit`.
    pub fn next_for(&self, names: Vec<String>, limit: Duration) -> Pending<Option<RaisedEvent>> {
        let new = NewOperation::NextEvent(self.id, names, Some(limit));
        Pending::new(&self.context, new, received_in_time)
    }
}

impl Drop for EventListener {
    fn drop(&mut self) {
        self.context.state().borrow_mut().remove_listener(self.id);
    }
}
