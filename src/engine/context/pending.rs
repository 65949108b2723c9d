//! An operation of the context as a future.

use std::{
    future::Future,
    pin::Pin,
    task::{Poll, Waker},
    time::Duration,
};

use serde::de::DeserializeOwned;

use super::{
    Context, Incoming,
    listening::ListenerId,
    state::{Fits, Kind, OperationId, Resolution},
};
use crate::engine::{
    Failure, InstanceId, Payload, TimerOrigin, catch_panic,
    turn::{NewChild, NewTask},
};

/// What an operation does when it is first polled.
pub(in crate::engine) enum Begin {
    Failed(Failure),
    Activity(Box<NewTask>),
    Timer(Duration, TimerOrigin),
    Event(String, Option<Duration>, Fits),
    Hear(ListenerId, Vec<String>, Option<Duration>),
    Child(Box<NewChild>),
    /// The end of another instance.
    Await(InstanceId),
    Canceled,
}

impl Begin {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Activity(_) => Kind::Task,
            Self::Timer(..) | Self::Event(..) | Self::Hear(..) => Kind::Timer,
            Self::Child(_) => Kind::Child,
            Self::Await(_) => Kind::Instance,
            Self::Canceled | Self::Failed(_) => Kind::Silent,
        }
    }
}

/// An operation of the context as a future. It begins when it is first polled; dropping it before
/// its end cancels it. When the instance is asked to end while it is open, it fails with
/// [`Failure::CANCELED`].
#[must_use = "an operation begins when it is awaited"]
pub struct Pending<T> {
    context: Context,
    stage: Stage,
    decode: Decode<T>,
}

/// What a resolution means for the workflow.
type Decode<T> = fn(Resolution) -> Decoded<T>;

/// A resolution in the type that workflow code expects.
pub(super) enum Decoded<T> {
    /// What the operation returns.
    Outcome(Result<T, Failure>),
    /// A recorded result that does not have that type: the code has changed since.
    Unfit(String),
}

enum Stage {
    New(Begin),
    Begun(OperationId),
    Over,
}

impl<T> Pending<T> {
    pub(super) fn new(context: &Context, begin: Begin, decode: Decode<T>) -> Self {
        Self {
            context: context.clone(),
            stage: Stage::New(begin),
            decode,
        }
    }

    fn step(&mut self, waker: &Waker) -> Option<Resolution> {
        let mut state = self.context.state().borrow_mut();
        let id = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::New(begin) => state.begin(begin, waker.clone()),
            Stage::Begun(id) => id,
            Stage::Over => return None,
        };
        let resolution = state.take(id, waker);
        if resolution.is_none() {
            self.stage = Stage::Begun(id);
        }
        resolution
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        let Some(resolution) = self.step(cx.waker()) else {
            return Poll::Pending;
        };
        // The codec is the code of others; what it panics at fails this operation alone.
        match catch_panic::caught("the codec of a result", || (self.decode)(resolution)) {
            Ok(Decoded::Outcome(outcome)) => Poll::Ready(outcome),
            Ok(Decoded::Unfit(why)) => {
                self.context.state().borrow_mut().unfit = Some(why);
                Poll::Pending
            }
            Err(panic) => Poll::Ready(Err(panic.non_retryable())),
        }
    }
}

impl<T> Pending<T> {
    /// Begins at once, and not only when it is first polled.
    pub(super) fn begun(mut self) -> Self {
        if let Stage::New(_) = self.stage
            && let Stage::New(begin) = std::mem::replace(&mut self.stage, Stage::Over)
        {
            let mut state = self.context.state().borrow_mut();
            let id = state.begin(begin, Waker::noop().clone());
            drop(state);
            self.stage = Stage::Begun(id);
        }
        self
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        if let Stage::Begun(id) = self.stage {
            self.context.state().borrow_mut().forget(id);
        }
    }
}

/// The value that an operation returned.
pub(super) fn decode<T: DeserializeOwned>(resolution: Resolution) -> Decoded<T> {
    let payload = match resolution {
        Resolution::Returned(payload) => payload,
        Resolution::Heard(incoming) => return read(&incoming.input, "event's data"),
        Resolution::Failed(failure) => return Decoded::Outcome(Err(failure)),
        Resolution::Fired => Payload::null(),
    };
    match payload.decode() {
        Ok(value) => Decoded::Outcome(Ok(value)),
        Err(error) => Decoded::Unfit(error.to_string()),
    }
}

fn read<T: DeserializeOwned>(payload: &Payload, what: &str) -> Decoded<T> {
    let decoded = payload.decode();
    Decoded::Outcome(decoded.map_err(|e| Failure::unreadable(what, &e)))
}

/// Whether an event's data has the type that a wait expects. What the codec panics at is left to the
/// wait, which then fails.
pub(super) fn fits<T: DeserializeOwned>(payload: &Payload) -> bool {
    catch_panic::caught("the codec of an event", || payload.decode::<T>().is_ok()).unwrap_or(true)
}

/// The same, or `None` when the time is up.
pub(super) fn decode_in_time<T: DeserializeOwned>(resolution: Resolution) -> Decoded<Option<T>> {
    let decoded = match resolution {
        Resolution::Fired => return Decoded::Outcome(Ok(None)),
        other => decode(other),
    };
    match decoded {
        Decoded::Outcome(outcome) => Decoded::Outcome(outcome.map(Some)),
        Decoded::Unfit(why) => Decoded::Unfit(why),
    }
}

/// Nothing but that it happened.
pub(super) fn happened(resolution: Resolution) -> Decoded<()> {
    Decoded::Outcome(match resolution {
        Resolution::Failed(failure) => Err(failure),
        Resolution::Returned(_) | Resolution::Heard(_) | Resolution::Fired => Ok(()),
    })
}

/// The event that a listener heard.
pub(super) fn heard(resolution: Resolution) -> Decoded<Incoming> {
    let missing = || Failure::new(Failure::PAYLOAD, "the wait for an event ended without one");
    Decoded::Outcome(incoming(resolution).and_then(|heard| heard.ok_or_else(missing)))
}

/// The same, or `None` when the time is up.
pub(super) fn heard_in_time(resolution: Resolution) -> Decoded<Option<Incoming>> {
    Decoded::Outcome(incoming(resolution))
}

fn incoming(resolution: Resolution) -> Result<Option<Incoming>, Failure> {
    match resolution {
        Resolution::Heard(incoming) => Ok(Some(incoming)),
        Resolution::Failed(failure) => Err(failure),
        Resolution::Returned(_) | Resolution::Fired => Ok(None),
    }
}

/// What another instance returned.
pub(super) fn ended(resolution: Resolution) -> Decoded<Payload> {
    Decoded::Outcome(match resolution {
        Resolution::Failed(failure) => Err(failure),
        Resolution::Returned(payload) => Ok(payload),
        Resolution::Heard(_) | Resolution::Fired => Ok(Payload::null()),
    })
}
