//! Score documents and how they are performed as workflows.

pub mod calls;
mod concerto;
mod control;
mod document;
mod duration;
mod error;
mod error_type;
mod events;
mod expression;
mod expressiveness;
pub mod http;
pub mod import;
mod instrument;
mod name;
pub mod pattern;
mod perform;
pub mod pitch;
mod play;
mod read;
mod repertoire;
mod scale;
mod schema;
pub mod source;
mod starter;
mod template;
mod tone;
mod variables;

pub use control::{Control, TempoChange};
pub use document::{
    Backoff, Case, Catch, Document, For, Fork, FunctionCall, Join, ProcessOutput, Recurrence,
    Retry, RunWorkflow, Schemas, Task, TaskKind, TaskList, Then, Try,
};
pub use error::{Fault, Problem, ScoreError, ScoreErrors};
pub use error_type::ErrorType;
pub use events::{
    CloudEvent, Correlation, Emit, Filter, ForEach, Listen, NotAnEvent, Read, Strategy, Until,
};
pub use expression::{Expression, ExpressionError, STANDARD_VARIABLES, SyntaxError};
pub use expressiveness::{Humanise, Spread, Start};
pub use instrument::{Color, EventName, Instrument, Mix, Port, Setup, Sound, Trouble, Voice};
pub use perform::{
    Raised, ScoreInput, TaskBook, TaskEvent, TaskProgress, is_musical, may_hear, perform,
};
pub use play::{Dynamics, Moment, Music, Note, Options, Phrase, Play, RestLength};
pub use repertoire::Repertoire;
pub use scale::Scale;
pub use schema::Schema;
pub use starter::starter;
pub use template::{CallError, Given, Template};
pub use tone::{Strike, Tone, Tuning};
pub use variables::{Known, Variables};

/// The JSON Schema (draft 7) of scores: the words that Fermata reads, so that editors complete and
/// check them. It cannot say everything that [`Document::parse`] checks.
pub const SCHEMA: &str = include_str!("schema.json");

#[cfg(test)]
mod tests;
