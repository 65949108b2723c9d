//! `metadata` of a task.

use super::{Reader, task::optional};
use crate::score::{Template, source::Node, task::TaskList};

/// The longest caption, in characters: two lines on stage.
const MAX_CAPTION: usize = 160;

/// `metadata.fermata` of a task.
#[derive(Default)]
pub(super) struct TaskMetadata {
    /// How the task is undone.
    pub compensation: Option<TaskList>,
    /// The status that it sets.
    pub status: Option<Template>,
    /// What the audience reads while it runs.
    pub caption: Option<String>,
}

impl Reader<'_> {
    /// `metadata.fermata` of a task.
    pub(super) fn task_metadata(&mut self, node: &Node, pointer: &str) -> Option<TaskMetadata> {
        let Some(ours) = self.any_map(node, "`metadata`")?.get("fermata") else {
            return Some(TaskMetadata::default());
        };
        let known = ["compensate", "status", "caption"];
        let ours = self.map(ours, "`metadata.fermata` of a task", &known)?;
        let compensation = ours
            .get("compensate")
            .map(|node| self.tasks(node, &format!("{pointer}/metadata/fermata/compensate")));
        let status = ours.get("status").map(|node| self.template(node));
        let caption = ours.get("caption").map(|node| self.caption(node));
        Some(TaskMetadata {
            compensation: optional(compensation)?,
            status: optional(status)?,
            caption: optional(caption)?,
        })
    }

    fn caption(&mut self, node: &Node) -> Option<String> {
        let text = self.string(node, "a sentence")?;
        if text.chars().count() > MAX_CAPTION {
            let message = format!("`caption` has at most {MAX_CAPTION} characters");
            return self.report(node.place, message.as_str().into());
        }
        Some(text.to_owned())
    }
}
