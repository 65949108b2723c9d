//! Durations as the standard writes them: ISO 8601 text or a map of units.

use std::time::Duration;

use serde_json::Value;

use super::{ArgumentError, Template, Variables, value_error::ValueError};

/// The longest duration: ten years.
pub const MAX: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

/// The units of a duration in a map, in milliseconds.
pub const UNITS: [(&str, u64); 5] = [
    ("days", 24 * 3600 * 1000),
    ("hours", 3600 * 1000),
    ("minutes", 60 * 1000),
    ("seconds", 1000),
    ("milliseconds", 1),
];

/// A duration that a score fixes or works out.
#[derive(Debug, Clone, PartialEq)]
pub enum Span {
    /// Always the same.
    Fixed(Duration),
    /// What an expression, or a map of units with expressions, gives when the task starts.
    Given(Template),
}

impl Default for Span {
    fn default() -> Self {
        Self::Fixed(Duration::ZERO)
    }
}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Self::Fixed(duration)
    }
}

impl Span {
    /// The duration. `name`: what it is for.
    pub fn get(
        &self,
        name: &'static str,
        input: &Value,
        variables: &Variables,
    ) -> Result<Duration, ArgumentError> {
        /// The most characters of the value that an error shows.
        const MAX_SHOWN: usize = 80;
        match self {
            Self::Fixed(duration) => Ok(*duration),
            Self::Given(template) => {
                let value = template.evaluate(input, variables)?;
                of_value(&value).map_err(|error| ArgumentError::Invalid {
                    argument: name,
                    value: value.to_string().chars().take(MAX_SHOWN).collect(),
                    error,
                })
            }
        }
    }

    /// Whether it is nothing at all, without a look at data.
    pub fn is_zero(&self) -> bool {
        matches!(self, Self::Fixed(duration) if duration.is_zero())
    }
}

/// A duration from data: ISO 8601 text or a map of units.
pub fn of_value(value: &Value) -> Result<Duration, ValueError> {
    match value {
        Value::String(text) => iso8601(text).ok_or_else(|| explained(text).into()),
        Value::Object(units) => {
            let mut sum = Duration::ZERO;
            for (unit, number) in units {
                let millis = UNITS.iter().find(|(known, _)| known == unit);
                let (_, millis) = millis.ok_or_else(|| {
                    ValueError::from(format!("unknown unit `{unit}` of a duration: write days, hours, minutes, seconds or milliseconds"))
                })?;
                let number = number
                    .as_u64()
                    .filter(|n| *n <= MAX.as_millis() as u64 / millis);
                let number = number.ok_or_else(|| ValueError::from(NOT_WHOLE).under(unit))?;
                sum += Duration::from_millis(number * millis);
            }
            match sum <= MAX {
                true => Ok(sum),
                false => Err("a duration is at most ten years".into()),
            }
        }
        _ => Err("expected a duration such as \"PT1M30S\" or { seconds: 90 }".into()),
    }
}

/// What is wrong with the number of a unit.
pub const NOT_WHOLE: &str = "a duration takes whole numbers, in total at most ten years: write half a second as `milliseconds: 500`";

/// Why a text is not a valid duration, and what to write instead.
pub fn explained(text: &str) -> String {
    let date = text.split('T').next().unwrap_or_default();
    let remedy = if date.starts_with('P') && date.contains(['Y', 'M']) {
        "; years and months have no fixed length: write days, as in P30D"
    } else if text.trim().ends_with(['s', 'm', 'h', 'd'])
        || text.trim().bytes().all(|b| b.is_ascii_digit() || b == b'.')
    {
        "; write PT5S for five seconds, PT5M for five minutes, P1D for a day"
    } else {
        ""
    };
    let shown: String = text.chars().take(60).collect();
    format!(
        "invalid value `{shown}`: expected a duration such as \"PT1M30S\" or {{ seconds: 90 }}{remedy}"
    )
}

/// Reads an ISO 8601 duration, exact to the nanosecond, such as `PT1M30S`, `PT0.5S` or `P1DT12H`. `None`: malformed, longer
/// than [`MAX`], or with years or months, which have no fixed length.
///
/// jiff reads the same texts as the same durations, except those with fractions of weeks and days, or of
/// several units: the standard allows them.
pub fn iso8601(text: &str) -> Option<Duration> {
    const SECOND: u64 = 1_000_000_000;
    const DAY: u64 = 24 * 3600 * SECOND;
    let rest = text.strip_prefix('P')?;
    let (date, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (rest, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let date = sum(date, &[('W', 7 * DAY), ('D', DAY)])?;
    let time = sum(
        time,
        &[('H', 3600 * SECOND), ('M', 60 * SECOND), ('S', SECOND)],
    )?;
    let nanos = date.checked_add(time)?;
    (nanos <= MAX.as_nanos()).then(|| Duration::from_nanos_u128(nanos))
}

/// The sum in nanoseconds of numbers that are each followed by one of `units`, in order.
fn sum(mut text: &str, mut units: &[(char, u64)]) -> Option<u128> {
    let mut nanos: u128 = 0;
    while !text.is_empty() {
        let at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, rest) = text.split_at_checked(at)?;
        let unit = rest.chars().next()?;
        let index = units.iter().position(|(letter, _)| *letter == unit)?;
        let (_, length) = units.get(index)?;
        nanos = nanos.checked_add(scaled(number, *length)?)?;
        units = units.get(index + 1..)?;
        text = rest.get(1..)?;
    }
    Some(nanos)
}

/// A decimal number times `unit`, exact; digits beyond the twelfth decimal are dropped.
fn scaled(number: &str, unit: u64) -> Option<u128> {
    const DECIMALS: usize = 12;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && decimals.is_empty()) || !is_digits(decimals) {
        return None;
    }
    let integer = |text: &str| match text {
        "" => Some(0_u128),
        text => text.parse().ok(),
    };
    let decimals: String = decimals.chars().take(DECIMALS).collect();
    let fraction = integer(&format!("{decimals:0<DECIMALS$}"))?;
    let whole = integer(whole)?.checked_mul(unit.into())?;
    whole.checked_add(fraction * u128::from(unit) / 10_u128.pow(DECIMALS as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_8601_durations_are_exact() {
        for (text, millis) in [
            ("PT1M30S", 90_000),
            ("PT0.5S", 500),
            ("PT15S", 15_000),
            ("P1DT12H", 129_600_000),
            ("P2W", 1_209_600_000),
            ("PT2H", 7_200_000),
            ("PT0S", 0),
            ("PT.5S", 500),
            ("PT1.S", 1000),
            ("P0.5D", 43_200_000),
            ("PT1.1H", 3_960_000),
            ("P1W1DT1H1M1.001S", 694_861_001),
        ] {
            assert_eq!(iso8601(text), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn malformed_and_variable_durations_are_refused() {
        for text in [
            "",
            "P",
            "PT",
            "P1Y",
            "P1M",
            "1S",
            "PT1",
            "PT1S2M",
            "PT1S1S",
            "P1DT",
            "PT-1S",
            "pt1s",
            "P99999999D",
            "PT1.2.3S",
            "PTS",
            "PT1é",
            "PT.S",
            "PT99999999999999999999999999999999999999999999S",
        ] {
            assert_eq!(iso8601(text), None, "{text}");
        }
    }

    /// What jiff reads, as a duration.
    fn by_jiff(text: &str) -> Option<Duration> {
        let span: jiff::Span = text.parse().ok()?;
        let days = jiff::SpanRelativeTo::days_are_24_hours();
        Duration::try_from(span.to_duration(days).ok()?).ok()
    }

    proptest::proptest! {
        #![proptest_config(crate::seed::cases(256))]

        #[test]
        fn jiff_reads_the_same_durations(
            weeks in 0..50_u32, days in 0..400_u32, hours in 0..9000_u32, minutes in 0..9000_u32,
            whole in 0..100_000_u32, nanos in 0..1_000_000_000_u32,
        ) {
            let text = format!("P{weeks}W{days}DT{hours}H{minutes}M{whole}.{nanos:09}S");
            proptest::prop_assert_eq!(iso8601(&text), by_jiff(&text));
            let text = format!("PT{whole}.{nanos:09}M");
            proptest::prop_assert_eq!(iso8601(&text), by_jiff(&text));
        }

        #[test]
        fn no_text_panics(text in "P?T?\\PC{0,6}") {
            let _ = iso8601(&text);
        }
    }
}
