//! Durations as text.

use std::{fmt, time::Duration};

/// Shows a duration as text such as `1m 30s` or `2days 4h`.
///
/// Failures in histories contain such texts, and a replay must produce the same ones: the format must
/// not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationText(pub Duration);

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// A twelfth of a year, rounded up.
const MONTH: u64 = 2_630_016;
/// 365.25 days.
const YEAR: u64 = 31_557_600;

impl fmt::Display for DurationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.as_secs(), u64::from(self.0.subsec_nanos()));
        if self.0.is_zero() {
            return f.write_str("0s");
        }
        let of_year = seconds % YEAR;
        let of_month = of_year % MONTH;
        let parts = [
            (seconds / YEAR, "year", "years"),
            (of_year / MONTH, "month", "months"),
            (of_month / DAY, "day", "days"),
            (of_month % DAY / HOUR, "h", "h"),
            (of_month % HOUR / MINUTE, "m", "m"),
            (of_month % MINUTE, "s", "s"),
            (nanos / 1_000_000, "ms", "ms"),
            (nanos / 1_000 % 1_000, "us", "us"),
            (nanos % 1_000, "ns", "ns"),
        ];
        let mut separator = "";
        for (number, one, many) in parts.into_iter().filter(|(number, ..)| *number > 0) {
            let unit = if number == 1 { one } else { many };
            write!(f, "{separator}{number}{unit}")?;
            separator = " ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_shown_in_the_units_that_they_have() {
        for (duration, text) in [
            (Duration::ZERO, "0s"),
            (Duration::from_millis(250), "250ms"),
            (Duration::from_millis(1500), "1s 500ms"),
            (Duration::from_secs(90), "1m 30s"),
            (Duration::from_secs(DAY), "1day"),
            (Duration::from_secs(2 * DAY + 4 * HOUR), "2days 4h"),
            (
                Duration::new(YEAR + 2 * MONTH + DAY, 1_002_003),
                "1year 2months 1day 1ms 2us 3ns",
            ),
        ] {
            assert_eq!(DurationText(duration).to_string(), text);
        }
    }
}
