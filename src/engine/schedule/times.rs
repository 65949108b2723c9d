//! When something is due: an interval or a cron expression, and the times it gives.

use std::time::Duration;

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::{civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::engine::Timestamp;

/// When a schedule is due.
///
/// ```
/// use fermata::engine::{BadTimes, Times};
/// use std::time::Duration;
///
/// let half_hourly = Times::every(Duration::from_secs(1800))?;
/// let weekdays_at_nine = Times::cron("0 9 * * mon-fri")?;
/// let each_ten_seconds = Times::cron("*/10 * * * * *")?;
/// assert!(Times::cron("0 25 * * *").is_err());
/// # Ok::<(), BadTimes>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Times {
    /// Again after each interval.
    Every(Duration),
    /// By a cron expression, in UTC.
    Cron(String),
}

/// An interval or an expression that gives no times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTimes {
    /// The interval is too short.
    #[error(
        "a schedule cannot be due every {}: use 1 ms or more, as in Duration::from_millis(1)",
        humantime::format_duration(*.0)
    )]
    TooOften(Duration),
    /// The text is no cron expression.
    #[error(
        "{expression:?} is not a cron expression ({reason}): write minute, hour, day of the month, \
         month and day of the week, with seconds before them if need be, as in \"30 9 * * mon-fri\""
    )]
    Unreadable {
        /// The text.
        expression: String,
        /// What is wrong with it, and in which field.
        reason: String,
    },
    /// The expression names days that no calendar has.
    #[error(
        "the cron expression {0:?} is never due: name a day that its months have, as in \
         \"0 0 28 feb *\""
    )]
    Never(String),
}

impl Times {
    /// The shortest interval.
    pub const SHORTEST: Duration = Duration::from_millis(1);

    /// Again after each interval, of 1 ms at least.
    pub fn every(interval: Duration) -> Result<Self, BadTimes> {
        if interval < Self::SHORTEST {
            return Err(BadTimes::TooOften(interval));
        }
        Ok(Self::Every(interval))
    }

    /// By a cron expression, in UTC: minute, hour, day of the month, month and day of the week, with
    /// seconds before them if there are six fields.
    ///
    /// A field is `*`, a number, a range `1-5`, a step `*/15` or `0-30/10`, or a list of these;
    /// months and days of the week have names (`jan`, `mon`), and Sunday is 0 as well as 7. `L` is
    /// the last day of the month, `fri#2` its second Friday, `15W` the working day nearest to the
    /// 15th. If both day fields say something, a day is due when either fits.
    pub fn cron(expression: &str) -> Result<Self, BadTimes> {
        parser()
            .parse(expression)
            .map_err(|error| BadTimes::Unreadable {
                expression: expression.to_owned(),
                reason: reason(expression, &error),
            })?;
        let times = Self::Cron(expression.to_owned());
        match times.next_after(Timestamp::default()) {
            Some(_) => Ok(times),
            None => Err(BadTimes::Never(expression.to_owned())),
        }
    }

    /// The next time: one interval after `last`, which was due, or the first that fits the
    /// expression and is later than `last`. `None`: never again, or the expression, which came from
    /// a store, cannot be read.
    pub fn next_after(&self, last: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(interval) => last.0.checked_add(nanos(*interval)).map(Timestamp),
            Self::Cron(expression) => {
                let cron = parser().parse(expression).ok()?;
                let next = cron.find_next_occurrence(&civil(last)?, false).ok()?;
                moment(next)
            }
        }
    }

    /// The newest `most` times from `from` on and not after `until`, oldest first. `due` is one of
    /// the times; none is older than it. Takes no longer if there are years between the two.
    pub(super) fn newest(
        &self,
        due: Timestamp,
        from: Timestamp,
        until: Timestamp,
        most: usize,
    ) -> Vec<Timestamp> {
        let from = from.max(due);
        let mut times: Vec<_> = match self {
            Self::Every(interval) => {
                let interval = nanos(*interval);
                let newest = until.0.checked_sub(due.0).map(|d| until.0 - d % interval);
                let older = |time: &u64| time.checked_sub(interval);
                let times = std::iter::successors(newest, older).map(Timestamp);
                times.take_while(|time| *time >= from).take(most).collect()
            }
            Self::Cron(expression) => {
                let Ok(cron) = parser().parse(expression) else {
                    return Vec::new();
                };
                let older = |time: &Timestamp| before(&cron, *time, false);
                std::iter::successors(before(&cron, until, true), older)
                    .take_while(|time| *time >= from)
                    .take(most)
                    .collect()
            }
        };
        times.reverse();
        times
    }

    /// The first time after `now`, where `due` is one of the times.
    pub(super) fn first_after(&self, due: Timestamp, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(_) => {
                let newest = self.newest(due, due, now, 1);
                newest
                    .first()
                    .map_or(Some(due), |last| self.next_after(*last))
            }
            Self::Cron(_) => self.next_after(now),
        }
    }

    /// The last time before `due`, which is one of the times.
    pub(super) fn last_before(&self, due: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(interval) => due.0.checked_sub(nanos(*interval)).map(Timestamp),
            Self::Cron(expression) => before(&parser().parse(expression).ok()?, due, false),
        }
    }
}

fn parser() -> CronParser {
    CronParser::builder()
        .seconds(Seconds::Optional)
        .year(Year::Disallowed)
        .build()
}

/// What is wrong with an expression: the first field that cannot be read by itself, or the whole.
fn reason(expression: &str, error: &croner::errors::CronError) -> String {
    const FIELDS: [&str; 6] = [
        "second",
        "minute",
        "hour",
        "day of the month",
        "month",
        "day of the week",
    ];
    let given: Vec<_> = expression.split_whitespace().collect();
    if !(5..=6).contains(&given.len()) {
        return format!("it has {} fields instead of 5 or 6", given.len());
    }
    let names = &FIELDS[FIELDS.len() - given.len()..];
    for (place, (field, name)) in given.iter().zip(names).enumerate() {
        let mut alone = vec!["*"; given.len()];
        alone[place] = field;
        if let Err(error) = parser().parse(&alone.join(" ")) {
            return format!("the {name} {field:?}: {}", plain(&error));
        }
    }
    plain(error)
}

fn plain(error: &croner::errors::CronError) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("Component error: ").unwrap_or(&text);
    text.trim_end_matches('.').to_owned()
}

/// An interval from a store may be anything; shorter than the shortest it would flood the engine.
fn nanos(interval: Duration) -> u64 {
    let nanos = interval.max(Times::SHORTEST).as_nanos();
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

/// The last time that fits before another, or at it.
fn before(cron: &Cron, time: Timestamp, inclusive: bool) -> Option<Timestamp> {
    moment(
        cron.find_previous_occurrence(&civil(time)?, inclusive)
            .ok()?,
    )
}

fn civil(moment: Timestamp) -> Option<DateTime> {
    let moment = jiff::Timestamp::from_nanosecond(i128::from(moment.0)).ok()?;
    Some(TimeZone::UTC.to_datetime(moment))
}

/// `None`: before the epoch, or later than a timestamp reaches.
fn moment(time: DateTime) -> Option<Timestamp> {
    let moment = TimeZone::UTC.to_timestamp(time).ok()?;
    u64::try_from(moment.as_nanosecond()).ok().map(Timestamp)
}
