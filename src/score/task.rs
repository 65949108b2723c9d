//! The tasks of a score.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    Expression, Schema, Span, Template,
    control::{ControlTask, TempoChange},
    events::{EmitTask, Strategy},
    http,
    place::Place,
    play::{PlayTask, RestTask},
};

/// JSON Schemas that data must match.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schemas {
    /// `input.schema`: the input before `input.from`.
    pub input: Option<Schema>,
    /// `output.schema`: the output after `output.as`.
    pub output: Option<Schema>,
    /// `export.schema`: the context after `export.as`.
    pub export: Option<Schema>,
}

/// Tasks that run one after the other; at least one.
pub type TaskList = Vec<Task>;

/// A task.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// Its position in the document, a JSON pointer such as `/do/0/groove`.
    pub pointer: String,
    /// Its lines in the source, counted from 1.
    pub lines: RangeInclusive<usize>,
    /// `if`: the task is skipped if this evaluates to false.
    pub condition: Option<Expression>,
    /// `input.from`.
    pub input: Option<Template>,
    /// `output.as`.
    pub output: Option<Template>,
    /// `export.as`: the new context.
    pub export: Option<Template>,
    /// `timeout.after`.
    pub timeout: Option<Span>,
    /// `input.schema`, `output.schema`, `export.schema`.
    pub schemas: Schemas,
    /// The flow directive: what runs after it.
    pub then: Then,
    /// `metadata.fermata.compensate`: what undoes it if the workflow fails later. Its input is the task's
    /// output.
    pub compensation: Option<TaskList>,
    /// `metadata.fermata.status`: the custom status of the instance once the task is done.
    pub status: Option<Template>,
    /// `metadata.fermata.caption`: a sentence for the audience while the task runs.
    pub caption: Option<String>,
    /// What it does.
    pub kind: TaskKind,
}

/// A flow directive: what runs after a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Then {
    /// The next task of the list.
    Continue,
    /// Leaves the list.
    Exit,
    /// Ends the workflow.
    End,
    /// The task with this index in the same list.
    Task(usize),
}

/// The kinds of tasks.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskKind {
    /// `do`: runs tasks one after the other.
    Do(TaskList),
    /// `call: play`.
    Play(Box<PlayTask>),
    /// `call: rest`.
    Rest(RestTask),
    /// `call: http` or `call: openapi`.
    Http(Box<http::Service>),
    /// `call: control`.
    Control(Box<ControlTask>),
    /// `call: tempo`.
    Tempo(TempoChange),
    /// `set`.
    Set(Template),
    /// `for`.
    For(For),
    /// `fork`.
    Fork(Fork),
    /// `switch`: the first matching case decides.
    Switch(Vec<Case>),
    /// `wait`, on the wall clock.
    Wait(Span),
    /// `try`.
    Try(Box<Try>),
    /// `raise`: an error object with `type` and `status`, optionally `title`, `detail`, `instance`.
    Raise(Template),
    /// `emit`.
    Emit(EmitTask),
    /// `listen`.
    Listen(Listen),
    /// `call` of one of `use.functions`.
    Function(FunctionCall),
    /// `run.workflow`.
    Run(RunWorkflow),
}

/// A call of a function that the score defines.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionCall {
    /// The function: a task whose pointer leads into `use.functions`.
    pub function: Arc<Task>,
    /// `with`: the function's input. `None`: the input of the calling task.
    pub with: Option<Template>,
}

/// `run.workflow`: runs another score as a child workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct RunWorkflow {
    /// The position of the score's name in the source.
    pub place: Place,
    /// The namespace of the score.
    pub namespace: String,
    /// The name of the score.
    pub name: String,
    /// Its version. `None`: the latest one available.
    pub version: Option<String>,
    /// The input of the child. `None`: the task's input.
    pub input: Option<Template>,
    /// `await` and `return`: the task's output. `None`: the task does not wait for the child.
    pub output: Option<ProcessOutput>,
}

/// `return`: the output of a process that the task waits for. The standard output of a workflow is
/// its output; its standard error is empty and its exit code is 0, because a failure raises an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessOutput {
    /// `stdout`.
    Stdout,
    /// `stderr`.
    Stderr,
    /// `code`.
    Code,
    /// `all`: a map of the three above.
    All,
    /// `none`.
    Nothing,
}

/// `for`.
#[derive(Debug, Clone, PartialEq)]
pub struct For {
    /// The variable that holds the item.
    pub each: String,
    /// The list: an expression, or a list that may contain some.
    pub each_in: Template,
    /// The variable that holds the index, from 0.
    pub at: String,
    /// `while`: evaluated before each iteration, with its variables; false ends the loop.
    pub while_: Option<Expression>,
    /// The body of the loop.
    pub tasks: TaskList,
}

/// `fork`.
#[derive(Debug, Clone, PartialEq)]
pub struct Fork {
    /// The branches that run at the same time; at least one.
    pub branches: Vec<Task>,
    /// `compete`: what the fork waits for.
    pub join: Join,
}

/// When a fork ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// When every branch is done. The output is the list of their outputs, with `null` for a branch that
    /// [only makes music](Task::only_makes_music). If all of them do, it is the input.
    All,
    /// When the first branch is done. The others are canceled; the output is the winner's.
    First,
}

/// A case of a `switch`.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// Its condition. `None`: it is the default case.
    pub when: Option<Expression>,
    /// What runs after the switch if it matches.
    pub then: Then,
}

/// `try`.
#[derive(Debug, Clone, PartialEq)]
pub struct Try {
    /// The tasks whose errors are caught.
    pub tasks: TaskList,
    /// How errors are handled.
    pub catch: Catch,
}

/// `catch`.
#[derive(Debug, Clone, PartialEq)]
pub struct Catch {
    /// `errors.with`: catches only errors with these members.
    pub errors: Vec<(String, Template)>,
    /// `as`: the variable that holds the error.
    pub error_as: String,
    /// Catches the error only if this evaluates to true.
    pub when: Option<Expression>,
    /// Catches the error only if this does not evaluate to true.
    pub except_when: Option<Expression>,
    /// How the tasks are retried.
    pub retry: Option<Retry>,
    /// What runs when there are no more retries.
    pub tasks: Option<TaskList>,
    /// `then`: what runs after the task once an error was caught; `None`: what the task says.
    pub then: Option<Then>,
}

/// `retry`: a retry policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// Retries only if this evaluates to true.
    pub when: Option<Expression>,
    /// Retries only if this does not evaluate to true.
    pub except_when: Option<Expression>,
    /// The delay before the second attempt.
    pub delay: Span,
    /// How the delay grows.
    pub backoff: Backoff,
    /// `limit.attempt.count`: how often it is retried. In instances that builds before
    /// [`Edition::Present`](super::Edition) have started, the first attempt counts, too. `None`: no limit.
    pub attempts: Option<u32>,
    /// The maximum duration of one attempt.
    pub attempt_duration: Option<Duration>,
    /// The maximum duration of all attempts and delays together.
    pub duration: Option<Duration>,
    /// Bounds of a random time that is added to each delay.
    pub jitter: Option<(Duration, Duration)>,
}

/// How the delay between attempts grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backoff {
    /// It stays the same.
    #[default]
    Constant,
    /// It grows by the first delay each time.
    Linear,
    /// It doubles each time.
    Exponential,
}

impl Retry {
    /// How often it is retried if neither a limit nor a delay bounds it: without end it would do nothing else.
    pub const UNBOUNDED_ATTEMPTS: u32 = 10;

    /// Whether neither a limit nor a delay bounds it.
    pub fn is_unbounded(&self) -> bool {
        let is_limited = self.attempts.is_some() || self.duration.is_some();
        !is_limited && self.delay.is_zero() && self.jitter.is_none()
    }

    /// The delay before attempt `attempt` (2, 3, ...) without jitter; at most a day. `delay`: the first one.
    pub fn delay_before(&self, attempt: u32, delay: Duration) -> Duration {
        const MAX_DELAY: Duration = Duration::from_secs(24 * 3600);
        let nth = attempt.saturating_sub(1).max(1);
        let factor = match self.backoff {
            Backoff::Constant => 1,
            Backoff::Linear => nth,
            Backoff::Exponential => 1_u32.checked_shl(nth - 1).unwrap_or(u32::MAX),
        };
        delay.saturating_mul(factor).min(MAX_DELAY)
    }
}

/// `listen`.
#[derive(Debug, Clone, PartialEq)]
pub struct Listen {
    /// `to`: which events are consumed.
    pub to: Strategy,
    /// `until`: when listening ends; only with [`Strategy::Any`].
    pub until: Option<Until>,
    /// `read`: which part of an event is the output.
    pub read: ReadAs,
    /// `foreach`: what runs for each event.
    pub foreach: Option<ForEach>,
}

/// When listening to any of several events ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Until {
    /// When this evaluates to true for the list of the events consumed so far.
    Condition(Expression),
    /// When these events have arrived. They are not part of the output.
    Events(Strategy),
}

/// The part of an event that a `listen` returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadAs {
    /// Its data.
    #[default]
    Data,
    /// The whole event.
    Envelope,
    /// Its data as received, encoded data included.
    Raw,
}

/// `foreach` of a `listen`.
#[derive(Debug, Clone, PartialEq)]
pub struct ForEach {
    /// The variable that holds the event, in the form that `read` selects.
    pub item: String,
    /// The variable that holds the index of the event, from 0.
    pub at: String,
    /// What runs for each event, with the event as input.
    pub tasks: TaskList,
    /// `output.as`: what each event adds to the task's output.
    pub output: Option<Template>,
    /// `export.as`: the new context after each event.
    pub export: Option<Template>,
    /// `output.schema` and `export.schema`.
    pub schemas: Schemas,
}

impl Listen {
    /// Whether its waits carry the task's timeout themselves, so that the history shows one wait.
    pub(super) fn times_out_itself(&self) -> bool {
        self.foreach.is_none()
    }

    /// Whether an event of this type may match one of its filters.
    pub fn may_match(&self, kind: &str) -> bool {
        let until = match &self.until {
            Some(Until::Events(strategy)) => strategy.may_match(kind),
            _ => false,
        };
        until || self.to.may_match(kind)
    }
}
