//! What the tasks of a score are doing, told while it is performed.

use std::cell::Cell;

use serde::{Deserialize, Serialize};

use crate::{engine::Context, score::Task};

/// Something that happened to a task. Not part of the history: replay tells it again.
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
    /// Its result is no longer wanted.
    Cancelled,
}

/// A task that has begun. Dropped without an end, it was cancelled.
pub(super) struct Begun<'a> {
    context: &'a Context,
    task: &'a Task,
    ended: Cell<bool>,
}

impl<'a> Begun<'a> {
    pub fn new(context: &'a Context, task: &'a Task) -> Self {
        let begun = Self {
            context,
            task,
            ended: Cell::new(false),
        };
        begun.tell(TaskEvent::Started);
        begun
    }

    pub fn end(self, event: TaskEvent) {
        self.ended.set(true);
        self.tell(event);
    }

    fn tell(&self, event: TaskEvent) {
        let progress = TaskProgress {
            task: self.task.pointer.clone(),
            name: self.task.name.clone(),
            event,
        };
        // Two texts and a word always become JSON; and nothing depends on being told.
        let _ = self.context.annotate(&progress);
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.ended.get() {
            self.tell(TaskEvent::Cancelled);
        }
    }
}
