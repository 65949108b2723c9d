//! Unquoted scalars.

use super::Value;

/// An unquoted scalar by the core schema of YAML 1.2. `None`: a number that is not finite.
pub(super) fn plain(text: &str) -> Option<Value> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => return number(text),
    })
}

fn number(text: &str) -> Option<Value> {
    let string = || Some(Value::String(text.to_owned()));
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).map_or_else(|_| string(), |i| Some(Value::Int(i)));
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return i64::from_str_radix(octal, 8).map_or_else(|_| string(), |i| Some(Value::Int(i)));
    }
    if matches!(digits, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return None;
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        || !digits.contains(|c: char| c.is_ascii_digit())
        || !digits
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+'))
    {
        return string();
    }
    if let Ok(whole) = text.parse() {
        return Some(Value::Int(whole));
    }
    match text.parse::<f64>() {
        Ok(float) => float.is_finite().then_some(Value::Float(float)),
        Err(_) => string(),
    }
}
