//! Score documents and how they are performed as workflows.

pub mod calls;
mod error;
mod expression;
pub mod pattern;
pub mod pitch;
pub mod source;

pub use error::{Fault, Problem, ScoreError, ScoreErrors};
pub use expression::{Expression, ExpressionError, SyntaxError, Variables};
