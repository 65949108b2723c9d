//! The ticks of the second clock in the ruler: as far apart as their labels need, at whole seconds,
//! minutes, hours or days.

use std::time::Duration;

use jiff::civil;

use super::{
    clock::{Clock, SecondClock},
    format,
    playhead::TimeRange,
    viewport::Viewport,
};
use crate::engine::Timestamp;

/// A tick of the ruler.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockTick {
    /// Its moment.
    pub at: Timestamp,
    /// Its place, in points from the left edge of the timeline.
    pub x: f32,
    /// The time, with the day where another one has begun. `None`: a tick between two labels, or
    /// one whose label has no room.
    pub label: Option<String>,
}

/// The width of a label: of each of its characters, and the space between it and the next one, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelRoom {
    /// Of a character.
    pub character: f32,
    /// Between two labels.
    pub gap: f32,
}

impl LabelRoom {
    fn of(self, label: &str) -> f32 {
        label.chars().count() as f32 * self.character + self.gap
    }
}

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The distances between labels, in nanoseconds, each with the number of ticks in it.
const STEPS: [(u64, u64); 30] = [
    (MS, 1),
    (2 * MS, 2),
    (5 * MS, 5),
    (10 * MS, 5),
    (20 * MS, 4),
    (50 * MS, 5),
    (100 * MS, 5),
    (200 * MS, 4),
    (500 * MS, 5),
    (SECOND, 5),
    (2 * SECOND, 4),
    (5 * SECOND, 5),
    (10 * SECOND, 5),
    (15 * SECOND, 3),
    (30 * SECOND, 3),
    (MINUTE, 4),
    (2 * MINUTE, 4),
    (5 * MINUTE, 5),
    (10 * MINUTE, 5),
    (15 * MINUTE, 3),
    (30 * MINUTE, 3),
    (HOUR, 4),
    (2 * HOUR, 4),
    (3 * HOUR, 3),
    (6 * HOUR, 3),
    (12 * HOUR, 4),
    (DAY, 4),
    (2 * DAY, 2),
    (7 * DAY, 7),
    (28 * DAY, 4),
];

/// The ticks in a window of time, from the left. `now` is the wall clock: it tells which year this is.
pub fn clock_ticks(
    clock: &Clock,
    view: &Viewport,
    room: LabelRoom,
    now: Timestamp,
) -> Vec<ClockTick> {
    let (step, parts) = step(clock.shows, view.ns_per_point, room);
    let mut ticks = Vec::new();
    let mut labels = Labels {
        clock,
        now,
        step,
        day: clock.local(view.from).date(),
        free: f32::MIN,
        room,
    };
    for time in view.unfolded() {
        for (at, is_labelled) in clock.grid(time, step, parts) {
            let x = view.x(at);
            let label = match is_labelled && x < view.width {
                true => labels.at(at, x),
                false => None,
            };
            ticks.push(ClockTick { at, x, label });
        }
    }
    ticks
}

/// The shortest step whose labels have room, with the number of ticks in it.
fn step(shows: SecondClock, ns_per_point: f64, room: LabelRoom) -> (u64, u64) {
    let fits = |&(step, _): &(u64, u64)| {
        // The longest label of this step.
        let characters = match (shows, step) {
            (SecondClock::Elapsed, ..SECOND) => 11.0,
            (SecondClock::Elapsed, ..DAY) => 8.0,
            (SecondClock::Elapsed, _) => 5.0,
            (SecondClock::Wall, ..SECOND) => 12.0,
            (SecondClock::Wall, ..MINUTE) => 8.0,
            (SecondClock::Wall, _) => 6.0,
        };
        let width = characters * room.character + room.gap;
        step as f64 / ns_per_point >= f64::from(width)
    };
    let last = (28 * DAY, 4);
    STEPS.iter().copied().find(fits).unwrap_or(last)
}

impl Clock {
    /// The moments in a range at which there are ticks, and whether each of them may have a label.
    fn grid(&self, range: TimeRange, step: u64, parts: u64) -> Vec<(Timestamp, bool)> {
        let fine = step / parts.max(1);
        let (from, until) = (self.shown_ns(range.from), self.shown_ns(range.until));
        let first = from.div_euclid(i128::from(fine));
        let last = until.div_euclid(i128::from(fine)) + 1;
        let mut moments: Vec<(Timestamp, bool)> = Vec::new();
        // A window has far fewer; the limit bounds the work whatever the numbers say.
        for place in (first..=last).take(4_000) {
            let Some(at) = self.moment(place * i128::from(fine)) else {
                continue;
            };
            let is_new = moments.last().is_none_or(|(before, _)| *before < at);
            if is_new && (range.from..=range.until).contains(&at) {
                moments.push((at, place.rem_euclid(i128::from(parts)) == 0));
            }
        }
        moments
    }

    /// A moment as nanoseconds on this clock: since the start, or in local time.
    fn shown_ns(&self, at: Timestamp) -> i128 {
        match self.shows {
            SecondClock::Elapsed => i128::from(at.0) - i128::from(self.start.0),
            SecondClock::Wall => {
                let offset = self.local(at).offset().seconds();
                i128::from(at.0) + i128::from(offset) * i128::from(SECOND)
            }
        }
    }

    /// The moment at which this clock shows that many nanoseconds.
    fn moment(&self, shown: i128) -> Option<Timestamp> {
        match self.shows {
            SecondClock::Elapsed => u64::try_from(shown + i128::from(self.start.0))
                .ok()
                .map(Timestamp),
            SecondClock::Wall => {
                // Where clocks are put forward or back, whole hours stay whole hours.
                let local = jiff::Timestamp::from_nanosecond(shown).ok()?;
                let local: civil::DateTime = jiff::tz::Offset::UTC.to_datetime(local);
                let at = self.zone.to_timestamp(local).ok()?;
                u64::try_from(at.as_nanosecond()).ok().map(Timestamp)
            }
        }
    }
}

/// Writes labels from the left, none over the one before.
struct Labels<'a> {
    clock: &'a Clock,
    now: Timestamp,
    step: u64,
    /// The day of the label before, or at the left edge.
    day: civil::Date,
    /// Where the next label may begin.
    free: f32,
    room: LabelRoom,
}

impl Labels<'_> {
    fn at(&mut self, at: Timestamp, x: f32) -> Option<String> {
        if x < self.free {
            return None;
        }
        let label = match self.clock.shows {
            SecondClock::Elapsed => self.elapsed(at),
            SecondClock::Wall => self.wall(at),
        };
        self.free = x + self.room.of(&label);
        Some(label)
    }

    fn elapsed(&self, at: Timestamp) -> String {
        let start = self.clock.start;
        let length = Duration::from_nanos(start.0.abs_diff(at.0));
        let sign = if at < start { "−" } else { "" };
        let label = match self.step {
            step if step < SECOND => {
                format!("{}.{:03}", format::elapsed(length), length.subsec_millis())
            }
            step if step < DAY => format::elapsed(length),
            _ => format!("{} d", length.as_secs() * SECOND / DAY),
        };
        format!("{sign}{label}")
    }

    fn wall(&mut self, at: Timestamp) -> String {
        let local = self.clock.local(at);
        let today = self.clock.local(self.now);
        // The day at the left edge is told beside the ruler.
        let tells = self.day != local.date();
        self.day = local.date();
        let time = match self.step {
            step if step < SECOND => local.strftime("%H:%M:%S%.3f").to_string(),
            step if step < MINUTE => local.strftime("%H:%M:%S").to_string(),
            step if step < DAY => local.strftime("%H:%M").to_string(),
            _ => String::new(),
        };
        let day = format::day(&local, today.year());
        match (tells, time.is_empty()) {
            (_, true) => day,
            // At midnight the day says it all.
            (true, false) if local.time() == civil::Time::midnight() => day,
            (true, false) => format!("{day} {time}"),
            (false, false) => time,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::view::{test_history::s, time_map::shifted};

    /// A moment, in seconds after the start, or before it.
    fn time(seconds: f64) -> Timestamp {
        shifted(s(0.0), seconds * 1e9)
    }

    const ROOM: LabelRoom = LabelRoom {
        character: 8.0,
        gap: 14.0,
    };

    fn clock(shows: SecondClock, zone: &str) -> Clock {
        let zone = TimeZone::get(zone).unwrap();
        let start = s(0.0);
        Clock { shows, start, zone }
    }

    fn labels(clock: &Clock, from: f64, seconds: f64) -> Vec<String> {
        let view = Viewport::new(time(from), seconds, 1000.0);
        let ticks = clock_ticks(clock, &view, ROOM, time(from));
        ticks.into_iter().filter_map(|tick| tick.label).collect()
    }

    #[test]
    fn the_ruler_counts_seconds_minutes_hours_and_days_as_far_as_they_have_room() {
        let elapsed = clock(SecondClock::Elapsed, "UTC");
        assert_eq!(
            labels(&elapsed, -0.01, 0.4)[..3],
            ["0:00.000", "0:00.050", "0:00.100"]
        );
        assert_eq!(labels(&elapsed, -1.0, 40.0)[..3], ["0:00", "0:05", "0:10"]);
        assert_eq!(labels(&elapsed, 3_590.0, 60.0)[..2], ["59:50", "59:55"]);
        assert_eq!(labels(&elapsed, 0.0, 36_000.0)[..2], ["0:00", "1:00:00"]);
        assert_eq!(labels(&elapsed, -30.0, 10.0)[..2], ["−0:30", "−0:29"]);
        let wall = clock(SecondClock::Wall, "Europe/Istanbul");
        assert_eq!(labels(&wall, 0.0, 40.0)[..2], ["11:00:00", "11:00:05"]);
        assert_eq!(labels(&wall, 0.0, 3_600.0)[..2], ["11:00", "11:05"]);
        assert_eq!(
            labels(&wall, 11.0 * 3_600.0, 20.0 * 3_600.0)[..4],
            ["22:00", "16 Jan", "02:00", "04:00"],
            "where another day begins, it is told"
        );
        let far = labels(&wall, 0.0, 50.0 * 86_400.0);
        assert!(
            far.contains(&"17 Jan".to_owned()),
            "the farthest zoom: {far:?}"
        );
    }

    #[test]
    fn whole_hours_stay_whole_where_clocks_are_put_forward() {
        // 2027-03-28 01:00 UTC.
        let change = 71.0 * 86_400.0 + 17.0 * 3_600.0;
        let berlin = clock(SecondClock::Wall, "Europe/Berlin");
        let view = Viewport::new(s(change - 7_300.0), 14_400.0, 1000.0);
        let ticks = clock_ticks(&berlin, &view, ROOM, view.from);
        let hours: Vec<_> = ticks.iter().filter_map(|tick| tick.label.clone()).collect();
        let hours: Vec<_> = hours
            .iter()
            .filter(|label| label.ends_with(":00"))
            .collect();
        // Midnight is another day.
        assert_eq!(hours, ["01:00", "03:00", "04:00"]);
        assert!(ticks.windows(2).all(|pair| pair[0].at < pair[1].at));
    }

    #[test]
    fn labels_never_overlap_and_there_are_some_at_every_zoom() {
        let mut seconds = 0.05;
        while seconds < 4e6 {
            for shows in [SecondClock::Elapsed, SecondClock::Wall] {
                for from in [-50_000.0, 0.0, 3.3, 86_390.0, 5e6] {
                    let clock = clock(shows, "Asia/Kathmandu");
                    let mut view = Viewport::new(time(from), 1.0, 1000.0);
                    view.set_scale(seconds * 1e6);
                    let ticks = clock_ticks(&clock, &view, ROOM, view.from);
                    let labels: Vec<_> = ticks
                        .iter()
                        .filter_map(|tick| Some((tick.x, tick.label.as_ref()?)))
                        .collect();
                    assert!(labels.len() < 60, "{seconds}");
                    assert!(labels.len() >= 2 || seconds > 1e6, "{seconds}: {labels:?}");
                    for pair in labels.windows(2) {
                        let end = pair[0].0 + ROOM.of(pair[0].1);
                        assert!(end <= pair[1].0, "{seconds}: {labels:?}");
                    }
                }
            }
            seconds *= 1.7;
        }
    }
}
