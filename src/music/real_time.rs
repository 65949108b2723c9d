//! Panics on real-time threads. The usual panic hook prints, which allocates and locks; on the audio
//! and player threads it does nothing, and the thread that started them reports the panic.

use std::{
    any::Any,
    cell::Cell,
    panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind},
    sync::Once,
};

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

thread_local! {
    /// Panics on this thread are silent at present.
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Makes panics on real-time threads silent. To be called before such a thread starts, since it
/// allocates.
pub(super) fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| panic::set_hook(silenced(panic::take_hook())));
}

/// Runs real-time code. A panic in it is caught without a word; `None` then.
pub(super) fn caught<T>(code: impl FnOnce() -> T) -> Option<T> {
    attempt(code).ok()
}

/// The same, with what the code panicked with.
pub(super) fn attempt<T>(code: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    let before = SILENT.replace(true);
    let result = catch_unwind(AssertUnwindSafe(code));
    SILENT.set(before);
    result
}

/// What a thread panicked with, as text.
pub(super) fn reason(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given")
}

fn silenced(other: Hook) -> Hook {
    Box::new(move |info| {
        if !SILENT.get() {
            other(info);
        }
    })
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering::Relaxed},
        },
        thread,
    };

    use super::*;

    #[test]
    fn the_panic_hook_does_nothing_on_real_time_threads() {
        const NAME: &str = "silent-panic";
        let calls = Arc::new(AtomicUsize::new(0));
        let (counted, other) = (calls.clone(), panic::take_hook());
        panic::set_hook(silenced(Box::new(move |info| {
            if thread::current().name() == Some(NAME) {
                counted.fetch_add(1, Relaxed);
            } else {
                other(info);
            }
        })));
        let thread = thread::Builder::new().name(NAME.into()).spawn(|| {
            assert_eq!(caught(|| 1), Some(1));
            let panicked = attempt(|| panic!("out of {}", "range")).unwrap_err();
            assert_eq!(reason(&*panicked), "out of range");
            assert_eq!(
                caught(|| -> u8 { caught(|| panic!("inside")).unwrap_or(3) }),
                Some(3)
            );
            let _ = catch_unwind(|| panic!("elsewhere"));
        });
        thread.unwrap().join().unwrap();
        assert_eq!(
            calls.load(Relaxed),
            1,
            "only the panic outside of real-time code"
        );
    }
}
