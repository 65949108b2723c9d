//! Scores: the model, the readers, and the performance of scores as workflows.
//!
//! The model ([`Document`], [`Task`]) does not know how it is read. [`load`] and [`parse`] choose the
//! reader: the DSL in YAML or JSON, the Concerto format, or a Standard MIDI File. [`perform`] is the
//! workflow that performs a document.

mod awaited_event;
mod bundled;
pub mod calls;
mod chord_name;
mod chord_symbol;
mod control;
mod control_state;
mod controllers;
mod data_flow;
mod document;
mod duration;
mod error;
mod error_type;
mod event_name;
mod events;
mod expression;
mod expressiveness;
pub mod http;
pub mod import;
mod instrument;
mod instrument_choice;
mod jq;
pub mod listening;
mod load;
mod name;
pub mod pattern;
mod pattern_function;
mod perform;
mod phrase;
pub mod pitch;
mod place;
mod play;
mod pointer;
mod read;
mod repertoire;
mod scale;
mod schema;
mod sealed_text;
pub mod source;
mod starter;
mod suggest;
mod task;
mod template;
mod timeout_timer;
mod tone;
mod value_error;
mod values;
mod variables;
mod velocity;

pub use awaited_event::AwaitedEvent;
pub use bundled::{BUNDLED, COMPANIONS};
pub use control::{Automation, Change, ControlTask, Ramp, TempoChange};
pub use control_state::ControlState;
pub use document::{Document, Recurrence};
pub use duration::Span;
pub use error::{Diagnostic, Problem, ScoreError, ScoreErrors, Suggestion};
pub use error_type::ErrorType;
pub use event_name::EventName;
pub use events::{
    CloudEvent, Correlation, EmitTask, Filter, InvalidEvent, ListenerState, Strategy,
};
pub use expression::{
    Expression, ExpressionError, STANDARD_VARIABLES, SealedExpression, SyntaxError,
};
pub use expressiveness::{Humanise, Spread, Start};
pub use instrument::{
    ChannelSetup, Color, EventSound, InjectedFault, Instrument, Mix, Port, Voice,
};
pub use instrument_choice::InstrumentChoice;
pub use load::{load, load_text, parse, parse_stored};
pub use pattern_function::{PatternFunction, PatternFunctions};
pub use perform::{
    DataReport, Edition, MusicStep, Position, Raised, RetryOn, ScoreInput, TaskBook, TaskEvent,
    TaskOutput, TaskProgress, Undo, UndoStep, WorkflowContext, WorkflowSaga, is_musical, may_hear,
    perform, perform_with_data,
};
pub use phrase::{Phrase, PhraseContext};
pub use place::Place;
pub use play::{
    Dynamics, ListedNote, Music, PlayOptions, PlayTask, RestCaption, RestLength, RestTask,
};
pub use read::crowded;
pub use repertoire::Repertoire;
pub use scale::Scale;
pub use schema::{Mismatch, Schema, SchemaMismatch};
pub use sealed_text::{SealedText, Seals, SecretName};
pub use starter::starter;
pub(crate) use suggest::suggest;
pub use task::{
    Backoff, Case, Catch, For, ForEach, Fork, FunctionCall, Join, Listen, ProcessOutput, ReadAs,
    Retry, RunWorkflow, Schemas, Task, TaskKind, TaskList, Then, Try, Until,
};
pub use template::{Argument, ArgumentError, Template};
pub use timeout_timer::{limited_task, timeout_timer};
pub use tone::{PatternNote, Tone, Tuning};
pub use value_error::ValueError;
pub use variables::{Binding, Several, Variables};

/// The JSON Schema (draft 7) of scores, with which editors complete and check them. It cannot express
/// everything that [`parse`] checks.
pub const SCHEMA: &str = include_str!("schema.json");

#[cfg(test)]
mod guide_tests;
#[cfg(test)]
mod play_tests;
#[cfg(test)]
mod test_text;
#[cfg(test)]
mod tests;
