//! Data as jq has it, and back.

use std::cell::Cell;

use serde_json::{Number, Value};

use crate::score::{
    jq::{Decimal, Map, Num, Val},
    variables::Binding,
};

/// How many values an answer may have.
pub(super) const MAX_OUTPUT: usize = 100_000;
/// How deep an answer may be nested.
const MAX_DEPTH: usize = 128;

/// The value of a variable; what it takes is counted.
pub(super) fn from_known(known: &Binding, read: &Cell<u64>) -> Val {
    match known {
        Binding::Value(value) => from_json(value, read),
        Binding::Part(value, pointer) => value
            .pointer(pointer)
            .map_or(Val::Null, |part| from_json(part, read)),
        Binding::Map(members) => Val::map(
            members
                .iter()
                .map(|(name, known)| ((*name).into(), from_known(known, read)))
                .collect(),
        ),
    }
}

/// A value; its size is added to what was read.
pub(super) fn from_json(value: &Value, read: &Cell<u64>) -> Val {
    read.set(read.get() + 1);
    match value {
        Value::Null => Val::Null,
        Value::Bool(b) => Val::Bool(*b),
        Value::Number(number) => Val::Num(from_number(number)),
        Value::String(s) => {
            read.set(read.get() + s.len() as u64 / 16);
            Val::text(s.as_str())
        }
        Value::Array(items) => Val::list(items.iter().map(|item| from_json(item, read)).collect()),
        Value::Object(entries) => {
            Val::map(Map::from_iter(entries.iter().map(|(key, value)| {
                (key.as_str().into(), from_json(value, read))
            })))
        }
    }
}

/// Integers that are no floats, and floats, keep their digits.
fn from_number(number: &Number) -> Num {
    const EXACT: u64 = 1 << 53;
    match number.as_i64() {
        Some(whole) if whole.unsigned_abs() <= EXACT => Num::new(whole as f64),
        _ => match Decimal::read(&number.to_string()) {
            Some(decimal) => Num::written(decimal),
            None => Num::new(number.as_f64().unwrap_or(f64::NAN)),
        },
    }
}

pub(super) fn to_json(
    value: &Val,
    budget: &mut usize,
    depth: usize,
) -> Result<Value, &'static str> {
    if *budget == 0 {
        return Err("is too large");
    }
    if depth > MAX_DEPTH {
        return Err("is nested too deep");
    }
    *budget -= 1;
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(b) => Value::Bool(*b),
        Val::Num(number) => number_to_json(number),
        Val::Str(content) => text(content, budget)?.into(),
        Val::Arr(items) => items
            .iter()
            .map(|item| to_json(item, budget, depth + 1))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        Val::Obj(entries) => {
            let mut map = serde_json::Map::new();
            for (key, value) in entries.iter() {
                map.insert(text(key, budget)?, to_json(value, budget, depth + 1)?);
            }
            map.into()
        }
    })
}

fn text(content: &str, budget: &mut usize) -> Result<String, &'static str> {
    if content.len() / 16 > *budget {
        return Err("is too large");
    }
    *budget -= content.len() / 16;
    Ok(content.to_owned())
}

/// A whole number is written as one, whatever way it was calculated.
fn number_to_json(number: &Num) -> Value {
    /// The first float that is no `u64`.
    const TOO_LARGE: f64 = 18_446_744_073_709_551_616.0;
    let whole = match number.decimal() {
        Some(decimal) => decimal.integer(),
        None => None,
    };
    if let Some(whole) = whole {
        if let Ok(whole) = i64::try_from(whole) {
            return whole.into();
        }
        if let Ok(whole) = u64::try_from(whole) {
            return whole.into();
        }
    }
    let float = number.float();
    if float.is_nan() {
        return Value::Null;
    }
    let float = float.clamp(-f64::MAX, f64::MAX);
    if float.fract() == 0.0 && float.abs() < TOO_LARGE {
        return match float < 0.0 {
            true if float >= i64::MIN as f64 => Value::from(float as i64),
            true => Value::from(float),
            false => Value::from(float as u64),
        };
    }
    Value::from(float)
}
