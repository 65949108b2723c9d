//! Data as jq has it, and back.

use std::cell::Cell;

use jaq_json::{Num, Val};
use serde_json::Value;

use crate::score::variables::Binding;

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
        Binding::Map(members) => Val::obj(
            members
                .iter()
                .map(|(name, known)| ((*name).to_owned().into(), from_known(known, read)))
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
        Value::Number(n) => Val::Num(match n.as_i64() {
            Some(whole) => Num::from_integral(whole),
            None => Num::Float(n.as_f64().unwrap_or(f64::NAN)),
        }),
        Value::String(s) => {
            read.set(read.get() + s.len() as u64 / 16);
            s.clone().into()
        }
        Value::Array(items) => items.iter().map(|item| from_json(item, read)).collect(),
        Value::Object(entries) => Val::obj(
            entries
                .iter()
                .map(|(k, v)| (k.clone().into(), from_json(v, read)))
                .collect(),
        ),
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
        Val::TStr(bytes) | Val::BStr(bytes) => text(bytes, budget)?.into(),
        Val::Arr(items) => items
            .iter()
            .map(|item| to_json(item, budget, depth + 1))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        Val::Obj(entries) => {
            let mut map = serde_json::Map::new();
            for (key, value) in entries.iter() {
                let (Val::TStr(key) | Val::BStr(key)) = key else {
                    return Err("has a key that is not text");
                };
                map.insert(text(key, budget)?, to_json(value, budget, depth + 1)?);
            }
            map.into()
        }
    })
}

fn text(bytes: &[u8], budget: &mut usize) -> Result<String, &'static str> {
    if bytes.len() / 16 > *budget {
        return Err("is too large");
    }
    *budget -= bytes.len() / 16;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

fn number_to_json(number: &Num) -> Value {
    match number {
        Num::Int(whole) => Value::from(*whole as i64),
        // A whole float is the whole number that it looks like in JSON.
        Num::Float(f) if f.fract() == 0.0 && f.abs() < 9e15 => Value::from(*f as i64),
        Num::Float(f) => Value::from(*f),
        Num::BigInt(_) | Num::Dec(_) => {
            let float = number.to_string().parse().unwrap_or(f64::NAN);
            number_to_json(&Num::Float(float))
        }
    }
}
