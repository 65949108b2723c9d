//! Filters on texts and numbers as text.

use super::{Native, Table, filters::refused};
use crate::score::jq::{
    arithmetic::split,
    eval::Machine,
    format::{apply, plain},
    halt::{Halt, described},
    json,
    syntax::Format,
    value::Val,
};

pub(super) const TABLE: Table = &[
    (
        "tostring",
        0,
        Native::Value(|machine, value, _| match value {
            Val::Str(_) => Ok(value),
            value => plain(&value, machine.budget).map(Val::text),
        }),
    ),
    (
        "tojson",
        0,
        Native::Value(|machine, value, _| {
            apply(Format::Json, &value, machine.budget).map(Val::text)
        }),
    ),
    ("fromjson", 0, Native::Value(from_json)),
    ("tonumber", 0, Native::Value(to_number)),
    ("toboolean", 0, Native::Value(to_boolean)),
    ("format", 1, Native::Value(format)),
    (
        "ascii_downcase",
        0,
        Native::Value(|machine, value, _| {
            Ok(Val::text(
                text(machine, &value, "ascii_downcase input must be a string")?
                    .to_ascii_lowercase(),
            ))
        }),
    ),
    (
        "ascii_upcase",
        0,
        Native::Value(|machine, value, _| {
            Ok(Val::text(
                text(machine, &value, "ascii_upcase input must be a string")?.to_ascii_uppercase(),
            ))
        }),
    ),
    ("explode", 0, Native::Value(explode)),
    ("implode", 0, Native::Value(implode)),
    (
        "utf8bytelength",
        0,
        Native::Value(|_, value, _| match &value {
            Val::Str(text) => Ok(Val::count(text.len())),
            _ => Err(refused(&value, "only strings have UTF-8 byte length")),
        }),
    ),
    (
        "trim",
        0,
        Native::Value(|machine, value, _| {
            Ok(Val::text(text(machine, &value, TRIM)?.trim_matches(WHITE)))
        }),
    ),
    (
        "ltrim",
        0,
        Native::Value(|machine, value, _| {
            Ok(Val::text(
                text(machine, &value, TRIM)?.trim_start_matches(WHITE),
            ))
        }),
    ),
    (
        "rtrim",
        0,
        Native::Value(|machine, value, _| {
            Ok(Val::text(
                text(machine, &value, TRIM)?.trim_end_matches(WHITE),
            ))
        }),
    ),
    (
        "startswith",
        1,
        Native::Value(|_, value, part| {
            let (text, part) = both(&value, part, "startswith() requires string inputs")?;
            Ok(Val::Bool(text.starts_with(part)))
        }),
    ),
    (
        "endswith",
        1,
        Native::Value(|_, value, part| {
            let (text, part) = both(&value, part, "endswith() requires string inputs")?;
            Ok(Val::Bool(text.ends_with(part)))
        }),
    ),
    (
        "ltrimstr",
        1,
        Native::Value(|machine, value, part| {
            let (text, part) = both(&value, part, "startswith() requires string inputs")?;
            machine.budget.text(text.len())?;
            Ok(Val::text(text.strip_prefix(part).unwrap_or(text)))
        }),
    ),
    (
        "rtrimstr",
        1,
        Native::Value(|machine, value, part| {
            let (text, part) = both(&value, part, "endswith() requires string inputs")?;
            machine.budget.text(text.len())?;
            Ok(Val::text(text.strip_suffix(part).unwrap_or(text)))
        }),
    ),
    (
        "trimstr",
        1,
        Native::Value(|machine, value, part| {
            let (text, part) = both(&value, part, "startswith() requires string inputs")?;
            machine.budget.text(text.len())?;
            let text = text.strip_prefix(part).unwrap_or(text);
            Ok(Val::text(text.strip_suffix(part).unwrap_or(text)))
        }),
    ),
    (
        "split",
        1,
        Native::Value(|machine, value, by| {
            let (text, by) = both(&value, by, "split input and separator must be strings")?;
            split(text, by, machine.budget)
        }),
    ),
];

/// What jq's `trim` removes.
const WHITE: fn(char) -> bool = char::is_whitespace;
const TRIM: &str = "trim input must be a string";

/// A text; it is read.
fn text<'v>(machine: &Machine<'_>, value: &'v Val, message: &str) -> Result<&'v str, Halt> {
    machine.budget.copy(value)?;
    value.as_str().ok_or_else(|| Halt::error(message))
}

fn both<'v>(value: &'v Val, part: &'v [Val], message: &str) -> Result<(&'v str, &'v str), Halt> {
    match (value, part) {
        (Val::Str(text), [Val::Str(part)]) => Ok((text, part)),
        _ => Err(Halt::error(message)),
    }
}

fn from_json(machine: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    match &value {
        Val::Str(text) => json::read(text, machine.budget),
        _ => Err(refused(&value, "only strings can be parsed")),
    }
}

fn to_number(machine: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    machine.budget.copy(&value)?;
    let number = match &value {
        Val::Num(_) => return Ok(value),
        Val::Str(text) => json::number(text),
        _ => None,
    };
    number
        .map(Val::Num)
        .ok_or_else(|| refused(&value, "cannot be parsed as a number"))
}

fn to_boolean(_: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    match &value {
        Val::Bool(_) => Ok(value),
        Val::Str(text) if &**text == "true" => Ok(Val::Bool(true)),
        Val::Str(text) if &**text == "false" => Ok(Val::Bool(false)),
        _ => Err(refused(&value, "cannot be parsed as a boolean")),
    }
}

fn format(machine: &Machine<'_>, value: Val, name: &[Val]) -> Result<Val, Halt> {
    match name {
        [Val::Str(name)] => match Format::named(name) {
            Some(format) => apply(format, &value, machine.budget).map(Val::text),
            None => Err(Halt::error(format!("{name} is not a valid format"))),
        },
        other => {
            let other = other.first().unwrap_or(&Val::Null);
            Err(Halt::error(format!(
                "{} is not a valid format",
                described(other)
            )))
        }
    }
}

fn explode(machine: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    let letters: Vec<Val> = match &value {
        Val::Str(text) => {
            machine.budget.spend(text.len() as u64 / 4)?;
            text.chars()
                .map(|letter| Val::number(f64::from(letter as u32)))
                .collect()
        }
        _ => return Err(Halt::error("explode input must be a string")),
    };
    machine.budget.items(letters.len())?;
    Ok(Val::list(letters))
}

fn implode(machine: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    let Val::Arr(items) = &value else {
        return Err(Halt::error("implode input must be an array"));
    };
    machine.budget.spend(items.len() as u64)?;
    let letter = |item: &Val| match item {
        Val::Num(number) => {
            let scalar = number.float();
            match scalar >= 0.0 && scalar <= f64::from(u32::from(char::MAX)) {
                true => Ok(char::from_u32(scalar as u32).unwrap_or('\u{fffd}')),
                false => Err(Halt::error("Invalid codepoint literal")),
            }
        }
        other => Err(refused(
            other,
            "can't be imploded, unicode codepoint needs to be numeric",
        )),
    };
    let text: String = items.iter().map(letter).collect::<Result<_, _>>()?;
    Ok(Val::text(text))
}
