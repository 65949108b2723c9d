//! The limit of restarts: a program that crashes at once is not started for ever.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// The most restarts within [`RESTART_WINDOW`].
pub const MAX_RESTARTS: usize = 5;

/// The time in which restarts are counted.
pub const RESTART_WINDOW: Duration = Duration::from_secs(10);

/// The latest restarts.
#[derive(Debug, Default)]
pub(super) struct Restarts(VecDeque<Instant>);

impl Restarts {
    /// Whether the program may be started again now. If so, that counts as a restart.
    pub fn may_restart(&mut self, now: Instant) -> bool {
        self.0
            .retain(|at| now.saturating_duration_since(*at) < RESTART_WINDOW);
        let may = self.0.len() < MAX_RESTARTS;
        if may {
            self.0.push_back(now);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_restarts_within_ten_seconds_are_allowed_and_a_sixth_is_not() {
        let begun = Instant::now();
        let at = |seconds: u64| begun + Duration::from_secs(seconds);
        let mut restarts = Restarts::default();
        let within: Vec<_> = (0..6)
            .map(|second| restarts.may_restart(at(second)))
            .collect();
        assert_eq!(within, [true, true, true, true, true, false]);
        assert!(restarts.may_restart(at(10)), "the first is long ago");
        assert!(!restarts.may_restart(at(10)), "the others are not");
    }
}
