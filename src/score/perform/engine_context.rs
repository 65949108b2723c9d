//! Scores on the engine of this program.

use std::{
    convert::Infallible,
    future::{Future, IntoFuture},
    time::Duration,
};

use serde::Serialize;
use serde_json::Value;

use super::{
    ScoreInput,
    context::{RetryOn, UndoStep, WorkflowContext, WorkflowSaga},
};
use crate::engine::{
    Activity, Context, EventListener, Failure, InstanceId, Named, Pending, RaisedEvent, Saga,
    TimerOrigin, Timestamp, Uuid,
};

impl WorkflowContext for Context {
    type Operation<T: 'static> = Pending<T>;
    type Listener = EventListener;
    type Saga = Saga;

    fn instance(&self) -> InstanceId {
        self.instance()
    }

    fn now(&self) -> Timestamp {
        self.now()
    }

    fn random(&self) -> u64 {
        self.random()
    }

    fn new_uuid(&self) -> Uuid {
        self.new_uuid()
    }

    fn cancel_reason(&self) -> Option<String> {
        self.cancel_reason()
    }

    fn activity<A: Activity>(&self, activity: A, input: &A::Input) -> Pending<A::Output> {
        self.activity(activity, input).into_future()
    }

    fn retried_activity<A: Activity>(
        &self,
        activity: A,
        input: &A::Input,
        retry: RetryOn,
    ) -> Pending<A::Output> {
        let call = self.activity(activity, input).retry(retry.policy);
        let call = call.retry_if(move |failure| failure.error_type == retry.error_type);
        call.into_future()
    }

    fn timer_for(&self, duration: Duration, origin: TimerOrigin) -> Pending<()> {
        self.timer_for(duration, origin)
    }

    fn child(&self, name: &str, input: &ScoreInput) -> Pending<Value> {
        let child = Named::<ScoreInput, Value>::new(name);
        self.child(child, input).into_future()
    }

    fn detached_child(&self, name: &str, input: &ScoreInput) -> Result<(), Failure> {
        let child = Named::<ScoreInput, Value>::new(name);
        self.child(child, input).detach().map(drop)
    }

    fn send(&self, target: &InstanceId, name: &str, data: &Value) -> Result<(), Failure> {
        self.send(target, name, data)
    }

    fn listen(&self, filter: impl FnMut(&RaisedEvent) -> bool + 'static) -> EventListener {
        self.listen(filter)
    }

    fn next_event(&self, listener: &EventListener, names: Vec<String>) -> Pending<RaisedEvent> {
        listener.next(names)
    }

    fn next_event_for(
        &self,
        listener: &EventListener,
        names: Vec<String>,
        limit: Duration,
    ) -> Pending<Option<RaisedEvent>> {
        listener.next_for(names, limit)
    }

    fn set_status(&self, status: &Value) -> Result<(), Failure> {
        self.set_status(status)
    }

    fn continue_as_new(&self, input: &ScoreInput) -> Failure {
        match self.continue_as_new::<_, Infallible>(input) {
            Ok(never) => match never {},
            Err(failure) => failure,
        }
    }

    fn saga(&self) -> Saga {
        Saga::new(self)
    }

    fn annotate<T: Serialize>(&self, note: &T) {
        // Data that is too large for a payload is not reported; nothing depends on it.
        let _ = self.annotate(note);
    }

    fn frozen_time(&self) -> Duration {
        self.frozen_time()
    }

    fn history_length(&self) -> u64 {
        self.history_length()
    }

    fn should_continue_as_new(&self) -> bool {
        self.should_continue_as_new()
    }
}

impl WorkflowSaga for Saga {
    fn undo_with(&self, name: &str, undo: UndoStep) {
        self.undo_with(name, move |_| undo());
    }

    fn settle<T>(self, outcome: Result<T, Failure>) -> impl Future<Output = Result<T, Failure>> {
        self.settle(outcome)
    }
}
