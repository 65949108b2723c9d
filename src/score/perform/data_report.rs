//! The data of a score, reported while it is replayed for someone who looks at it.
//!
//! A history records what tasks ask for, not what they pass on. A replay computes the data again, and
//! reports it like the progress of tasks. A performance reports none: it would be copied for nobody.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Performance, WorkflowContext};
use crate::score::{Task, TaskKind};

/// What a performance reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reports {
    /// The progress of tasks.
    Progress,
    /// The data of the score, too.
    ProgressAndData,
}

/// Data of a score that has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DataReport {
    /// `$context` from here on.
    Context(Value),
    /// A task has ended with an output of its own.
    Output(TaskOutput),
}

/// The output of a task, after `output.as`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskOutput {
    /// The task, a JSON pointer into the document.
    pub task: String,
    /// Its name.
    pub name: String,
    /// The output.
    pub output: Value,
}

impl<C: WorkflowContext> Performance<C> {
    /// Reports `$context`.
    pub(super) fn report_context(&self) {
        if self.reports == Reports::ProgressAndData {
            let context = self.shared.borrow().as_ref().clone();
            self.report_data(&DataReport::Context(context));
        }
    }

    /// Reports the output of a task, unless it only passes on what it was given.
    pub(super) fn report_output(&self, task: &Task, output: &Value) {
        let asked = self.reports == Reports::ProgressAndData;
        if asked && has_own_output(task) && !output.is_null() {
            self.report_data(&DataReport::Output(TaskOutput {
                task: task.pointer.clone(),
                name: task.name.clone(),
                output: output.clone(),
            }));
        }
    }

    fn report_data(&self, report: &DataReport) {
        self.context.annotate(report);
    }
}

/// Whether a task makes data. Others pass on their input, or the output of the last task that they
/// contain.
fn has_own_output(task: &Task) -> bool {
    let makes = matches!(
        task.kind,
        TaskKind::Set(_)
            | TaskKind::Http(_)
            | TaskKind::Emit(_)
            | TaskKind::Listen(_)
            | TaskKind::Function(_)
            | TaskKind::Run(_)
            | TaskKind::Fork(_)
    );
    makes || task.output.is_some()
}
