//! Catching up on missed due times.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What happens to due times that were missed because no engine was running, the machine was
/// asleep, or the schedule was paused.
///
/// ```
/// use fermata::engine::{InvalidTimes, CatchUp, Payload, Schedule, Times};
/// use std::time::Duration;
///
/// let hourly = Times::every(Duration::from_secs(3600))?;
/// let report = Schedule::new(hourly, "report", Payload::null());
/// // Skips missed times.
/// let from_now = report.clone().catch_up(CatchUp::None);
/// // One run for any number of missed times.
/// let up_to_date = report.clone().catch_up(CatchUp::Latest);
/// // A run for each time missed within the last day.
/// let complete = report.catch_up(CatchUp::Within(Duration::from_secs(86_400)));
/// # Ok::<(), InvalidTimes>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUp {
    /// They are skipped. A due time that is late by at most [`GRACE`](super::Schedule::GRACE) still
    /// starts a run; of several, the newest.
    None,
    /// The newest starts a run, regardless of its age.
    Latest,
    /// All that are not older than this start runs, as the [`Overlap`](super::Overlap) policy
    /// allows.
    Within(Duration),
}

impl From<Duration> for CatchUp {
    fn from(longest: Duration) -> Self {
        Self::Within(longest)
    }
}

impl CatchUp {
    /// The maximum age of a missed due time, and which of several count.
    pub(super) fn parts(self) -> (Duration, Missed) {
        match self {
            Self::None => (Duration::ZERO, Missed::Newest),
            Self::Latest => (Duration::MAX, Missed::Newest),
            Self::Within(longest) => (longest, Missed::All),
        }
    }
}

/// Which of several missed due times count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Missed {
    /// All within the maximum age.
    #[default]
    All,
    /// Only the newest.
    Newest,
}
