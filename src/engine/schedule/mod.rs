//! Schedules: recurring starts of a workflow. Pure: due times are computed from a given time.
//!
//! | module | purpose |
//! |---|---|
//! | this one | the schedule |
//! | `turn` | which runs start now |
//! | `overlap`, `catch_up`, `jitter` | policies for open runs, missed due times and spreading |
//! | `times`, `cron` | due times of intervals and cron expressions |
//! | `report` | descriptions and problems |
//! | `name` | names of schedules |
//!
//! None of these modules uses a clock, a store or an engine.

mod catch_up;
mod cron;
mod invalid_times;
mod jitter;
mod name;
mod overlap;
mod report;
#[cfg(test)]
mod tests;
mod times;
mod turn;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{InstanceId, Payload, Timestamp};

pub use catch_up::{CatchUp, Missed};
pub use invalid_times::InvalidTimes;
pub use name::{InvalidScheduleName, ScheduleName};
pub use overlap::{Overlap, Previous};
pub use report::{ScheduleDescription, ScheduleProblem};
pub use times::Times;

/// A schedule that starts a workflow repeatedly, by the wall clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// The due times.
    pub times: Times,
    /// Name of the workflow.
    pub workflow: String,
    /// The input of each run.
    pub input: Payload,
    /// The policy for due times while a previous run is open.
    pub overlap: Overlap,
    /// The maximum age of missed due times that are caught up; older ones are skipped. See
    /// [`CatchUp`].
    pub catch_up: Duration,
    /// Whether it is paused.
    pub paused: bool,
    /// When the next run is due; [`Schedule::NEVER`]: never again.
    pub next: Timestamp,
    /// The last run.
    pub last: Option<InstanceId>,
    /// A run is buffered until the previous one has closed.
    pub buffered: bool,
    /// Which missed due times are caught up.
    #[serde(default)]
    pub missed: Missed,
    /// The last time at which it may be due; `None`: no end.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// The maximum random delay of a run after its due time.
    #[serde(default)]
    pub jitter: Duration,
    /// When the last run was due.
    #[serde(default)]
    pub last_due: Option<Timestamp>,
    /// Why runs since the last one could not start, if so.
    #[serde(default)]
    pub problem: Option<ScheduleProblem>,
    /// The due times of buffered runs.
    #[serde(default)]
    pub waiting: Vec<Timestamp>,
    /// Earlier runs that were open when the last one started; they count as previous runs. Not
    /// tracked with [`Overlap::Allow`].
    #[serde(default)]
    pub also_open: Vec<InstanceId>,
}

impl Schedule {
    /// The value of [`next`](Schedule::next) if the schedule is never due again.
    pub const NEVER: Timestamp = Timestamp(u64::MAX);

    /// The maximum number of runs that one turn starts.
    pub const MAX_AT_ONCE: usize = 1_000;

    /// Due times within this period are never too old, to allow for timer latency.
    pub const GRACE: Duration = Duration::from_secs(1);

    /// Creates a schedule that skips due times while a previous run is open and catches up on due
    /// times of the last 60 seconds. It is not due until it has been
    /// [started](Schedule::starting_at).
    ///
    /// ```
    /// use fermata::engine::{Overlap, Payload, Previous, Schedule, Times, Timestamp};
    /// use std::time::Duration;
    ///
    /// let second = |n: u64| Timestamp(n * 1_000_000_000);
    /// let times = Times::every(Duration::from_secs(20))?;
    /// let mut tidy = Schedule::new(times, "tidy", Payload::null())
    ///     .overlap(Overlap::Allow)
    ///     .catch_up(Duration::from_secs(30))
    ///     .starting_at(second(100));
    /// assert_eq!(tidy.due(), Some(second(120)));
    /// assert_eq!(tidy.turn(second(120), Previous::Ended), [second(120)]);
    /// // After a delay: 140 is too old.
    /// assert_eq!(tidy.turn(second(185), Previous::Open), [second(160), second(180)]);
    /// assert_eq!(tidy.due(), Some(second(200)));
    /// # Ok::<(), fermata::engine::InvalidTimes>(())
    /// ```
    pub fn new(times: Times, workflow: impl Into<String>, input: Payload) -> Self {
        Self {
            times,
            workflow: workflow.into(),
            input,
            overlap: Overlap::default(),
            catch_up: Duration::from_secs(60),
            paused: false,
            next: Self::NEVER,
            last: None,
            buffered: false,
            missed: Missed::default(),
            until: None,
            jitter: Duration::ZERO,
            last_due: None,
            problem: None,
            waiting: Vec::new(),
            also_open: Vec::new(),
        }
    }

    /// Sets the policy for due times while a previous run is open.
    pub fn overlap(mut self, overlap: Overlap) -> Self {
        self.overlap = overlap;
        self
    }

    /// Sets what happens to missed due times. A [`Duration`] means [`CatchUp::Within`]; the minimum
    /// is [`GRACE`](Schedule::GRACE).
    pub fn catch_up(mut self, catch_up: impl Into<CatchUp>) -> Self {
        (self.catch_up, self.missed) = catch_up.into().parts();
        self
    }

    /// Sets the last time at which it may be due.
    pub fn until(mut self, end: Timestamp) -> Self {
        self.until = Some(end);
        self
    }

    /// Delays each run by up to `most` after its due time, and before the next one, so that
    /// schedules with the same due times do not start all at once. The delay is derived from the
    /// due time, the workflow and the input. Tags contain the due time.
    pub fn jitter(mut self, most: Duration) -> Self {
        self.jitter = most;
        self
    }

    /// Starts the schedule: the first run is due one interval after `now`, or at the next time of
    /// the cron expression.
    pub fn starting_at(mut self, now: Timestamp) -> Self {
        self.next = self.times.next_after(now).unwrap_or(Self::NEVER);
        self
    }
}
