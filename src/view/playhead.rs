//! The playhead: the moment that the window shows.
//!
//! It is separate from the camera, which is the visible window of time, and from the selected range.

use std::time::Duration;

use super::{moment::Moment, time_map::shifted};
use crate::{
    conductor::{Direction, Rate},
    engine::Timestamp,
};

/// The moment that the window shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Playhead {
    /// Now.
    #[default]
    Live,
    /// A moment of the past.
    At(Moment),
    /// The past, played.
    Playing(Playback),
}

/// A playback of the past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Playback {
    /// The moment at which it started.
    pub from: Timestamp,
    /// The wall clock at that moment.
    pub since: Timestamp,
    /// Its rate.
    pub rate: Rate,
}

/// A range of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// Its start.
    pub from: Timestamp,
    /// Its end; not before the start.
    pub until: Timestamp,
}

impl TimeRange {
    /// The range between two moments, in any order.
    pub fn between(a: Timestamp, b: Timestamp) -> Self {
        Self {
            from: a.min(b),
            until: a.max(b),
        }
    }

    /// Its length.
    pub fn length(&self) -> Duration {
        self.until.since(self.from)
    }
}

impl Playback {
    /// The moment that is reached when the wall clock shows `wall`, inside `bounds`. A playback that
    /// repeats goes round in them; another stays at their end.
    pub fn moment(&self, wall: Timestamp, bounds: TimeRange, repeat: Repeat) -> Timestamp {
        let ns = wall.since(self.since).as_nanos() as f64 * self.rate.factor();
        let reached = shifted(self.from, ns);
        let length = bounds.length().as_nanos() as u64;
        if repeat == Repeat::Once || length == 0 {
            return reached.clamp(bounds.from, bounds.until);
        }
        match self.rate.direction {
            Direction::Forward if reached > bounds.until => {
                Timestamp(bounds.from.0 + (reached.0 - bounds.from.0) % length)
            }
            Direction::Backward if reached < bounds.from => {
                Timestamp(bounds.until.0 - (bounds.until.0 - reached.0) % length)
            }
            _ => reached,
        }
    }

    /// Whether it has reached the end of `bounds`.
    pub fn is_over(&self, wall: Timestamp, bounds: TimeRange) -> bool {
        let reached = self.moment(wall, bounds, Repeat::Once);
        match self.rate.direction {
            Direction::Forward => reached >= bounds.until,
            Direction::Backward => reached <= bounds.from,
        }
    }
}

/// Whether a playback repeats its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repeat {
    /// It stops at the end.
    #[default]
    Once,
    /// It starts again.
    Loop,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conductor::Speed, view::test_history::s};

    fn playing(direction: Direction, speed: Speed) -> Playback {
        Playback {
            from: s(10.0),
            since: s(100.0),
            rate: Rate { direction, speed },
        }
    }

    #[test]
    fn a_playback_runs_at_its_rate_and_stops_at_the_end() {
        let bounds = TimeRange::between(s(20.0), s(0.0));
        let at = |playback: Playback, wall: f64| playback.moment(s(wall), bounds, Repeat::Once);
        let forward = playing(Direction::Forward, Speed::Double);
        assert_eq!(at(forward, 102.0), s(14.0));
        assert_eq!(at(forward, 110.0), s(20.0));
        assert!(forward.is_over(s(110.0), bounds) && !forward.is_over(s(101.0), bounds));
        let backward = playing(Direction::Backward, Speed::Quarter);
        assert_eq!(at(backward, 104.0), s(9.0));
        assert_eq!(at(backward, 900.0), s(0.0));
        assert!(backward.is_over(s(900.0), bounds));
    }

    #[test]
    fn a_loop_goes_round_in_both_directions() {
        let bounds = TimeRange::between(s(8.0), s(12.0));
        let at = |playback: Playback, wall: f64| playback.moment(s(wall), bounds, Repeat::Loop);
        assert_eq!(
            at(playing(Direction::Forward, Speed::Original), 103.0),
            s(9.0)
        );
        assert_eq!(
            at(playing(Direction::Backward, Speed::Original), 103.0),
            s(11.0)
        );
    }
}
