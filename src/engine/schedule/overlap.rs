//! What happens when a schedule is due and the run before is open.

use serde::{Deserialize, Serialize};

use super::Schedule;

/// What a schedule does when it is due and the run before has not ended. A run that continues as new
/// has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Overlap {
    /// Leaves this time out.
    #[default]
    Skip,
    /// Starts once the run before has ended; of several such times, one.
    BufferOne,
    /// Starts all the same.
    Allow,
    /// Starts once the run before has ended; as many times as it was due, one after the other, but
    /// no more than [`Schedule::MAX_AT_ONCE`].
    BufferAll,
    /// Cancels the run before and starts once it has ended.
    CancelPrevious,
    /// Terminates the run before and starts.
    TerminatePrevious,
}

/// How the run is that a schedule started last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Previous {
    /// It has not ended.
    Open,
    /// It has ended, or there was none.
    Ended,
}

/// How many due times are dealt with, and how.
pub(super) struct Quota {
    /// So many of those that have passed are looked at: the newest.
    pub passed: usize,
    /// So many start now: the oldest.
    pub starts: usize,
    /// So many wait for the end of the run before: the newest.
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

    /// Whether a later time replaces one that waits.
    pub(super) fn prefers_the_newest(self) -> bool {
        matches!(self, Self::CancelPrevious | Self::TerminatePrevious)
    }
}
