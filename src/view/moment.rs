//! A moment of the performance.

use super::lane_history::EventCount;
use crate::engine::{InstanceId, Timestamp};

/// A moment of the performance. Events of one commit have the same time; `step` says how many events of
/// one lane are before the moment, so that each of them can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Its time.
    pub at: Timestamp,
    /// A lane, and the number of its events up to this moment.
    pub step: Option<(InstanceId, EventCount)>,
}

impl Moment {
    /// After everything that happened at a time.
    pub fn new(at: Timestamp) -> Self {
        Self { at, step: None }
    }
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self::new(at)
    }
}
