//! JSON as text for reading: what fits on a line is on one line.

use serde_json::Value;

/// A value as indented JSON with lines of at most `columns` characters, as far as single texts and
/// numbers allow it.
pub(super) fn json_text(value: &Value, columns: usize) -> String {
    let mut text = String::new();
    let line = Line { indent: 0, used: 1 };
    write(value, columns, line, &mut text);
    text
}

/// The line that is being written.
#[derive(Clone, Copy)]
struct Line {
    /// Its indentation.
    indent: usize,
    /// The characters beyond the indentation that something else needs: a key, a comma.
    used: usize,
}

fn write(value: &Value, columns: usize, line: Line, text: &mut String) {
    let room = columns.saturating_sub(line.indent + line.used);
    let mut short = String::new();
    if write_short(value, room, &mut short) || !is_nested(value) {
        text.push_str(&short);
        return;
    }
    let indent = line.indent + 2;
    let mut separator = "\n";
    let mut entry = |key: &str, value: &Value, text: &mut String| {
        text.push_str(separator);
        separator = ",\n";
        text.push_str(&" ".repeat(indent));
        text.push_str(key);
        let used = key.chars().count() + 1;
        write(value, columns, Line { indent, used }, text);
    };
    let close = match value {
        Value::Object(entries) => {
            text.push('{');
            for (name, value) in entries {
                entry(&format!("{}: ", Value::from(name.as_str())), value, text);
            }
            '}'
        }
        Value::Array(items) => {
            text.push('[');
            for value in items {
                entry("", value, text);
            }
            ']'
        }
        _ => return,
    };
    text.push('\n');
    text.push_str(&" ".repeat(line.indent));
    text.push(close);
}

fn is_nested(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
        _ => false,
    }
}

/// Writes a value on one line. False: it is longer than `room` characters, and `text` is only a part of
/// it, unless it is a single value.
fn write_short(value: &Value, room: usize, text: &mut String) -> bool {
    let mut separator = "";
    match value {
        Value::Object(entries) => {
            text.push('{');
            for (name, value) in entries {
                text.push_str(separator);
                separator = ", ";
                text.push_str(&format!("{}: ", Value::from(name.as_str())));
                if !write_short(value, room, text) {
                    return false;
                }
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for value in items {
                text.push_str(separator);
                separator = ", ";
                if !write_short(value, room, text) {
                    return false;
                }
            }
            text.push(']');
        }
        single => text.push_str(&single.to_string()),
    }
    text.chars().count() <= room
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_fits_on_a_line_is_on_one_line() {
        let value = json!({ "cities": ["Ankara", "Izmir"], "fee": { "eur": 120 }, "note": "" });
        let wide = r#"{"cities": ["Ankara", "Izmir"], "fee": {"eur": 120}, "note": ""}"#;
        assert_eq!(json_text(&value, 80), wide);
        let narrow = "{\n  \"cities\": [\"Ankara\", \"Izmir\"],\n  \"fee\": {\"eur\": 120},\n  \"note\": \"\"\n}";
        assert_eq!(json_text(&value, 34), narrow);
        assert_eq!(json_text(&json!([]), 1), "[]");
        assert_eq!(json_text(&json!([["a"]]), 4), "[\n  [\n    \"a\"\n  ]\n]");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let single = prop_oneof![
            any::<i32>().prop_map(Value::from),
            "[a-zäöü\"\\\\\n ]{0,12}".prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
        ];
        single.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::hash_map("[a-c]{1,3}", inner, 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(crate::seed::cases(128))]

        #[test]
        fn the_text_is_the_same_value(value in any_json(), columns in 0usize..60) {
            let text = json_text(&value, columns);
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
