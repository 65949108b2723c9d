//! The schedules of the store, as the window lists them.

use super::format;
use crate::engine::{Overlap, Schedule, ScheduleDescription, ScheduleName, Times, Timestamp};

/// A schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleCard {
    /// Its name.
    pub name: ScheduleName,
    /// Name of the workflow that it starts.
    pub workflow: String,
    /// When it starts it, in words.
    pub times: String,
    /// What it does while a previous run is open, in words.
    pub overlap: &'static str,
    /// When the next run is due; `None`: never again.
    pub next: Option<Timestamp>,
    /// Whether it is paused.
    pub paused: bool,
    /// Why the latest run could not start.
    pub problem: Option<String>,
}

impl From<&ScheduleDescription> for ScheduleCard {
    fn from(description: &ScheduleDescription) -> Self {
        let schedule = &description.schedule;
        Self {
            name: description.name.clone(),
            workflow: schedule.workflow.clone(),
            times: match &schedule.times {
                Times::Every(interval) => format!("every {}", format::seconds(*interval)),
                Times::Cron(expression) => format!("{expression} UTC"),
                Times::CronIn {
                    expression,
                    time_zone,
                } => format!("{expression} {time_zone}"),
            },
            overlap: match schedule.overlap {
                Overlap::Skip => "skips while one is open",
                Overlap::BufferOne => "keeps one for later",
                Overlap::BufferAll => "keeps all for later",
                Overlap::Allow => "starts beside open ones",
                Overlap::CancelPrevious => "cancels the one before",
                Overlap::TerminatePrevious => "terminates the one before",
            },
            next: (schedule.next != Schedule::NEVER).then_some(schedule.next),
            paused: schedule.paused,
            problem: schedule.problem.as_ref().map(|p| p.text.clone()),
        }
    }
}

impl ScheduleCard {
    /// When it is due next, in a few words.
    pub fn due(&self, now: Timestamp) -> String {
        match (self.paused, self.next) {
            (true, _) => "paused".to_owned(),
            (false, Some(next)) => format!("next {}", format::when(next, now)),
            (false, None) => "never again".to_owned(),
        }
    }
}
