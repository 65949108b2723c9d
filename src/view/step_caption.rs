//! What a score says about the step that a lane is in.

use std::sync::Arc;

use super::{
    lane::LaneModel,
    lane_state::LaneState,
    score_facts::{ScoreFacts, TaskFacts},
};
use crate::engine::Status;

impl LaneModel {
    /// The sentence that the score has for the task that runs, or for the wait; `None` if there is none, or
    /// if the lane does not run.
    pub fn step_caption(&self) -> Option<Arc<str>> {
        let facts = self
            .facts
            .as_ref()
            .filter(|_| self.status == Status::Running)?;
        if facts.tasks.iter().all(|task| task.caption.is_none()) {
            return None;
        }
        let task = match self.state() {
            LaneState::Running { task } => facts.task_named(&task?)?,
            LaneState::Compensating { step } => facts.task_named(&step)?,
            LaneState::WaitingForChildren { name, .. }
            | LaneState::WaitingForTimer { name, .. } => facts.task_named(&name)?,
            LaneState::WaitingForEvent { name, .. } => listening(facts, &name)?,
            _ => return None,
        };
        task.caption.clone()
    }
}

/// The task that listens to an event.
fn listening<'a>(facts: &'a ScoreFacts, event: &str) -> Option<&'a TaskFacts> {
    let listens = |task: &&TaskFacts| task.listens.iter().any(|one| **one == *event);
    facts.tasks.iter().find(listens)
}
