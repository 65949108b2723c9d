//! The events of a lane, kept for replay, with copies of the lane from time to time so that any moment
//! can be reached by folding a few of them.

mod event_log;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use event_log::EventLog;

use super::{
    chunked::Chunked,
    event_table::EventPlace,
    lane::LaneModel,
    moment::Moment,
    score_facts::{LineRange, ScoreFacts},
};
use crate::{
    engine::{Event, EventId, History, Timestamp},
    score::{TaskEvent, TaskProgress},
};

/// An event of one of the runs of an instance. The events of each run are numbered from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEvent {
    /// The run: 1, 2, ...
    pub run: u32,
    /// The event.
    pub event: Arc<Event>,
}

/// The number of events of a lane up to a moment, over all of its runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct EventCount(pub usize);

/// A lane after its first events, without its history.
#[derive(Debug, Clone)]
struct Checkpoint {
    after: EventCount,
    lane: Arc<LaneModel>,
}

/// Something that is not in the events and belongs to the lane since some event.
type Since<T> = Chunked<(EventCount, T)>;

/// The history of a lane. A copy is cheap and shares the events.
#[derive(Debug, Clone, Default)]
pub struct LaneHistory {
    events: EventLog,
    /// The first event of each run; those after it have consecutive numbers.
    starts: Chunked<EventPlace>,
    checkpoints: Chunked<Checkpoint>,
    facts: Since<Arc<ScoreFacts>>,
    progress: Since<Option<LineRange>>,
    /// What happened to tasks of the score while the window was there.
    tasks: Since<TaskStep>,
}

/// Something that happened to a task of the score: its place in [`ScoreFacts::tasks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TaskStep {
    pub(super) task: u32,
    pub(super) happened: TaskEvent,
}

impl LaneHistory {
    /// The fewest and the most events between two checkpoints. Few make seeking in many short lanes
    /// fast, many save memory in long ones; folding the most takes about 5 ms.
    const MIN_INTERVAL: usize = 192;
    const MAX_INTERVAL: usize = 2048;

    /// Number of events.
    pub fn len(&self) -> EventCount {
        EventCount(self.events.len())
    }

    /// Whether it has no events.
    pub fn is_empty(&self) -> bool {
        self.events.len() == 0
    }

    /// When the first event was.
    pub fn first_at(&self) -> Option<Timestamp> {
        self.events.at(0)
    }

    /// The event at an index.
    pub fn get(&self, index: usize) -> Option<RunEvent> {
        self.events.get(index)
    }

    /// All events, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = RunEvent> {
        self.events.iter()
    }

    /// The number of events before an event of a run.
    pub(super) fn place_of(&self, run: u32, id: EventId) -> EventCount {
        let (mut low, mut high) = (0, self.events.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.events.get(middle) {
                Some(event) if (event.run, event.event.id) < (run, id) => low = middle + 1,
                _ => high = middle,
            }
        }
        EventCount(low)
    }

    /// The number of events up to a moment.
    pub fn count_at(&self, at: Timestamp) -> EventCount {
        let (mut low, mut high) = (0, self.events.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.events.at(middle) {
                Some(event) if event <= at => low = middle + 1,
                _ => high = middle,
            }
        }
        EventCount(low)
    }

    /// Its first events alone.
    #[cfg(test)]
    pub(super) fn first(&self, count: EventCount) -> Self {
        let mut first = Self::default();
        for event in self.iter().take(count.0) {
            first.push(event);
        }
        first
    }

    pub(super) fn push(&mut self, event: RunEvent) {
        if event.event.id == EventId(0) {
            self.starts.push(EventPlace(self.events.len()));
        }
        self.events.push(event);
    }

    pub(super) fn is_checkpoint_due(&self) -> bool {
        let last = self.checkpoints.last().map_or(0, |last| last.after.0);
        let length = self.events.len();
        let interval = (length / 256).clamp(Self::MIN_INTERVAL, Self::MAX_INTERVAL);
        length - last >= interval
    }

    /// Keeps a copy of the lane as it is after the events so far.
    pub(super) fn keep(&mut self, lane: Arc<LaneModel>) {
        let after = self.len();
        self.checkpoints.push(Checkpoint { after, lane });
    }

    /// The score that the lane performs after its first `count` events.
    pub fn facts_after(&self, count: EventCount) -> Option<&Arc<ScoreFacts>> {
        let facts = self.facts.last_where(|(since, _)| *since <= count);
        facts.map(|(_, facts)| facts)
    }

    /// The place of the first event of the run that an event belongs to.
    pub fn run_start(&self, place: EventPlace) -> Option<EventPlace> {
        let known = place.0 < self.events.len();
        let start = self.starts.last_where(|start| *start <= place);
        start.copied().filter(|_| known)
    }

    /// The number of an event in its run.
    pub fn number_of(&self, place: EventPlace) -> Option<EventId> {
        let start = self.run_start(place)?;
        u64::try_from(place.0 - start.0).ok().map(EventId)
    }

    /// When an event was.
    pub fn time_of(&self, place: EventPlace) -> Option<Timestamp> {
        self.events.at(place.0)
    }

    /// Records the score that the lane performs since an event.
    pub(super) fn performs(&mut self, since: EventCount, facts: Arc<ScoreFacts>) {
        self.facts.push((since, facts));
    }

    /// Records the lines of the score that play from here on.
    pub(super) fn plays(&mut self, lines: Option<LineRange>) {
        self.progress.push((self.len(), lines));
    }

    /// What happened to tasks between two moments: after the first `from` events, and not after the first
    /// `until`.
    pub(super) fn task_steps(
        &self,
        from: EventCount,
        until: EventCount,
    ) -> impl Iterator<Item = TaskStep> {
        let first = self.tasks.count_where(|(since, _)| *since <= from);
        let steps = (first..).map_while(|place| self.tasks.get(place));
        steps
            .take_while(move |(since, _)| *since <= until)
            .map(|(_, step)| *step)
    }

    /// Adds what another history says about scores. `shift` is the number of events before its first.
    pub(super) fn append_score(&mut self, other: &Self, shift: EventCount) {
        let shifted = |since: &EventCount| EventCount(since.0 + shift.0);
        for (since, facts) in other.facts.iter() {
            self.facts.push((shifted(since), Arc::clone(facts)));
        }
        for (since, lines) in other.progress.iter() {
            self.progress.push((shifted(since), *lines));
        }
        for (since, step) in other.tasks.iter() {
            self.tasks.push((shifted(since), *step));
        }
    }

    /// The last checkpoint that is not after `count`.
    fn checkpoint(&self, count: EventCount) -> Option<&Checkpoint> {
        self.checkpoints
            .last_where(|checkpoint| checkpoint.after <= count)
    }
}

impl LaneModel {
    /// Records what the tasks of its score have reported with its last events.
    pub(super) fn report_tasks(&mut self, reports: &[TaskProgress]) {
        let Some(facts) = &self.facts else {
            return;
        };
        let since = self.history.len();
        for report in reports {
            let task = facts.tree().index_of(&report.task);
            if let Some(task) = task.and_then(|task| u32::try_from(task).ok()) {
                let happened = report.event;
                self.history
                    .tasks
                    .push((since, TaskStep { task, happened }));
            }
        }
    }

    /// The history of its latest run.
    pub fn latest_run(&self) -> History {
        let events = match self.history.len() {
            EventCount(0) => Vec::new(),
            EventCount(count) => self.run_around(EventPlace(count - 1)),
        };
        History {
            instance: self.id.clone(),
            events,
        }
    }

    /// The events of the run that an event belongs to.
    pub fn run_around(&self, place: EventPlace) -> Vec<Event> {
        let Some(start) = self.history.run_start(place) else {
            return Vec::new();
        };
        let places = (start.0..).map(EventPlace);
        let places = places.take_while(|place| self.history.run_start(*place) == Some(start));
        let events = places.filter_map(|place| self.history.get(place.0));
        events
            .map(|event| Arc::unwrap_or_clone(event.event))
            .collect()
    }

    /// The lane as it was at a moment: the fold of the events up to it. `None` before the first one.
    pub fn at(&self, moment: &Moment) -> Option<Arc<LaneModel>> {
        let count = self.count_at(moment);
        (count > EventCount(0)).then(|| self.after(count, None))
    }

    /// The number of its events up to a moment.
    pub fn count_at(&self, moment: &Moment) -> EventCount {
        match &moment.step {
            Some((id, count)) if *id == self.id => (*count).min(self.history.len()),
            _ => self.history.count_at(moment.at),
        }
    }

    /// The lane after its first `count` events. `near` is the result of an earlier call, from which it
    /// may be faster to go on.
    pub fn after(
        &self,
        count: EventCount,
        near: Option<(EventCount, &Arc<LaneModel>)>,
    ) -> Arc<LaneModel> {
        let kept = self.history.checkpoint(count);
        let kept = kept.map(|kept| (kept.after, &kept.lane));
        let near = near.filter(|(after, _)| *after <= count);
        let (from, base) = match (kept, near) {
            (Some(kept), Some(near)) if near.0 > kept.0 => (near.0, Some(near.1)),
            (Some(kept), _) => (kept.0, Some(kept.1)),
            (None, Some(near)) => (near.0, Some(near.1)),
            (None, None) => (EventCount(0), None),
        };
        let mut lane = match base {
            Some(lane) => LaneModel::clone(lane),
            None => LaneModel::new(self.id.clone(), self.ordinal),
        };
        for index in from.0..count.0 {
            if let Some(event) = self.history.get(index) {
                lane.apply(&event, &mut Vec::new());
            }
        }
        lane.facts = self.history.facts_after(count).cloned();
        let progress = &self.history.progress;
        let lines = progress.last_where(|(since, _)| *since <= count);
        lane.progress = lines.and_then(|(_, lines)| *lines);
        lane.ordinal = self.ordinal;
        Arc::new(lane)
    }
}
