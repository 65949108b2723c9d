//! The position of an instance in its score: the document and the current tasks.

use std::sync::Arc;

use super::{
    palette::Rgb,
    score_facts::{InstrumentFacts, LineRange, ScoreFacts, TaskFacts},
    task_tree::KnownTree,
};
use crate::{
    engine::{Committed, Event, EventId, EventKind, Payload},
    music::Beat,
    score::{
        self, AwaitedEvent, Document, ScoreInput, TaskEvent, TaskProgress, listening::HeardBy,
    },
};

/// The position of an instance in its score.
#[derive(Debug, Default)]
pub(super) struct ScorePosition {
    run: u32,
    /// The score; `None`: the instance performs none, or its first event is still to come.
    pub(super) document: Option<Document>,
    /// The input of the workflow.
    input: Option<Payload>,
    /// By which listening score its events sound.
    heard_by: HeardBy,
    /// Pointers of the tasks that are running, the innermost last.
    running_tasks: Vec<String>,
    /// The beat up to which the upcoming notes are known.
    pub(super) looked_ahead_to: Option<Beat>,
}

/// The news of a commit about a score.
#[derive(Debug, Default)]
pub(super) struct ScoreNews {
    /// The instance has started to perform its score.
    pub(super) starts: bool,
    /// Tasks have started or ended.
    pub(super) moves: bool,
    /// What happened to tasks, in order.
    pub(super) reports: Vec<TaskProgress>,
}

impl ScorePosition {
    /// Folds a commit. Commits of earlier runs change nothing.
    pub(super) fn follow(&mut self, commit: &Committed) -> ScoreNews {
        let run = commit.instance.run;
        let mut news = ScoreNews::default();
        if run < self.run {
            return news;
        }
        if run > self.run {
            *self = Self {
                run,
                ..Self::default()
            };
        }
        if self.document.is_none()
            && let Some((document, input, heard_by)) = score_of(&commit.events)
        {
            self.document = Some(document);
            self.input = Some(input);
            self.heard_by = heard_by;
            news.starts = true;
        }
        let reports = commit.annotations.iter();
        news.reports = reports.filter_map(|report| report.decode().ok()).collect();
        if commit.instance.status.is_closed() {
            self.running_tasks.clear();
            self.looked_ahead_to = None;
            news.moves = true;
            return news;
        }
        if commit.events.iter().any(|event| changes_plan(&event.kind)) {
            self.looked_ahead_to = None;
        }
        for progress in &news.reports {
            self.progress(progress);
            news.moves = true;
        }
        news
    }

    fn progress(&mut self, TaskProgress { task, event, .. }: &TaskProgress) {
        let event = *event;
        if event.is_end() || event == TaskEvent::Started {
            self.running_tasks.retain(|running| running != task);
        }
        // The next run of an instance reports the tasks that it continues as resumed.
        let continues = event == TaskEvent::Resumed && !self.running_tasks.contains(task);
        if event == TaskEvent::Started || continues {
            self.running_tasks.push(task.clone());
        }
    }

    /// The lines of the innermost running task.
    pub(super) fn lines(&self) -> Option<LineRange> {
        let document = self.document.as_ref()?;
        let pointer = self.running_tasks.last()?;
        let mut lines = None;
        document.each_task(&mut |task| {
            if task.pointer == *pointer {
                lines = Some(LineRange {
                    first: *task.lines.start(),
                    last: *task.lines.end(),
                });
            }
        });
        lines
    }

    /// Title, text, tasks and instruments of the score, and the input.
    pub(super) fn facts(&self) -> Option<ScoreFacts> {
        let document = self.document.as_ref()?;
        let instruments = document.instruments.iter();
        Some(ScoreFacts {
            title: document.title.clone(),
            source: Arc::clone(&document.source),
            loops: document.loops,
            heard_by: self.heard_by,
            tasks: TaskFacts::of(document),
            events: AwaitedEvent::of(document).into(),
            input: self.input.clone(),
            tree: KnownTree::default(),
            instruments: instruments
                .map(|instrument| InstrumentFacts {
                    name: instrument.name.clone(),
                    color: {
                        let color = instrument.color;
                        Rgb([color.red, color.green, color.blue]).for_lane().0
                    },
                })
                .collect(),
        })
    }
}

/// The score in the first event of a history, the input of the workflow, and how its events sound.
fn score_of(events: &[Event]) -> Option<(Document, Payload, HeardBy)> {
    let first = events.first().filter(|first| first.id == EventId(0))?;
    let EventKind::ExecutionStarted { input, .. } = &first.kind else {
        return None;
    };
    let input = input.decode::<ScoreInput>().ok()?;
    let document = score::parse_stored(&input.score).ok()?;
    let heard_by = HeardBy::of(&document, &input);
    let given = match input.position {
        // A run that continues another one may have begun with an event.
        Some(position) => position.input,
        None => input.input,
    };
    Some((document, given.into(), heard_by))
}

/// Whether the upcoming notes may be different after an event.
fn changes_plan(kind: &EventKind) -> bool {
    !matches!(
        kind,
        EventKind::TaskScheduled { .. }
            | EventKind::TaskStarted { .. }
            | EventKind::TaskCompleted { .. }
            | EventKind::TaskHeartbeat { .. }
            | EventKind::TimerCreated { .. }
            | EventKind::EventSent { .. }
            | EventKind::CustomStatusSet { .. }
            | EventKind::TagSet { .. }
            | EventKind::VersionMarked { .. }
    )
}
