//! The performance of a score: an interpreter that is itself one durable workflow.
//!
//! Everything it does to the world is an activity, a timer or a wait of a [`WorkflowContext`];
//! between them it is pure, so that a replay of the history leads to the same place.
//!
//! **Musical time.** A voice has a cursor in beats. `play` is asked to sound a note at the cursor
//! and answers at which beat it really did; the cursor moves on from there. Branches of a fork have
//! cursors of their own, the join takes the latest.
//!
//! **Long pieces.** When the history is long, the score continues as new: the lines of tasks stop at a bar
//! line, and the next run continues them from their [`Position`].

mod arguments;
mod catch;
mod child;
mod compensation;
mod context;
#[cfg(test)]
mod context_tests;
mod data_report;
mod engine_context;
mod events;
mod for_each;
mod fork;
mod function;
mod http;
mod input;
mod line;
mod loop_end;
mod music;
mod position;
mod progress;
mod raised;
mod renewal;
mod run;
mod tasks;
mod variables;

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    ControlState, Document, Recurrence, Several, TaskKind, Variables, calls, events::SeenEvents,
    listening::FamilyListening, parse_stored,
};
use crate::{
    engine::{Failure, TimerOrigin, Timestamp},
    music::Beat,
};
use compensation::Compensations;
pub use compensation::Undo;
pub use context::{MusicStep, RetryOn, UndoStep, WorkflowContext, WorkflowSaga};
use data_report::Reports;
pub use data_report::{DataReport, TaskOutput};
pub use input::{Edition, ScoreInput};
use line::{Checkpoint, Line};
pub use position::Position;
pub use progress::{TaskBook, TaskEvent, TaskProgress};
pub use raised::Raised;
use raised::Standard;
use variables::workflow;

/// Tasks that may be done one after the other without ever waiting for anything.
const MAX_STEPS_WITHOUT_WAITING: u32 = 100_000;

/// The shortest pause of `schedule.after`, so that a score that waits for nothing leaves time to
/// others.
const MIN_PAUSE: Duration = Duration::from_millis(1);

/// Performs a score: the workflow function behind every instance.
pub async fn perform<C: WorkflowContext>(context: C, start: ScoreInput) -> Result<Value, Failure> {
    performed(context, start, Reports::Progress).await
}

/// Performs a score as [`perform`] does, and annotates its data too, as [`DataReport`]s: for a replay
/// that shows them.
pub async fn perform_with_data<C: WorkflowContext>(
    context: C,
    start: ScoreInput,
) -> Result<Value, Failure> {
    performed(context, start, Reports::ProgressAndData).await
}

async fn performed<C: WorkflowContext>(
    context: C,
    start: ScoreInput,
    reports: Reports,
) -> Result<Value, Failure> {
    let document = parse_stored(&start.score)
        .map_err(|errors| Failure::new("Score", errors.to_string()).non_retryable())?;
    // A score that another one runs is performed once and at once, whatever its schedule says.
    let schedule = document.schedule.clone().filter(|_| start.nested == 0);
    let mut now = start.clone();
    let begins = start.from.is_none() && start.position.is_none();
    if let Some(Recurrence::On(summons)) = schedule.as_ref().filter(|_| begins) {
        let waiting = Performance::new(context.clone(), document.clone(), &start, reports);
        now.input = waiting.summoned(summons, start.input.clone()).await?;
    }
    if let Some(position) = &start.position {
        now.input = position.input.clone();
    }
    let performance = Rc::new(Performance::new(context.clone(), document, &now, reports));
    performance.expect_failure(start.position.as_deref());
    let outcome = performance.run(&now, &start).await;
    let (output, end) = performance.settled(outcome).await?;
    if let Some(next) = performance.next_repetition(&now, end).await? {
        return Err(context.continue_as_new(&next));
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
    let controls = performance.controls();
    Err(context.continue_as_new(&ScoreInput {
        runs,
        channels,
        controls,
        position: None,
        ..start
    }))
}

/// Whether a score makes music, and so has to come in on a beat.
pub fn is_musical(document: &Document) -> bool {
    let mut musical = false;
    document.each_task(&mut |task| {
        musical |= task.kind.is_musical();
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
struct Performance<C: WorkflowContext> {
    context: C,
    document: Document,
    /// The scores that this one may run.
    companions: Vec<Document>,
    /// Their texts, to be handed on.
    scores: Vec<Arc<str>>,
    /// The text of its listening score, to be handed on.
    listening: Option<Arc<str>>,
    /// What it hands on about the sounds of events.
    family: FamilyListening,
    /// The depth of this score among those that run each other.
    nested: u32,
    /// `$workflow` and `$runtime`, and nothing else.
    standing: Variables,
    /// `$context`: what tasks export, the same for all branches.
    shared: RefCell<Arc<Value>>,
    /// How many times each `play` task has been played to its end, by its pointer.
    cycles: RefCell<BTreeMap<String, u64>>,
    /// The MIDI channels of its instruments.
    channels: RefCell<BTreeMap<String, u8>>,
    /// What it has set controllers to; `None`: it does not hand that on.
    controls: Option<RefCell<ControlState>>,
    /// The events that it has consumed and emitted.
    seen: Rc<RefCell<SeenEvents>>,
    /// The number of lines of tasks so far.
    lines: Cell<u64>,
    /// What chance in the music depends on; drawn when it is first needed.
    seed: OnceCell<u64>,
    /// The line of the workflow itself.
    root: Rc<Line>,
    /// Whether and where the score continues as new.
    checkpoint: Checkpoint,
    /// Whether it may do so.
    renews: bool,
    /// Whether branches that only make music have no output.
    music_has_no_output: bool,
    /// Whether captions of rests are computed.
    computes_captions: bool,
    /// What it reports.
    reports: Reports,
    /// The rules that it follows.
    edition: Edition,
    /// The workflow's input.
    input: Value,
    /// When the first of the runs started that continue each other.
    started: Timestamp,
    /// For how long the runs before were suspended with their time frozen.
    frozen_before: Duration,
    /// The beat at which the instance entered.
    entered: Cell<Beat>,
    /// The latest beat that was played.
    played: Cell<Beat>,
    /// The tempo that the last `call: tempo` led to.
    tempo: Cell<Option<f64>>,
    /// When the workflow's `timeout` ends it.
    deadline: Cell<Option<Timestamp>>,
    /// Tasks since something was waited for.
    since_wait: Cell<u32>,
    /// How completed tasks are undone.
    compensations: Compensations<C>,
}

/// A line of tasks: where it is in the music, and its variables.
#[derive(Clone)]
struct Voice {
    cursor: Beat,
    variables: Variables,
    /// What is in progress in it. A line does not consume the events that it emits itself.
    line: Rc<Line>,
    /// It is within a `try`: the score says what is done about failures.
    tries: bool,
}

impl<C: WorkflowContext> Performance<C> {
    fn new(context: C, document: Document, start: &ScoreInput, reports: Reports) -> Self {
        let position = start.position.as_deref();
        let started = position.map_or_else(|| context.now(), |position| position.started);
        let about = workflow(&context.instance(), &document, &start.input, started);
        let several = match start.edition {
            Edition::First => Several::First,
            Edition::Present => Several::List,
        };
        let standing = Variables::new()
            .with_several(several)
            .with("workflow", about)
            .with(
                "runtime",
                json!({ "name": "fermata", "version": env!("CARGO_PKG_VERSION"), "metadata": {} }),
            );
        // What cannot be read any more is not there.
        let companions = start.scores.iter();
        let companions = companions.filter_map(|text| parse_stored(text).ok());
        let mut seen = SeenEvents::new(context.instance());
        if let Some(position) = position {
            seen.extend(&position.consumed, &position.emitted);
        }
        let cycles = position.map_or(&start.cycles, |position| &position.cycles);
        let root = match position {
            None => Line::new(1),
            Some(position) => Line::resumed(position.line.clone()),
        };
        Self {
            companions: companions.collect(),
            scores: start.scores.clone(),
            listening: start.listening.clone(),
            family: start.family,
            nested: start.nested,
            seen: Rc::new(RefCell::new(seen)),
            lines: Cell::new(position.map_or(1, |position| position.lines)),
            seed: position
                .and_then(|p| p.seed)
                .map_or_else(OnceCell::new, OnceCell::from),
            root,
            checkpoint: Checkpoint::default(),
            renews: start.renews,
            music_has_no_output: start.music_has_no_output,
            computes_captions: start.computes_captions,
            reports,
            edition: start.edition,
            input: start.input.clone(),
            started,
            frozen_before: position.map_or(Duration::ZERO, |position| position.frozen),
            entered: Cell::new(position.map_or(Beat::ZERO, |position| position.entered)),
            played: Cell::new(position.map_or(Beat::ZERO, |position| position.played)),
            tempo: Cell::new(position.and_then(|position| position.tempo)),
            deadline: Cell::new(position.and_then(|position| position.deadline)),
            context,
            document,
            standing,
            shared: RefCell::new(Arc::new(
                position.map_or(Value::Null, |position| position.context.clone()),
            )),
            cycles: RefCell::new(cycles.clone()),
            channels: RefCell::new(start.channels.clone()),
            controls: start
                .keeps_controls
                .then(|| RefCell::new(start.controls.clone())),
            since_wait: Cell::new(0),
            compensations: Compensations::default(),
        }
    }

    /// The voice of the workflow itself.
    fn voice(&self) -> Voice {
        Voice {
            cursor: Beat::ZERO,
            variables: self.standing.clone(),
            line: Rc::clone(&self.root),
            tries: false,
        }
    }

    /// What it has set controllers to, for the next run.
    fn controls(&self) -> ControlState {
        self.controls
            .as_ref()
            .map_or_else(ControlState::default, |controls| controls.borrow().clone())
    }

    /// A control was performed.
    fn controlled(&self, control: &calls::Control) {
        if let Some(controls) = &self.controls {
            controls.borrow_mut().apply(control);
        }
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
