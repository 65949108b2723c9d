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
    state::{Kind, OperationId, Resolution},
};
use crate::engine::{
    Failure, Payload, TimerOrigin,
    turn::{NewChild, NewTask},
};

/// What an operation does when it is first polled.
pub(in crate::engine) enum Begin {
    Failed(Failure),
    Activity(Box<NewTask>),
    Timer(Duration, TimerOrigin),
    Event(String, Option<Duration>),
    Hear(ListenerId, Vec<String>, Option<Duration>),
    Child(Box<NewChild>),
    Canceled,
}

impl Begin {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Activity(_) => Kind::Task,
            Self::Timer(..) | Self::Event(..) | Self::Hear(..) => Kind::Timer,
            Self::Child(_) => Kind::Child,
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
    decode: fn(Resolution) -> Result<T, Failure>,
}

enum Stage {
    New(Begin),
    Begun(OperationId),
    Over,
}

impl<T> Pending<T> {
    pub(super) fn new(
        context: &Context,
        begin: Begin,
        decode: fn(Resolution) -> Result<T, Failure>,
    ) -> Self {
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
        match self.step(cx.waker()) {
            Some(resolution) => Poll::Ready((self.decode)(resolution)),
            None => Poll::Pending,
        }
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
pub(super) fn decode<T: DeserializeOwned>(resolution: Resolution) -> Result<T, Failure> {
    let payload = match resolution {
        Resolution::Returned(payload) => payload,
        Resolution::Heard(incoming) => incoming.input,
        Resolution::Failed(failure) => return Err(failure),
        Resolution::Fired => Payload::null(),
    };
    let decoded = payload.decode();
    decoded.map_err(|e| Failure::unreadable("result", &e))
}

/// The same, or `None` when the time is up.
pub(super) fn decode_in_time<T: DeserializeOwned>(
    resolution: Resolution,
) -> Result<Option<T>, Failure> {
    match resolution {
        Resolution::Fired => Ok(None),
        other => decode(other).map(Some),
    }
}

/// Nothing but that it happened.
pub(super) fn happened(resolution: Resolution) -> Result<(), Failure> {
    match resolution {
        Resolution::Failed(failure) => Err(failure),
        Resolution::Returned(_) | Resolution::Heard(_) | Resolution::Fired => Ok(()),
    }
}

/// The event that a listener heard.
pub(super) fn heard(resolution: Resolution) -> Result<Incoming, Failure> {
    let missing = || Failure::new(Failure::PAYLOAD, "the wait for an event ended without one");
    heard_in_time(resolution)?.ok_or_else(missing)
}

/// The same, or `None` when the time is up.
pub(super) fn heard_in_time(resolution: Resolution) -> Result<Option<Incoming>, Failure> {
    match resolution {
        Resolution::Heard(incoming) => Ok(Some(incoming)),
        Resolution::Failed(failure) => Err(failure),
        Resolution::Returned(_) | Resolution::Fired => Ok(None),
    }
}
