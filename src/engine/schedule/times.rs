//! Due times: intervals and cron expressions.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{InvalidTimes, cron::Calendar};
use crate::engine::Timestamp;

/// The due times of a schedule.
///
/// ```
/// use fermata::engine::{InvalidTimes, Times};
/// use std::time::Duration;
///
/// let half_hourly = Times::every(Duration::from_secs(1800))?;
/// let weekdays_at_nine = Times::cron("0 9 * * mon-fri")?;
/// let each_ten_seconds = Times::cron("*/10 * * * * *")?;
/// let in_the_morning = Times::cron_in("30 7 * * *", "Europe/Vienna")?;
/// assert!(Times::cron("0 25 * * *").is_err());
/// assert!(Times::cron_in("30 7 * * *", "Europe/Vineland").is_err());
/// # Ok::<(), InvalidTimes>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Times {
    /// At a fixed interval.
    Every(Duration),
    /// By a cron expression in UTC.
    Cron(String),
    /// By a cron expression in a time zone.
    CronIn {
        /// The expression.
        expression: String,
        /// An IANA time zone name such as `Europe/Vienna`.
        time_zone: String,
    },
}

impl Times {
    /// The minimum interval.
    pub const MIN_INTERVAL: Duration = Duration::from_millis(1);

    /// At a fixed interval of at least 1 ms.
    pub fn every(interval: Duration) -> Result<Self, InvalidTimes> {
        if interval < Self::MIN_INTERVAL {
            return Err(InvalidTimes::TooOften(interval));
        }
        Ok(Self::Every(interval))
    }

    /// By a cron expression in UTC: minute, hour, day of the month, month and day of the week,
    /// preceded by seconds if there are six fields.
    ///
    /// A field is `*`, a number, a range `1-5`, a step `*/15` or `0-30/10`, or a list of these;
    /// months and weekdays have names (`jan`, `mon`), and Sunday is 0 or 7. `L` is the last day of
    /// the month, `fri#2` the second Friday, `15W` the weekday nearest to the 15th. If both day
    /// fields are restricted, a day matches if either does.
    pub fn cron(expression: &str) -> Result<Self, InvalidTimes> {
        Self::Cron(expression.to_owned()).checked()
    }

    /// By a cron expression as with [`cron`](Times::cron), in an IANA time zone. The time zone
    /// database is part of the program, so it is the same on every machine.
    ///
    /// At daylight saving transitions:
    ///
    /// | second, minute and hour | in a skipped hour | in a repeated hour |
    /// |---|---|---|
    /// | without `*`: fixed times | due once, at the end of that hour | due once, the first time |
    /// | with a `*`: recurring times | not due | due both times, so that intervals stay the same |
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
    /// # Ok::<(), fermata::engine::InvalidTimes>(())
    /// ```
    pub fn cron_in(expression: &str, time_zone: &str) -> Result<Self, InvalidTimes> {
        let (expression, time_zone) = (expression.to_owned(), time_zone.to_owned());
        let times = Self::CronIn {
            expression,
            time_zone,
        };
        times.checked()
    }

    /// Checks that the expression is valid and due at some time.
    fn checked(self) -> Result<Self, InvalidTimes> {
        let Some((expression, time_zone)) = self.expression() else {
            return Ok(self);
        };
        match Calendar::new(expression, time_zone)?.next(Timestamp::default()) {
            Some(_) => Ok(self),
            None => Err(InvalidTimes::Never(expression.to_owned())),
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

    /// `None` if the expression, which came from a store, is invalid.
    fn calendar(&self) -> Option<Calendar> {
        let (expression, time_zone) = self.expression()?;
        Calendar::new(expression, time_zone).ok()
    }

    /// The next due time: one interval after `last`, or the first match of the expression after
    /// `last`. `None`: never again, or the expression, which came from a store, is invalid.
    pub fn next_after(&self, last: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(interval) => last.0.checked_add(nanos(*interval)).map(Timestamp),
            Self::Cron(_) | Self::CronIn { .. } => self.calendar()?.next(last),
        }
    }

    /// The newest `most` due times in the range, oldest first, where `due` is one of the due times
    /// and none is older. The cost does not depend on the length of the range.
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

    /// The oldest `most` due times in the range, where `due` is one of the due times.
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

    /// The first due time after `now`, where `due` is one of the due times.
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

    /// The due time before `due`.
    pub(super) fn last_before(&self, due: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(interval) => due.0.checked_sub(nanos(*interval)).map(Timestamp),
            Self::Cron(_) | Self::CronIn { .. } => self.calendar()?.previous(due, false),
        }
    }
}

/// The interval in nanoseconds, at least the minimum: an interval from a store may be invalid.
pub(super) fn nanos(interval: Duration) -> u64 {
    let nanos = interval.max(Times::MIN_INTERVAL).as_nanos();
    u64::try_from(nanos).unwrap_or(u64::MAX)
}
