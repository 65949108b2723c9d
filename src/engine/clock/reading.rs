//! The machine's two clocks, read together.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering::AcqRel},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use super::nanos;
use crate::engine::Timestamp;

/// What the wall clock and the monotonic clock show at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Reading {
    /// Nanoseconds since the Unix epoch.
    pub wall: u64,
    /// Nanoseconds since the origin.
    pub monotonic: u64,
}

impl Reading {
    /// The wall clock is read first: an interruption between the two makes the wall clock seem to be
    /// behind, which the next reading corrects. Seeming to be ahead would stay for ever.
    pub fn of_machine() -> Self {
        let origin = origin();
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            wall: wall.map_or(0, nanos),
            monotonic: nanos(Instant::now().saturating_duration_since(origin)),
        }
    }

    pub fn simulated(at_origin: Timestamp, elapsed: Duration) -> Self {
        Self {
            wall: at_origin.0.saturating_add(nanos(elapsed)),
            monotonic: nanos(elapsed),
        }
    }

    /// What the wall clock was at the origin, as seen from now: it changes when the wall clock is
    /// set, and when the monotonic clock does not count while the machine sleeps.
    pub fn lead(self) -> u64 {
        self.wall.saturating_sub(self.monotonic)
    }
}

/// The instant from which this process counts.
pub(super) fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}

/// The greatest lead of all readings of this process: with it time never runs backward.
pub(super) fn greatest_lead(reading: Reading) -> u64 {
    static GREATEST: AtomicU64 = AtomicU64::new(0);
    raise(&GREATEST, reading)
}

pub(super) fn raise(greatest: &AtomicU64, reading: Reading) -> u64 {
    let lead = reading.lead();
    greatest.fetch_max(lead, AcqRel).max(lead)
}
