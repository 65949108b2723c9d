//! What time it is, for the engine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::Timestamp;

/// The wall clock of one engine: read once, then counted on by a clock that never jumps.
///
/// It counts with tokio's clock, so that on a runtime with paused time it is a simulated clock that
/// moves from deadline to deadline.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
    at_origin: Timestamp,
}

impl Clock {
    /// The machine's wall clock.
    pub fn wall() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let nanos = since.map_or(0, |since| since.as_nanos());
        Self::starting_at(Timestamp(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    /// A clock that shows `now` now.
    pub fn starting_at(now: Timestamp) -> Self {
        Self {
            origin: Instant::now(),
            at_origin: now,
        }
    }

    /// The same, but not before a moment: an engine's time does not run backward.
    pub fn not_before(self, last: Timestamp) -> Self {
        let behind = last.since(self.now());
        Self {
            at_origin: self.at_origin + behind,
            ..self
        }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// The moment that `instant` is.
    pub fn at(&self, instant: Instant) -> Timestamp {
        self.at_origin + instant.saturating_duration_since(self.origin)
    }

    /// The instant of a moment; the far future if it is out of reach.
    pub fn instant(&self, moment: Timestamp) -> Instant {
        let after = moment.since(self.at_origin);
        self.origin
            .checked_add(after)
            .unwrap_or(self.origin + Duration::from_secs(86_400 * 365 * 30))
    }
}
