//! The text of a score, and which of its lines are answered from history.

use std::{collections::HashMap, ops::RangeInclusive, sync::Arc};

use crate::{
    conductor::TaskTimeline,
    engine::EventId,
    score::{Document, TaskEvent},
    view::escape::escape_line,
};

/// The lines of a score, and the tasks that they belong to.
#[derive(Debug, Clone)]
pub struct ScoreText {
    /// The lines as they are shown.
    pub lines: Arc<[Box<str>]>,
    tasks: Vec<TaskLines>,
    /// The innermost task of each line, as an index of `tasks`.
    owners: Vec<Option<usize>>,
}

/// The lines of a task.
#[derive(Debug, Clone)]
struct TaskLines {
    pointer: String,
    /// Counted from 0.
    lines: RangeInclusive<usize>,
    /// It contains other tasks.
    is_group: bool,
}

/// What a line of a score has to do with the current step of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    /// It belongs to no task: the head of the document.
    NoTask,
    /// The code has not reached it.
    NotReached,
    /// Its task contains others, and has begun.
    Entered,
    /// Its condition did not hold.
    Skipped,
    /// Its task has ended: it is answered from history and not executed again.
    FromHistory {
        /// How often it was executed.
        times: u32,
    },
    /// Its task raised an error, which is in the history.
    Faulted,
    /// Its task is running.
    RunsNow {
        /// How often it was executed before.
        times: u32,
    },
}

/// What has happened to a task so far.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    running: u32,
    ended: u32,
    last: Option<TaskEvent>,
}

impl ScoreText {
    /// The text of a score; `None` if its tasks share their lines, as in a text without line breaks.
    pub fn of(document: &Document) -> Option<Self> {
        let lines: Vec<Box<str>> = document
            .source
            .lines()
            .map(|line| escape_line(line).into())
            .collect();
        let mut tasks = Vec::new();
        document.each_task(&mut |task| {
            let lines = task.lines.start().saturating_sub(1)..=task.lines.end().saturating_sub(1);
            tasks.push(TaskLines {
                pointer: task.pointer.clone(),
                lines,
                is_group: false,
            });
        });
        let mut owners = vec![None; lines.len()];
        // Tasks follow those that contain them.
        for (index, task) in tasks.iter().enumerate() {
            for line in task.lines.clone() {
                if let Some(owner) = owners.get_mut(line) {
                    *owner = Some(index);
                }
            }
        }
        let mut open: Vec<usize> = Vec::new();
        for index in 0..tasks.len() {
            while let Some(&outer) = open.last()
                && !contains(&tasks, outer, index)
            {
                open.pop();
            }
            if let Some(task) = open.last().and_then(|outer| tasks.get_mut(*outer)) {
                task.is_group = true;
            }
            open.push(index);
        }
        let owned = |index: usize| owners.contains(&Some(index));
        let mut singles =
            (0..tasks.len()).filter(|index| !tasks.get(*index).is_none_or(|t| t.is_group));
        let is_legible = tasks.len() == 1 || singles.all(owned);
        is_legible.then(|| Self {
            lines: lines.into(),
            tasks,
            owners,
        })
    }

    /// The lines of a task, counted from 0.
    pub fn lines_of(&self, pointer: &str) -> Option<RangeInclusive<usize>> {
        let mut tasks = self.tasks.iter();
        let task = tasks.find(|task| task.pointer == pointer)?;
        Some(task.lines.clone())
    }

    /// Whether a line, counted from 0, is the first one of its task, or the first one after a task that
    /// it contains.
    pub fn starts_task(&self, line: usize) -> bool {
        let owner = |line: usize| self.owners.get(line).copied().flatten();
        owner(line).is_some() && line.checked_sub(1).and_then(owner) != owner(line)
    }

    /// The state of each line after an event.
    pub(super) fn states(&self, timeline: &TaskTimeline, after: EventId) -> Vec<LineState> {
        let mut by_pointer: HashMap<&str, Progress> = HashMap::new();
        for change in timeline
            .changes()
            .take_while(|change| change.event <= after)
        {
            by_pointer
                .entry(&change.task.pointer)
                .or_default()
                .follow(change.happened);
        }
        let states: Vec<_> = self
            .tasks
            .iter()
            .map(|task| {
                let progress = by_pointer.get(task.pointer.as_str()).copied();
                progress.unwrap_or_default().state(task.is_group)
            })
            .collect();
        let owners = self.owners.iter();
        owners
            .map(|owner| owner.and_then(|owner| states.get(owner).copied()))
            .map(|state| state.unwrap_or(LineState::NoTask))
            .collect()
    }
}

impl Progress {
    fn follow(&mut self, happened: TaskEvent) {
        match happened {
            TaskEvent::Started => self.running += 1,
            TaskEvent::Resumed => self.running = self.running.max(1),
            TaskEvent::Skipped => {}
            happened if happened.is_end() => {
                self.running = self.running.saturating_sub(1);
                self.ended += 1;
            }
            _ => {}
        }
        self.last = Some(happened);
    }

    fn state(self, is_group: bool) -> LineState {
        match self.last {
            None => LineState::NotReached,
            Some(_) if is_group => LineState::Entered,
            Some(_) if self.running > 0 => LineState::RunsNow { times: self.ended },
            Some(TaskEvent::Skipped) if self.ended == 0 => LineState::Skipped,
            Some(TaskEvent::Faulted) => LineState::Faulted,
            Some(_) => LineState::FromHistory { times: self.ended },
        }
    }
}

/// Whether the pointer of a task leads into another one.
fn contains(tasks: &[TaskLines], outer: usize, inner: usize) -> bool {
    let (Some(outer), Some(inner)) = (tasks.get(outer), tasks.get(inner)) else {
        return false;
    };
    let rest = inner.pointer.strip_prefix(outer.pointer.as_str());
    rest.is_some_and(|rest| rest.starts_with('/'))
}
