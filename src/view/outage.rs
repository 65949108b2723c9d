//! Outages: times in which the process was gone while instances were open.

use std::time::Duration;

use super::format;
use crate::engine::Timestamp;

/// A time in which the process was gone, and what its return took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// The last event before it.
    pub from: Timestamp,
    /// When the process was back.
    pub until: Timestamp,
    /// Instances that went on.
    pub workflows: usize,
    /// Events of their histories that were replayed.
    pub events: usize,
}

impl Outage {
    /// For how long the caption reports the return.
    pub const RECENT: Duration = Duration::from_secs(10);

    /// The length of the outage.
    pub fn length(&self) -> Duration {
        self.until.since(self.from)
    }

    /// The label of its seam: `process gone for 1.6 s`.
    pub fn label(&self) -> String {
        format!("process gone for {}", format::seconds(self.length()))
    }

    /// The caption after the return.
    pub fn caption(&self) -> String {
        let count = |n: usize, one: &str| match n {
            1 => format!("1 {one}"),
            n => format!("{n} {one}s"),
        };
        format!(
            "Back after {}: {} replayed {}, and no completed step ran twice.",
            format::seconds(self.length()),
            count(self.workflows, "workflow"),
            count(self.events, "event"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::test_history::s;

    #[test]
    fn an_outage_says_how_long_it_was_and_what_was_replayed() {
        let outage = Outage {
            from: s(10.0),
            until: s(11.6),
            workflows: 6,
            events: 412,
        };
        assert_eq!(outage.label(), "process gone for 1.6 s");
        assert_eq!(
            outage.caption(),
            "Back after 1.6 s: 6 workflows replayed 412 events, and no completed step ran twice."
        );
    }
}
