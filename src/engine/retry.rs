//! Retry policies.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Failure, any_float};

/// The retry policy of an activity or a child workflow.
///
/// ```
/// use fermata::engine::RetryPolicy;
/// use std::time::Duration;
///
/// let patient = RetryPolicy {
///     initial_interval: Duration::from_millis(200),
///     non_retryable: vec!["CardRefused".into()],
///     ..RetryPolicy::attempts(5)
/// };
/// assert_eq!(patient.interval(1), Duration::from_millis(200));
/// assert_eq!(patient.interval(3), Duration::from_millis(800));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryPolicy {
    /// The maximum number of attempts; 0: unlimited.
    pub max_attempts: u32,
    /// The interval before the second attempt.
    pub initial_interval: Duration,
    /// The factor by which each interval exceeds the previous one: 1 or more.
    #[serde(with = "any_float")]
    pub backoff_coefficient: f64,
    /// The maximum interval.
    pub max_interval: Duration,
    /// No attempt starts later than this after the activity was scheduled; `None`: no limit.
    pub retry_timeout: Option<Duration>,
    /// Random variation of intervals as a fraction: 0.1 means 90 % to 110 %. The same for the same
    /// instance, activity and attempt.
    #[serde(with = "any_float")]
    pub jitter: f64,
    /// Error types that are not retried.
    pub non_retryable: Vec<String>,
}

impl RetryPolicy {
    /// A policy with one attempt.
    pub fn none() -> Self {
        Self::attempts(1)
    }

    /// A policy with this number of attempts (0: unlimited), with intervals of one second that
    /// double up to a minute.
    pub fn attempts(max_attempts: u32) -> Self {
        Self {
            max_attempts,
            initial_interval: Duration::from_secs(1),
            backoff_coefficient: 2.0,
            max_interval: Duration::from_secs(60),
            retry_timeout: None,
            jitter: 0.0,
            non_retryable: Vec::new(),
        }
    }

    /// Validates the policy.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let problem = if !(self.backoff_coefficient.is_finite() && self.backoff_coefficient >= 1.0)
        {
            format!(
                "its backoff coefficient is {}: use at least 1, which is a constant interval",
                self.backoff_coefficient
            )
        } else if !(0.0..=1.0).contains(&self.jitter) {
            format!("its jitter is {}: use a fraction from 0 to 1", self.jitter)
        } else {
            return Ok(());
        };
        let message = format!("the retry policy is invalid: {problem}");
        Err(Failure::new(Failure::RETRY_POLICY, message).non_retryable())
    }

    /// Whether attempt number `failed` (1, 2, ...) may be followed by another after this failure.
    pub fn allows(&self, failed: u32, failure: &Failure) -> bool {
        (self.max_attempts == 0 || failed < self.max_attempts)
            && !failure.non_retryable
            && !self.non_retryable.contains(&failure.error_type)
    }

    /// The interval after attempt number `failed` (1, 2, ...), without jitter.
    pub fn interval(&self, failed: u32) -> Duration {
        let power = i32::try_from(failed.saturating_sub(1)).unwrap_or(i32::MAX);
        // Histories from before coefficients were validated may contain any value. `max` ignores
        // NaN.
        let coefficient = self.backoff_coefficient.max(1.0);
        self.bounded(self.initial_interval.as_secs_f64() * coefficient.powi(power))
    }

    /// The interval after attempt number `failed`, with jitter derived from `seed`.
    pub(super) fn pause(&self, failed: u32, seed: u64) -> Duration {
        let pause = self.interval(failed);
        if self.jitter <= 0.0 {
            return pause;
        }
        // A float between 0 and 1 holds the upper 53 bits.
        let mut state = seed ^ u64::from(failed);
        let unit = (split_mix(&mut state) >> 11) as f64 / (1u64 << 53) as f64;
        let part = 1.0 + self.jitter.min(1.0) * (2.0 * unit - 1.0);
        Duration::try_from_secs_f64(pause.as_secs_f64() * part).unwrap_or(pause)
    }

    fn bounded(&self, seconds: f64) -> Duration {
        let longest = self.max_interval.as_secs_f64();
        let seconds = if seconds.is_nan() { longest } else { seconds };
        Duration::try_from_secs_f64(seconds.clamp(0.0, longest)).unwrap_or(self.max_interval)
    }
}

/// The next number of the SplitMix64 generator (Steele, Lea, Flood 2014).
pub(super) fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_the_maximum() {
        let policy = RetryPolicy::attempts(0);
        let seconds: Vec<_> = (1..9).map(|n| policy.interval(n).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(policy.interval(u32::MAX).as_secs(), 60);
    }

    #[test]
    fn jitter_stays_in_its_range_and_is_deterministic() {
        let policy = RetryPolicy {
            jitter: 0.25,
            ..RetryPolicy::attempts(0)
        };
        let pauses: Vec<_> = (0..500).map(|seed| policy.pause(1, seed)).collect();
        assert_eq!(pauses[7], policy.pause(1, 7));
        let millis = pauses.iter().map(Duration::as_millis);
        let (least, most) = (millis.clone().min().unwrap(), millis.max().unwrap());
        assert!((750..770).contains(&least), "{least}");
        assert!((1230..=1250).contains(&most), "{most}");
    }

    #[test]
    fn non_retryable_failures_are_not_retried() {
        let policy = RetryPolicy {
            non_retryable: vec!["Refused".into()],
            ..RetryPolicy::attempts(3)
        };
        assert!(policy.allows(2, &Failure::new("Busy", "")));
        assert!(!policy.allows(3, &Failure::new("Busy", "")));
        assert!(!policy.allows(1, &Failure::new("Refused", "")));
        assert!(!policy.allows(1, &Failure::new("Busy", "").non_retryable()));
    }
}
