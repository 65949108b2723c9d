//! Errors of due times.

use std::time::Duration;

use crate::engine::DurationText;

/// An invalid interval or cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTimes {
    /// The interval is too short.
    #[error(
        "an interval of {} is too short: use 1 ms or more, for example Duration::from_millis(1)",
        DurationText(*.0)
    )]
    TooOften(Duration),
    /// The cron expression is invalid.
    #[error(
        "{expression:?} is not a valid cron expression ({reason}): use minute, hour, day of the month, \
         month and day of the week, optionally preceded by seconds, for example \"30 9 * * mon-fri\""
    )]
    Unreadable {
        /// The text.
        expression: String,
        /// What is wrong with it, and in which field.
        reason: String,
    },
    /// The expression matches no existing date.
    #[error(
        "the cron expression {0:?} is never due: use a day that exists in its months, for example \
         \"0 0 28 feb *\""
    )]
    Never(String),
    /// The time zone is unknown.
    #[error(
        "there is no time zone {0:?}: use an IANA time zone name, for example \
         \"Europe/Vienna\""
    )]
    UnknownTimeZone(String),
}
