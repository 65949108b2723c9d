//! How completed tasks are undone when the workflow fails: a saga, in the words of a score.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use futures_util::future::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Performance, Position, Voice, WorkflowContext, WorkflowSaga};
use crate::{
    engine::Failure,
    music::Beat,
    score::{Task, TaskList},
};

/// A completed task that can be undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Undo {
    /// The task, a JSON pointer into the document.
    pub task: String,
    /// Its output: the input of its compensation.
    pub output: Value,
    /// The beat at which it was done.
    pub at: Beat,
}

/// The compensations of a performance.
pub(super) struct Compensations<C: WorkflowContext> {
    /// `None`: nothing is registered any more, because compensations run.
    saga: RefCell<Option<C::Saga>>,
    /// The performance that they belong to.
    performance: RefCell<Weak<Performance<C>>>,
    /// What is registered, for the next run.
    registered: RefCell<Vec<Undo>>,
}

impl<C: WorkflowContext> Default for Compensations<C> {
    fn default() -> Self {
        Self {
            saga: RefCell::default(),
            performance: RefCell::default(),
            registered: RefCell::default(),
        }
    }
}

impl<C: WorkflowContext> Performance<C> {
    /// Prepares for a failure. A run that continues another one knows what that one has done.
    pub(super) fn expect_failure(self: &Rc<Self>, position: Option<&Position>) {
        let compensations = &self.compensations;
        compensations.performance.replace(Rc::downgrade(self));
        compensations.saga.replace(Some(self.context.saga()));
        for undo in position
            .map(|position| &position.undo[..])
            .unwrap_or_default()
        {
            let mut found = None;
            self.document.each_task(&mut |task| {
                if task.pointer == undo.task {
                    found = task
                        .compensation
                        .clone()
                        .map(|tasks| (task.name.clone(), tasks));
                }
            });
            if let Some((name, tasks)) = found {
                self.register(&name, tasks, undo.clone());
            }
        }
    }

    /// A task with a compensation is done.
    pub(super) fn completed(&self, task: &Task, output: &Value, voice: &Voice) {
        if let Some(tasks) = task.compensation.clone() {
            let undo = Undo {
                task: task.pointer.clone(),
                output: output.clone(),
                at: voice.cursor,
            };
            self.register(&task.name, tasks, undo);
        }
    }

    fn register(&self, name: &str, tasks: TaskList, undo: Undo) {
        let saga = self.compensations.saga.borrow();
        let Some(saga) = saga.as_ref() else { return };
        self.compensations
            .registered
            .borrow_mut()
            .push(undo.clone());
        let performance = self.compensations.performance.borrow().clone();
        let undo = async move {
            let Some(performance) = performance.upgrade() else {
                return Err(Failure::new("Score", "the performance is over"));
            };
            let mut voice = performance.voice();
            voice.cursor = undo.at;
            let done = performance.list(&tasks, undo.output, &mut voice).await;
            done.map(|_| ()).map_err(Failure::from)
        };
        saga.undo_with(name, Box::new(move || undo.boxed_local()));
    }

    /// What has been done, and can be undone in the next run.
    pub(super) fn undoable(&self) -> Vec<Undo> {
        self.compensations.registered.borrow().clone()
    }

    /// The end of the performance. If it failed, what it has done is undone, the last first.
    pub(super) async fn settled<T>(&self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        let saga = self.compensations.saga.take();
        match saga {
            Some(saga) => saga.settle(outcome).await,
            None => outcome,
        }
    }
}
