//! Catching a panic with its message, place and backtrace.

use std::{
    any::Any,
    backtrace::Backtrace,
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind},
    sync::Once,
};

/// The longest message that is kept, in characters.
const MAX_MESSAGE: usize = 400;

thread_local! {
    /// A window is painted on this thread.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    /// The last panic of a watched thread.
    static LAST: RefCell<Option<Details>> = const { RefCell::new(None) };
}

/// What a panic says about itself.
#[derive(Debug)]
pub(in crate::stage) struct Details {
    pub message: String,
    pub location: String,
    pub backtrace: String,
}

/// A panic that was caught.
pub(in crate::stage) struct Caught {
    pub panic: Box<dyn Any + Send>,
    /// `None` if it was caught and reported before.
    pub details: Option<Details>,
}

impl Caught {
    /// What the panic said.
    pub(in crate::stage) fn message(&self) -> String {
        let details = self.details.as_ref();
        details.map_or_else(String::new, |details| details.message.clone())
    }
}

/// Runs code of the window and catches a panic in it.
pub(in crate::stage) fn watch<T>(code: impl FnOnce() -> T) -> Result<T, Caught> {
    note_panics();
    let outer = WATCHED.replace(true);
    LAST.set(None);
    let result = catch_unwind(AssertUnwindSafe(code));
    WATCHED.set(outer);
    result.map_err(|panic| Caught {
        panic,
        details: LAST.take(),
    })
}

/// Installs a panic hook that records panics of watched threads. The previous hook gets all.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if WATCHED.get() {
                LAST.set(Some(Details::of(info)));
            }
            before(info);
        }));
    });
}

impl Details {
    fn of(info: &PanicHookInfo<'_>) -> Self {
        let message = info.payload_as_str().unwrap_or("no reason given");
        Self {
            message: without_quotes(message).chars().take(MAX_MESSAGE).collect(),
            location: info
                .location()
                .map_or_else(|| "an unknown place".to_owned(), ToString::to_string),
            backtrace: Backtrace::force_capture().to_string(),
        }
    }
}

/// A message without the text that it quotes, which may be from a score or a history.
fn without_quotes(message: &str) -> String {
    // The standard library quotes text that was cut at a wrong place like this.
    let message = match message.split_once("; it is inside ") {
        Some((start, _)) => start,
        None => message,
    };
    let message = match message.split_once(" of `") {
        Some((start, _)) => start,
        None => message,
    };
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            format!("{}\"…\"{}", &message[..first], &message[last + 1..])
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_with_its_place_and_reported_once() {
        let caught = watch(|| panic!("too wide")).err().unwrap();
        let details = caught.details.unwrap();
        assert_eq!(details.message, "too wide");
        assert!(
            details.location.contains("caught.rs"),
            "{}",
            details.location
        );
        assert!(!details.backtrace.is_empty());
        let again = watch(|| panic::resume_unwind(caught.panic)).err().unwrap();
        assert!(again.details.is_none());
    }

    #[test]
    fn a_report_does_not_quote_text_of_a_score() {
        let text = "SECRET “é” SECRET";
        for caught in [
            watch(|| text[..9].len()).err(),
            watch(|| panic!("cannot paint {text:?} at 7")).err(),
            watch(|| text.parse::<u8>().map_err(|_| text.to_owned()).unwrap()).err(),
        ] {
            let message = caught.unwrap().details.unwrap().message;
            assert!(!message.contains("SECRET"), "{message}");
            assert!(message.len() > 10, "{message}");
        }
    }
}
