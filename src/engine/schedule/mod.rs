//! When workflows start by themselves. Pure: what is due is computed from a moment, not waited for.
//!
//! | room | what it is for |
//! |---|---|
//! | this one | a schedule and its [`turn`](Schedule::turn): which runs start now |
//! | `times` | intervals and cron expressions as moments |
//! | `name` | what a schedule is called |
//!
//! None of them knows a clock, a store or an engine.

mod name;
#[cfg(test)]
mod tests;
mod times;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{InstanceId, Payload, Timestamp};

pub use name::{InvalidScheduleName, ScheduleName};
pub use times::{BadTimes, Times};

/// A workflow that starts again and again.
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
    /// they are not older than this; the older ones are left out.
    pub catch_up: Duration,
    /// Nothing starts.
    pub paused: bool,
    /// When the next run is due; [`Schedule::NEVER`]: no more.
    pub next: Timestamp,
    /// The run that was started last.
    pub last: Option<InstanceId>,
    /// Of [`Overlap::BufferOne`]: a run waits for the end of the one before.
    pub buffered: bool,
}

/// What a schedule does when it is due and the run before has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Overlap {
    /// Leaves this time out.
    #[default]
    Skip,
    /// Starts once the run before has ended; of several such times, one.
    BufferOne,
    /// Starts all the same.
    Allow,
}

/// How the run is that a schedule started last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Previous {
    /// It has not ended.
    Open,
    /// It has ended, or there was none.
    Ended,
}

impl Schedule {
    /// The [`next`](Schedule::next) of a schedule that is not due any more.
    pub const NEVER: Timestamp = Timestamp(u64::MAX);

    /// The most runs that one turn starts.
    pub const MOST_AT_ONCE: usize = 1_000;

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
        }
    }

    /// What happens when the run before has not ended.
    pub fn overlap(mut self, overlap: Overlap) -> Self {
        self.overlap = overlap;
        self
    }

    /// How old a time may be that is made up for. Less than [`GRACE`](Schedule::GRACE) counts as
    /// that.
    pub fn catch_up(mut self, longest: Duration) -> Self {
        self.catch_up = longest;
        self
    }

    /// Begins: the first run is due one interval after `now`, or at the first later time that fits
    /// the cron expression.
    pub fn starting_at(mut self, now: Timestamp) -> Self {
        self.next = self.times.next_after(now).unwrap_or(Self::NEVER);
        self
    }

    /// When [`turn`](Schedule::turn) has to be called next, unless something else happens before;
    /// `None`: not by the clock, since it is paused or not due any more.
    pub fn due(&self) -> Option<Timestamp> {
        (!self.paused && self.next != Self::NEVER).then_some(self.next)
    }

    /// Which runs start now, each with the time it was due, oldest first.
    ///
    /// To be called when the schedule is [due](Schedule::due), when the run before has ended, and
    /// when the schedule is no longer paused; at another moment nothing starts and nothing changes.
    /// The caller notes the last of the new runs in [`last`](Schedule::last) and stores the schedule
    /// together with them.
    ///
    /// Of times that passed unnoticed those within [`catch_up`](Schedule::catch_up) count, the
    /// newest of them: one with [`Overlap::Skip`]; two with [`Overlap::BufferOne`], the second of
    /// which waits; [`MOST_AT_ONCE`](Schedule::MOST_AT_ONCE) with [`Overlap::Allow`]. The others are
    /// left out. No time is given twice, whatever the moments of the calls.
    pub fn turn(&mut self, now: Timestamp, previous: Previous) -> Vec<Timestamp> {
        if self.paused {
            return Vec::new();
        }
        let (most, at_once) = match (self.overlap, previous) {
            (Overlap::Allow, _) => (Self::MOST_AT_ONCE, Self::MOST_AT_ONCE),
            (Overlap::BufferOne, Previous::Ended) => (2, 1),
            (Overlap::Skip, Previous::Ended) => (1, 1),
            (Overlap::BufferOne | Overlap::Skip, Previous::Open) => (1, 0),
        };
        let mut starts = Vec::new();
        if self.buffered {
            starts.push(self.times.last_before(self.next).unwrap_or(now));
        }
        starts.extend(self.passed(now, most));
        let rest = starts.split_off(at_once.min(starts.len()));
        self.buffered = self.overlap == Overlap::BufferOne && !rest.is_empty();
        starts
    }

    /// The newest times that have come and are not too old; the next one is then due later.
    fn passed(&mut self, now: Timestamp, most: usize) -> Vec<Timestamp> {
        if now < self.next || self.next == Self::NEVER {
            return Vec::new();
        }
        let catch_up = self.catch_up.max(Self::GRACE).as_nanos();
        let catch_up = u64::try_from(catch_up).unwrap_or(u64::MAX);
        let oldest = Timestamp(now.0.saturating_sub(catch_up));
        let times = self.times.newest(self.next, oldest, now, most);
        let next = self.times.first_after(self.next, now);
        self.next = next.unwrap_or(Self::NEVER);
        times
    }
}
