//! How often the window has failed lately.

use std::time::{Duration, Instant};

/// Failures that are farther apart than this have nothing to do with each other.
const WITHIN: Duration = Duration::from_secs(10);

/// The failures of the last seconds.
#[derive(Debug, Default)]
pub(in crate::stage) struct RecentFailures(Vec<Instant>);

impl RecentFailures {
    /// Adds one. Returns how many there were in the last ten seconds, with this one.
    pub(in crate::stage) fn add(&mut self, now: Instant) -> usize {
        self.0
            .retain(|before| now.saturating_duration_since(*before) < WITHIN);
        self.0.push(now);
        self.0.len()
    }

    /// How many there were in the ten seconds before the last one, with that.
    pub(in crate::stage) fn count(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_count_for_ten_seconds() {
        let mut failures = RecentFailures::default();
        let begun = Instant::now();
        let counts = [0, 1, 9, 10, 30].map(|s| failures.add(begun + Duration::from_secs(s)));
        assert_eq!(counts, [1, 2, 3, 3, 1]);
    }
}
