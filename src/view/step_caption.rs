//! What a score says about the step that a lane is in.

use std::sync::Arc;

use super::{
    lane::LaneModel,
    lane_state::LaneState,
    score_facts::{ScoreFacts, TaskFacts},
};
use crate::engine::Status;

impl LaneModel {
    /// The caption of a rest, or else the sentence that the score has for a task that runs or waits; `None`
    /// if there is none, or if the lane does not run.
    pub fn step_caption(&self) -> Option<Arc<str>> {
        if self.status != Status::Running {
            return None;
        }
        let mut activities = self.activities.values();
        let said = activities.rfind(|activity| activity.caption.is_some());
        if let Some(said) = said {
            return said.caption.clone();
        }
        let facts = self.facts.as_ref()?;
        if facts.tasks.iter().all(|task| task.caption.is_none()) {
            return None;
        }
        match self.state() {
            LaneState::Running { .. } => {
                // Of several branches always the same one speaks, whichever has begun a note last.
                let speaks = |task: &&TaskFacts| {
                    let mut open = self.activities.values();
                    task.caption.is_some() && open.any(|one| one.operation.label == task.name)
                };
                facts.tasks.iter().rfind(speaks)?.caption.clone()
            }
            LaneState::Compensating { step: name }
            | LaneState::WaitingForChildren { name, .. }
            | LaneState::WaitingForTimer { name, .. } => facts.task_named(&name)?.caption.clone(),
            LaneState::WaitingForEvent { name, .. } => listening(facts, &name)?.caption.clone(),
            _ => None,
        }
    }
}

/// The task that listens to an event.
fn listening<'a>(facts: &'a ScoreFacts, event: &str) -> Option<&'a TaskFacts> {
    let listens = |task: &&TaskFacts| task.listens.iter().any(|one| **one == *event);
    facts.tasks.iter().find(listens)
}
