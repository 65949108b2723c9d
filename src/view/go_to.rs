//! A place in time as people write it: a bar, the time since the start, the time of day, an event.

use std::{sync::Arc, time::Duration};

use jiff::{civil, tz::TimeZone};

use super::{
    event_table::EventPlace, format, lane::LaneModel, lane_history::EventCount, moment::Moment,
    playhead::TimeRange, snapshot::Snapshot,
};
use crate::engine::{EventId, Timestamp};

/// What can be written, for the form.
pub const GO_TO_HINT: &str =
    "Bar 17 or 17.3 · elapsed 1:30 · time of day 20:15:30 · event #120 of the selected lane";

/// The longest performance whose days are searched for a time of day.
const MAX_DAYS: usize = 400;

/// A place in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimePlace {
    /// `17`, `17.3`: a bar, and a beat in it.
    Bar {
        /// The bar, from 1.
        bar: i64,
        /// The beat, from 1.
        beat: i64,
    },
    /// `1:30`: minutes and seconds since the start.
    Elapsed(Duration),
    /// `20:15:30`: a time of day.
    Clock(civil::Time),
    /// `#120`: an event of the selected lane.
    Event(EventId),
}

/// A text that is no place in time, or a place that is not there; the message says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoSuchPlace(String);

impl std::str::FromStr for TimePlace {
    type Err = NoSuchPlace;

    fn from_str(text: &str) -> Result<Self, NoSuchPlace> {
        let text = text.trim();
        let place = match (text.strip_prefix('#'), text.matches(':').count()) {
            (Some(number), _) => number.trim().parse().ok().map(|n| Self::Event(EventId(n))),
            (None, 1) => elapsed(text).map(Self::Elapsed),
            (None, 2) => clock(text).map(Self::Clock),
            (None, _) => bar(text),
        };
        let known = "write a bar (17 or 17.3), a time since the start (1:30), a time of day (20:15:30) or \
                     an event (#120)";
        place.ok_or_else(|| match text.is_empty() {
            true => NoSuchPlace(known.to_owned()),
            false => NoSuchPlace(format!("\"{}\" is no time: {known}", format::cut(text, 40))),
        })
    }
}

fn bar(text: &str) -> Option<TimePlace> {
    let (bar, beat) = text.split_once('.').unwrap_or((text, "1"));
    let (bar, beat) = (bar.parse().ok()?, beat.parse().ok()?);
    (bar >= 1 && beat >= 1).then_some(TimePlace::Bar { bar, beat })
}

fn elapsed(text: &str) -> Option<Duration> {
    let (minutes, seconds) = text.split_once(':')?;
    let minutes: u32 = minutes.parse().ok()?;
    let is_plain = |c: char| c.is_ascii_digit() || c == '.';
    let seconds: f64 = match seconds.chars().all(is_plain) {
        true => seconds.parse().ok().filter(|seconds| *seconds < 60.0)?,
        false => return None,
    };
    Some(Duration::from_secs(60 * u64::from(minutes)) + Duration::from_secs_f64(seconds))
}

fn clock(text: &str) -> Option<civil::Time> {
    let mut parts = text.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    civil::Time::new(hour, minute, second, 0).ok()
}

impl Snapshot {
    /// The moment of a place in time. `lane` is the selected lane, `here` the moment that is shown; times of
    /// day are those of `zone`.
    ///
    /// # Errors
    ///
    /// The performance has no such place.
    pub fn find_place(
        &self,
        place: TimePlace,
        lane: Option<&Arc<LaneModel>>,
        here: Option<&Moment>,
        wall: Timestamp,
        zone: &TimeZone,
    ) -> Result<Moment, NoSuchPlace> {
        let whole = self.extent(wall);
        match place {
            TimePlace::Bar { bar, beat } => self.bar_place(bar, beat, whole).map(Moment::new),
            TimePlace::Elapsed(elapsed) => match whole.length() >= elapsed {
                true => Ok(Moment::new(whole.from + elapsed)),
                false => Err(NoSuchPlace(format!(
                    "{} is not there yet: {} have passed since the start",
                    format::elapsed(elapsed),
                    format::elapsed(whole.length())
                ))),
            },
            TimePlace::Clock(time) => time_of_day(time, whole, zone).map(Moment::new),
            TimePlace::Event(event) => match lane {
                Some(lane) => lane.event_place(event, here),
                None => Err(NoSuchPlace("no lane is selected".to_owned())),
            },
        }
    }

    fn bar_place(&self, bar: i64, beat: i64, whole: TimeRange) -> Result<Timestamp, NoSuchPlace> {
        let found = self.time_map.time_of(bar, beat);
        let found = found.map_err(|beats| {
            NoSuchPlace(format!("bar {bar} has no beat {beat}: it has {beats}"))
        })?;
        let inside = |at: &Timestamp| whole.from <= *at && *at <= whole.until;
        found.filter(inside).ok_or_else(|| {
            let lines = self.time_map.lines(whole.from, whole.until, 1e9);
            NoSuchPlace(match lines.last() {
                Some(last) => format!("bar {bar} was not played: the latest is bar {}", last.bar),
                None => "there are no bars: nothing was played".to_owned(),
            })
        })
    }
}

/// The latest moment of a performance with this time of day.
fn time_of_day(
    time: civil::Time,
    whole: TimeRange,
    zone: &TimeZone,
) -> Result<Timestamp, NoSuchPlace> {
    let local = |at: Timestamp| {
        let ns = jiff::Timestamp::from_nanosecond(i128::from(at.0)).ok()?;
        Some(ns.to_zoned(zone.clone()).datetime())
    };
    let outside = || {
        let shown =
            |at| local(at).map_or_else(String::new, |at| at.strftime("%H:%M:%S").to_string());
        NoSuchPlace(format!(
            "{time} is not in the performance: it goes from {} to {}",
            shown(whole.from),
            shown(whole.until)
        ))
    };
    let mut day = local(whole.until).ok_or_else(outside)?.date();
    let first = local(whole.from).ok_or_else(outside)?.date();
    for _ in 0..MAX_DAYS {
        let at = day.to_datetime(time).to_zoned(zone.clone()).ok();
        let at = at.and_then(|at| u64::try_from(at.timestamp().as_nanosecond()).ok());
        // The whole second counts.
        let at = at.map(|at| Timestamp(at.max(whole.from.0.min(at + 999_999_999))));
        if let Some(at) = at.filter(|at| whole.from <= *at && *at <= whole.until) {
            return Ok(at);
        }
        match day.yesterday() {
            Ok(before) if before >= first => day = before,
            _ => break,
        }
    }
    Err(outside())
}

impl LaneModel {
    /// The moment after an event of the run that is shown.
    fn event_place(&self, event: EventId, here: Option<&Moment>) -> Result<Moment, NoSuchPlace> {
        let count = here.map_or(self.history.len(), |here| self.count_at(here));
        let shown = EventPlace(count.0.saturating_sub(1));
        let start = self.history.run_start(shown).map_or(0, |start| start.0);
        let place = usize::try_from(event.0)
            .ok()
            .and_then(|n| start.checked_add(n));
        let found = place.and_then(|place| Some((place, self.history.get(place)?)));
        match found.filter(|(_, found)| found.event.id == event) {
            Some((place, found)) => Ok(Moment {
                at: found.event.at,
                step: Some((self.id.clone(), EventCount(place + 1))),
            }),
            None => Err(NoSuchPlace(format!(
                "{} has no event #{event} in the run that is shown",
                self.title()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{projector::Projector, test_history::TestHistory};

    #[test]
    fn bars_times_clocks_and_events_are_told_apart() {
        let read = |text: &str| text.parse::<TimePlace>();
        assert_eq!(read("17"), Ok(TimePlace::Bar { bar: 17, beat: 1 }));
        assert_eq!(read(" 17.3 "), Ok(TimePlace::Bar { bar: 17, beat: 3 }));
        assert_eq!(
            read("1:30"),
            Ok(TimePlace::Elapsed(Duration::from_secs(90)))
        );
        let half = Duration::from_millis(7_205_500);
        assert_eq!(read("120:05.5"), Ok(TimePlace::Elapsed(half)));
        let time = civil::time(20, 15, 30, 0);
        assert_eq!(read("20:15:30"), Ok(TimePlace::Clock(time)));
        assert_eq!(read("#120"), Ok(TimePlace::Event(EventId(120))));
        for wrong in [
            "", "0", "17.0", "1:60", "25:00:00", "#x", "-3", "soon", "1:2:3:4",
        ] {
            let said = read(wrong).unwrap_err().to_string();
            assert!(said.contains("write a bar"), "{wrong}: {said}");
        }
    }

    #[test]
    fn an_event_and_a_time_are_found_and_others_are_refused_in_words() {
        let mut projector = Projector::new();
        let mut history = TestHistory::new("one");
        history.pause(3.0);
        projector.committed(&history.commit());
        let snapshot = projector.snapshot();
        let lane = snapshot.lanes.first();
        let whole = snapshot.extent(crate::view::test_history::s(5.0));
        let find = |text: &str| {
            let place = text.parse().unwrap();
            snapshot.find_place(place, lane, None, whole.until, &TimeZone::UTC)
        };
        let paused = find("#1").unwrap();
        assert_eq!(paused.step.map(|(_, count)| count), Some(EventCount(2)));
        assert_eq!(
            find("0:01").unwrap().at,
            whole.from + Duration::from_secs(1)
        );
        for (text, said) in [
            ("#9", "has no event #9"),
            ("59:00", "is not there yet"),
            ("4", "nothing was played"),
            ("13:00:00", "is not in the performance"),
        ] {
            let error = find(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
