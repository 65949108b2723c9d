//! A score that has been read and checked: what its words mean, ready to be performed.

use std::{
    collections::{HashMap, HashSet},
    ops::RangeInclusive,
    path::Path,
    sync::Arc,
    time::Duration,
};

use super::{
    Expression, Schema, ScoreErrors, Template, concerto,
    control::{Control, TempoChange},
    error::Fault,
    events::{Emit, Listen},
    http, import,
    instrument::{Instrument, Sound},
    play::{Play, RestLength},
    read::{self, Origin},
    source::{Node, Place},
};

use crate::{
    engine::Times,
    music::{Meter, MidiFile, Tempo},
};

/// A score. A document of the Serverless Workflow DSL 1.0.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The text that it was read from.
    pub source: Arc<str>,
    /// Version of the DSL: `1.0.x`.
    pub dsl: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// For people; its name if it says nothing.
    pub title: String,
    /// For people; may be empty.
    pub summary: String,
    /// How fast.
    pub tempo: Tempo,
    /// The meter.
    pub meter: Meter,
    /// Who plays, in the order of the score.
    pub instruments: Vec<Instrument>,
    /// History events that sound.
    pub sounds: Vec<Sound>,
    /// `input.from` of the workflow.
    pub input: Option<Template>,
    /// `output.as` of the workflow.
    pub output: Option<Template>,
    /// `timeout.after` of the workflow.
    pub timeout: Option<Duration>,
    /// `loop`: after its end it begins again on the next bar line, with the text that its file has
    /// by then, until it is ended.
    pub loops: bool,
    /// `input.schema` and `output.schema` of the workflow.
    pub schemas: Schemas,
    /// `schedule`: when it is performed by itself.
    pub schedule: Option<Recurrence>,
    /// `use.authentications`.
    pub authentications: HashMap<String, http::Policy>,
    /// What it does.
    pub tasks: TaskList,
    /// The whole document as data; null if it was not read from a document of the DSL.
    pub definition: Arc<serde_json::Value>,
    /// The texts of the scores that it runs with `run.workflow`, and of those that these run; see
    /// [`Repertoire`](super::Repertoire).
    pub companions: Vec<Arc<str>>,
}

/// What data must be like.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schemas {
    /// `input.schema`: the input before `input.from`.
    pub input: Option<Schema>,
    /// `output.schema`: the output after `output.as`.
    pub output: Option<Schema>,
    /// `export.schema`: the context after `export.as`.
    pub export: Option<Schema>,
}

/// `schedule`: when a score is performed by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Recurrence {
    /// `every` and `cron`: at these times, whether or not the run before has ended.
    At(Times),
    /// `after`: again so long after it has completed.
    After(Duration),
    /// `on`: each time that these events have come; they are its input.
    On(Box<Listen>),
}

/// Tasks, one after the other; at least one.
pub type TaskList = Vec<Task>;

/// A task.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// Where it stands in the document, a JSON pointer such as `/do/0/groove`.
    pub pointer: String,
    /// The lines of the source that it takes, 1 is the first.
    pub lines: RangeInclusive<usize>,
    /// `if`: the task is skipped where this does not hold.
    pub condition: Option<Expression>,
    /// `input.from`.
    pub input: Option<Template>,
    /// `output.as`.
    pub output: Option<Template>,
    /// `export.as`: the new context.
    pub export: Option<Template>,
    /// `timeout.after`.
    pub timeout: Option<Duration>,
    /// `input.schema`, `output.schema`, `export.schema`.
    pub schemas: Schemas,
    /// What comes after it.
    pub then: Then,
    /// What it does.
    pub kind: TaskKind,
}

/// What comes after a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The next task of the list.
    Continue,
    /// The list ends.
    Exit,
    /// The workflow ends.
    End,
    /// The task with this index in the same list.
    Task(usize),
}

/// What a task does.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskKind {
    /// `do`: tasks, one after the other.
    Do(TaskList),
    /// `call: play`.
    Play(Box<Play>),
    /// `call: rest`.
    Rest(RestLength),
    /// `call: http` or `call: openapi`.
    Http(Box<http::Service>),
    /// `call: control`.
    Control(Box<Control>),
    /// `call: tempo`.
    Tempo(TempoChange),
    /// `set`.
    Set(Template),
    /// `for`.
    For(For),
    /// `fork`.
    Fork(Fork),
    /// `switch`: the first case that holds decides.
    Switch(Vec<Case>),
    /// `wait`, by the wall clock.
    Wait(Duration),
    /// `try`.
    Try(Box<Try>),
    /// `raise`: an object with `type` and `status`, perhaps `title`, `detail`, `instance`.
    Raise(Template),
    /// `emit`.
    Emit(Emit),
    /// `listen`.
    Listen(Listen),
    /// `call` of one of `use.functions`.
    Function(FunctionCall),
    /// `run.workflow`.
    Run(RunWorkflow),
}

/// A call of a function of the score.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionCall {
    /// The function: a task whose pointer leads to `use.functions`.
    pub function: Arc<Task>,
    /// `with`: the function's input; without it, that of the calling task.
    pub with: Option<Template>,
}

/// `run.workflow`: another score as a child workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct RunWorkflow {
    /// Where the score's name stands.
    pub place: Place,
    /// The namespace of the score.
    pub namespace: String,
    /// The name of the score.
    pub name: String,
    /// Its version; `None`: the latest that there is.
    pub version: Option<String>,
    /// The input that it is given.
    pub input: Template,
    /// `await`: what becomes of the task meanwhile; `None`: it goes on at once.
    pub output: Option<ProcessOutput>,
}

/// `return`: what a process that is waited for gives back. A workflow's standard output is its
/// output; there is nothing on its standard error, and its code is 0: one that fails raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessOutput {
    /// `stdout`.
    Stdout,
    /// `stderr`.
    Stderr,
    /// `code`.
    Code,
    /// `all`: a map with all three.
    All,
    /// `none`.
    Nothing,
}

/// `for`.
#[derive(Debug, Clone, PartialEq)]
pub struct For {
    /// The variable that holds the item.
    pub each: String,
    /// The list.
    pub each_in: Expression,
    /// The variable that holds the index, from 0.
    pub at: String,
    /// It goes on while this holds; asked before each round, with its variables.
    pub while_: Option<Expression>,
    /// What is done for each.
    pub tasks: TaskList,
}

/// `fork`.
#[derive(Debug, Clone, PartialEq)]
pub struct Fork {
    /// What is done at the same time, at least one.
    pub branches: Vec<Task>,
    /// `compete`: what becomes of the others when one is done.
    pub join: Join,
}

/// How a fork ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// When every branch is done; the output is the list of theirs.
    All,
    /// When the first branch is done; the others are cancelled, the output is the winner's.
    First,
}

/// A case of a `switch`.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// It holds if this holds; `None`: always.
    pub when: Option<Expression>,
    /// What comes after the switch then.
    pub then: Then,
}

/// `try`.
#[derive(Debug, Clone, PartialEq)]
pub struct Try {
    /// What is tried.
    pub tasks: TaskList,
    /// What is done about errors.
    pub catch: Catch,
}

/// `catch`.
#[derive(Debug, Clone, PartialEq)]
pub struct Catch {
    /// `errors.with`: only errors whose members equal these are caught.
    pub errors: Vec<(String, Template)>,
    /// `as`: the variable that holds the error.
    pub error_as: String,
    /// Only if this holds.
    pub when: Option<Expression>,
    /// Only if this does not hold.
    pub except_when: Option<Expression>,
    /// Tries again.
    pub retry: Option<Retry>,
    /// What is done when there is no further retry.
    pub tasks: Option<TaskList>,
}

/// `retry`: how something is tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// Only if this holds.
    pub when: Option<Expression>,
    /// Only if this does not hold.
    pub except_when: Option<Expression>,
    /// The pause before the second attempt.
    pub delay: Duration,
    /// How the pause grows.
    pub backoff: Backoff,
    /// At most so many attempts, the first one counted; `None`: no limit.
    pub attempts: Option<u32>,
    /// An attempt may last so long.
    pub attempt_duration: Option<Duration>,
    /// All attempts and pauses together may last so long.
    pub duration: Option<Duration>,
    /// A random time from this range is added to each pause.
    pub jitter: Option<(Duration, Duration)>,
}

/// How the pause between attempts grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backoff {
    /// It stays the same.
    #[default]
    Constant,
    /// It grows by the delay each time.
    Linear,
    /// It doubles each time.
    Exponential,
}

impl Retry {
    /// The pause before attempt `attempt` (2, 3, ...) without jitter; at most a day.
    pub fn pause_before(&self, attempt: u32) -> Duration {
        let longest = Duration::from_secs(24 * 3600);
        let nth = attempt.saturating_sub(1).max(1);
        let factor = match self.backoff {
            Backoff::Constant => 1,
            Backoff::Linear => nth,
            Backoff::Exponential => 1_u32.checked_shl(nth - 1).unwrap_or(u32::MAX),
        };
        self.delay.saturating_mul(factor).min(longest)
    }
}

impl Document {
    /// Reads and checks a score in YAML or JSON, or a list of notes in the Concerto format.
    /// `name` stands for the file in errors.
    pub fn parse(source: &str, name: &str) -> Result<Self, ScoreErrors> {
        Self::parse_from(source, name, Origin::Text)
    }

    /// Reads a text that a history keeps. It was checked when it was written; patches and SoundFonts
    /// that have gone since are stood in for.
    pub fn kept(source: &str) -> Result<Self, ScoreErrors> {
        Self::parse_from(source, "score", Origin::History)
    }

    fn parse_from(source: &str, name: &str, origin: Origin<'_>) -> Result<Self, ScoreErrors> {
        let errors = |faults: Vec<Fault>| ScoreErrors::of(faults, name, source);
        let node = Node::parse(source).map_err(|fault| errors(vec![fault]))?;
        if concerto::is_concerto(&node) {
            return concerto::document(&node, source, name).map_err(errors);
        }
        read::document(&node, source, origin).map_err(errors)
    }

    /// Reads and checks a file: a score, a list of notes, or a Standard MIDI File.
    pub fn read(path: &Path) -> Result<Self, ScoreErrors> {
        let name = path.display().to_string();
        let bytes = import::bytes_of(path)?;
        let unreadable = |reason: String| ScoreErrors::Unreadable {
            path: path.to_owned(),
            reason,
        };
        if MidiFile::is_one(&bytes) {
            let imported = import::import(&bytes, &name);
            let imported = imported.map_err(|error| unreadable(error.to_string()))?;
            return Self::parse(&imported.score, &name);
        }
        let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not text".into()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse_from(&text, &name, Origin::Folder(folder))
    }

    /// Shows every task, also those of the functions that are called, each once.
    pub fn each_task(&self, visit: &mut dyn FnMut(&Task)) {
        fn walk(tasks: &[Task], functions: &mut HashSet<String>, visit: &mut dyn FnMut(&Task)) {
            for task in tasks {
                visit(task);
                match &task.kind {
                    TaskKind::Do(tasks) => walk(tasks, functions, visit),
                    TaskKind::For(each) => walk(&each.tasks, functions, visit),
                    TaskKind::Fork(fork) => walk(&fork.branches, functions, visit),
                    TaskKind::Try(tried) => {
                        walk(&tried.tasks, functions, visit);
                        walk(
                            tried.catch.tasks.as_deref().unwrap_or_default(),
                            functions,
                            visit,
                        );
                    }
                    TaskKind::Listen(listen) => {
                        if let Some(each) = &listen.foreach {
                            walk(&each.tasks, functions, visit);
                        }
                    }
                    TaskKind::Function(call) if functions.insert(call.function.pointer.clone()) => {
                        walk(std::slice::from_ref(&call.function), functions, visit);
                    }
                    _ => {}
                }
            }
        }
        walk(&self.tasks, &mut HashSet::new(), visit);
    }

    /// The instrument of that name.
    pub fn instrument(&self, name: &str) -> Option<&Instrument> {
        self.instruments.iter().find(|i| i.name == name)
    }
}
