//! Readings of the machine's clocks.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering::AcqRel},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::engine::Timestamp;

/// A simultaneous reading of the wall clock and the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Reading {
    /// Nanoseconds since the Unix epoch.
    pub wall: u64,
    /// Nanoseconds since the origin.
    pub monotonic: u64,
}

impl Reading {
    /// Reads the wall clock first: if the thread is interrupted between the two, the wall clock
    /// appears to be behind, which the next reading corrects. If it appeared to be ahead, that
    /// would stay.
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

    /// The wall clock at the origin, as seen from now: it changes when the wall clock is set, and
    /// when the monotonic clock stops during sleep.
    pub fn lead(self) -> u64 {
        self.wall.saturating_sub(self.monotonic)
    }
}

/// The origin of the monotonic clock in this process.
pub(super) fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}

/// The greatest lead of all readings of this process, which keeps time from running backward.
pub(super) fn greatest_lead(reading: Reading) -> u64 {
    static GREATEST: AtomicU64 = AtomicU64::new(0);
    raise(&GREATEST, reading)
}

pub(super) fn raise(greatest: &AtomicU64, reading: Reading) -> u64 {
    let lead = reading.lead();
    greatest.fetch_max(lead, AcqRel).max(lead)
}

pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
