//! Signals as events of a score: listeners select them, and keep them until they are read.

use std::{
    cell::RefCell,
    collections::VecDeque,
    rc::{Rc, Weak},
    task::Waker,
};

use serde_json::Value;

use super::run_input::Unread;
use crate::engine::{EventId, Payload, RaisedEvent};

/// What selects the events of a listener.
type Filter = Box<dyn FnMut(&RaisedEvent) -> bool>;

/// The signals of one run that nobody has read.
#[derive(Default)]
pub(super) struct Mailbox {
    /// What no listener has selected, in order.
    waiting: Vec<RaisedEvent>,
    listeners: Vec<Weak<RefCell<Selected>>>,
    received: u64,
}

/// What a listener has selected and not read.
struct Selected {
    filter: Filter,
    events: VecDeque<RaisedEvent>,
    waker: Option<Waker>,
}

impl Mailbox {
    /// Takes what no listener has selected.
    pub fn take_waiting(&mut self) -> Vec<Unread> {
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        let unread = waiting.map(|event| Unread {
            name: event.name,
            data: event.input.decode().unwrap_or_default(),
        });
        unread.collect()
    }

    /// Puts signals that an earlier run has not read before all others.
    pub fn begin_with(&mut self, unread: Vec<Unread>) {
        let later = std::mem::take(&mut self.waiting);
        for signal in unread {
            self.receive_signal(&signal.name, signal.data);
        }
        self.waiting.extend(later);
    }

    /// A signal has arrived, by its name and data.
    pub fn receive_signal(&mut self, name: &str, data: Value) {
        self.received += 1;
        let event = RaisedEvent {
            event: EventId(self.received),
            name: name.to_owned(),
            input: Payload::from(data),
            from: None,
        };
        self.receive(event);
    }

    /// An event has arrived. Every listener that selects it receives it.
    fn receive(&mut self, event: RaisedEvent) {
        self.listeners
            .retain(|listener| listener.strong_count() > 0);
        let mut is_selected = false;
        for listener in self.listeners.iter().filter_map(Weak::upgrade) {
            let mut listener = listener.borrow_mut();
            if (listener.filter)(&event) {
                is_selected = true;
                listener.events.push_back(event.clone());
                if let Some(waker) = listener.waker.take() {
                    waker.wake();
                }
            }
        }
        if !is_selected {
            self.waiting.push(event);
        }
    }

    fn listen(&mut self, mut filter: Filter) -> Rc<RefCell<Selected>> {
        let waiting = std::mem::take(&mut self.waiting);
        let (events, waiting): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|event| filter(event));
        self.waiting = waiting;
        let selected = Rc::new(RefCell::new(Selected {
            filter,
            events: events.into(),
            waker: None,
        }));
        self.listeners.push(Rc::downgrade(&selected));
        selected
    }
}

/// A listener. Dropped, it gives back what it has not read.
pub(super) struct Listener {
    mailbox: Rc<RefCell<Mailbox>>,
    selected: Rc<RefCell<Selected>>,
}

impl Listener {
    pub fn new(
        mailbox: &Rc<RefCell<Mailbox>>,
        filter: impl FnMut(&RaisedEvent) -> bool + 'static,
    ) -> Self {
        let selected = mailbox.borrow_mut().listen(Box::new(filter));
        Self {
            mailbox: Rc::clone(mailbox),
            selected,
        }
    }

    /// A handle from which the events are read.
    pub fn reader(&self) -> Reader {
        Reader(Rc::clone(&self.selected))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let events = std::mem::take(&mut self.selected.borrow_mut().events);
        if let Ok(mut mailbox) = self.mailbox.try_borrow_mut() {
            mailbox.waiting.extend(events);
        }
    }
}

/// Reads the events of a listener.
pub(super) struct Reader(Rc<RefCell<Selected>>);

impl Reader {
    /// The next event; `None` if there is none, and the waker is called when there is.
    pub fn next(&self, waker: &Waker) -> Option<RaisedEvent> {
        let mut selected = self.0.borrow_mut();
        let next = selected.events.pop_front();
        if next.is_none() {
            selected.waker = Some(waker.clone());
        }
        next
    }
}
