//! The performance of a score: an interpreter that is itself one durable workflow.
//!
//! Everything it does to the world is an activity, a timer or a wait of the engine's [`Context`];
//! between them it is pure, so that a replay of the history leads to the same place.
//!
//! **Musical time.** A voice has a cursor in beats. `play` is asked to sound a note at the cursor
//! and answers at which beat it really did; the cursor moves on from there. Branches of a fork have
//! cursors of their own, the join takes the latest.

mod again;
mod catch;
mod music;
mod progress;
mod raised;
mod tasks;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Document, Expression, Task, TaskKind, Template, Variables, calls};
use crate::{
    engine::{Context, Failure},
    music::Beat,
};
use again::End;
pub use progress::{TaskEvent, TaskProgress};
pub use raised::Raised;
use raised::Standard;

/// Tasks that may be done one after the other without ever waiting for anything.
const MOST_WITHOUT_WAITING: u32 = 100_000;

/// What an instance of a score is started with. It keeps the document, so that a later change of
/// the file cannot disturb its replay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreInput {
    /// The text of the score.
    pub score: String,
    /// The workflow's input.
    pub input: Value,
    /// Where the run before this one ended, of a score that loops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Beat>,
}

/// Performs a score: the workflow function behind every instance.
pub async fn perform(context: Context, start: ScoreInput) -> Result<Value, Failure> {
    let document = Document::parse(&start.score, "score")
        .map_err(|errors| Failure::new("Score", errors.to_string()).non_retryable())?;
    let performance = Performance {
        workflow: json!({
            "id": context.instance().as_str(),
            "input": start.input,
            "startedAt": { "iso8601": context.now().to_string() },
        }),
        context,
        shared: RefCell::new(Value::Null),
        cycles: RefCell::new(HashMap::new()),
        since_wait: Cell::new(0),
        document,
    };
    let (output, end) = performance.run(start.input.clone(), start.from).await?;
    match performance.encore(start, end).await? {
        None => Ok(output),
        Some(next) => performance.context.continue_as_new(&next),
    }
}

/// Whether a score makes music, and so has to come in on a beat.
pub fn is_musical(document: &Document) -> bool {
    any_task(&document.tasks, &|task| {
        matches!(task.kind, TaskKind::Play(_) | TaskKind::Rest(_))
    })
}

fn any_task(tasks: &[Task], is: &dyn Fn(&Task) -> bool) -> bool {
    tasks.iter().any(|task| {
        is(task)
            || match &task.kind {
                TaskKind::Do(tasks) => any_task(tasks, is),
                TaskKind::For(each) => any_task(&each.tasks, is),
                TaskKind::Fork(fork) => any_task(&fork.branches, is),
                TaskKind::Try(tried) => {
                    any_task(&tried.tasks, is)
                        || tried.catch.tasks.as_ref().is_some_and(|t| any_task(t, is))
                }
                _ => false,
            }
    })
}

/// An instance of a score, being performed.
struct Performance {
    context: Context,
    document: Document,
    /// `$workflow`.
    workflow: Value,
    /// `$context`: what tasks export, the same for all branches.
    shared: RefCell<Value>,
    /// How many times each `play` task has been played to its end, by its pointer.
    cycles: RefCell<HashMap<String, u64>>,
    /// Tasks since something was waited for.
    since_wait: Cell<u32>,
}

/// A line of tasks: where it is in the music, and its variables.
#[derive(Clone)]
struct Voice {
    cursor: Beat,
    variables: Variables,
}

impl Performance {
    /// The output, and what a score that loops goes on from.
    async fn run(&self, input: Value, from: Option<Beat>) -> Result<(Value, End), Raised> {
        let mut voice = Voice {
            cursor: Beat::ZERO,
            variables: Variables::new(),
        };
        let input = self.transformed("/", self.document.input.as_ref(), input, &voice)?;
        if is_musical(&self.document) {
            let entered = self
                .context
                .activity(calls::EnterActivity, &calls::Enter { at: from })
                .await
                .map_err(|failure| Raised::failure("/", &failure))?;
            voice.cursor = entered.at;
        }
        let begun = voice.cursor;
        let body = self.list(&self.document.tasks, input, &mut voice);
        let (output, ending) = self.limited("/", self.document.timeout, body).await?;
        let output = self.transformed("/", self.document.output.as_ref(), output, &voice)?;
        let end = End {
            begun,
            at: voice.cursor,
            ending,
        };
        Ok((output, end))
    }

    /// What a template makes of a value; without a template the value itself.
    fn transformed(
        &self,
        pointer: &str,
        template: Option<&Template>,
        value: Value,
        voice: &Voice,
    ) -> Result<Value, Raised> {
        match template {
            None => Ok(value),
            Some(template) => template
                .evaluate(&value, &self.variables(voice))
                .map_err(|error| Raised::expression(pointer, &error)),
        }
    }

    fn holds(
        &self,
        pointer: &str,
        condition: Option<&Expression>,
        input: &Value,
        voice: &Voice,
    ) -> Result<Option<bool>, Raised> {
        condition
            .map(|condition| condition.holds(input, &self.variables(voice)))
            .transpose()
            .map_err(|error| Raised::expression(pointer, &error))
    }

    /// The variables in scope.
    fn variables(&self, voice: &Voice) -> Variables {
        let mut variables = voice.variables.clone();
        variables.set("context", self.shared.borrow().clone());
        variables.set("workflow", self.workflow.clone());
        variables.set(
            "runtime",
            json!({ "name": "fermata", "version": env!("CARGO_PKG_VERSION") }),
        );
        variables
    }

    /// Counts a task. Too many without ever waiting would keep the engine from its other work.
    fn step(&self, pointer: &str) -> Result<(), Raised> {
        self.since_wait.set(self.since_wait.get() + 1);
        if self.since_wait.get() > MOST_WITHOUT_WAITING {
            let detail = format!(
                "{MOST_WITHOUT_WAITING} tasks were done without waiting for anything: \
                 let the loop wait, rest or play"
            );
            return Err(Raised::standard(Standard::Runtime, pointer, detail));
        }
        Ok(())
    }

    fn waited(&self) {
        self.since_wait.set(0);
    }
}
