//! Converts panics in third-party code to failures that contain the location.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    fmt::Display,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Once,
};

use super::Failure;

thread_local! {
    /// Third-party code is running on this thread.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    /// The location of the last panic.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Calls third-party code and converts a panic to a failure.
pub(super) fn caught<T>(what: impl Display, call: impl FnOnce() -> T) -> Result<T, Failure> {
    note_places();
    let outer = GUARDED.replace(true);
    let called = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(outer);
    called.map_err(|panic| {
        let place = PLACE.take().unwrap_or_else(|| "an unknown location".into());
        let message = format!("{what} panicked at {place}: {}", text(&*panic));
        // The panic's payload is third-party code as well: dropping it may panic again.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            std::mem::forget(again);
        }
        Failure::new(Failure::PANIC, message)
    })
}

/// As [`caught`], for each poll of a future.
pub(super) async fn caught_async<T>(
    what: impl Display,
    future: impl Future<Output = T>,
) -> Result<T, Failure> {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| match caught(&what, || future.as_mut().poll(cx)) {
        Ok(poll) => poll.map(Ok),
        Err(failure) => Err(failure).into(),
    })
    .await
}

/// Installs a panic hook that records the location. Other panics go to the previous hook.
fn note_places() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if GUARDED.get() {
                PLACE.set(info.location().map(ToString::to_string));
            } else {
                before(info);
            }
        }));
    });
}

fn text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
