//! External events chosen by what is in them, for one listener from the moment it begins to listen.

use std::{cell::Cell, collections::VecDeque, rc::Rc, time::Duration};

use super::{
    Context,
    pending::{Begin, Pending, heard, heard_in_time},
    state::{Kind, OperationId, Resolution, State},
};
use crate::engine::{EventId, InstanceId, Payload};

/// An external event as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// Its `EventRaised`.
    pub event: EventId,
    /// Its name.
    pub name: String,
    /// Its data.
    pub input: Payload,
    /// The instance that sent it; `None`: somebody outside the engine.
    pub from: Option<InstanceId>,
}

/// Chooses events.
pub(in crate::engine) type Wants = Box<dyn FnMut(&Incoming) -> bool>;

/// Number of a listener within its run.
pub(super) type ListenerId = u64;

/// An event that a listener has chosen; several may have chosen the same.
pub(super) type Letter = Rc<Kept>;

/// An event, and whether anybody has taken it.
pub(super) struct Kept {
    pub incoming: Incoming,
    pub is_read: Cell<bool>,
}

/// What the run knows of a listener.
pub(super) struct Listener {
    pub wants: Wants,
    /// Chosen and not yet taken, in order.
    pub letters: VecDeque<Letter>,
    /// Waits for the next one.
    pub waiting: Option<OperationId>,
}

/// Listens to external events: every one that it wants is kept for it, in order, also while it does
/// something else. Several may listen to the same events, and each hears them. What it has not taken
/// when it is dropped is kept for others, unless they have heard it too.
#[must_use = "nothing is heard until `next` is awaited"]
pub struct Listening {
    context: Context,
    id: ListenerId,
}

impl Listening {
    pub(super) fn new(context: &Context, wants: Wants) -> Self {
        let id = context.state().borrow_mut().listen(wants);
        let context = context.clone();
        Self { context, id }
    }

    /// Waits for the next event. `names` say in the history what is waited for, the likeliest first;
    /// none: anything.
    pub fn next(&self, names: Vec<String>) -> Pending<Incoming> {
        Pending::new(&self.context, Begin::Hear(self.id, names, None), heard)
    }

    /// The same, at most so long: `None` once the time is up.
    pub fn next_for(&self, names: Vec<String>, limit: Duration) -> Pending<Option<Incoming>> {
        let begin = Begin::Hear(self.id, names, Some(limit));
        Pending::new(&self.context, begin, heard_in_time)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.context.state().borrow_mut().hush(self.id);
    }
}

impl State {
    /// Offers an event to those who choose; true if any of them wants it.
    pub(super) fn choose(&mut self, mail: &Incoming) -> bool {
        let mut taken_by = Vec::new();
        let mut kept: Vec<&mut Listener> = Vec::new();
        for chooser in self.choosers.values_mut() {
            if !(chooser.wants)(mail) {
                continue;
            }
            match chooser.waiting.take() {
                Some(operation) => taken_by.push(operation),
                None => kept.push(chooser),
            }
        }
        let is_wanted = !taken_by.is_empty() || !kept.is_empty();
        let letter = Letter::new(Kept {
            incoming: mail.clone(),
            is_read: (!taken_by.is_empty()).into(),
        });
        for chooser in kept {
            chooser.letters.push_back(Letter::clone(&letter));
        }
        for operation in taken_by {
            self.cancel_operation(operation, Kind::Timer);
            self.resolve(operation, Resolution::Heard(mail.clone()));
        }
        is_wanted
    }

    /// Somebody begins to listen; what came early and is wanted is theirs.
    fn listen(&mut self, mut wants: Wants) -> ListenerId {
        let mut letters = VecDeque::new();
        for mail in std::mem::take(&mut self.mailbox) {
            if wants(&mail) {
                letters.push_back(Letter::new(Kept {
                    incoming: mail,
                    is_read: false.into(),
                }));
            } else {
                self.mailbox.push_back(mail);
            }
        }
        let id = self.next_chooser;
        self.next_chooser += 1;
        let listener = Listener {
            wants,
            letters,
            waiting: None,
        };
        self.choosers.insert(id, listener);
        id
    }

    /// Somebody listens no longer. What nobody has taken or will take goes back into the mailbox, to
    /// its place.
    fn hush(&mut self, id: ListenerId) {
        let letters = self.choosers.remove(&id).map(|listener| listener.letters);
        for letter in letters.into_iter().flatten() {
            if let Ok(kept) = Letter::try_unwrap(letter)
                && !kept.is_read.get()
            {
                let event = kept.incoming.event;
                let place = self.mailbox.partition_point(|mail| mail.event < event);
                self.mailbox.insert(place, kept.incoming);
            }
        }
    }
}
