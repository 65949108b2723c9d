//! From moments of the history to the player's time, while the playhead moves.

use super::{Direction, Rate};
use crate::{engine::Timestamp, music::Nanos};

/// A playhead that moves at a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MovingPlayhead {
    pub rate: Rate,
    /// Where it was...
    from: Timestamp,
    /// ...at this time of the player.
    since: Nanos,
}

impl MovingPlayhead {
    pub fn new(from: Timestamp, rate: Rate, since: Nanos) -> Self {
        Self { rate, from, since }
    }

    /// Where it is at a time.
    pub fn moment(&self, now: Nanos) -> Timestamp {
        let passed = self.rate.speed.history(now.0.saturating_sub(self.since.0));
        Timestamp(match self.rate.direction {
            Direction::Forward => self.from.0.saturating_add(passed),
            Direction::Backward => self.from.0.saturating_sub(passed),
        })
    }

    /// When it is at a moment that lies ahead of it.
    pub fn time(&self, moment: Timestamp) -> Nanos {
        let way = moment.0.abs_diff(self.from.0);
        Nanos(self.since.0.saturating_add(self.rate.speed.playing(way)))
    }
}
