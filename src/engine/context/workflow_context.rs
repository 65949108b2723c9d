//! The context of a workflow run.

use std::{cell::RefCell, rc::Rc, time::Duration};

use serde::Serialize;
use uuid::Uuid;

use super::{identity::Identity, state::State};
use crate::engine::{Failure, InstanceId, Payload, Timestamp, catch_panic, command::Command};

/// The context of a workflow run. Clones share its state.
///
/// Its futures can be combined with `join!`, `join_all`, `try_join!`,
/// [`select`](futures_util::future::select) and `select_biased!`. An unbiased `select!` picks a
/// branch at random and does not replay deterministically.
#[derive(Clone)]
pub struct Context {
    state: Rc<RefCell<State>>,
}

impl Context {
    pub(in crate::engine) fn new(identity: Identity) -> Self {
        Self {
            state: Rc::new(RefCell::new(State::new(identity))),
        }
    }

    pub(in crate::engine) fn state(&self) -> &RefCell<State> {
        &self.state
    }

    /// The instance that this run belongs to. In a fork, up to the event where it was forked, this
    /// is the source instance.
    pub fn instance(&self) -> InstanceId {
        self.state.borrow().identity.instance.clone()
    }

    /// The number of this run: 1, 2, ...
    pub fn run(&self) -> u32 {
        self.state.borrow().identity.run
    }

    /// The current time, deterministic under replay: when the event that woke the workflow was
    /// committed.
    pub fn now(&self) -> Timestamp {
        self.state.borrow().now
    }

    /// For how long this run was suspended with its time frozen, deterministic under replay. Timers
    /// that were open meanwhile fire that much later.
    pub fn frozen_time(&self) -> Duration {
        self.state.borrow().frozen
    }

    /// A random number, deterministic under replay.
    pub fn random(&self) -> u64 {
        self.state.borrow_mut().random()
    }

    /// A random UUID (version 4), deterministic under replay.
    pub fn new_uuid(&self) -> Uuid {
        let mut state = self.state.borrow_mut();
        let (high, low) = (u128::from(state.random()), u128::from(state.random()));
        uuid::Builder::from_random_bytes((high << 64 | low).to_be_bytes()).into_uuid()
    }

    /// Whether the code is being replayed after the engine was restarted. Workflow logic must not
    /// depend on it; it is meant for measurements and output.
    pub fn is_replaying(&self) -> bool {
        self.state.borrow().replaying
    }

    /// How many commands of this turn the history already contains, version markers not counted: 0 unless
    /// the code [is being replayed](Self::is_replaying). Workflow logic must not depend on it either.
    pub fn recorded_commands(&self) -> usize {
        self.state.borrow().lookahead.commands
    }

    /// The number of events in the history.
    pub fn history_length(&self) -> u64 {
        self.state.borrow().length
    }

    /// Whether the history is long enough that the workflow should [continue as
    /// new](Self::continue_as_new) soon.
    pub fn should_continue_as_new(&self) -> bool {
        let state = self.state.borrow();
        state.length >= state.limits.history_hint
    }

    /// The reason given with the last cancel request.
    pub fn cancel_reason(&self) -> Option<String> {
        self.state.borrow().cancel.clone()
    }

    pub(super) fn encode<T: Serialize + ?Sized>(
        &self,
        value: &T,
        what: &str,
    ) -> Result<Payload, Failure> {
        let most = self.state.borrow().limits.payload;
        self.encode_within(value, what, most)
    }

    /// Serializers are third-party code: a panic in one becomes a failure.
    pub(super) fn encode_within<T: Serialize + ?Sized>(
        &self,
        value: &T,
        what: &str,
        most: u64,
    ) -> Result<Payload, Failure> {
        let encoded = catch_panic::caught("a serializer", || Payload::encode(value));
        let payload = encoded.map_err(Failure::non_retryable)?;
        let payload = payload.map_err(|e| Failure::unwritable(what, &e))?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        if payload.size() > most {
            return Err(Failure::too_large(what, payload.size(), most));
        }
        Ok(payload)
    }

    pub(super) fn push(&self, command: Command) {
        self.state.borrow_mut().commands.push_back(command);
    }
}
