//! When something is due: an interval or a cron expression, and the times it gives.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cron::Calendar;
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
/// let in_the_morning = Times::cron_in("30 7 * * *", "Europe/Vienna")?;
/// assert!(Times::cron("0 25 * * *").is_err());
/// assert!(Times::cron_in("30 7 * * *", "Europe/Vineland").is_err());
/// # Ok::<(), BadTimes>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Times {
    /// Again after each interval.
    Every(Duration),
    /// By a cron expression, in UTC.
    Cron(String),
    /// By a cron expression, by the clocks of a place.
    CronIn {
        /// The expression.
        expression: String,
        /// A name of the IANA time zone database, as `Europe/Vienna`.
        time_zone: String,
    },
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
    /// No time zone has that name.
    #[error(
        "there is no time zone {0:?}: use a name of the IANA time zone database, as in \
         \"Europe/Vienna\""
    )]
    UnknownTimeZone(String),
}

impl Times {
    /// The shortest interval.
    pub const MIN_INTERVAL: Duration = Duration::from_millis(1);

    /// Again after each interval, of 1 ms at least.
    pub fn every(interval: Duration) -> Result<Self, BadTimes> {
        if interval < Self::MIN_INTERVAL {
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
        Self::Cron(expression.to_owned()).checked()
    }

    /// By a cron expression as with [`cron`](Times::cron), by the clocks of a time zone of the IANA
    /// database. The database is part of the program: it is the same on every machine.
    ///
    /// When clocks change for summer and winter:
    ///
    /// | second, minute and hour are | in an hour that is skipped | in an hour that comes twice |
    /// |---|---|---|
    /// | without `*`: at chosen times of the day | due once, at the end of that hour | due once, the first time |
    /// | with a `*`: again and again | not due, the hour does not exist | due both times, so that the pauses stay the same |
    ///
    /// ```
    /// use fermata::engine::{Times, Timestamp};
    ///
    /// let after = |text: &str| serde_json::from_value::<Timestamp>(text.into()).unwrap();
    /// let nightly = Times::cron_in("30 2 * * *", "Europe/Vienna")?;
    /// // On 28 March 2027 the clocks there go from 2:00 to 3:00, which is 1:00 in UTC.
    /// let next = nightly.next_after(after("2027-03-27T12:00:00Z")).unwrap();
    /// assert_eq!(next, after("2027-03-28T01:00:00Z"));
    /// let next = nightly.next_after(next).unwrap();
    /// assert_eq!(next, after("2027-03-29T00:30:00Z"));
    /// # Ok::<(), fermata::engine::BadTimes>(())
    /// ```
    pub fn cron_in(expression: &str, time_zone: &str) -> Result<Self, BadTimes> {
        let (expression, time_zone) = (expression.to_owned(), time_zone.to_owned());
        let times = Self::CronIn {
            expression,
            time_zone,
        };
        times.checked()
    }

    /// A cron expression that is due at some time.
    fn checked(self) -> Result<Self, BadTimes> {
        let Some((expression, time_zone)) = self.expression() else {
            return Ok(self);
        };
        match Calendar::new(expression, time_zone)?.next(Timestamp::default()) {
            Some(_) => Ok(self),
            None => Err(BadTimes::Never(expression.to_owned())),
        }
    }

    fn expression(&self) -> Option<(&str, Option<&str>)> {
        match self {
            Self::Every(_) => None,
            Self::Cron(expression) => Some((expression, None)),
            Self::CronIn {
                expression,
                time_zone,
            } => Some((expression, Some(time_zone))),
        }
    }

    /// `None`: it came from a store and cannot be read.
    fn calendar(&self) -> Option<Calendar> {
        let (expression, time_zone) = self.expression()?;
        Calendar::new(expression, time_zone).ok()
    }

    /// The next time: one interval after `last`, which was due, or the first that fits the
    /// expression and is later than `last`. `None`: never again, or the expression, which came from
    /// a store, cannot be read.
    pub fn next_after(&self, last: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(interval) => last.0.checked_add(nanos(*interval)).map(Timestamp),
            Self::Cron(_) | Self::CronIn { .. } => self.calendar()?.next(last),
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
            Self::Cron(_) | Self::CronIn { .. } => {
                let Some(calendar) = self.calendar() else {
                    return Vec::new();
                };
                let older = |time: &Timestamp| calendar.previous(*time, false);
                std::iter::successors(calendar.previous(until, true), older)
                    .take_while(|time| *time >= from)
                    .take(most)
                    .collect()
            }
        };
        times.reverse();
        times
    }

    /// The oldest `most` times from `from` on and not after `until`, where `due` is one of the times.
    pub(super) fn oldest(
        &self,
        due: Timestamp,
        from: Timestamp,
        until: Timestamp,
        most: usize,
    ) -> Vec<Timestamp> {
        let first = match self {
            Self::Every(interval) => {
                let interval = i128::from(nanos(*interval));
                let ahead = (i128::from(due.0) - i128::from(from.0)).rem_euclid(interval);
                u64::try_from(i128::from(from.0) + ahead)
                    .ok()
                    .map(Timestamp)
            }
            Self::Cron(_) | Self::CronIn { .. } => {
                let before = Timestamp(from.0.saturating_sub(1));
                self.calendar().and_then(|calendar| calendar.next(before))
            }
        };
        std::iter::successors(first, |time| self.next_after(*time))
            .skip_while(|time| *time < from)
            .take_while(|time| *time <= until)
            .take(most)
            .collect()
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
            Self::Cron(_) | Self::CronIn { .. } => self.next_after(now),
        }
    }

    /// The last time before `due`, which is one of the times.
    pub(super) fn last_before(&self, due: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(interval) => due.0.checked_sub(nanos(*interval)).map(Timestamp),
            Self::Cron(_) | Self::CronIn { .. } => self.calendar()?.previous(due, false),
        }
    }
}

/// An interval from a store may be anything; shorter than the shortest it would flood the engine.
pub(super) fn nanos(interval: Duration) -> u64 {
    let nanos = interval.max(Times::MIN_INTERVAL).as_nanos();
    u64::try_from(nanos).unwrap_or(u64::MAX)
}
