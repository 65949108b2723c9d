//! Matching of events and filters.

use std::sync::OnceLock;

use serde_json::Value;

use super::{CloudEvent, Filter, Strategy};
use crate::score::{Expression, Template, Variables};

impl Strategy {
    /// Whether an event of this type may match one of its filters.
    pub fn may_match(&self, kind: &str) -> bool {
        let filters = self.filters();
        filters.is_empty() || filters.iter().any(|filter| filter.may_match(kind))
    }
}

impl Filter {
    fn may_match(&self, kind: &str) -> bool {
        match self.with.iter().find(|(name, _)| name == "type") {
            Some((_, Template::Literal(expected))) => text_matches(expected, kind),
            _ => true,
        }
    }

    /// Whether an event has the attributes of this filter. An expression that fails on it does not
    /// match: the event was not meant for this filter.
    pub(super) fn matches(&self, event: &CloudEvent, variables: &Variables) -> bool {
        self.with.iter().all(|(name, expected)| {
            let found = event.attribute(name);
            match expected {
                Template::Literal(literal @ Value::String(text))
                    if name == "type" && event.is_manual() =>
                {
                    let same = text.to_lowercase() == event.kind().to_lowercase();
                    same || literal_matches(literal, found)
                }
                Template::Literal(literal) if name != "data" => literal_matches(literal, found),
                _ => template_matches(expected, found, variables),
            }
        })
    }
}

fn literal_matches(expected: &Value, found: Option<&Value>) -> bool {
    match found {
        Some(Value::String(text)) => text_matches(expected, text),
        Some(found) => contains(expected, found),
        None => false,
    }
}

/// Whether a text equals the expected one, or matches it as a regular expression.
fn text_matches(expected: &Value, found: &str) -> bool {
    let Value::String(expected) = expected else {
        return false;
    };
    expected == found || matches_regex(expected, found)
}

/// Whether a whole text matches a regular expression. An invalid one matches nothing.
fn matches_regex(pattern: &str, text: &str) -> bool {
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

/// Whether a value matches a template. An expression is evaluated on the value: a boolean is the
/// result, anything else is the expected value.
fn template_matches(expected: &Template, found: Option<&Value>, variables: &Variables) -> bool {
    match expected {
        Template::Expression(expression) => {
            let found = found.unwrap_or(&Value::Null);
            match expression.evaluate(found, variables) {
                Ok(Value::Bool(result)) => result,
                Ok(value) => !value.is_null() && equal(&value, found),
                Err(_) => false,
            }
        }
        Template::Literal(literal) => found.is_some_and(|found| contains(literal, found)),
        // The reader allows secrets only in requests.
        Template::Sealed(_) => false,
        Template::List(items) => match found {
            Some(Value::Array(found)) => {
                let mut pairs = items.iter().zip(found);
                items.len() == found.len()
                    && pairs.all(|(e, f)| template_matches(e, Some(f), variables))
            }
            _ => false,
        },
        Template::Map(entries) => {
            let mut entries = entries.iter();
            let member = |key: &str| found.and_then(|found| found.get(key));
            entries.all(|(key, expected)| template_matches(expected, member(key), variables))
        }
    }
}

/// Whether `found` contains everything in `expected`; other members of maps are ignored.
fn contains(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            expected.iter().all(|(key, expected)| {
                found
                    .get(key)
                    .is_some_and(|found| contains(expected, found))
            })
        }
        (Value::Array(expected), Value::Array(found)) => {
            let mut pairs = expected.iter().zip(found);
            expected.len() == found.len() && pairs.all(|(e, f)| contains(e, f))
        }
        _ => equal(expected, found),
    }
}

/// Whether two values are equal; `1` and `1.0` are.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        _ => a == b,
    }
}
