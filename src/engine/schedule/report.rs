//! What a schedule tells of itself.

use serde::{Deserialize, Serialize};

use super::{Schedule, ScheduleName};
use crate::engine::Timestamp;

/// Why a schedule could not start its runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleProblem {
    /// Why the latest of them did not start, as a sentence.
    pub text: String,
    /// When it was due to start, by the wall clock.
    pub at: Timestamp,
    /// How many due times have been lost since the last run that started.
    pub times: u64,
}

/// A schedule as it is just now: see [`Engine::schedule`](crate::engine::Engine::schedule).
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleDescription {
    /// What it is called.
    pub name: ScheduleName,
    /// The schedule, with its last run, whether it is paused, and its last problem.
    pub schedule: Schedule,
    /// When it is due next, at most [`UPCOMING`](ScheduleDescription::UPCOMING) times, without
    /// jitter. A schedule that is paused does not start at these times.
    pub upcoming: Vec<Timestamp>,
}

impl ScheduleDescription {
    /// The most times that are told in advance.
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
