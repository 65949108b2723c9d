//! Clocks: the engine's time, which never runs backward, and the wall clock.

mod jump;
mod reading;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::Instant;

use super::Timestamp;
use reading::{Reading, nanos};

pub use jump::ClockJump;
pub(super) use jump::JumpWatch;

/// The clock of one engine. It shows two times:
///
/// | | [`now`](Clock::now), the engine's time | [`wall_now`](Clock::wall_now), the wall clock |
/// |---|---|---|
/// | used for | events, timers, timeouts | schedules |
/// | the wall clock is set forward, or the machine wakes from sleep | follows | follows |
/// | the wall clock is set back | continues at its own rate | follows |
///
/// Both are driven by tokio's clock: on a runtime with paused time they are simulated and advance
/// from deadline to deadline.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use fermata::engine::{Clock, Timestamp};
/// use std::time::Duration;
///
/// let second = |n: u64| Timestamp(n * 1_000_000_000);
/// // The wall clock shows 100 s, but something has already happened at 160 s.
/// let clock = Clock::starting_at(second(100)).not_before(second(160));
/// tokio::time::sleep(Duration::from_secs(5)).await;
/// assert_eq!(clock.wall_now(), second(105));
/// assert_eq!(clock.now(), second(165));
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    source: Source,
    /// The minimum lead of the engine's time over the origin, in nanoseconds.
    least_lead: u64,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    /// The machine's clocks.
    Machine,
    /// A simulated wall clock that never jumps.
    Simulated {
        origin: Instant,
        at_origin: Timestamp,
    },
}

/// The distance of an instant that cannot be represented.
const FAR: Duration = Duration::from_secs(86_400 * 365 * 30);

impl Clock {
    /// The longest interval between readings of the machine's clocks while a deadline is pending: a
    /// timer fires at most this long after the machine wakes from sleep.
    const MAX_UNREAD: Duration = Duration::from_secs(1);

    /// The clock of this machine.
    pub fn wall() -> Self {
        Self {
            source: Source::Machine,
            least_lead: 0,
        }
    }

    /// A simulated clock that starts at `now` and advances independently of the machine's clocks.
    pub fn starting_at(now: Timestamp) -> Self {
        let origin = Instant::now();
        Self {
            source: Source::Simulated {
                origin,
                at_origin: now,
            },
            least_lead: 0,
        }
    }

    /// The same clock with an engine's time of at least `last`. An engine calls this with the last
    /// event of its open instances, so that setting back the wall clock does not delay their
    /// timers.
    pub fn not_before(self, last: Timestamp) -> Self {
        let behind = nanos(last.since(self.now()));
        if behind == 0 {
            return self;
        }
        Self {
            least_lead: self.lead().saturating_add(behind),
            ..self
        }
    }

    /// The current engine's time. It never runs backward.
    pub fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// The current wall clock time, which may jump forward or back.
    pub fn wall_now(&self) -> Timestamp {
        self.wall_at(Instant::now())
    }

    /// The engine's time at `instant`, as seen from now.
    pub fn at(&self, instant: Instant) -> Timestamp {
        moved(self.lead(), between(self.origin(), instant))
    }

    /// The instant of an engine's time; far in the future if it cannot be represented.
    pub fn instant(&self, moment: Timestamp) -> Instant {
        let now = Instant::now();
        apart(now, self.at(now), moment)
    }

    /// The instant at which the wall clock reaches a time, unless it is set before.
    pub(super) fn wall_instant(&self, moment: Timestamp) -> Instant {
        let now = Instant::now();
        apart(now, self.wall_at(now), moment)
    }

    /// When the clock must be read again if a deadline is at `due`.
    pub(super) fn read_again(&self, due: Instant) -> Instant {
        match self.source {
            Source::Machine => due.min(Instant::now() + Self::MAX_UNREAD),
            Source::Simulated { .. } => due,
        }
    }

    /// Reads both underlying clocks.
    pub(super) fn reading(&self) -> Reading {
        match self.source {
            Source::Machine => Reading::of_machine(),
            Source::Simulated { origin, at_origin } => {
                Reading::simulated(at_origin, Instant::now().saturating_duration_since(origin))
            }
        }
    }

    fn wall_at(&self, instant: Instant) -> Timestamp {
        match self.source {
            Source::Machine => moved(
                Reading::of_machine().lead(),
                between(self.origin(), instant),
            ),
            Source::Simulated { at_origin, .. } => {
                moved(at_origin.0, between(self.origin(), instant))
            }
        }
    }

    fn origin(&self) -> Instant {
        match self.source {
            Source::Machine => Instant::from_std(reading::origin()),
            Source::Simulated { origin, .. } => origin,
        }
    }

    /// The engine's time at the origin, as seen from now.
    fn lead(&self) -> u64 {
        let lead = match self.source {
            Source::Machine => reading::greatest_lead(Reading::of_machine()),
            Source::Simulated { at_origin, .. } => at_origin.0,
        };
        lead.max(self.least_lead)
    }
}

/// The instant whose distance from `now` equals the distance of `then` from `shown`, the time that
/// the clock shows now.
fn apart(now: Instant, shown: Timestamp, then: Timestamp) -> Instant {
    let instant = if then >= shown {
        now.checked_add(then.since(shown))
    } else {
        return now.checked_sub(shown.since(then)).unwrap_or(now);
    };
    instant.unwrap_or(now + FAR)
}

fn moved(from: u64, by: i128) -> Timestamp {
    let sum = i128::from(from) + by;
    Timestamp(u64::try_from(sum.max(0)).unwrap_or(u64::MAX))
}

/// Nanoseconds from one instant to another.
fn between(from: Instant, to: Instant) -> i128 {
    match to.checked_duration_since(from) {
        Some(after) => i128::from(nanos(after)),
        None => -i128::from(nanos(from.saturating_duration_since(to))),
    }
}
