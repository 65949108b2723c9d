//! What the performance of a score asks of the engine that makes it durable.
//!
//! The interpreter knows no engine. It is written against [`WorkflowContext`], which
//! [`engine::Context`](crate::engine::Context) implements; another engine that runs workflows can
//! implement it too, and then performs the same scores.
//!
//! What a performance does is a function of its input and of what the context answers: an engine that
//! gives the same answers in the same order gets the same requests, which is what a replay relies on.

use std::{future::Future, time::Duration};

use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde_json::Value;

use super::ScoreInput;
use crate::engine::{
    Activity, Failure, InstanceId, RaisedEvent, RetryPolicy, TimerOrigin, Timestamp, Uuid,
};

/// The context of a workflow that performs a score. Clones share its state.
///
/// Everything that a performance does to the world goes through it, and everything that it knows of the
/// world comes from it. All answers must be the same when the workflow is replayed.
pub trait WorkflowContext: Clone + 'static {
    /// An operation in progress. It begins when it is first polled; dropping it before its end cancels
    /// it. While it is open, a cancel request of the instance fails it with [`Failure::CANCELED`].
    type Operation<T: 'static>: Future<Output = Result<T, Failure>> + Unpin + 'static;

    /// A listener for events. Dropping it gives back what it has selected and not read.
    type Listener: 'static;

    /// How the steps of this performance are undone.
    type Saga: WorkflowSaga;

    /// How much music one activity plays.
    const STEP: MusicStep = MusicStep::Note;

    /// The instance that this run belongs to.
    fn instance(&self) -> InstanceId;

    /// The current time, the same in a replay.
    fn now(&self) -> Timestamp;

    /// A random number, the same in a replay.
    fn random(&self) -> u64;

    /// A random UUID (version 4), the same in a replay.
    fn new_uuid(&self) -> Uuid;

    /// The reason of the last cancel request, if there was one.
    fn cancel_reason(&self) -> Option<String>;

    /// Runs an activity: a side effect that is done at least once. A failure is not tried again.
    fn activity<A: Activity>(&self, activity: A, input: &A::Input) -> Self::Operation<A::Output>;

    /// As [`activity`](Self::activity), but tries again after some failures.
    fn retried_activity<A: Activity>(
        &self,
        activity: A,
        input: &A::Input,
        retry: RetryOn,
    ) -> Self::Operation<A::Output>;

    /// Waits. `origin` says what for, to whoever reads the history.
    fn timer_for(&self, duration: Duration, origin: TimerOrigin) -> Self::Operation<()>;

    /// Performs another score as a child and waits for its output. `name`: of the child workflow.
    fn child(&self, name: &str, input: &ScoreInput) -> Self::Operation<Value>;

    /// Starts another score that does not end with this one, and does not wait for it.
    ///
    /// # Errors
    /// Its input cannot be stored.
    fn detached_child(&self, name: &str, input: &ScoreInput) -> Result<(), Failure>;

    /// Sends an event to another instance.
    ///
    /// # Errors
    /// Its data cannot be stored.
    fn send(&self, target: &InstanceId, name: &str, data: &Value) -> Result<(), Failure>;

    /// Listens from now on to the events that `filter` selects. The filter is called once for each event,
    /// in the order in which the listeners were made, and does not use the context.
    fn listen(&self, filter: impl FnMut(&RaisedEvent) -> bool + 'static) -> Self::Listener;

    /// The next event of a listener, in the order in which its filter has selected them. `names`: what
    /// is most likely awaited, to whoever reads the history.
    fn next_event(
        &self,
        listener: &Self::Listener,
        names: Vec<String>,
    ) -> Self::Operation<RaisedEvent>;

    /// As [`next_event`](Self::next_event), but at most for so long: `None` when the time is over.
    fn next_event_for(
        &self,
        listener: &Self::Listener,
        names: Vec<String>,
        limit: Duration,
    ) -> Self::Operation<Option<RaisedEvent>>;

    /// Sets what the instance says about itself.
    ///
    /// # Errors
    /// It cannot be stored.
    fn set_status(&self, status: &Value) -> Result<(), Failure>;

    /// Ends this run; the next one begins with this input. The workflow fails at once with what this
    /// returns: a failure that [continues](Failure::continues), or why the input cannot be stored.
    fn continue_as_new(&self, input: &ScoreInput) -> Failure;

    /// A saga without steps.
    fn saga(&self) -> Self::Saga;

    /// Tells whoever watches something that is not part of the history. Nothing depends on it: an engine
    /// without annotations tells nobody.
    fn annotate<T: Serialize>(&self, note: &T) {
        let _ = note;
    }

    /// For how long this run was suspended with its time frozen. In an engine whose timers run on while an
    /// instance is suspended no time is frozen.
    fn frozen_time(&self) -> Duration {
        Duration::ZERO
    }

    /// The number of events in the history. It matters only together with
    /// [`should_continue_as_new`](Self::should_continue_as_new).
    fn history_length(&self) -> u64 {
        0
    }

    /// Whether the history is so long that the score should continue as new. An engine without a limit to
    /// its histories never asks for it.
    fn should_continue_as_new(&self) -> bool {
        false
    }
}

/// How much music one activity plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MusicStep {
    /// A note or chord: every one of them is a step of the workflow.
    Note,
    /// A phrase: all notes of one repetition of a `play` task. For engines whose steps take too long to be
    /// heard as music.
    Phrase,
}

/// Which failures of an activity are tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryOn {
    /// Failures of this [type](Failure::error_type), and no others.
    pub error_type: &'static str,
    /// When, and how often.
    pub policy: RetryPolicy,
}

/// What undoes a completed step.
pub type UndoStep = Box<dyn FnOnce() -> LocalBoxFuture<'static, Result<(), Failure>>>;

/// Completed steps, and how they are undone.
pub trait WorkflowSaga: 'static {
    /// A step has completed; this undoes it.
    fn undo_with(&self, name: &str, undo: UndoStep);

    /// Ends the saga. If the workflow failed, the steps are undone, the last first; a cancel request does
    /// not interrupt that. A run that [continues as new](WorkflowContext::continue_as_new) undoes nothing.
    fn settle<T>(self, outcome: Result<T, Failure>) -> impl Future<Output = Result<T, Failure>>;
}
