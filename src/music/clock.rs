//! The player's clock: nanoseconds since it was started.

use std::{
    ops,
    time::{Duration, Instant},
};

/// Nanoseconds since the player's origin. Never decreases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Nanos(pub u64);

impl Nanos {
    /// The origin.
    pub const ZERO: Self = Self(0);

    /// The time from `earlier` to this; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl ops::Add<Duration> for Nanos {
    type Output = Self;
    fn add(self, time: Duration) -> Self {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

impl ops::Sub<Duration> for Nanos {
    type Output = Self;
    /// Times before the origin count as the origin.
    fn sub(self, time: Duration) -> Self {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(nanos))
    }
}

/// The time source.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clock {
    /// The machine's monotonic clock.
    Real(Instant),
    /// The clock of the calling tokio runtime, which tests and offline rendering pause.
    Virtual(tokio::time::Instant),
}

impl Clock {
    pub(super) fn real() -> Self {
        Self::Real(Instant::now())
    }

    pub(super) fn virtual_() -> Self {
        Self::Virtual(tokio::time::Instant::now())
    }

    pub(super) fn now(self) -> Nanos {
        Nanos::ZERO
            + match self {
                Self::Real(origin) => origin.elapsed(),
                Self::Virtual(origin) => origin.elapsed(),
            }
    }

    pub(super) fn instant(self, at: Nanos) -> tokio::time::Instant {
        self.origin() + at.since(Nanos::ZERO)
    }

    pub(super) fn origin(self) -> tokio::time::Instant {
        match self {
            Self::Real(origin) => origin.into(),
            Self::Virtual(origin) => origin,
        }
    }
}
