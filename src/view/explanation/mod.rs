//! A replay explained: what the window shows of each step of a [walk](crate::engine::walk) through the
//! replay of one instance.
//!
//! | file | contents |
//! |---|---|
//! | this one | the steps, the table, the list of commands |
//! | `sentences` | what the code asked for, how the history answers, the caption |
//! | `score_text` | the text of a score, and which of its lines are answered from history |
//!
//! It knows neither the store nor the window. One step is one event; if code and history part, one more
//! step shows where.

mod score_text;
mod sentences;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use score_text::{LineState, ScoreText};

use super::{
    early_retry::EarlyRetries,
    event_words::{event_row, opener, request},
    row::Row,
    score_facts::TaskFacts,
    score_tokens::{ScoreTokens, follow},
    task_tree::TaskTree,
};
use crate::{
    conductor::{self, TaskTimeline},
    engine::{
        CommandNumber, CommandState, DivergenceKind, Event, EventId, EventKind, History,
        InstanceId, Walk, WalkedCommand,
    },
    score::{self, ScoreInput},
};

/// The replay of one instance, step by step.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The instance.
    pub instance: InstanceId,
    /// The title of its score, or the name of its workflow.
    pub title: String,
    /// The text of its score; `None`: it is a workflow in Rust, or its text has too few lines to show
    /// anything. The window then shows the list of commands.
    pub text: Option<ScoreText>,
    tree: TaskTree,
    events: Vec<Event>,
    early_retries: EarlyRetries,
    walk: Walk,
    tasks: TaskTimeline,
    /// How often the code was woken up to each step, this one included.
    wakes: Vec<u32>,
}

/// The number of a step: 0 is the start of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StepNumber(pub usize);

/// What the window shows at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplainedStep {
    /// The event that was applied. At a divergence, the one that does not match; `None`: it is missing.
    pub event: Option<EventId>,
    /// The place: `step 14 of 31`.
    pub place: String,
    /// What the code does: `The code starts again from the top`.
    pub heading: String,
    /// Whether the code is walked once more, from its top.
    pub starts_again: bool,
    /// How often it was walked and executed: `walked 14 times, executed once`.
    pub counter: String,
    /// How many rows of the table are known: the last of them is that of this step.
    pub rows: usize,
    /// How many commands the code has asked for.
    pub commands: usize,
    /// The command that this step is about, as a call; `None`: it is about none.
    pub asked: Option<String>,
    /// How the history answers it, as a sentence without its end.
    pub answer: String,
    /// The step in one sentence or two, for the audience.
    pub caption: String,
    /// Code and history side by side, at the point where they part.
    pub parted: Option<Parted>,
}

/// Code and history at the point where they part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parted {
    /// What the code asks for now.
    pub expected: String,
    /// What the history has.
    pub found: String,
    /// The likely cause and what to do.
    pub cause: String,
}

/// A command in the list of commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The command as a call.
    pub text: String,
    /// How far it has come.
    pub state: CommandState,
}

impl Explanation {
    /// Explains the history of a score.
    pub fn of_score(history: History) -> Self {
        let walk = conductor::walk(&history.instance, &history.events);
        Self::new(history, walk)
    }

    /// Explains a history by a walk through its replay.
    pub fn new(history: History, walk: Walk) -> Self {
        let History { instance, events } = history;
        let started = events.first().map(|first| &first.kind);
        let (mut title, mut text) = (instance.to_string(), None);
        let mut tree = TaskTree::default();
        if let Some(EventKind::ExecutionStarted { name, input, .. }) = started {
            title.clone_from(name);
            let input = input.decode::<ScoreInput>();
            let document = input.ok().map(|input| score::parse_stored(&input.score));
            if let Some(Ok(document)) = document {
                title.clone_from(&document.title);
                text = ScoreText::of(&document);
                tree = TaskTree::of(&TaskFacts::of(&document));
            }
        }
        let wakes = walk.steps.iter().scan(0, |wakes, step| {
            *wakes += step.wakes;
            Some(*wakes)
        });
        Self {
            wakes: wakes.collect(),
            tasks: TaskTimeline::of_walk(&walk),
            early_retries: EarlyRetries::of_run(&events),
            instance,
            title,
            text,
            tree,
            events,
            walk,
        }
    }

    /// The last step.
    pub fn last(&self) -> StepNumber {
        let steps = self.walk.steps.len() + usize::from(self.walk.divergence.is_some());
        StepNumber(steps.saturating_sub(1))
    }

    /// The step of an event, or the last one before it.
    pub fn step_of(&self, event: EventId) -> StepNumber {
        let after = self.walk.steps.partition_point(|step| step.event <= event);
        match &self.walk.divergence {
            Some(divergence) if divergence.event <= event => self.last(),
            _ => StepNumber(after.saturating_sub(1)),
        }
    }

    /// What the window shows at a step; that of the last one for steps beyond it.
    pub fn at(&self, number: StepNumber) -> ExplainedStep {
        let number = number.min(self.last());
        let StepNumber(place) = number;
        let known = self.event_of(number);
        let wakes = self.wakes.get(place).or(self.wakes.last());
        let parted = self.parted(number);
        let mut step = ExplainedStep {
            event: known.map(|event| event.id),
            place: format!("step {} of {}", place + 1, self.last().0 + 1),
            heading: self.heading(number).to_owned(),
            starts_again: place > 0 && self.is_woken(number),
            counter: sentences::counter(wakes.copied().unwrap_or_default()),
            rows: match known {
                Some(_) => (place + 1).min(self.events.len()),
                None => self.events.len(),
            },
            commands: self.issued(number),
            asked: None,
            answer: String::new(),
            caption: String::new(),
            parted,
        };
        self.describe(number, &mut step);
        step
    }

    /// A row of the table: one for each event.
    pub fn row(&self, index: usize) -> Option<Row> {
        let event = self.events.get(index)?;
        Some(self.row_of(event))
    }

    fn row_of(&self, event: &Event) -> Row {
        let row = event_row(event, self.opened(&event.kind));
        self.early_retries.mark(self.early_retries.run(), row)
    }

    /// A line of the list of commands, as it is at a step.
    pub fn command(&self, index: usize, at: StepNumber) -> Option<CommandLine> {
        let command = self.walk.commands.get(index)?;
        Some(CommandLine {
            text: self.request(command),
            state: self.state(command, at),
        })
    }

    /// The states of the lines of the score at a step, from the first line; empty without a score.
    pub fn lines(&self, at: StepNumber) -> Vec<LineState> {
        match &self.text {
            Some(text) => text.states(&self.tasks, self.moment(at)),
            None => Vec::new(),
        }
    }

    /// The tokens of the score at a step: what runs, in which branch.
    pub fn tokens(&self, at: StepNumber) -> ScoreTokens {
        let (after, mut running) = (self.moment(at), Vec::new());
        let changes = self.tasks.changes();
        for change in changes.take_while(|change| change.event <= after) {
            if let Some(task) = self.tree.index_of(&change.task.pointer) {
                follow(task, change.happened, &mut running);
            }
        }
        let mut tokens = ScoreTokens::default();
        tokens.place(&running, &self.tree);
        tokens
    }

    /// The event until which everything has happened at a step.
    fn moment(&self, at: StepNumber) -> EventId {
        let step = self.walk.steps.get(at.0).or(self.walk.steps.last());
        step.map_or(EventId(0), |step| step.event)
    }

    fn is_woken(&self, at: StepNumber) -> bool {
        let step = self.walk.steps.get(at.0);
        step.is_some_and(|step| step.wakes > 0)
    }

    fn is_parted(&self, at: StepNumber) -> bool {
        at.0 >= self.walk.steps.len()
    }

    fn event_of(&self, at: StepNumber) -> Option<&Event> {
        let id = match self.walk.steps.get(at.0) {
            Some(step) => step.event,
            None => self.walk.divergence.as_ref()?.event,
        };
        self.event(id)
    }

    fn event(&self, id: EventId) -> Option<&Event> {
        let place = self.events.binary_search_by_key(&id, |event| event.id).ok();
        place.and_then(|place| self.events.get(place))
    }

    /// The event that an event refers to.
    fn opened(&self, kind: &EventKind) -> Option<&Event> {
        opener(kind).and_then(|id| self.event(id))
    }

    /// How many commands were issued up to a step.
    fn issued(&self, at: StepNumber) -> usize {
        let step = self.walk.steps.get(at.0).or(self.walk.steps.last());
        step.map_or(0, |step| step.issued.end)
    }

    fn state(&self, command: &WalkedCommand, at: StepNumber) -> CommandState {
        command.state_after(self.moment(at))
    }

    fn command_of(&self, number: CommandNumber) -> Option<&WalkedCommand> {
        self.walk.commands.get(number.0)
    }

    /// The command that an event records.
    fn recorded_by(&self, event: EventId) -> Option<&WalkedCommand> {
        let number = self.walk.step(event)?.records?;
        self.command_of(number)
    }

    /// A command as a call.
    fn request(&self, command: &WalkedCommand) -> String {
        match &command.request {
            Some(kind) => request(kind, self.opened(kind)),
            None => "cancel".to_owned(),
        }
    }

    fn parted(&self, at: StepNumber) -> Option<Parted> {
        let divergence = self.walk.divergence.as_ref()?;
        if !self.is_parted(at) {
            return None;
        }
        let nothing = || "nothing".to_owned();
        let (expected, found) = match &divergence.kind {
            DivergenceKind::Mismatch { found, expected } => (expected.clone(), found.clone()),
            DivergenceKind::NotRequested { found } => (nothing(), found.clone()),
            DivergenceKind::WrongType { found, reason } => {
                (format!("a result of another type: {reason}"), found.clone())
            }
            DivergenceKind::InvalidEvent { found, reason } => (
                format!("an event that is possible here: {reason}"),
                found.clone(),
            ),
            other => {
                let found = self.event_of(at);
                let found = found.filter(|event| !is_stall(&event.kind));
                let found = found.map(|event| self.words(event));
                let nothing_more = || "nothing more".to_owned();
                (other.to_string(), found.unwrap_or_else(nothing_more))
            }
        };
        Some(Parted {
            expected,
            found,
            cause: divergence.cause.to_string(),
        })
    }

    /// An event in a few words: `both-ready, Completed`.
    fn words(&self, event: &Event) -> String {
        let row = event_row(event, self.opened(&event.kind));
        format!("{}, {}", row.title, row.status.label())
    }

    /// The data of an event, if it has any.
    fn data(&self, event: &Event) -> Option<Arc<str>> {
        let row = self.row_of(event);
        (!row.payload.is_empty()).then_some(row.payload)
    }
}

/// Whether an event only records that code and history had parted.
fn is_stall(kind: &EventKind) -> bool {
    matches!(kind, EventKind::ExecutionStalled { .. })
}
