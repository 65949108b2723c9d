//! Dates as text, with the conversions of C and English names.

use std::fmt::Write;

use super::dates::{Broken, days};

pub(super) const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The first three letters of a name.
pub(super) fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

fn name(names: &'static [&'static str], index: i64) -> &'static str {
    let found = usize::try_from(index)
        .ok()
        .and_then(|index| names.get(index));
    found.copied().unwrap_or("?")
}

/// A date in a format.
pub(super) fn format(date: &Broken, format: &str) -> String {
    let mut text = String::new();
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let mut conversion = letters.next();
        let mut pad = None;
        while let Some(flag @ ('-' | '_' | '0' | '^' | '#' | 'E' | 'O')) = conversion {
            pad = Some(flag);
            conversion = letters.next();
        }
        match conversion {
            Some(letter) => convert(date, letter, pad, &mut text),
            None => text.push('%'),
        }
    }
    text
}

fn convert(date: &Broken, letter: char, flag: Option<char>, text: &mut String) {
    let twelve = match date.hour.rem_euclid(12) {
        0 => 12,
        hour => hour,
    };
    let (year, week) = iso_week(date);
    let plain = match letter {
        'Y' => return push(text, date.year, 1, '0', flag),
        'C' => return push(text, date.year.div_euclid(100), 2, '0', flag),
        'y' => return push(text, date.year.rem_euclid(100), 2, '0', flag),
        'm' => return push(text, date.month + 1, 2, '0', flag),
        'd' => return push(text, date.day, 2, '0', flag),
        'e' => return push(text, date.day, 2, ' ', flag),
        'H' => return push(text, date.hour, 2, '0', flag),
        'k' => return push(text, date.hour, 2, ' ', flag),
        'I' => return push(text, twelve, 2, '0', flag),
        'l' => return push(text, twelve, 2, ' ', flag),
        'M' => return push(text, date.minute, 2, '0', flag),
        'S' => return push(text, date.second, 2, '0', flag),
        'j' => return push(text, date.yearday + 1, 3, '0', flag),
        'U' => return push(text, (date.yearday + 7 - date.weekday) / 7, 2, '0', flag),
        'W' => {
            return push(
                text,
                (date.yearday + 7 - (date.weekday + 6) % 7) / 7,
                2,
                '0',
                flag,
            );
        }
        'V' => return push(text, week, 2, '0', flag),
        'G' => return push(text, year, 1, '0', flag),
        'g' => return push(text, year.rem_euclid(100), 2, '0', flag),
        'u' => {
            return push(
                text,
                if date.weekday == 0 { 7 } else { date.weekday },
                1,
                '0',
                flag,
            );
        }
        'w' => return push(text, date.weekday, 1, '0', flag),
        's' => return push(text, date.seconds(), 1, '0', flag),
        'A' => name(&DAYS, date.weekday).to_owned(),
        'a' => short(name(&DAYS, date.weekday)).to_owned(),
        'B' => name(&MONTHS, date.month).to_owned(),
        'b' | 'h' => short(name(&MONTHS, date.month)).to_owned(),
        'p' => if date.hour < 12 { "AM" } else { "PM" }.to_owned(),
        'P' => if date.hour < 12 { "am" } else { "pm" }.to_owned(),
        'Z' => "UTC".to_owned(),
        'z' => "+0000".to_owned(),
        'n' => "\n".to_owned(),
        't' => "\t".to_owned(),
        '%' => "%".to_owned(),
        'D' | 'x' => format(date, "%m/%d/%y"),
        'F' => format(date, "%Y-%m-%d"),
        'T' | 'X' => format(date, "%H:%M:%S"),
        'R' => format(date, "%H:%M"),
        'r' => format(date, "%I:%M:%S %p"),
        'c' => format(date, "%a %b %e %H:%M:%S %Y"),
        other => format!("%{other}"),
    };
    match flag {
        Some('^') => text.push_str(&plain.to_uppercase()),
        _ => text.push_str(&plain),
    }
}

fn push(text: &mut String, number: i64, width: usize, fill: char, flag: Option<char>) {
    let fill = match flag {
        Some('_') => ' ',
        Some('0') => '0',
        _ => fill,
    };
    let width = if flag == Some('-') { 1 } else { width };
    // Writing to a text does not fail.
    let _ = match fill {
        ' ' => write!(text, "{number:width$}"),
        _ => write!(text, "{number:0width$}"),
    };
}

/// The year and week of ISO 8601.
fn iso_week(date: &Broken) -> (i64, i64) {
    let monday = (date.weekday + 6) % 7;
    let thursday = date.yearday - monday + 3;
    let long = |year: i64| days(year, 12, 1) - days(year, 0, 1);
    if thursday < 0 {
        let year = date.year - 1;
        return (year, (thursday + long(year)) / 7 + 1);
    }
    if thursday >= long(date.year) {
        return (date.year + 1, (thursday - long(date.year)) / 7 + 1);
    }
    (date.year, thursday / 7 + 1)
}
