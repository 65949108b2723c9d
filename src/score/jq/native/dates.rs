//! Dates: broken down, in seconds since 1970, as text. Always in UTC: an expression gives the same answer
//! on every machine.

use super::{Native, Table, strftime, strptime};
use crate::score::jq::{
    eval::Machine,
    halt::{Halt, described},
    value::Val,
};

pub(super) const TABLE: Table = &[
    (
        "now",
        0,
        Native::Value(|machine, _, _| Ok(Val::number(machine.now))),
    ),
    ("gmtime", 0, Native::Value(|_, value, _| gmtime(&value))),
    ("mktime", 0, Native::Value(|_, value, _| mktime(&value))),
    ("strftime", 1, Native::Value(format_date)),
    ("strptime", 1, Native::Value(read_date)),
];

/// A moment as jq breaks it down.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Broken {
    pub year: i64,
    /// 0 to 11.
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    /// 0 is Sunday.
    pub weekday: i64,
    /// 0 is January 1st.
    pub yearday: i64,
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; `month` from 0, both may be out of range.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year + month.div_euclid(12);
    let month = month.rem_euclid(12) + 1;
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl Broken {
    /// The moment that is this many seconds after 1970.
    pub fn of_seconds(seconds: i64) -> Self {
        let (day, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let shifted = day + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let month = (shifted_month + 2) % 12;
        let year = year_of_era + era * 400 + i64::from(month < 2);
        Self {
            year,
            month,
            day: of_year - (153 * shifted_month + 2) / 5 + 1,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
            weekday: (day + 4).rem_euclid(7),
            yearday: day - days(year, 0, 1),
        }
    }

    /// Seconds since 1970.
    pub fn seconds(&self) -> i64 {
        let days = days(self.year, self.month, self.day);
        days * 86_400 + self.hour * 3600 + self.minute * 60 + self.second
    }

    fn value(&self, seconds: f64) -> Val {
        let parts = [self.year, self.month, self.day, self.hour, self.minute];
        let parts = parts.into_iter().map(|part| Val::number(part as f64));
        let rest = [seconds, self.weekday as f64, self.yearday as f64];
        Val::list(parts.chain(rest.map(Val::number)).collect())
    }

    /// Reads what [`Self::value`] has made.
    fn read(value: &Val) -> Result<Self, Halt> {
        let Val::Arr(parts) = value else {
            return Err(Halt::error("mktime requires array of 6 numbers"));
        };
        let part = |index: usize| -> Result<i64, Halt> {
            match parts.get(index) {
                Some(Val::Num(number)) => Ok(number.float() as i64),
                _ => Err(Halt::error("mktime requires parsed datetime inputs")),
            }
        };
        if parts.len() < 6 {
            return Err(Halt::error("mktime requires array of 6 numbers"));
        }
        let within = |part: i64| part.clamp(-i64::from(i32::MAX), i64::from(i32::MAX));
        Ok(Self {
            year: within(part(0)?),
            month: within(part(1)?),
            day: within(part(2)?),
            hour: within(part(3)?),
            minute: within(part(4)?),
            second: within(part(5)?),
            weekday: part(6).unwrap_or(0),
            yearday: part(7).unwrap_or(0),
        })
    }
}

/// The largest seconds that are broken down: more years than a date can have.
const MAX_SECONDS: f64 = 67_768_036_191_676_799.0;

fn gmtime(value: &Val) -> Result<Val, Halt> {
    let Some(seconds) = value.as_float() else {
        return Err(Halt::error("gmtime() requires a number"));
    };
    if !seconds.is_finite() || seconds.abs() > MAX_SECONDS {
        return Err(Halt::error(
            "error converting number of seconds since epoch to datetime",
        ));
    }
    let whole = seconds.floor();
    let broken = Broken::of_seconds(whole as i64);
    Ok(broken.value(broken.second as f64 + (seconds - whole)))
}

fn mktime(value: &Val) -> Result<Val, Halt> {
    Ok(Val::number(Broken::read(value)?.seconds() as f64))
}

fn format_date(machine: &Machine<'_>, value: Val, format: &[Val]) -> Result<Val, Halt> {
    let broken = match &value {
        Val::Num(_) => gmtime(&value)?,
        Val::Arr(_) => value,
        _ => return Err(Halt::error("strftime/1 requires parsed datetime inputs")),
    };
    let [Val::Str(format)] = format else {
        return Err(Halt::error("strftime/1 requires a string format"));
    };
    let broken = Broken::read(&broken)
        .map_err(|_| Halt::error("strftime/1 requires parsed datetime inputs"))?;
    let text = strftime::format(&broken, format);
    machine.budget.text(text.len() + 64)?;
    Ok(Val::text(text))
}

fn read_date(machine: &Machine<'_>, value: Val, format: &[Val]) -> Result<Val, Halt> {
    let Val::Str(text) = &value else {
        return Err(Halt::error(format!(
            "strptime/1 requires string inputs and arguments, not {}",
            described(&value)
        )));
    };
    let [Val::Str(format)] = format else {
        return Err(Halt::error(
            "strptime/1 requires string inputs and arguments",
        ));
    };
    machine.budget.text(text.len() + format.len() + 64)?;
    match strptime::read(text, format) {
        Some(broken) => Ok(broken.value(broken.second as f64)),
        None => Err(Halt::error(format!(
            "date \"{text}\" does not match format \"{format}\""
        ))),
    }
}
