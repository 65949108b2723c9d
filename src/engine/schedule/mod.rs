//! When workflows start by themselves. Pure: what is due is computed from a moment, not waited for.
//!
//! | module | what it is for |
//! |---|---|
//! | this one | a schedule: what is started, when and how |
//! | `turn` | which runs start now |
//! | `overlap`, `catch_up`, `jitter` | what if the run before is open; what if times were missed; spreading |
//! | `times`, `cron` | intervals and cron expressions as moments |
//! | `report` | what a schedule tells of itself |
//! | `name` | what a schedule is called |
//!
//! None of them knows a clock, a store or an engine.

mod catch_up;
mod cron;
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
pub use name::{InvalidScheduleName, ScheduleName};
pub use overlap::{Overlap, Previous};
pub use report::{ScheduleDescription, ScheduleProblem};
pub use times::{BadTimes, Times};

/// A workflow that starts again and again, by the wall clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// When.
    pub times: Times,
    /// Name of the workflow.
    pub workflow: String,
    /// What each run is given.
    pub input: Payload,
    /// What happens when the run before has not ended.
    pub overlap: Overlap,
    /// Times that passed while no engine ran, or while the schedule was paused, are made up for if
    /// they are not older than this; the older ones are left out. See [`CatchUp`].
    pub catch_up: Duration,
    /// Nothing starts.
    pub paused: bool,
    /// When the next run is due; [`Schedule::NEVER`]: no more.
    pub next: Timestamp,
    /// The run that was started last.
    pub last: Option<InstanceId>,
    /// A run waits for the end of the one before.
    pub buffered: bool,
    /// Which of the times that are made up for count.
    #[serde(default)]
    pub missed: Missed,
    /// The last time at which it is due; `None`: it goes on for ever.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Each run starts up to so much later than it is due.
    #[serde(default)]
    pub jitter: Duration,
    /// When the last run was due.
    #[serde(default)]
    pub last_due: Option<Timestamp>,
    /// Why the times since the last run have been lost, if any have.
    #[serde(default)]
    pub problem: Option<ScheduleProblem>,
    /// The due times of the runs that wait for the end of the one before.
    #[serde(default)]
    pub waiting: Vec<Timestamp>,
    /// Runs before the last one that had not ended when the last one started: those, too, are the
    /// run before. Not kept with [`Overlap::Allow`].
    #[serde(default)]
    pub also_open: Vec<InstanceId>,
}

impl Schedule {
    /// The [`next`](Schedule::next) of a schedule that is not due any more.
    pub const NEVER: Timestamp = Timestamp(u64::MAX);

    /// The most runs that one turn starts.
    pub const MAX_AT_ONCE: usize = 1_000;

    /// A time so long ago is never too old: whoever looks at the clock is a moment late.
    pub const GRACE: Duration = Duration::from_secs(1);

    /// A schedule that skips a time while the run before is open and makes up for times of the last
    /// 60 seconds. It is not due before it has been [started](Schedule::starting_at).
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
    /// // Nobody looked for a while: 140 is too long ago.
    /// assert_eq!(tidy.turn(second(185), Previous::Open), [second(160), second(180)]);
    /// assert_eq!(tidy.due(), Some(second(200)));
    /// # Ok::<(), fermata::engine::BadTimes>(())
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

    /// What happens when the run before has not ended.
    pub fn overlap(mut self, overlap: Overlap) -> Self {
        self.overlap = overlap;
        self
    }

    /// What becomes of times that passed unnoticed. A [`Duration`] is
    /// [`CatchUp::Within`]; less than [`GRACE`](Schedule::GRACE) counts as that.
    pub fn catch_up(mut self, catch_up: impl Into<CatchUp>) -> Self {
        (self.catch_up, self.missed) = catch_up.into().parts();
        self
    }

    /// It is not due after this moment of the wall clock.
    pub fn until(mut self, end: Timestamp) -> Self {
        self.until = Some(end);
        self
    }

    /// Each run starts up to so much later than it is due, and before the next one is due, so that
    /// schedules with the same times do not start all at once. How much later follows from the due
    /// time, the workflow and the input. The run is still told when it was due.
    pub fn jitter(mut self, most: Duration) -> Self {
        self.jitter = most;
        self
    }

    /// Begins: the first run is due one interval after `now`, or at the first later time that fits
    /// the cron expression.
    pub fn starting_at(mut self, now: Timestamp) -> Self {
        self.next = self.times.next_after(now).unwrap_or(Self::NEVER);
        self
    }
}
