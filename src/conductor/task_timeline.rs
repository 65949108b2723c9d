//! Which tasks of a score were running, at every event of a history.
//!
//! A history records what tasks ask for, not the tasks themselves. The interpreter reports them again
//! when the history is replayed, so this works for open instances, for closed ones and for exported
//! files alike, and needs one replay. Nothing plays.

use std::{collections::HashMap, sync::Arc};

use super::replay::interpreter;
use crate::{
    engine::{self, Event, EventId, InstanceId, Payload, Walk},
    score::{TaskEvent, TaskProgress},
};

/// How many changes lie between two stored states.
const CHECKPOINT: usize = 256;

/// The tasks of one run of a score, from its first event to its last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskTimeline {
    /// Every task that was reported, in the order of the first reports.
    tasks: Vec<TaskRef>,
    changes: Vec<Change>,
    /// The running tasks before each [`CHECKPOINT`]th change.
    checkpoints: Vec<Vec<TaskIndex>>,
    /// The events that led to the ends of each task, one entry for each time that it ran to its end.
    ends: Vec<Vec<EventId>>,
}

/// A task of a score.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskRef {
    /// A JSON pointer into the document.
    pub pointer: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

/// A change of the state of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskChange<'a> {
    /// The event that led to it.
    pub event: EventId,
    /// The task.
    pub task: &'a TaskRef,
    /// What happened to it.
    pub happened: TaskEvent,
}

/// The place of a task in [`TaskTimeline::tasks`].
type TaskIndex = u32;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Change {
    event: EventId,
    task: TaskIndex,
    happened: TaskEvent,
}

impl TaskTimeline {
    /// The timeline of the run with this history. It is empty if the run performs no score, and ends
    /// where the history no longer matches the interpreter.
    pub fn of(instance: &InstanceId, history: &[Event]) -> Self {
        let steps = engine::annotations(&interpreter(), instance, history);
        Self::fold(steps.map(|step| (step.event, step.annotations)))
    }

    /// The timeline of a run whose replay was walked through.
    pub fn of_walk(walk: &Walk) -> Self {
        let steps = walk.steps.iter();
        Self::fold(steps.map(|step| (step.event, &step.annotations)))
    }

    fn fold(steps: impl Iterator<Item = (EventId, impl AsRef<Vec<Payload>>)>) -> Self {
        let mut timeline = Self::default();
        let mut known = HashMap::new();
        let mut running = Vec::new();
        for (event, annotations) in steps {
            let reports = annotations.as_ref().iter();
            for report in reports.filter_map(|report| report.decode::<TaskProgress>().ok()) {
                let happened = report.event;
                let task = timeline.index_of(report, &mut known);
                let change = Change {
                    event,
                    task,
                    happened,
                };
                if timeline.changes.len() % CHECKPOINT == 0 {
                    timeline.checkpoints.push(running.clone());
                }
                change.apply(&mut running);
                timeline.changes.push(change);
                if happened.is_run_to_the_end()
                    && let Some(ends) = timeline.ends.get_mut(task as usize)
                {
                    ends.push(event);
                }
            }
        }
        timeline
    }

    fn index_of(
        &mut self,
        report: TaskProgress,
        known: &mut HashMap<String, TaskIndex>,
    ) -> TaskIndex {
        // A document has far fewer tasks.
        let new = TaskIndex::try_from(self.tasks.len()).unwrap_or(TaskIndex::MAX);
        let index = *known.entry(report.task.clone()).or_insert(new);
        if index == new {
            self.tasks.push(TaskRef {
                pointer: report.task.into(),
                name: report.name.into(),
            });
            self.ends.push(Vec::new());
        }
        index
    }

    /// The tasks that were running after an event, in the order in which they began: the innermost
    /// last. The time does not depend on the length of the history.
    pub fn running_after(&self, event: EventId) -> Vec<&TaskRef> {
        let end = self.changes.partition_point(|change| change.event <= event);
        // At the very end, the next checkpoint is still to come.
        let last = self.checkpoints.len().saturating_sub(1);
        let checkpoint = last.min(end / CHECKPOINT);
        let mut running = self
            .checkpoints
            .get(checkpoint)
            .cloned()
            .unwrap_or_default();
        let changes = self
            .changes
            .get(checkpoint * CHECKPOINT..end)
            .unwrap_or_default();
        changes.iter().for_each(|change| change.apply(&mut running));
        let tasks = running.iter();
        tasks
            .filter_map(|task| self.tasks.get(*task as usize))
            .collect()
    }

    /// The tasks that ran when the code was woken by an event: those that were running before it, in the
    /// order in which they began, then those that began with it, even if they have ended with it too.
    pub fn active_at(&self, event: EventId) -> Vec<&TaskRef> {
        let before = EventId(event.0.wrapping_sub(1));
        let mut active = match event {
            EventId(0) => Vec::new(),
            _ => self.running_after(before),
        };
        let from = self.changes.partition_point(|change| change.event < event);
        let changes = self.changes.get(from..).unwrap_or_default().iter();
        let begun = changes
            .take_while(|change| change.event == event)
            .filter(|change| matches!(change.happened, TaskEvent::Started | TaskEvent::Resumed));
        active.extend(begun.filter_map(|change| self.tasks.get(change.task as usize)));
        active
    }

    /// How often each task that was reported had run to its end after an event: with a result or an error.
    pub fn finished_after(&self, event: EventId) -> impl Iterator<Item = (&TaskRef, usize)> {
        let counts = self.ends.iter();
        let counts = counts.map(move |ends| ends.partition_point(|end| *end <= event));
        self.tasks.iter().zip(counts)
    }

    /// All changes, in order.
    pub fn changes(&self) -> impl Iterator<Item = TaskChange<'_>> {
        self.changes.iter().filter_map(|change| {
            Some(TaskChange {
                event: change.event,
                task: self.tasks.get(change.task as usize)?,
                happened: change.happened,
            })
        })
    }

    /// Every task that was reported, in the order of the first reports.
    pub fn tasks(&self) -> &[TaskRef] {
        &self.tasks
    }

    /// The tasks that are running at the end of the history.
    pub fn running(&self) -> Vec<&TaskRef> {
        self.running_after(EventId(u64::MAX))
    }
}

impl Change {
    fn apply(self, running: &mut Vec<TaskIndex>) {
        match self.happened {
            TaskEvent::Started => running.push(self.task),
            // The next run reports the tasks that it continues as resumed.
            TaskEvent::Resumed if !running.contains(&self.task) => running.push(self.task),
            happened if happened.is_end() => {
                let place = running.iter().rposition(|running| *running == self.task);
                if let Some(place) = place {
                    running.remove(place);
                }
            }
            _ => {}
        }
    }
}

/// The tasks that an open instance with this history is performing, as reports of the interpreter: for
/// subscribers that join late, such as the window after the process was killed. A task that is running
/// is reported as resumed.
pub fn standing_reports(instance: &InstanceId, history: &[Event]) -> Vec<Payload> {
    let timeline = TaskTimeline::of(instance, history);
    let reports = timeline.running().into_iter().map(|task| TaskProgress {
        task: task.pointer.to_string(),
        name: task.name.to_string(),
        event: TaskEvent::Resumed,
    });
    // Two texts and a word always become JSON.
    reports
        .filter_map(|report| Payload::encode(&report).ok())
        .collect()
}
