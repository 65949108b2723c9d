//! Delivery of external events: listeners, waits by name, and the mailbox.

use std::{collections::VecDeque, rc::Rc, task::Waker, time::Duration};

use super::{
    listener::{BufferedEvent, EventFilter, Listener, ListenerId, RaisedEvent},
    operation::{Resolution, Stage},
    state::State,
    wait::{Wait, same_name},
};
use crate::engine::{
    TimerOrigin, Timestamp,
    command::{Command, OperationId, OperationKind},
};

impl State {
    /// Delivers an event: to all listeners that select it, else to the first wait with its name
    /// that can decode its data, else to the mailbox.
    ///
    /// `received`: set if the event was buffered while the instance was suspended with its time
    /// running. Waits that had timed out before then do not receive it.
    pub fn raise(&mut self, event: RaisedEvent, received: Option<Timestamp>) {
        if self.offer_to_listeners(&event) {
            return;
        }
        let in_time = |wait: &Wait| {
            received
                .zip(wait.until)
                .is_none_or(|(received, until)| received < until)
        };
        let is_for = |wait: &Wait| {
            same_name(&wait.name, &event.name) && in_time(wait) && (wait.fits)(&event.input)
        };
        match self.waits.iter().position(is_for) {
            Some(place) => {
                if let Some(wait) = self.waits.remove(place) {
                    self.cancel_operation(wait.operation, OperationKind::Timer);
                    self.resolve(wait.operation, Resolution::Received(event));
                }
            }
            None => self.mailbox.push_back(event),
        }
    }

    /// Shifts timeouts by the time that was frozen from `suspended` to `resumed`.
    pub fn shift_waits(&mut self, suspended: Timestamp, resumed: Timestamp) {
        self.frozen += resumed.since(suspended);
        for wait in &mut self.waits {
            let frozen = resumed.since(suspended.max(wait.since));
            wait.until = wait.until.map(|until| until + frozen);
        }
    }

    /// The number of events that the workflow has not read.
    pub fn unread(&self) -> usize {
        let unread = self
            .listeners
            .values()
            .map(|listener| listener.unread.len());
        self.mailbox.len() + unread.sum::<usize>()
    }

    /// Takes the events without a matching wait.
    pub fn take_unread(&mut self) -> VecDeque<RaisedEvent> {
        std::mem::take(&mut self.mailbox)
    }

    /// Returns the next event of a listener, or waits for one.
    pub(super) fn next_event(
        &mut self,
        id: OperationId,
        listener: ListenerId,
        names: Vec<String>,
        limit: Option<Duration>,
        waker: Waker,
    ) -> Stage {
        if let Some(listener) = self.listeners.get_mut(&listener) {
            if let Some(buffered) = listener.unread.pop_front() {
                buffered.is_read.set(true);
                return Stage::Resolved(Resolution::Received(buffered.event.clone()));
            }
            listener.waiting = Some(id);
        }
        let fire_at = limit.map(|limit| self.now + limit);
        let origin = match <[String; 1]>::try_from(names) {
            Ok([name]) => TimerOrigin::ExternalEvent { name },
            Err(names) => TimerOrigin::ExternalEvents { names },
        };
        self.commands
            .push_back(Command::CreateTimer(id, fire_at, origin));
        Stage::Waiting(waker)
    }

    pub(super) fn remove_waits(&mut self, id: OperationId) {
        self.waits.retain(|wait| wait.operation != id);
        for listener in self.listeners.values_mut() {
            if listener.waiting == Some(id) {
                listener.waiting = None;
            }
        }
    }

    /// Offers an event to all listeners; true if any of them selects it.
    pub(super) fn offer_to_listeners(&mut self, event: &RaisedEvent) -> bool {
        let mut waiting = Vec::new();
        let mut buffering: Vec<&mut Listener> = Vec::new();
        for listener in self.listeners.values_mut() {
            if !(listener.filter)(event) {
                continue;
            }
            match listener.waiting.take() {
                Some(operation) => waiting.push(operation),
                None => buffering.push(listener),
            }
        }
        let is_selected = !waiting.is_empty() || !buffering.is_empty();
        let buffered = Rc::new(BufferedEvent {
            event: event.clone(),
            is_read: (!waiting.is_empty()).into(),
        });
        for listener in buffering {
            listener.unread.push_back(Rc::clone(&buffered));
        }
        for operation in waiting {
            self.cancel_operation(operation, OperationKind::Timer);
            self.resolve(operation, Resolution::Received(event.clone()));
        }
        is_selected
    }

    /// Adds a listener. It takes the events in the mailbox that it selects.
    pub(super) fn add_listener(&mut self, mut filter: EventFilter) -> ListenerId {
        let mut unread = VecDeque::new();
        for event in std::mem::take(&mut self.mailbox) {
            if filter(&event) {
                unread.push_back(Rc::new(BufferedEvent {
                    event,
                    is_read: false.into(),
                }));
            } else {
                self.mailbox.push_back(event);
            }
        }
        let id = self.next_listener;
        self.next_listener += 1;
        let listener = Listener {
            filter,
            unread,
            waiting: None,
        };
        self.listeners.insert(id, listener);
        id
    }

    /// Removes a listener. Events that no listener has read or holds return to the mailbox, in
    /// their order.
    pub(super) fn remove_listener(&mut self, id: ListenerId) {
        let unread = self.listeners.remove(&id).map(|listener| listener.unread);
        for buffered in unread.into_iter().flatten() {
            if let Ok(buffered) = Rc::try_unwrap(buffered)
                && !buffered.is_read.get()
            {
                let id = buffered.event.event;
                let place = self.mailbox.partition_point(|event| event.event < id);
                self.mailbox.insert(place, buffered.event);
            }
        }
    }
}
