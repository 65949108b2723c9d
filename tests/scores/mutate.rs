//! Random mutations of scores and files: of their structure, text or bytes.

use serde_json::{Map, Value, json};

use crate::{dice::Dice, tokens};

/// Keywords that replace a name.
const WORDS: &[&str] = &[
    "document",
    "metadata",
    "fermata",
    "instruments",
    "tempo",
    "meter",
    "sounds",
    "do",
    "call",
    "with",
    "play",
    "rest",
    "pattern",
    "notes",
    "bars",
    "repeat",
    "velocity",
    "instrument",
    "at",
    "length",
    "note",
    "set",
    "for",
    "each",
    "in",
    "while",
    "fork",
    "branches",
    "compete",
    "switch",
    "when",
    "then",
    "wait",
    "try",
    "catch",
    "retry",
    "delay",
    "backoff",
    "limit",
    "jitter",
    "raise",
    "error",
    "listen",
    "to",
    "one",
    "any",
    "all",
    "until",
    "foreach",
    "emit",
    "run",
    "workflow",
    "if",
    "input",
    "output",
    "export",
    "from",
    "as",
    "timeout",
    "after",
    "use",
    "functions",
    "schedule",
    "cron",
    "every",
    "evaluate",
    "Notes",
    "Bpm",
    "patch",
    "kit",
    "program",
    "port",
];

/// An unexpected value.
fn nasty(dice: &mut Dice) -> Value {
    match dice.below(26) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(i64::MAX),
        5 => json!(i64::MIN),
        6 => json!(1e308),
        7 => json!(5e-324),
        8 => json!(""),
        9 => json!("x".repeat(dice.below(100_000))),
        10 => json!("\u{0}\u{7f}\u{feff}\u{2028}𝄞"),
        11 => json!([]),
        12 => json!({}),
        13 => (0..dice.below(80)).fold(json!(1), |inner, _| json!([inner])),
        14 => (0..dice.below(80)).fold(json!(1), |inner, _| json!({ "do": [{ "x": inner }] })),
        15 => json!(format!("${{ {} }}", tokens::expression(dice))),
        16 => json!(tokens::pattern(dice)),
        17 => json!("${ . }"),
        18 => json!("9223372036854775807/9223372036854775807"),
        19 => json!("-9223372036854775808/1"),
        20 => json!("1/0"),
        21 => json!(vec!["c4"; dice.below(3000)]),
        22 => json!("P99999999999999999999D"),
        23 => json!("continue"),
        24 => json!(dice.pick(WORDS)),
        _ => json!({ "call": "play", "with": { "pattern": tokens::pattern(dice) } }),
    }
}

/// The number of values in a value, itself included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(entries) => entries.values().map(size).sum(),
        _ => 0,
    }
}

/// The `index`th of these values, counted from the outermost.
fn place(value: &mut Value, index: usize) -> &mut Value {
    if index == 0 {
        return value;
    }
    let mut left = index - 1;
    let children: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(entries) => entries.values_mut().collect(),
        _ => unreachable!("the index was below the size"),
    };
    for child in children {
        let size = size(child);
        if left < size {
            return place(child, left);
        }
        left -= size;
    }
    unreachable!("the index was below the size")
}

/// Applies one mutation.
fn step(value: &mut Value, dice: &mut Dice) {
    let count = size(value);
    let other = {
        let index = dice.below(count);
        place(value, index).clone()
    };
    let index = dice.below(count);
    let here = place(value, index);
    match dice.below(8) {
        0 => *here = nasty(dice),
        // Something from elsewhere.
        1 => *here = other,
        2 => *here = json!([here.take()]),
        3 => *here = json!({ dice.pick(WORDS): here.take() }),
        _ => match here {
            Value::Object(entries) if !entries.is_empty() => entry(entries, dice, other),
            Value::Array(items) if !items.is_empty() => {
                let at = dice.below(items.len());
                match dice.below(4) {
                    0 => drop(items.remove(at)),
                    1 => items.insert(at, other),
                    2 => items.reverse(),
                    _ => {
                        let item = items[at].clone();
                        // So that the whole does not grow without end.
                        let times = dice.below(20_000 / size(&item).max(1));
                        items.extend(std::iter::repeat_n(item, times));
                    }
                }
            }
            Value::String(text) => *text = self::text(text, dice),
            Value::Number(number) => {
                let float = number.as_f64().unwrap_or(0.0);
                *here = json!(dice.pick(&[float + 1.0, -float, float * 1e6, float / 3.0]));
            }
            _ => *here = nasty(dice),
        },
    }
}

/// Mutates an entry of a map.
fn entry(entries: &mut Map<String, Value>, dice: &mut Dice, other: Value) {
    let at = dice.below(entries.len());
    let key = entries.keys().nth(at).cloned().unwrap_or_default();
    match dice.below(4) {
        0 => drop(entries.shift_remove(&key)),
        1 => {
            let value = entries.shift_remove(&key).unwrap_or_default();
            entries.insert(dice.pick(WORDS).to_owned(), value);
        }
        2 => {
            entries.insert(dice.pick(WORDS).to_owned(), other);
        }
        _ => {
            let slip = self::text(&key, dice);
            let value = entries.shift_remove(&key).unwrap_or_default();
            entries.insert(slip, value);
        }
    }
}

/// Mutates a document, often in several places.
pub fn structure(document: &Value, dice: &mut Dice) -> String {
    let mut document = document.clone();
    for _ in 0..1 + dice.below(4) {
        step(&mut document, dice);
    }
    document.to_string()
}

/// Mutates a text: deletes, repeats and moves parts, and inserts characters.
pub fn text(text: &str, dice: &mut Dice) -> String {
    const SIGNS: &[&str] = &[
        "&a ",
        "*a",
        "!",
        "|\n",
        ">-\n",
        "---\n",
        "...\n",
        "%",
        "@",
        "`",
        "\"",
        "'",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        "? ",
        ": ",
        "- ",
        "\n",
        "\n  ",
        "\t",
        "#",
        "~",
        "<<: *a\n",
        "\u{0}",
        "𝄞",
        "${",
        "}",
        "0x",
        "1e999",
        ".inf",
        "!!int ",
        "&a [*a, *a]",
        "\r\n",
        "\u{85}",
        "\u{feff}",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..1 + dice.below(6) {
        let begin = dice.below(chars.len() + 1);
        let end = (begin + dice.below(40)).min(chars.len());
        match dice.below(4) {
            0 => drop(chars.drain(begin..end)),
            1 => {
                let part: Vec<char> = chars[begin..end].to_vec();
                let at = dice.below(chars.len() + 1);
                chars.splice(at..at, part);
            }
            _ => {
                let sign = dice.pick(SIGNS).chars();
                chars.splice(begin..begin, sign);
            }
        }
    }
    chars.into_iter().collect()
}

/// Mutates bytes: replaces some, deletes or repeats parts, truncates the end.
pub fn bytes(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + dice.below(8) {
        let begin = dice.below(bytes.len());
        let end = (begin + dice.below(24)).min(bytes.len());
        match dice.below(6) {
            0 => drop(bytes.drain(begin..end)),
            1 => {
                let part = bytes[begin..end].to_vec();
                bytes.splice(begin..begin, part);
            }
            2 => bytes.truncate(end),
            3 if begin < bytes.len() => {
                bytes[begin] = dice.pick(&[0, 0x7f, 0x80, 0xff, 0xf0, 0x90])
            }
            _ if begin < bytes.len() => bytes[begin] ^= 1 << dice.below(8),
            _ => bytes.push(dice.below(256) as u8),
        }
    }
    bytes
}
