//! Descriptions and problems of schedules.

use serde::{Deserialize, Serialize};

use super::{Schedule, ScheduleName};
use crate::engine::Timestamp;

/// Why a schedule could not start runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleProblem {
    /// Why the latest run could not start.
    pub text: String,
    /// When it was due to start, by the wall clock.
    pub at: Timestamp,
    /// The number of runs that could not start since the last one that did.
    pub times: u64,
}

/// The current state of a schedule: see [`Engine::schedule`](crate::engine::Engine::schedule).
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleDescription {
    /// Its name.
    pub name: ScheduleName,
    /// The schedule, with its last run, whether it is paused, and its last problem.
    pub schedule: Schedule,
    /// Its next due times without jitter, at most [`UPCOMING`](ScheduleDescription::UPCOMING).
    /// While it is paused, no runs start at these times.
    pub upcoming: Vec<Timestamp>,
}

impl ScheduleDescription {
    /// The maximum number of upcoming due times.
    pub const UPCOMING: usize = 5;

    pub(in crate::engine) fn new(name: ScheduleName, schedule: Schedule) -> Self {
        let upcoming = schedule.upcoming(Self::UPCOMING);
        Self {
            name,
            schedule,
            upcoming,
        }
    }
}
