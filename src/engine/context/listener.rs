//! Listeners and the events they receive.

use std::{cell::Cell, collections::VecDeque, rc::Rc};

use crate::engine::{EventId, InstanceId, Payload, command::OperationId};

/// An external event that was raised on the instance.
#[derive(Debug, Clone, PartialEq)]
pub struct RaisedEvent {
    /// Its `EventRaised`.
    pub event: EventId,
    /// Its name.
    pub name: String,
    /// Its data.
    pub input: Payload,
    /// The instance that sent it; `None` if it came from outside the engine.
    pub from: Option<InstanceId>,
}

/// Selects the events of a listener.
pub(in crate::engine) type EventFilter = Box<dyn FnMut(&RaisedEvent) -> bool>;

/// The number of a listener within its run.
pub(super) type ListenerId = u64;

/// An event and whether a listener has read it.
pub(super) struct BufferedEvent {
    pub event: RaisedEvent,
    pub is_read: Cell<bool>,
}

/// The state of a listener.
pub(super) struct Listener {
    pub filter: EventFilter,
    /// Selected and not yet read, in order.
    pub unread: VecDeque<Rc<BufferedEvent>>,
    /// The operation that waits for the next event.
    pub waiting: Option<OperationId>,
}
