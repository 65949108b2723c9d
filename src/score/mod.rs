//! Score documents and how they are performed as workflows.

pub mod calls;
mod concerto;
mod document;
mod duration;
mod error;
mod error_type;
mod expression;
mod instrument;
pub mod pattern;
mod perform;
pub mod pitch;
mod play;
mod read;
pub mod source;
mod template;

pub use document::{
    Backoff, Case, Catch, Document, For, Fork, Join, Listen, Retry, Task, TaskKind, TaskList, Then,
    Try,
};
pub use error::{Fault, Problem, ScoreError, ScoreErrors};
pub use error_type::ErrorType;
pub use expression::{Expression, ExpressionError, STANDARD_VARIABLES, SyntaxError, Variables};
pub use instrument::{Color, EventName, Instrument, Port, Sound, Trouble, Voice};
pub use perform::{Raised, ScoreInput, TaskEvent, TaskProgress, is_musical, perform};
pub use play::{Dynamics, Music, Note, Phrase, Play, RestLength};
pub use template::{CallError, Given, Template};

#[cfg(test)]
mod tests;
