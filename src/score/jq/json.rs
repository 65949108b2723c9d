//! JSON text: written as jq writes it, and read with all digits.

use std::{fmt::Write, rc::Rc};

use super::{
    budget::{Budget, MAX_DEPTH},
    halt::Halt,
    number::{Decimal, Num},
    value::{Map, Val},
};

/// The whole text of a value.
pub fn text(value: &Val) -> String {
    start(value, usize::MAX)
}

/// The text of a value, which may end once it is longer than `enough` bytes.
pub fn start(value: &Val, enough: usize) -> String {
    let mut text = String::new();
    write(value, &mut text, enough);
    text
}

fn write(value: &Val, text: &mut String, enough: usize) {
    if text.len() > enough {
        return;
    }
    match value {
        Val::Null => text.push_str("null"),
        Val::Bool(true) => text.push_str("true"),
        Val::Bool(false) => text.push_str("false"),
        Val::Num(number) => {
            // Writing to a text does not fail.
            let _ = write!(text, "{number}");
        }
        Val::Str(content) => quote(content, text),
        Val::Arr(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if text.len() > enough {
                    return;
                }
                if index > 0 {
                    text.push(',');
                }
                write(item, text, enough);
            }
            text.push(']');
        }
        Val::Obj(entries) => {
            text.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                if text.len() > enough {
                    return;
                }
                if index > 0 {
                    text.push(',');
                }
                quote(key, text);
                text.push(':');
                write(value, text, enough);
            }
            text.push('}');
        }
    }
}

fn quote(content: &str, text: &mut String) {
    text.push('"');
    for letter in content.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            control if (control as u32) < 0x20 || control == '\u{7f}' => {
                let _ = write!(text, "\\u{:04x}", control as u32);
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

/// Reads one value. Text after it is an error.
pub fn read(text: &str, budget: &Budget) -> Result<Val, Halt> {
    budget.text(text.len())?;
    let mut reader = Reader {
        text,
        at: 0,
        budget,
    };
    reader.space();
    if reader.rest().is_empty() {
        return Ok(Val::Null);
    }
    let value = reader.value(0)?;
    reader.space();
    match reader.rest().is_empty() {
        true => Ok(value),
        false => Err(reader.fault("Unexpected extra JSON values")),
    }
}

/// Reads a number that is the whole text.
pub fn number(text: &str) -> Option<Num> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    match unsigned.to_ascii_lowercase().as_str() {
        "nan" => Some(Num::new(f64::NAN)),
        "infinity" | "inf" => Some(Num::new(sign * f64::INFINITY)),
        _ => Decimal::read(text).map(Num::written),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    budget: &'t Budget,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        let rest = self.rest();
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.at += rest.len() - trimmed.len();
    }

    fn next_is(&mut self, letter: char) -> bool {
        self.space();
        let found = self.rest().starts_with(letter);
        self.at += usize::from(found);
        found
    }

    fn fault(&self, what: &str) -> Halt {
        let before = self.text.get(..self.at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let place = if self.rest().is_empty() {
            " at EOF"
        } else {
            ""
        };
        Halt::error(format!(
            "{what}{place} at line {line}, column {column} (while parsing '{}')",
            self.text
        ))
    }

    fn value(&mut self, depth: usize) -> Result<Val, Halt> {
        self.budget.spend(1)?;
        if depth >= MAX_DEPTH {
            return Err(self.fault("Exceeds depth limit for parsing"));
        }
        self.space();
        match self.rest().chars().next() {
            Some('[') => self.list(depth),
            Some('{') => self.map(depth),
            Some('"') => self.string().map(Val::Str),
            Some(_) => self.word(),
            None => Err(self.fault("Unfinished JSON term")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Val, Halt> {
        self.at += 1;
        let mut items = Vec::new();
        if self.next_is(']') {
            return Ok(Val::list(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.next_is(']') {
                return Ok(Val::list(items));
            }
            if !self.next_is(',') {
                return Err(self.fault("Expected separator between values"));
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Val, Halt> {
        self.at += 1;
        let mut entries = Map::new();
        if self.next_is('}') {
            return Ok(Val::map(entries));
        }
        loop {
            self.space();
            if !self.rest().starts_with('"') {
                self.word()?;
                return Err(self.fault("Object keys must be strings"));
            }
            let key = self.string()?;
            if !self.next_is(':') {
                return Err(self.fault("Objects must consist of key:value pairs"));
            }
            let value = self.value(depth + 1)?;
            entries.insert(key, value);
            if self.next_is('}') {
                return Ok(Val::map(entries));
            }
            if !self.next_is(',') {
                return Err(self.fault("Expected separator between values"));
            }
        }
    }

    fn string(&mut self) -> Result<Rc<str>, Halt> {
        let rest = self.rest().as_bytes();
        let mut end = 1;
        loop {
            match rest.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
                None => {
                    self.at = self.text.len();
                    return Err(self.fault("Unfinished string"));
                }
            }
        }
        let quoted = self.rest().get(..=end).unwrap_or_default();
        let content = serde_json::from_str::<String>(quoted).or_else(|_| {
            // jq takes control characters as they are, and half a surrogate pair for a bad character.
            unescaped(quoted.get(1..quoted.len() - 1).unwrap_or_default())
        });
        self.at += end + 1;
        match content {
            Ok(content) => Ok(content.into()),
            Err(()) => Err(self.fault("Invalid escape")),
        }
    }

    fn word(&mut self) -> Result<Val, Halt> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| {
                matches!(
                    c,
                    ' ' | '\t' | '\n' | '\r' | ',' | ':' | '[' | ']' | '{' | '}' | '"'
                )
            })
            .unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        self.at += end;
        match word {
            "null" => Ok(Val::Null),
            "true" => Ok(Val::Bool(true)),
            "false" => Ok(Val::Bool(false)),
            "nan" => Ok(Val::number(f64::NAN)),
            word => match number(word) {
                Some(number) => Ok(Val::Num(number)),
                None => Err(self.fault("Invalid numeric literal")),
            },
        }
    }
}

/// A text without its escapes.
pub fn unescaped(text: &str) -> Result<String, ()> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(rest.get(..at).unwrap_or_default());
        let escape = rest.get(at + 1..).unwrap_or_default();
        let letter = escape.chars().next().ok_or(())?;
        let mut taken = letter.len_utf8();
        match letter {
            '"' | '\\' | '/' => plain.push(letter),
            'b' => plain.push('\u{8}'),
            'f' => plain.push('\u{c}'),
            'n' => plain.push('\n'),
            'r' => plain.push('\r'),
            't' => plain.push('\t'),
            'u' => {
                let unit = |text: Option<&str>| -> Option<u32> {
                    u32::from_str_radix(text?.get(..4)?, 16).ok()
                };
                let first = unit(escape.get(1..)).ok_or(())?;
                taken = 5;
                let second = escape.get(5..).and_then(|rest| rest.strip_prefix("\\u"));
                let second = unit(second).filter(|unit| (0xdc00..0xe000).contains(unit));
                let scalar = match (first, second) {
                    (0xd800..0xdc00, Some(second)) => {
                        taken = 11;
                        0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                    }
                    (unit, _) => unit,
                };
                plain.push(char::from_u32(scalar).unwrap_or('\u{fffd}'));
            }
            _ => return Err(()),
        }
        rest = escape.get(taken..).ok_or(())?;
    }
    plain.push_str(rest);
    Ok(plain)
}
