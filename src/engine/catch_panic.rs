//! Panics in the code of workflows and activities become failures that say where.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Once,
};

use super::Failure;

thread_local! {
    /// Code of others runs on this thread just now.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    /// Where it panicked.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Calls code of others; a panic in it is a failure.
pub(super) fn caught<T>(what: &str, call: impl FnOnce() -> T) -> Result<T, Failure> {
    note_places();
    let outer = GUARDED.replace(true);
    let called = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(outer);
    called.map_err(|panic| {
        let place = PLACE.take().unwrap_or_else(|| "an unknown place".into());
        let message = format!("{what} panicked at {place}: {}", text(&*panic));
        // What it panicked with is a value of others as well: dropping it may panic again.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            std::mem::forget(again);
        }
        Failure::new(Failure::PANIC, message)
    })
}

/// The same for a future, at every poll.
pub(super) async fn caught_async<T>(
    what: &str,
    future: impl Future<Output = T>,
) -> Result<T, Failure> {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| match caught(what, || future.as_mut().poll(cx)) {
        Ok(poll) => poll.map(Ok),
        Err(failure) => Err(failure).into(),
    })
    .await
}

/// Only the hook knows the place of a panic. Panics elsewhere go to the hook that was there before.
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
        .unwrap_or("it does not say why")
}
