//! Overlap policies.

use serde::{Deserialize, Serialize};

use super::Schedule;

/// What a schedule does when it is due while a previous run is open. A run that continues as new is
/// open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Overlap {
    /// Skips the due time.
    #[default]
    Skip,
    /// Starts one run after the previous one has closed, however often it was due.
    BufferOne,
    /// Starts a concurrent run.
    Allow,
    /// Starts a run for each due time, one after the other, up to [`Schedule::MAX_AT_ONCE`].
    BufferAll,
    /// Cancels the previous run and starts after it has closed.
    CancelPrevious,
    /// Terminates the previous run and starts.
    TerminatePrevious,
}

/// The state of previous runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Previous {
    /// A previous run is open.
    Open,
    /// There is no open run.
    Ended,
}

/// How many due times are processed.
pub(super) struct Quota {
    /// The maximum number of passed due times, the newest.
    pub passed: usize,
    /// The maximum number of runs that start now, the oldest.
    pub starts: usize,
    /// The maximum number of buffered runs, the newest.
    pub waits: usize,
}

impl Overlap {
    pub(super) fn quota(self, previous: Previous) -> Quota {
        let many = Schedule::MAX_AT_ONCE;
        let (passed, starts, waits) = match (self, previous) {
            (Self::Allow, _) => (many, many, 0),
            (Self::Skip | Self::CancelPrevious, Previous::Ended) => (1, 1, 0),
            (Self::Skip, Previous::Open) => (1, 0, 0),
            (Self::BufferOne, Previous::Ended) => (2, 1, 1),
            (Self::BufferOne | Self::CancelPrevious, Previous::Open) => (1, 0, 1),
            (Self::BufferAll, Previous::Ended) => (many, 1, many),
            (Self::BufferAll, Previous::Open) => (many, 0, many),
            (Self::TerminatePrevious, _) => (1, 1, 0),
        };
        Quota {
            passed,
            starts,
            waits,
        }
    }

    /// Whether a newer due time replaces a buffered one.
    pub(super) fn prefers_the_newest(self) -> bool {
        matches!(self, Self::CancelPrevious | Self::TerminatePrevious)
    }
}
