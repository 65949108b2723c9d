//! When a failed activity is tried again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How failures of an activity are retried. The default does not retry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryPolicy {
    /// Attempts in all; 0: without limit.
    pub max_attempts: u32,
    /// Pause before the second attempt.
    pub initial_interval: Duration,
    /// Each later pause is this many times the one before.
    pub backoff_coefficient: f64,
    /// The longest pause.
    pub max_interval: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::none()
    }
}

impl RetryPolicy {
    /// One attempt.
    pub fn none() -> Self {
        Self::attempts(1)
    }

    /// So many attempts (0: without limit), one second apart at first, twice as long each time,
    /// a minute at most.
    pub fn attempts(max_attempts: u32) -> Self {
        Self {
            max_attempts,
            initial_interval: Duration::from_secs(1),
            backoff_coefficient: 2.0,
            max_interval: Duration::from_secs(60),
        }
    }

    /// The pause after attempt number `failed` (1, 2, ...) failed; `None`: give up.
    pub fn pause_after(&self, failed: u32) -> Option<Duration> {
        if self.max_attempts != 0 && failed >= self.max_attempts {
            return None;
        }
        let power = i32::try_from(failed.saturating_sub(1)).unwrap_or(i32::MAX);
        let pause = self.initial_interval.as_secs_f64() * self.backoff_coefficient.powi(power);
        let longest = self.max_interval.as_secs_f64();
        let seconds = if pause.is_nan() { longest } else { pause };
        Some(Duration::try_from_secs_f64(seconds.clamp(0.0, longest)).unwrap_or(self.max_interval))
    }
}
