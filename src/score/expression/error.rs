//! Errors of expressions.

use std::sync::Arc;

pub use crate::score::jq::SyntaxError;

/// An expression that failed on its input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// It failed.
    #[error("`{expression}` failed: {message}")]
    Failed {
        /// The expression.
        expression: Arc<str>,
        /// jq's message.
        message: String,
    },
    /// Too many expressions, or too large ones, without anything being waited for.
    #[error(
        "`{expression}` was not evaluated: too many expressions were evaluated without waiting for \
         anything; let the loop wait, rest or play"
    )]
    TooMuch {
        /// The expression.
        expression: Arc<str>,
    },
    /// No answer.
    #[error("`{expression}` has no result: let it end in a value, `null` if need be")]
    Empty {
        /// The expression.
        expression: Arc<str>,
    },
    /// An answer that is too large or not JSON.
    #[error("the result of `{expression}` {message}")]
    Unusable {
        /// The expression.
        expression: Arc<str>,
        /// Why.
        message: &'static str,
    },
}
