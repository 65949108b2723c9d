//! Whether something fits what a filter asks for.

use std::sync::OnceLock;

use serde_json::Value;

use super::{CloudEvent, Filter};
use crate::score::{Expression, Template, Variables};

impl Filter {
    /// Whether an event has the attributes that are asked for. An expression that fails on it says
    /// no: the event was not meant for this filter.
    pub(super) fn fits(&self, event: &CloudEvent, variables: &Variables) -> bool {
        self.with.iter().all(|(name, wanted)| {
            let found = event.attribute(name);
            match wanted {
                Template::Literal(Value::String(text)) if name == "type" && event.is_plain() => {
                    let same = text.to_lowercase() == event.kind().to_lowercase();
                    same || attribute_is(wanted, found)
                }
                Template::Literal(literal) if name != "data" => {
                    attribute_is_literal(literal, found)
                }
                _ => fits(wanted, found, variables),
            }
        })
    }
}

fn attribute_is(wanted: &Template, found: Option<&Value>) -> bool {
    matches!(wanted, Template::Literal(literal) if attribute_is_literal(literal, found))
}

fn attribute_is_literal(wanted: &Value, found: Option<&Value>) -> bool {
    match found {
        Some(Value::String(text)) => attribute(wanted, text),
        Some(found) => covers(wanted, found),
        None => false,
    }
}

/// Whether a text is the one that is asked for, or fits it as a regular expression.
pub(super) fn attribute(wanted: &Value, found: &str) -> bool {
    let Value::String(wanted) = wanted else {
        return false;
    };
    wanted == found || is_matched(wanted, found)
}

/// Whether the whole of a text fits a regular expression; a bad one fits nothing.
fn is_matched(pattern: &str, text: &str) -> bool {
    const SIGNS: &[char] = &['\\', '.', '*', '+', '?', '[', '(', '|', '^', '$', '{'];
    static TEST: OnceLock<Option<Expression>> = OnceLock::new();
    if !pattern.contains(SIGNS) {
        return false;
    }
    let test = TEST.get_or_init(|| {
        let scope = ["pattern".to_owned()];
        Expression::compile(r#"test("^(?:" + $pattern + ")$")"#, &scope).ok()
    });
    let variables = Variables::new().with("pattern", Value::from(pattern));
    let text = Value::from(text);
    test.as_ref()
        .is_some_and(|test| test.holds(&text, &variables).unwrap_or(false))
}

/// Whether a value fits a template. An expression is asked about the value: `true` and `false` are
/// its verdict, anything else is what the value must be.
fn fits(wanted: &Template, found: Option<&Value>, variables: &Variables) -> bool {
    match wanted {
        Template::Expression(expression) => {
            let found = found.unwrap_or(&Value::Null);
            match expression.evaluate(found, variables) {
                Ok(Value::Bool(verdict)) => verdict,
                Ok(value) => !value.is_null() && same(&value, found),
                Err(_) => false,
            }
        }
        Template::Literal(literal) => found.is_some_and(|found| covers(literal, found)),
        Template::List(items) => match found {
            Some(Value::Array(found)) => {
                let mut pairs = items.iter().zip(found);
                items.len() == found.len() && pairs.all(|(w, f)| fits(w, Some(f), variables))
            }
            _ => false,
        },
        Template::Map(entries) => {
            let mut entries = entries.iter();
            let member = |key: &str| found.and_then(|found| found.get(key));
            entries.all(|(key, wanted)| fits(wanted, member(key), variables))
        }
    }
}

/// Whether `found` has everything that `wanted` has: of a map only the members that are named count.
fn covers(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => wanted
            .iter()
            .all(|(key, wanted)| found.get(key).is_some_and(|found| covers(wanted, found))),
        (Value::Array(wanted), Value::Array(found)) => {
            let mut pairs = wanted.iter().zip(found);
            wanted.len() == found.len() && pairs.all(|(w, f)| covers(w, f))
        }
        _ => same(wanted, found),
    }
}

/// Whether two values are the same; numbers are, however they are written.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        _ => a == b,
    }
}
