//! The request to [`play`](super::play).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    engine::{InstanceId, ScheduleName},
    score::Document,
};

/// Scores to start and instances to continue. Everything in it has been checked.
#[derive(Debug)]
pub struct PlayRequest {
    /// Scores to start together.
    pub documents: Vec<Document>,
    /// Id of the instance, if there is exactly one score; generated otherwise.
    pub id: Option<InstanceId>,
    /// Input of every instance.
    pub input: Value,
    /// How often a score with a schedule is performed; `None`: until the program is interrupted.
    pub runs: Option<u32>,
    /// Schedules of the store that continue.
    pub schedules: Vec<ScheduleName>,
    /// Open instances of the store that continue.
    pub recovered: Vec<InstanceId>,
    /// Those of them that were paused when the store was opened: they are resumed.
    pub paused: BTreeSet<InstanceId>,
}

impl PlayRequest {
    /// Whether schedules start further instances.
    pub fn is_scheduled(&self) -> bool {
        let is_timed = |document: &Document| {
            let schedule = document.schedule.as_ref();
            matches!(schedule, Some(crate::score::Recurrence::At(_)))
        };
        !self.schedules.is_empty() || self.documents.iter().any(is_timed)
    }
}
