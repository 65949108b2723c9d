//! What becomes of times that passed unnoticed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What becomes of times that passed while no engine ran, while the machine slept, or while the
/// schedule was paused.
///
/// ```
/// use fermata::engine::{BadTimes, CatchUp, Payload, Schedule, Times};
/// use std::time::Duration;
///
/// let hourly = Times::every(Duration::from_secs(3600))?;
/// let report = Schedule::new(hourly, "report", Payload::null());
/// // Goes on with the next time.
/// let from_now = report.clone().catch_up(CatchUp::None);
/// // Once, however many were missed and however long ago that was.
/// let up_to_date = report.clone().catch_up(CatchUp::Latest);
/// // Each that was missed in the last day.
/// let complete = report.catch_up(CatchUp::Within(Duration::from_secs(86_400)));
/// # Ok::<(), BadTimes>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUp {
    /// They are left out. One that is late by no more than
    /// [`GRACE`](super::Schedule::GRACE) still starts, and of several such the newest.
    None,
    /// The newest starts, however old it is.
    Latest,
    /// All that are not older than this start, as the [`Overlap`](super::Overlap) policy allows.
    Within(Duration),
}

impl From<Duration> for CatchUp {
    fn from(longest: Duration) -> Self {
        Self::Within(longest)
    }
}

impl CatchUp {
    /// How old a time may be, and which of several count.
    pub(super) fn parts(self) -> (Duration, Missed) {
        match self {
            Self::None => (Duration::ZERO, Missed::Newest),
            Self::Latest => (Duration::MAX, Missed::Newest),
            Self::Within(longest) => (longest, Missed::All),
        }
    }
}

/// Which of several times that passed unnoticed count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Missed {
    /// All that are not too old.
    #[default]
    All,
    /// The newest.
    Newest,
}
