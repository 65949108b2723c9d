//! Durations as the standard writes them: ISO 8601 text or a map of units.

use std::time::Duration;

/// The longest duration that is read: ten years.
pub const MAX: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

/// The units of a duration in a map, and their milliseconds.
pub const UNITS: [(&str, u64); 5] = [
    ("days", 24 * 3600 * 1000),
    ("hours", 3600 * 1000),
    ("minutes", 60 * 1000),
    ("seconds", 1000),
    ("milliseconds", 1),
];

/// Reads ISO 8601 text such as `PT1M30S`, `PT0.5S` or `P1DT12H`. Years and months have no fixed
/// length and are refused. `None`: not such a text, or longer than [`MAX`].
pub fn iso8601(text: &str) -> Option<Duration> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (rest, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let day = 24.0 * 3600.0;
    let seconds = sum(date, &[('W', 7.0 * day), ('D', day)])?
        + sum(time, &[('H', 3600.0), ('M', 60.0), ('S', 1.0)])?;
    let duration = Duration::try_from_secs_f64(seconds).ok()?;
    (duration <= MAX).then_some(duration)
}

/// Sums up numbers that are each followed by one of `units`, which come in their order.
fn sum(mut text: &str, mut units: &[(char, f64)]) -> Option<f64> {
    let mut seconds = 0.0;
    while !text.is_empty() {
        let at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, rest) = text.split_at_checked(at)?;
        let unit = rest.chars().next()?;
        let index = units.iter().position(|(letter, _)| *letter == unit)?;
        let (_, length) = units.get(index)?;
        seconds += number.parse::<f64>().ok()? * length;
        units = units.get(index + 1..)?;
        text = rest.get(1..)?;
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_8601_is_read() {
        for (text, millis) in [
            ("PT1M30S", 90_000),
            ("PT0.5S", 500),
            ("PT15S", 15_000),
            ("P1DT12H", 129_600_000),
            ("P2W", 1_209_600_000),
            ("PT2H", 7_200_000),
            ("PT0S", 0),
        ] {
            assert_eq!(iso8601(text), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_has_no_fixed_length_is_refused() {
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
        ] {
            assert_eq!(iso8601(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #![proptest_config(crate::seed::cases(256))]

        #[test]
        fn no_text_panics(text in "P?T?\\PC{0,6}") {
            let _ = iso8601(&text);
        }
    }
}
