//! The progress of tasks, reported while a score is performed.

use std::cell::Cell;

use serde::{Deserialize, Serialize};

use super::{Performance, WorkflowContext};
use crate::{engine::Status, score::Task};

/// A change of a task's state. Not part of the history: replay reports it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskProgress {
    /// The task, a JSON pointer into the document.
    pub task: String,
    /// Its name.
    pub name: String,
    /// What happened.
    pub event: TaskEvent,
}

/// What happens to tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskEvent {
    /// It began.
    Started,
    /// It came to its end.
    Completed,
    /// It raised an error.
    Faulted,
    /// It was canceled.
    Cancelled,
    /// Its condition did not hold.
    Skipped,
    /// What it tries is tried once more.
    Retried,
    /// Its workflow was suspended.
    Suspended,
    /// Its workflow was resumed, or continued as new.
    Resumed,
}

impl TaskEvent {
    /// Whether nothing more happens to the task this time.
    pub fn is_end(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Faulted | Self::Cancelled | Self::Skipped
        )
    }

    /// Whether the task has run to its end, with a result or an error.
    pub fn is_run_to_the_end(self) -> bool {
        matches!(self, Self::Completed | Self::Faulted)
    }
}

/// A task that has begun. Dropped without an end, it was cancelled.
pub(super) struct RunningTask<'a, C: WorkflowContext> {
    performance: &'a Performance<C>,
    task: &'a Task,
    ended: Cell<bool>,
}

impl<'a, C: WorkflowContext> RunningTask<'a, C> {
    pub fn new(performance: &'a Performance<C>, task: &'a Task) -> Self {
        Self::with(performance, task, TaskEvent::Started)
    }

    /// A task that started in an earlier run.
    pub fn resumed(performance: &'a Performance<C>, task: &'a Task) -> Self {
        Self::with(performance, task, TaskEvent::Resumed)
    }

    fn with(performance: &'a Performance<C>, task: &'a Task, event: TaskEvent) -> Self {
        let begun = Self {
            performance,
            task,
            ended: Cell::new(false),
        };
        begun.report(event);
        begun
    }

    pub fn end(self, event: TaskEvent) {
        self.ended.set(true);
        self.report(event);
    }

    fn report(&self, event: TaskEvent) {
        report(&self.performance.context, self.task, event);
    }
}

/// Tells what happens to a task.
pub(super) fn report(context: &impl WorkflowContext, task: &Task, event: TaskEvent) {
    let progress = TaskProgress {
        task: task.pointer.clone(),
        name: task.name.clone(),
        event,
    };
    context.annotate(&progress);
}

impl<C: WorkflowContext> Drop for RunningTask<'_, C> {
    fn drop(&mut self) {
        // It continues in the next run.
        if !self.ended.get() && !self.performance.checkpoint.is_reached() {
            self.report(TaskEvent::Cancelled);
        }
    }
}

/// What the tasks of one instance are doing, and what follows for them from what happens to the
/// instance: an instance that is suspended or ended from outside runs no code that could report it.
#[derive(Debug, Default)]
pub struct TaskBook {
    /// Tasks that have begun and not ended, in the order of their begin.
    open: Vec<(String, String)>,
    suspended: bool,
}

impl TaskBook {
    /// The changes with a commit: those that the instance reports, then those that follow from its status.
    pub fn follow(&mut self, status: Status, reported: Vec<TaskProgress>) -> Vec<TaskProgress> {
        let mut all = reported;
        for progress in &all {
            let task = (progress.task.clone(), progress.name.clone());
            let is_new = progress.event == TaskEvent::Resumed && !self.open.contains(&task);
            if progress.event == TaskEvent::Started || is_new {
                self.open.push(task);
            } else if progress.event.is_end()
                && let Some(at) = self.open.iter().rposition(|open| *open == task)
            {
                self.open.remove(at);
            }
        }
        let of_open = |event| {
            let of = move |(task, name): &(String, String)| TaskProgress {
                task: task.clone(),
                name: name.clone(),
                event,
            };
            self.open.iter().map(of).collect::<Vec<_>>()
        };
        match status {
            Status::Suspended if !self.suspended => {
                all.extend(of_open(TaskEvent::Suspended));
                self.suspended = true;
            }
            Status::Running | Status::Pending if self.suspended => {
                all.extend(of_open(TaskEvent::Resumed));
                self.suspended = false;
            }
            // The innermost first, as when a task is cancelled by another.
            Status::Terminated | Status::Canceled => {
                all.extend(of_open(TaskEvent::Cancelled).into_iter().rev());
                self.open.clear();
            }
            _ => {}
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(task: &str, event: TaskEvent) -> TaskProgress {
        TaskProgress {
            task: task.to_owned(),
            name: task.to_owned(),
            event,
        }
    }

    #[test]
    fn suspending_or_ending_an_instance_applies_to_its_open_tasks() {
        use TaskEvent::{Cancelled, Completed, Resumed, Skipped, Started, Suspended};
        let mut book = TaskBook::default();
        let mut follow = |status, reported: &[(&str, TaskEvent)]| {
            let reported = reported.iter().map(|(task, event)| progress(task, *event));
            let all = book.follow(status, reported.collect());
            all.into_iter()
                .map(|progress| (progress.task, progress.event))
                .collect::<Vec<_>>()
        };
        let owned = |all: &[(&str, TaskEvent)]| {
            let owned = all.iter().map(|(task, event)| ((*task).to_owned(), *event));
            owned.collect::<Vec<_>>()
        };
        let begun = [
            ("a", Started),
            ("b", Started),
            ("c", Started),
            ("c", Completed),
            ("d", Skipped),
        ];
        assert_eq!(follow(Status::Running, &begun), owned(&begun));
        let held = owned(&[("a", Suspended), ("b", Suspended)]);
        assert_eq!(follow(Status::Suspended, &[]), held);
        assert_eq!(follow(Status::Suspended, &[]), [], "it is reported once");
        let resumed = owned(&[("a", Resumed), ("b", Resumed)]);
        assert_eq!(follow(Status::Running, &[]), resumed);
        let ended = owned(&[("b", Cancelled), ("a", Cancelled)]);
        assert_eq!(follow(Status::Terminated, &[]), ended);
        assert_eq!(follow(Status::Terminated, &[]), []);
    }
}
