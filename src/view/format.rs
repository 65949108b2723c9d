//! Numbers, notes and data as text on screen.

use std::time::Duration;

use jiff::{Zoned, tz::TimeZone};

use super::escape::escape_line;

use crate::{
    engine::{Payload, Timestamp},
    music::Key,
};

/// A length of time: `0.4 s`, `12 s`, `3 min 20 s`.
pub fn seconds(length: Duration) -> String {
    let seconds = length.as_secs_f64();
    if seconds < 0.05 {
        "0 s".to_owned()
    } else if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 119.5 {
        format!("{seconds:.0} s")
    } else if seconds < 7200.0 {
        let whole = seconds.round() as u64;
        format!("{} min {} s", whole / 60, whole % 60)
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}

/// A length of time of which only the order matters: `12 s`, `5 min`, `3 h`, `2 d`.
pub fn rough(length: Duration) -> String {
    let seconds = length.as_secs_f64();
    if seconds < 119.5 {
        format!("{seconds:.0} s")
    } else if seconds < 7200.0 {
        format!("{:.0} min", seconds / 60.0)
    } else if seconds < 172_800.0 {
        format!("{:.0} h", seconds / 3600.0)
    } else {
        format!("{:.0} d", seconds / 86_400.0)
    }
}

/// A length of time as a counter: `0:42`, `1:02:03`.
pub fn elapsed(length: Duration) -> String {
    let seconds = length.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// How long ago something was: `just now`, `12 s ago`, `3 min ago`.
fn ago(length: Duration) -> String {
    match length.as_secs() {
        0 => "just now".to_owned(),
        s @ 1..60 => format!("{s} s ago"),
        s @ 60..3_600 => format!("{} min ago", s / 60),
        s @ 3_600..86_400 => format!("{} h ago", s / 3_600),
        s => format!("{} d ago", s / 86_400),
    }
}

/// When something was: `3 min ago`, or its date once a day has passed: `12 Mar`, `12 Mar 2025`.
pub fn when_it_was(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let length = now.since(at);
    if length < Duration::from_secs(86_400) {
        return ago(length);
    }
    day(&local(at, zone), local(now, zone).year())
}

/// A moment in local time.
pub(super) fn local(at: Timestamp, zone: &TimeZone) -> Zoned {
    let at = jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
    at.to_zoned(zone.clone())
}

/// A day: `12 Mar`, or `12 Mar 2025` if it is in another year than `this`.
pub(super) fn day(at: &Zoned, this: i16) -> String {
    let pattern = match at.year() == this {
        true => "%-d %b",
        false => "%-d %b %Y",
    };
    at.strftime(pattern).to_string()
}

/// A future moment: `in 1.5 s`, or `now` once it has come.
pub fn when(moment: Timestamp, now: Timestamp) -> String {
    match moment > now {
        true => format!("in {}", seconds(moment.since(now))),
        false => "now".to_owned(),
    }
}

/// A short length of time: `21 µs`, `1.4 ms`.
pub fn micros(micros: u64) -> String {
    match micros {
        0..=99 => format!("{micros} µs"),
        100..=99_999 => format!("{:.1} ms", micros as f64 / 1000.0),
        _ => format!("{:.1} s", micros as f64 / 1_000_000.0),
    }
}

/// The name of a key: `C4` is middle C.
pub fn key(key: Key) -> String {
    const NAMES: [&str; 12] = [
        "C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B",
    ];
    let name = NAMES
        .get(usize::from(key.number() % 12))
        .copied()
        .unwrap_or("?");
    format!("{name}{}", i16::from(key.number() / 12) - 1)
}

/// Data on one line of at most `max` characters.
pub fn payload(data: &Payload, max: usize) -> String {
    match data.to_json() {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => cut(&text, max),
        other => cut(&other.to_string(), max),
    }
}

/// Text on one line of at most `max` characters, with control characters escaped.
pub fn cut(text: &str, max: usize) -> String {
    let shortened: String = text.chars().take(max).collect();
    let line = escape_line(&shortened);
    let mut line: String = line.chars().take(max).collect();
    if text.chars().nth(max).is_some() {
        line.pop();
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_use_the_unit_that_fits() {
        assert_eq!(seconds(Duration::from_millis(1500)), "1.5 s");
        assert_eq!(seconds(Duration::from_secs(42)), "42 s");
        assert_eq!(seconds(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(elapsed(Duration::from_millis(62_900)), "1:02");
        assert_eq!(elapsed(Duration::from_secs(3_723)), "1:02:03");
        assert_eq!(micros(1400), "1.4 ms");
    }

    #[test]
    fn data_stays_on_one_line() {
        assert_eq!(cut("a\nbc", 9), "a bc");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("a\u{1b}[2J", 20), "a\\u{1b}[2J");
        assert_eq!(payload(&Payload::null(), 9), "");
        assert_eq!(Key::new(60).map(key).as_deref(), Some("C4"));
    }
}
