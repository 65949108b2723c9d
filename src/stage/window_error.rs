//! Why a window could not be opened. The library behind it only logs that.

use std::sync::{Mutex, Once, PoisonError};

use log::{Level, LevelFilter, Log, Metadata, Record};

/// What the library logs when it gives up.
const PREFIX: &str = "Exiting because of error: ";

/// The last reason.
static REASON: Mutex<Option<String>> = Mutex::new(None);

/// Begins to note errors of the window. They go to the log of the program as well.
pub(super) fn note() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Another logger may have been installed: then there are no reasons.
        if log::set_logger(&Errors).is_ok() {
            log::set_max_level(LevelFilter::Error);
        }
    });
}

/// Takes the last reason.
pub(super) fn take() -> Option<String> {
    REASON.lock().unwrap_or_else(PoisonError::into_inner).take()
}

struct Errors;

impl Log for Errors {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() == Level::Error
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = record.args().to_string();
        // Where nobody listens to events they come back here as records.
        if tracing::dispatcher::has_been_set() {
            tracing::error!(from = record.target(), text, "a library reports an error");
        }
        if let Some(reason) = text.strip_prefix(PREFIX) {
            let mut last = REASON.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some(reason.to_owned());
        }
    }

    fn flush(&self) {}
}
