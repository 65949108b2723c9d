//! Text as dates, with the conversions of C and English names.

use super::{
    dates::{Broken, days},
    strftime::{DAYS, MONTHS, short},
};

/// What jq shows for a day of the week or the year that is not known.
const UNKNOWN_WEEKDAY: i64 = 8;
const UNKNOWN_YEARDAY: i64 = 367;

#[derive(Default)]
struct Seen {
    date: Broken,
    has_year: bool,
    has_month: bool,
    has_day: bool,
    yearday: Option<i64>,
    weekday: Option<i64>,
    is_afternoon: Option<bool>,
    century: Option<i64>,
    /// Seconds since 1970.
    epoch: Option<i64>,
    /// Something of the date was read, so that its other parts follow.
    wants_days: bool,
}

/// Reads a date. `None`: the text does not match the format.
pub(super) fn read(text: &str, format: &str) -> Option<Broken> {
    let mut seen = Seen {
        date: Broken {
            year: 1900,
            ..Broken::default()
        },
        ..Seen::default()
    };
    let rest = follow(&mut seen, text, format, 0)?;
    rest.is_empty().then(|| finished(seen))
}

fn finished(seen: Seen) -> Broken {
    if let Some(seconds) = seen.epoch {
        return Broken::of_seconds(seconds);
    }
    let mut date = seen.date;
    if let Some(is_afternoon) = seen.is_afternoon {
        date.hour = date.hour % 12 + if is_afternoon { 12 } else { 0 };
    }
    if let Some(century) = seen.century {
        date.year = century * 100
            + if seen.has_year {
                date.year.rem_euclid(100)
            } else {
                0
            };
    }
    if let (Some(yearday), false) = (seen.yearday, seen.has_month && seen.has_day) {
        let found = Broken::of_seconds((days(date.year, 0, 1) + yearday) * 86_400);
        date.month = found.month;
        date.day = found.day;
    }
    let day = days(date.year, date.month, date.day);
    let knows_day = seen.wants_days || (1..=31).contains(&date.day);
    date.weekday = match (seen.weekday, knows_day) {
        (_, true) => (day + 4).rem_euclid(7),
        (Some(weekday), false) => weekday,
        (None, false) => UNKNOWN_WEEKDAY,
    };
    date.yearday = match (seen.yearday, knows_day) {
        (Some(yearday), _) => yearday,
        (None, true) => day - days(date.year, 0, 1),
        (None, false) => UNKNOWN_YEARDAY,
    };
    date
}

/// Reads the text as far as the format goes. Returns the rest.
fn follow<'t>(seen: &mut Seen, text: &'t str, format: &str, depth: u32) -> Option<&'t str> {
    if depth > 2 {
        return None;
    }
    let mut text = text;
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter.is_whitespace() {
            text = text.trim_start();
            continue;
        }
        if letter != '%' {
            text = text.strip_prefix(letter)?;
            continue;
        }
        let mut conversion = letters.next()?;
        while matches!(conversion, 'E' | 'O' | '-' | '_' | '0' | '^') {
            conversion = letters.next()?;
        }
        text = convert(seen, text, conversion, depth)?;
    }
    Some(text)
}

fn convert<'t>(seen: &mut Seen, text: &'t str, conversion: char, depth: u32) -> Option<&'t str> {
    let date = &mut seen.date;
    let nested = match conversion {
        'D' | 'x' => Some("%m/%d/%y"),
        'F' => Some("%Y-%m-%d"),
        'T' | 'X' => Some("%H:%M:%S"),
        'R' => Some("%H:%M"),
        'r' => Some("%I:%M:%S %p"),
        'c' => Some("%a %b %e %H:%M:%S %Y"),
        _ => None,
    };
    if let Some(format) = nested {
        return follow(seen, text, format, depth + 1);
    }
    let rest = match conversion {
        '%' => return text.strip_prefix('%'),
        'n' | 't' => return Some(text.trim_start()),
        'Y' => {
            let (year, rest) = number(text, 4, 0..=9999)?;
            (date.year, seen.has_year, seen.wants_days) = (year, true, true);
            seen.century = None;
            rest
        }
        'y' => {
            let (year, rest) = number(text, 2, 0..=99)?;
            date.year = if year >= 69 { 1900 + year } else { 2000 + year };
            (seen.has_year, seen.wants_days) = (true, true);
            rest
        }
        'C' => {
            let (century, rest) = number(text, 2, 0..=99)?;
            (seen.century, seen.wants_days) = (Some(century), true);
            rest
        }
        'm' => {
            let (month, rest) = number(text, 2, 1..=12)?;
            (date.month, seen.has_month, seen.wants_days) = (month - 1, true, true);
            rest
        }
        'd' | 'e' => {
            let (day, rest) = number(text, 2, 1..=31)?;
            (date.day, seen.has_day, seen.wants_days) = (day, true, true);
            rest
        }
        'H' | 'k' => {
            let (hour, rest) = number(text, 2, 0..=23)?;
            (date.hour, seen.is_afternoon) = (hour, None);
            rest
        }
        'I' | 'l' => {
            let (hour, rest) = number(text, 2, 1..=12)?;
            date.hour = hour % 12;
            seen.is_afternoon.get_or_insert(false);
            rest
        }
        'M' => part(text, 0..=59, &mut date.minute)?,
        'S' => part(text, 0..=61, &mut date.second)?,
        'j' => {
            let (day, rest) = number(text, 3, 1..=366)?;
            seen.yearday = Some(day - 1);
            seen.wants_days = true;
            rest
        }
        'p' | 'P' => {
            let upper = text.get(..2)?.to_ascii_uppercase();
            seen.is_afternoon = Some(match upper.as_str() {
                "AM" => false,
                "PM" => true,
                _ => return None,
            });
            text.get(2..)?
        }
        'a' | 'A' => {
            let (day, rest) = one_of(text, &DAYS)?;
            seen.weekday = Some(day);
            rest
        }
        'b' | 'B' | 'h' => {
            let (month, rest) = one_of(text, &MONTHS)?;
            (date.month, seen.has_month, seen.wants_days) = (month, true, true);
            rest
        }
        'u' => {
            let (day, rest) = number(text, 1, 1..=7)?;
            seen.weekday = Some(day % 7);
            rest
        }
        'w' => {
            let (day, rest) = number(text, 1, 0..=6)?;
            seen.weekday = Some(day);
            rest
        }
        'U' | 'W' | 'V' => number(text, 2, 0..=53)?.1,
        'G' => number(text, 4, 0..=9999)?.1,
        'g' => number(text, 2, 0..=99)?.1,
        's' => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            seen.epoch = Some(text.get(..digits)?.parse().ok()?);
            text.get(digits..)?
        }
        'Z' => {
            let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
            text.get(letters..)?
        }
        'z' => zone(text)?,
        _ => return None,
    };
    Some(rest)
}

fn part<'t>(
    text: &'t str,
    range: std::ops::RangeInclusive<i64>,
    slot: &mut i64,
) -> Option<&'t str> {
    let (number, rest) = number(text, 2, range)?;
    *slot = number;
    Some(rest)
}

fn number(text: &str, digits: usize, range: std::ops::RangeInclusive<i64>) -> Option<(i64, &str)> {
    let text = text.trim_start();
    let mut number = 0;
    let mut taken = 0;
    for digit in text.bytes().take(digits).take_while(u8::is_ascii_digit) {
        let next = number * 10 + i64::from(digit - b'0');
        if next > *range.end() {
            break;
        }
        number = next;
        taken += 1;
    }
    (taken > 0 && range.contains(&number)).then_some((number, text.get(taken..)?))
}

fn one_of<'t>(text: &'t str, names: &[&str]) -> Option<(i64, &'t str)> {
    let starts = |name: &str| {
        let start = text.get(..name.len())?;
        start
            .eq_ignore_ascii_case(name)
            .then(|| text.get(name.len()..))?
    };
    (0..).zip(names).find_map(|(index, name)| {
        let rest = starts(name).or_else(|| starts(short(name)))?;
        Some((index, rest))
    })
}

/// An offset such as `+0100`, which jq ignores. An offset outside the range used on Earth is rejected.
fn zone(text: &str) -> Option<&str> {
    const HOURS: u8 = 23;
    const MINUTES: u8 = 59;
    if let Some(rest) = text.strip_prefix('Z') {
        return Some(rest);
    }
    let two = |text: &str, most: u8| {
        let digits = text.get(..2)?;
        let number: u8 = digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())??;
        (number <= most).then_some(())
    };
    let rest = text.strip_prefix(['+', '-'])?;
    two(rest, HOURS)?;
    let rest = rest.get(2..)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    match rest.starts_with(|next: char| next.is_ascii_digit()) {
        true => {
            two(rest, MINUTES)?;
            rest.get(2..)
        }
        false => Some(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_that_no_place_has_is_refused() {
        for (text, rest) in [
            ("Z!", Some("!")),
            ("+0100", Some("")),
            ("-05:30x", Some("x")),
            ("+01", Some("")),
            ("+23:59", Some("")),
            ("+99:99", None),
            ("+24:00", None),
            ("+00:60", None),
            ("-9999", None),
            ("+1", None),
            ("+01:5", None),
            ("0100", None),
        ] {
            assert_eq!(zone(text), rest, "{text}");
        }
    }
}
