//! How large an expression may be: it is read by functions that call themselves.

use super::error::SyntaxError;

/// How many words and signs an expression may have.
const MAX_SIZE: usize = 4096;
/// How deep brackets may be nested in an expression.
const MAX_NESTING: usize = 128;
/// The most words and signs of an expression that needs no stack of its own.
pub(super) const SMALL: usize = 96;
/// The stack for larger ones, in bytes: some ten thousand for each sign.
const LARGE_STACK: usize = 128 << 20;

/// How many words and signs an expression has; refuses one that is too long or nested too deep.
pub(super) fn size(text: &str) -> Result<usize, SyntaxError> {
    let signs = text
        .bytes()
        .filter(|byte| {
            !byte.is_ascii_alphanumeric() && !byte.is_ascii_whitespace() && byte.is_ascii()
        })
        .count();
    let size = signs + text.split_ascii_whitespace().count();
    let message = if size > MAX_SIZE {
        format!("there are more than {MAX_SIZE} words and signs: divide it among several tasks")
    } else if nesting(text.as_bytes()) > MAX_NESTING {
        format!(
            "brackets are nested deeper than {MAX_NESTING} levels: divide it among several tasks"
        )
    } else {
        return Ok(size);
    };
    Err(SyntaxError { at: 0, message })
}

/// How deep brackets are nested in a text; those within quotes count as well.
fn nesting(text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Does something with an expression of that size: with a large one on a stack that is large enough.
/// Fails if the system has no room for one.
pub(super) fn with_room<T: Send>(
    size: usize,
    work: impl FnOnce() -> T + Send,
) -> std::io::Result<T> {
    if size <= SMALL {
        return Ok(work());
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(LARGE_STACK);
        let done = thread.spawn_scoped(scope, work)?.join();
        Ok(done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
