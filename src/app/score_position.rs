//! Where a lane is in its score: its document, its current tasks, and its history for the lookahead.

use std::sync::Arc;

use crate::{
    engine::{Committed, Event, EventId, EventKind},
    music::Beat,
    score::{self, Document, ScoreInput, TaskEvent, TaskProgress},
    view::{InstrumentFacts, LineRange, ScoreFacts},
};

/// Where a lane is in its score.
#[derive(Default)]
pub(super) struct ScorePosition {
    /// Which run of the instance this is.
    run: u32,
    pub document: Option<Document>,
    /// Tasks that are being done, innermost last.
    doing: Vec<String>,
    /// Up to which beat notes have been foreseen.
    pub foreseen: Option<Beat>,
    pub history: Vec<Event>,
    pub closed: bool,
}

impl ScorePosition {
    /// Something happened to it; false if that is of a run that is over.
    pub fn follow(&mut self, committed: &Committed) -> bool {
        let run = committed.instance.run;
        if run < self.run {
            return false;
        }
        if run > self.run {
            *self = Self {
                run,
                ..Self::default()
            };
        }
        self.closed = committed.instance.status.is_closed();
        let known = self.history.last().map(|event| event.id);
        let fresh = committed.events.iter();
        let fresh = fresh.filter(|event| Some(event.id) > known);
        self.history.extend(fresh.cloned());
        let mut events = committed.events.iter();
        if events.any(|event| turns_the_music(&event.kind)) {
            self.foreseen = None;
        }
        for note in &committed.annotations {
            if let Ok(progress) = note.decode::<TaskProgress>() {
                self.progress(progress);
            }
        }
        true
    }

    fn progress(&mut self, TaskProgress { task, event, .. }: TaskProgress) {
        if event.is_end() || event == TaskEvent::Started {
            self.doing.retain(|doing| *doing != task);
        }
        if event == TaskEvent::Started {
            self.doing.push(task);
        }
    }

    /// The lines of the innermost task that is being done.
    pub fn lines(&self) -> Option<LineRange> {
        let document = self.document.as_ref()?;
        let pointer = self.doing.last()?;
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
}

/// The score that a history begins with.
pub(super) fn begun_with(events: &[Event]) -> Option<Document> {
    let first = events.first().filter(|first| first.id == EventId(0))?;
    let EventKind::ExecutionStarted { input, .. } = &first.kind else {
        return None;
    };
    let input = input.decode::<ScoreInput>().ok()?;
    score::parse_stored(&input.score).ok()
}

/// What the window shows of a score.
pub(super) fn facts(document: &Document) -> ScoreFacts {
    let instruments = document.instruments.iter();
    ScoreFacts {
        title: document.title.clone(),
        source: Arc::clone(&document.source),
        loops: document.loops,
        instruments: instruments
            .map(|instrument| InstrumentFacts {
                name: instrument.name.clone(),
                color: [
                    instrument.color.red,
                    instrument.color.green,
                    instrument.color.blue,
                ],
            })
            .collect(),
    }
}

/// After these what was foreseen may no longer come.
fn turns_the_music(kind: &EventKind) -> bool {
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
