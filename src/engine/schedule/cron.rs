//! Due times of cron expressions, in UTC or a time zone.

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::{Zoned, civil::DateTime, tz::TimeZone};

use super::InvalidTimes;
use crate::engine::Timestamp;

/// A cron expression with its time zone.
pub(super) struct Calendar {
    cron: Cron,
    /// `None`: UTC.
    zone: Option<TimeZone>,
}

impl Calendar {
    /// Parses an expression and an IANA time zone name.
    pub fn new(expression: &str, time_zone: Option<&str>) -> Result<Self, InvalidTimes> {
        let cron = parser()
            .parse(expression)
            .map_err(|error| InvalidTimes::Unreadable {
                expression: expression.to_owned(),
                reason: reason(expression, &error),
            })?;
        let zone = time_zone.map(|name| {
            let unknown = |_| InvalidTimes::UnknownTimeZone(name.to_owned());
            TimeZone::get(name).map_err(unknown)
        });
        Ok(Self {
            cron,
            zone: zone.transpose()?,
        })
    }

    /// The first due time after `after`.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match &self.zone {
            None => {
                let next = self.cron.find_next_occurrence(&civil(after)?, false);
                moment_of_civil(next.ok()?)
            }
            Some(zone) => {
                let next = self.cron.find_next_occurrence(&zoned(after, zone)?, false);
                moment(next.ok()?.timestamp())
            }
        }
    }

    /// The last due time before `before`, or at it if `inclusive`.
    pub fn previous(&self, before: Timestamp, inclusive: bool) -> Option<Timestamp> {
        match &self.zone {
            None => {
                let before = civil(before)?;
                let previous = self.cron.find_previous_occurrence(&before, inclusive);
                moment_of_civil(previous.ok()?)
            }
            Some(zone) => {
                let before = zoned(before, zone)?;
                let previous = self.cron.find_previous_occurrence(&before, inclusive);
                moment(previous.ok()?.timestamp())
            }
        }
    }
}

fn parser() -> CronParser {
    CronParser::builder()
        .seconds(Seconds::Optional)
        .year(Year::Disallowed)
        .build()
}

/// Why an expression is invalid: the first field that cannot be parsed, or the whole.
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

fn civil(moment: Timestamp) -> Option<DateTime> {
    Some(TimeZone::UTC.to_datetime(instant(moment)?))
}

fn zoned(moment: Timestamp, zone: &TimeZone) -> Option<Zoned> {
    Some(instant(moment)?.to_zoned(zone.clone()))
}

fn instant(moment: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_nanosecond(i128::from(moment.0)).ok()
}

fn moment_of_civil(time: DateTime) -> Option<Timestamp> {
    moment(TimeZone::UTC.to_timestamp(time).ok()?)
}

/// `None` if it is before the epoch or cannot be represented.
fn moment(time: jiff::Timestamp) -> Option<Timestamp> {
    u64::try_from(time.as_nanosecond()).ok().map(Timestamp)
}
