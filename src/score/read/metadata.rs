//! `metadata` of a task.

use super::{Reader, task::optional};
use crate::score::{Template, source::Node, task::TaskList};

impl Reader<'_> {
    /// `metadata.fermata` of a task: how it is undone, and the status that it sets.
    pub(super) fn task_metadata(
        &mut self,
        node: &Node,
        pointer: &str,
    ) -> Option<(Option<TaskList>, Option<Template>)> {
        let Some(ours) = self.any_map(node, "`metadata`")?.get("fermata") else {
            return Some((None, None));
        };
        let known = ["compensate", "status"];
        let ours = self.map(ours, "`metadata.fermata` of a task", &known)?;
        let compensation = ours
            .get("compensate")
            .map(|node| self.tasks(node, &format!("{pointer}/metadata/fermata/compensate")));
        let status = ours.get("status").map(|node| self.template(node));
        Some((optional(compensation)?, optional(status)?))
    }
}
