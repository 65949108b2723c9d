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
mod child;
mod events;
mod function;
mod http;
mod music;
mod progress;
mod raised;
mod tasks;

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Binding, Document, Expression, Listen, Recurrence, Schema, Task, TaskKind, Template, Variables,
    calls, events::SeenEvents, parse_stored, pattern::Seed,
};
use crate::{
    engine::{Context, Failure, TimerOrigin, Timestamp},
    music::Beat,
};
use again::End;
pub use progress::{TaskBook, TaskEvent, TaskProgress};
pub use raised::Raised;
use raised::Standard;

/// Tasks that may be done one after the other without ever waiting for anything.
const MAX_STEPS_WITHOUT_WAITING: u32 = 100_000;

/// The shortest pause of `schedule.after`, so that a score that waits for nothing leaves time to
/// others.
const MIN_PAUSE: Duration = Duration::from_millis(1);

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
    /// The tempo that this run's text asks for, if that before asked for another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tempo: Option<f64>,
    /// How often the runs before this one have played each of their `play` tasks, by its pointer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cycles: BTreeMap<String, u64>,
    /// The MIDI channels that the instruments had in the run before this one, from 1 to 16.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<String, u8>,
    /// The texts of the scores that it may run with `run.workflow`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Arc<str>>,
    /// How many scores stand above it that run each other; 0 for one that was started by hand.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nested: u32,
    /// How often one with `schedule.after` is performed, this time counted; `None`: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<u32>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl ScoreInput {
    /// A start of a score, with the texts of those that it runs.
    pub fn new(document: &Document, input: Value) -> Self {
        Self {
            score: document.source.to_string(),
            input,
            from: None,
            tempo: None,
            cycles: BTreeMap::new(),
            channels: BTreeMap::new(),
            scores: document.companions.clone(),
            nested: 0,
            runs: None,
        }
    }
}

/// Performs a score: the workflow function behind every instance.
pub async fn perform(context: Context, start: ScoreInput) -> Result<Value, Failure> {
    let document = parse_stored(&start.score)
        .map_err(|errors| Failure::new("Score", errors.to_string()).non_retryable())?;
    // A score that another one runs is performed once and at once, whatever its schedule says.
    let schedule = document.schedule.clone().filter(|_| start.nested == 0);
    let mut now = start.clone();
    if let Some(Recurrence::On(summons)) = schedule.as_ref().filter(|_| start.from.is_none()) {
        let waiting = Performance::new(context.clone(), document.clone(), &start);
        now.input = waiting.summoned(summons, start.input.clone()).await?;
    }
    let performance = Performance::new(context.clone(), document, &now);
    let (output, end) = performance.run(&now).await?;
    if let Some(next) = performance.encore(&now, end).await? {
        return context.continue_as_new(&next);
    }
    let runs = start.runs.map(|runs| runs.saturating_sub(1));
    match schedule {
        _ if runs == Some(0) => return Ok(output),
        None | Some(Recurrence::At(_)) => return Ok(output),
        Some(Recurrence::On(_)) => {}
        Some(Recurrence::After(pause)) => {
            let name = "schedule.after".into();
            let pause = pause.max(MIN_PAUSE);
            context.timer_for(pause, TimerOrigin::Wait { name }).await?;
        }
    }
    let channels = performance.channels.take();
    context.continue_as_new(&ScoreInput {
        runs,
        channels,
        ..start
    })
}

/// Whether a score makes music, and so has to come in on a beat.
pub fn is_musical(document: &Document) -> bool {
    let mut musical = false;
    document.each_task(&mut |task| {
        musical |= matches!(
            task.kind,
            TaskKind::Play(_) | TaskKind::Rest(_) | TaskKind::Control(_) | TaskKind::Tempo(_)
        );
    });
    musical
}

/// Whether a score listens to anything that an event of this type may be.
pub fn may_hear(document: &Document, kind: &str) -> bool {
    let mut hears = match &document.schedule {
        Some(Recurrence::On(summons)) => summons.may_match(kind),
        _ => false,
    };
    document.each_task(&mut |task| {
        hears |= matches!(&task.kind, TaskKind::Listen(listen) if listen.may_match(kind));
    });
    hears
}

/// An instance of a score, being performed.
struct Performance {
    context: Context,
    document: Document,
    /// The scores that this one may run.
    companions: Vec<Document>,
    /// Their texts, to be handed on.
    scores: Vec<Arc<str>>,
    /// How many scores stand above this one.
    nested: u32,
    /// `$workflow` and `$runtime`, and nothing else.
    standing: Variables,
    /// `$context`: what tasks export, the same for all branches.
    shared: RefCell<Arc<Value>>,
    /// How many times each `play` task has been played to its end, by its pointer.
    cycles: RefCell<BTreeMap<String, u64>>,
    /// The MIDI channels of its instruments.
    channels: RefCell<BTreeMap<String, u8>>,
    /// What it knows of the events that came and went.
    ear: Rc<RefCell<SeenEvents>>,
    /// Lines of tasks so far.
    lines: Cell<u64>,
    /// What chance in the music depends on; drawn when it is first needed.
    seed: OnceCell<Seed>,
    /// Tasks since something was waited for.
    since_wait: Cell<u32>,
}

/// A line of tasks: where it is in the music, and its variables.
#[derive(Clone)]
struct Voice {
    cursor: Beat,
    variables: Variables,
    /// Its number: nobody hears the events that they emit themselves.
    line: u64,
    /// It is within a `try`: the score says what is done about failures.
    tries: bool,
}

impl Performance {
    fn new(context: Context, document: Document, start: &ScoreInput) -> Self {
        let standing = Variables::new()
            .with("workflow", workflow(&context, &document, &start.input))
            .with(
                "runtime",
                json!({ "name": "fermata", "version": env!("CARGO_PKG_VERSION"), "metadata": {} }),
            );
        // What cannot be read any more is not there.
        let companions = start.scores.iter();
        let companions = companions.filter_map(|text| parse_stored(text).ok());
        Self {
            companions: companions.collect(),
            scores: start.scores.clone(),
            nested: start.nested,
            ear: Rc::new(RefCell::new(SeenEvents::new(context.instance()))),
            lines: Cell::new(0),
            seed: OnceCell::new(),
            context,
            document,
            standing,
            shared: RefCell::default(),
            cycles: RefCell::new(start.cycles.clone()),
            channels: RefCell::new(start.channels.clone()),
            since_wait: Cell::new(0),
        }
    }

    /// Somebody who begins.
    fn voice(&self) -> Voice {
        Voice {
            cursor: Beat::ZERO,
            variables: self.standing.clone(),
            line: self.new_line(),
            tries: false,
        }
    }

    /// Waits for the events that the score begins with. They are its input.
    async fn summoned(&self, summons: &Listen, input: Value) -> Result<Value, Failure> {
        let mut voice = self.voice();
        let events = self.listen("/schedule/on", summons, None, input, &mut voice);
        let (events, _) = events.await.map_err(Failure::from)?;
        Ok(events)
    }

    /// The output, and what a score that loops goes on from.
    async fn run(&self, start: &ScoreInput) -> Result<(Value, End), Raised> {
        let mut voice = self.voice();
        let schema = self.document.schemas.input.as_ref();
        self.fits("/", schema, &start.input, "input")?;
        let given = start.input.clone();
        let input = self.transformed("/", self.document.input.as_ref(), given, &voice)?;
        self.shared.replace(Arc::new(input.clone()));
        if is_musical(&self.document) {
            let entered = self
                .context
                .activity(calls::EnterActivity, &calls::Enter { at: start.from })
                .await
                .map_err(|failure| Raised::failure("/", &failure))?;
            voice.cursor = entered.performed.at;
            self.channels.replace(entered.channels);
        }
        if let Some(bpm) = start.tempo {
            self.take_up_tempo(bpm, &mut voice).await?;
        }
        let begun = voice.cursor;
        let body = self.list(&self.document.tasks, input, &mut voice);
        let (output, ending) = self.limited("/", self.document.timeout, body).await?;
        let output = self.transformed("/", self.document.output.as_ref(), output, &voice)?;
        self.fits(
            "/",
            self.document.schemas.output.as_ref(),
            &output,
            "output",
        )?;
        let end = End {
            begun,
            at: voice.cursor,
            ending,
        };
        Ok((output, end))
    }

    /// Whether data is what a schema asks for; without a schema it always is.
    fn fits(
        &self,
        pointer: &str,
        schema: Option<&Schema>,
        data: &Value,
        what: &str,
    ) -> Result<(), Raised> {
        let checked = schema.map_or(Ok(()), |schema| schema.check(data));
        checked.map_err(|wrong| {
            let detail = format!("the {what} does not fit its schema: {wrong}");
            Raised::standard(Standard::Validation, pointer, detail)
        })
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
        variables.set("context", Arc::clone(&self.shared.borrow()));
        variables
    }

    fn new_line(&self) -> u64 {
        self.lines.set(self.lines.get() + 1);
        self.lines.get()
    }

    /// Counts a task. Too many without ever waiting would keep the engine from its other work.
    fn step(&self, pointer: &str) -> Result<(), Raised> {
        self.since_wait.set(self.since_wait.get() + 1);
        if self.since_wait.get() > MAX_STEPS_WITHOUT_WAITING {
            let detail = format!(
                "{MAX_STEPS_WITHOUT_WAITING} tasks were done without waiting for anything: \
                 let the loop wait, rest or play"
            );
            return Err(Raised::standard(Standard::Runtime, pointer, detail));
        }
        Ok(())
    }

    /// Something was waited for: others have had their turn.
    fn waited(&self) {
        self.since_wait.set(0);
        self.standing.refill();
    }
}

/// `$workflow`.
fn workflow(context: &Context, document: &Document, input: &Value) -> Binding {
    Binding::Map(vec![
        ("id", json!(context.instance().as_str()).into()),
        ("definition", Arc::clone(&document.definition).into()),
        ("input", input.clone().into()),
        ("startedAt", moment(context.now())),
    ])
}

/// `$task`: `output` is there once the task has one.
fn descriptor(
    document: &Document,
    task: &Task,
    raw: &Arc<Value>,
    started: &Binding,
    output: Option<Arc<Value>>,
) -> Binding {
    let definition = Binding::Part(Arc::clone(&document.definition), task.pointer.clone());
    let mut members = vec![
        ("name", json!(task.name).into()),
        ("reference", json!(task.pointer).into()),
        ("definition", definition),
        ("input", Arc::clone(raw).into()),
        ("startedAt", started.clone()),
    ];
    members.extend(output.map(|output| ("output", output.into())));
    Binding::Map(members)
}

/// A moment as the standard describes it.
fn moment(at: Timestamp) -> Binding {
    let millis = at.0 / 1_000_000;
    json!({
        "iso8601": at.to_string(),
        "epoch": { "seconds": millis / 1000, "milliseconds": millis },
    })
    .into()
}
