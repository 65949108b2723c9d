//! Operations of the context as futures.

use std::{
    future::Future,
    pin::Pin,
    task::{Poll, Waker},
};

use serde::de::DeserializeOwned;

use super::{
    Context, RaisedEvent,
    operation::{NewOperation, Resolution},
};
use crate::engine::{Failure, Payload, catch_panic, command::OperationId};

/// An operation of the context as a future. It starts when it is first polled; dropping it before
/// it completes cancels it. If cancellation of the instance is requested while it is open, it fails
/// with [`Failure::CANCELED`].
#[must_use = "an operation begins when it is awaited"]
pub struct Pending<T> {
    context: Context,
    stage: Stage,
    decode: Decode<T>,
}

/// Converts a resolution to the type that workflow code expects.
type Decode<T> = fn(Resolution) -> Decoded<T>;

/// A resolution converted to the type that workflow code expects.
pub(super) enum Decoded<T> {
    /// The result of the operation.
    Outcome(Result<T, Failure>),
    /// The recorded result has another type: the code has changed since.
    WrongType(String),
}

enum Stage {
    New(NewOperation),
    Started(OperationId),
    Done,
}

impl<T> Pending<T> {
    pub(super) fn new(context: &Context, new: NewOperation, decode: Decode<T>) -> Self {
        Self {
            context: context.clone(),
            stage: Stage::New(new),
            decode,
        }
    }

    fn step(&mut self, waker: &Waker) -> Option<Resolution> {
        let mut state = self.context.state().borrow_mut();
        let id = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::New(new) => state.start(new, waker.clone()),
            Stage::Started(id) => id,
            Stage::Done => return None,
        };
        let resolution = state.take(id, waker);
        if resolution.is_none() {
            self.stage = Stage::Started(id);
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
        // Codecs are third-party code: a panic in one fails only this operation.
        match catch_panic::caught("the codec of a result", || (self.decode)(resolution)) {
            Ok(Decoded::Outcome(outcome)) => Poll::Ready(outcome),
            Ok(Decoded::WrongType(why)) => {
                self.context.state().borrow_mut().type_error = Some(why);
                Poll::Pending
            }
            Err(panic) => Poll::Ready(Err(panic.non_retryable())),
        }
    }
}

impl<T> Pending<T> {
    /// Starts the operation now instead of when it is first polled.
    pub(super) fn started(mut self) -> Self {
        if let Stage::New(_) = self.stage
            && let Stage::New(new) = std::mem::replace(&mut self.stage, Stage::Done)
        {
            let mut state = self.context.state().borrow_mut();
            let id = state.start(new, Waker::noop().clone());
            drop(state);
            self.stage = Stage::Started(id);
        }
        self
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        if let Stage::Started(id) = self.stage {
            self.context.state().borrow_mut().forget(id);
        }
    }
}

/// Decodes the value that an operation returned.
pub(super) fn decode<T: DeserializeOwned>(resolution: Resolution) -> Decoded<T> {
    let payload = match resolution {
        Resolution::Returned(payload) => payload,
        Resolution::Received(incoming) => return read(&incoming.input, "event's data"),
        Resolution::Failed(failure) => return Decoded::Outcome(Err(failure)),
        Resolution::Fired => Payload::null(),
    };
    match payload.decode() {
        Ok(value) => Decoded::Outcome(Ok(value)),
        Err(error) => Decoded::WrongType(error.to_string()),
    }
}

fn read<T: DeserializeOwned>(payload: &Payload, what: &str) -> Decoded<T> {
    let decoded = payload.decode();
    Decoded::Outcome(decoded.map_err(|e| Failure::unreadable(what, &e)))
}

/// Whether an event's data has the type that a wait expects. If the codec panics, the event goes to
/// the wait, which then fails.
pub(super) fn fits<T: DeserializeOwned>(payload: &Payload) -> bool {
    catch_panic::caught("the codec of an event", || payload.decode::<T>().is_ok()).unwrap_or(true)
}

/// Decodes the value, or `None` after a timeout.
pub(super) fn decode_in_time<T: DeserializeOwned>(resolution: Resolution) -> Decoded<Option<T>> {
    let decoded = match resolution {
        Resolution::Fired => return Decoded::Outcome(Ok(None)),
        other => decode(other),
    };
    match decoded {
        Decoded::Outcome(outcome) => Decoded::Outcome(outcome.map(Some)),
        Decoded::WrongType(why) => Decoded::WrongType(why),
    }
}

/// Ignores the value.
pub(super) fn happened(resolution: Resolution) -> Decoded<()> {
    Decoded::Outcome(match resolution {
        Resolution::Failed(failure) => Err(failure),
        Resolution::Returned(_) | Resolution::Received(_) | Resolution::Fired => Ok(()),
    })
}

/// The event that a listener received.
pub(super) fn received(resolution: Resolution) -> Decoded<RaisedEvent> {
    let missing = || Failure::new(Failure::PAYLOAD, "the wait for an event ended without one");
    Decoded::Outcome(incoming(resolution).and_then(|received| received.ok_or_else(missing)))
}

/// The event that a listener received, or `None` after a timeout.
pub(super) fn received_in_time(resolution: Resolution) -> Decoded<Option<RaisedEvent>> {
    Decoded::Outcome(incoming(resolution))
}

fn incoming(resolution: Resolution) -> Result<Option<RaisedEvent>, Failure> {
    match resolution {
        Resolution::Received(incoming) => Ok(Some(incoming)),
        Resolution::Failed(failure) => Err(failure),
        Resolution::Returned(_) | Resolution::Fired => Ok(None),
    }
}

/// The output of another instance.
pub(super) fn ended(resolution: Resolution) -> Decoded<Payload> {
    Decoded::Outcome(match resolution {
        Resolution::Failed(failure) => Err(failure),
        Resolution::Returned(payload) => Ok(payload),
        Resolution::Received(_) | Resolution::Fired => Ok(Payload::null()),
    })
}
