//! The second clock of the window: the time since the start, or the time of day. The first one counts bars,
//! and a performance without music does not have it.

use std::time::Duration;

use jiff::{Zoned, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    format, lane::LaneModel, open_operation::OpenActivity, snapshot::Snapshot,
    timeline_entry::Purpose,
};
use crate::engine::Timestamp;

/// What the second clock shows. A setting of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecondClock {
    /// The time since the start of the performance.
    #[default]
    Elapsed,
    /// The time of day.
    Wall,
}

impl SecondClock {
    /// The other one.
    pub fn next(self) -> Self {
        match self {
            Self::Elapsed => Self::Wall,
            Self::Wall => Self::Elapsed,
        }
    }

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elapsed => "elapsed time",
            Self::Wall => "wall clock",
        }
    }
}

/// A second clock with all that it needs to tell the time.
#[derive(Debug, Clone)]
pub struct Clock {
    /// What it shows.
    pub shows: SecondClock,
    /// The start of the performance, or of the opened history.
    pub start: Timestamp,
    /// The time zone of the wall clock.
    pub zone: TimeZone,
}

impl Clock {
    /// A moment to the second: `1:02:03` after the start, or `20:14:38`.
    pub fn reading(&self, at: Timestamp) -> String {
        match self.shows {
            SecondClock::Elapsed => {
                let before = if at < self.start { "−" } else { "" };
                let length = Duration::from_nanos(self.start.0.abs_diff(at.0));
                format!("{before}{}", format::elapsed(length))
            }
            SecondClock::Wall => self.local(at).strftime("%H:%M:%S").to_string(),
        }
    }

    /// The day of a moment if it is not today: `12 Mar`, or `12 Mar 2025` if it is in another year.
    pub fn other_day(&self, at: Timestamp, now: Timestamp) -> Option<String> {
        let (at, now) = (self.local(at), self.local(now));
        (at.date() != now.date()).then(|| format::day(&at, now.year()))
    }

    pub(super) fn local(&self, at: Timestamp) -> Zoned {
        format::local(at, &self.zone)
    }
}

impl Snapshot {
    /// Whether there is music: a lane has notes, or the transport rolls or has rolled. Without music there
    /// are no bars. An empty stage is ready for it.
    pub fn has_music(&self) -> bool {
        // The transport of a scene is that of the performance behind it.
        let rolls = self.transport.rolling && self.scene.is_none();
        let lanes = &self.lanes;
        lanes.is_empty()
            || rolls
            || !self.time_map.is_empty()
            || lanes.iter().any(|lane| lane.has_music())
    }
}

impl LaneModel {
    /// Whether it has played a note, or is about to.
    fn has_music(&self) -> bool {
        let plays = |open: &OpenActivity| open.purpose == Purpose::Music;
        self.timeline.keys().is_some()
            || !self.upcoming.is_empty()
            || self.activities.values().any(plays)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::Payload,
        view::{
            Projector, TransportView,
            test_history::{TestHistory, s},
        },
    };

    fn clock(shows: SecondClock, zone: &str) -> Clock {
        let zone = TimeZone::get(zone).unwrap();
        let start = s(0.0);
        Clock { shows, start, zone }
    }

    #[test]
    fn the_clock_tells_the_time_since_the_start_or_that_of_the_day() {
        let elapsed = clock(SecondClock::Elapsed, "Europe/Istanbul");
        assert_eq!(elapsed.reading(s(3_723.9)), "1:02:03");
        assert_eq!(
            elapsed.reading(Timestamp(s(0.0).0 - 5_000_000_000)),
            "−0:05"
        );
        let wall = clock(elapsed.shows.next(), "Europe/Istanbul");
        // 2027-01-15 08:00:00 UTC.
        assert_eq!(wall.reading(s(0.0)), "11:00:00");
        assert_eq!(wall.other_day(s(0.0), s(3_600.0)), None);
        let day = 86_400.0;
        assert_eq!(
            wall.other_day(s(0.0), s(day)).as_deref(),
            Some("15 Jan"),
            "yesterday"
        );
        assert_eq!(
            wall.other_day(s(0.0), s(400.0 * day)).as_deref(),
            Some("15 Jan 2027")
        );
    }

    #[test]
    fn a_performance_without_notes_and_without_a_rolling_transport_has_no_music() {
        let mut projector = Projector::new();
        assert!(projector.snapshot().has_music(), "an empty stage");
        let mut order = TestHistory::new("order");
        order.schedule(1.0, "charge", Payload::null());
        projector.committed(&order.commit());
        assert!(!projector.snapshot().has_music());

        let rolling = TransportView {
            rolling: true,
            ..TransportView::default()
        };
        projector.transport(rolling);
        assert!(
            projector.snapshot().has_music(),
            "a musician has started it"
        );
        projector.transport(TransportView::default());
        assert!(projector.snapshot().has_music(), "the bars are still there");

        let mut projector = Projector::new();
        let mut bass = TestHistory::new("bass");
        bass.note(1.0, 0.5, 40);
        projector.committed(&bass.commit());
        assert!(projector.snapshot().has_music());
    }
}
