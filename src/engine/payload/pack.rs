//! Converts JSON text directly to MessagePack.
//!
//! JSON in the form that `serde_json` writes becomes native MessagePack. Anything else (whitespace,
//! `1.00`, an integer of more than 64 bits) is embedded as text, in the smallest possible part, so
//! that converting back yields the original text.

use serde::de::IgnoredAny;

use super::wire::{self, Item};

/// Converts a text; also returns whether part of it was embedded as text. `depth` is the maximum
/// nesting depth of native arrays and maps.
pub(in crate::engine) fn pack(text: &str, depth: usize) -> (Vec<u8>, bool) {
    let mut packer = Packer {
        text,
        at: 0,
        out: Vec::with_capacity(text.len()),
        has_text: false,
    };
    if packer.value(depth).is_none() || packer.at != text.len() {
        packer.out.clear();
        let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
        let item = if is_json { Item::Json } else { Item::NotJson };
        wire::write(&mut packer.out, item(text));
        packer.has_text = true;
    }
    (packer.out, packer.has_text)
}

struct Packer<'a> {
    text: &'a str,
    at: usize,
    out: Vec<u8>,
    has_text: bool,
}

impl<'a> Packer<'a> {
    /// Converts a value, natively or as text. `None` if it is not JSON.
    fn value(&mut self, depth: usize) -> Option<()> {
        let (at, written, has_text) = (self.at, self.out.len(), self.has_text);
        if self.plain(depth).is_some() {
            return Some(());
        }
        self.out.truncate(written);
        self.has_text = has_text;
        let rest = self.text.get(at..)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        self.at = at + values.byte_offset();
        let value = self.text.get(at..self.at)?;
        wire::write(&mut self.out, Item::Json(value));
        self.has_text = true;
        Some(())
    }

    /// Converts a value natively. `None` if that is not possible.
    fn plain(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string(),
            b'[' => self.array(depth.checked_sub(1)?),
            b'{' => self.object(depth.checked_sub(1)?),
            b'n' => self.word("null", Item::Null),
            b't' => self.word("true", Item::Bool(true)),
            b'f' => self.word("false", Item::Bool(false)),
            _ => self.number(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips a byte if it is next.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn word(&mut self, word: &str, item: Item<'static>) -> Option<()> {
        if !self.text.get(self.at..)?.starts_with(word) {
            return None;
        }
        self.at += word.len();
        wire::write(&mut self.out, item);
        Some(())
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        let head = self.open();
        let mut len = 0;
        if !self.take(b']') {
            loop {
                self.value(depth)?;
                len += 1;
                if !self.take(b',') {
                    break;
                }
            }
            self.take(b']').then_some(())?;
        }
        self.close(head, Item::Array(len))
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        let head = self.open();
        let mut len = 0;
        if !self.take(b'}') {
            loop {
                (self.peek()? == b'"').then_some(())?;
                self.string()?;
                self.take(b':').then_some(())?;
                self.value(depth)?;
                len += 1;
                if !self.take(b',') {
                    break;
                }
            }
            self.take(b'}').then_some(())?;
        }
        self.close(head, Item::Map(len))
    }

    /// Reserves a byte for the header of an array or map, whose length is not known yet.
    fn open(&mut self) -> usize {
        self.out.push(0);
        self.out.len() - 1
    }

    fn close(&mut self, head: usize, item: Item<'static>) -> Option<()> {
        let mut written = Vec::with_capacity(5);
        wire::write(&mut written, item);
        match written.as_slice() {
            [byte] => *self.out.get_mut(head)? = *byte,
            longer => drop(self.out.splice(head..=head, longer.iter().copied())),
        }
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        let rest = self.text.get(self.at + 1..)?;
        let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
        let end = rest.as_bytes().iter().position(special)?;
        match rest.as_bytes().get(end)? {
            b'"' => {
                wire::write(&mut self.out, Item::Text(rest.get(..end)?));
                self.at += end + 2;
                Some(())
            }
            b'\\' => self.escaped(rest),
            _ => None,
        }
    }

    /// Converts a string with escapes.
    fn escaped(&mut self, rest: &'a str) -> Option<()> {
        let mut text = String::with_capacity(rest.len().min(256));
        let mut rest = rest;
        loop {
            let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
            let end = rest.as_bytes().iter().position(special)?;
            text.push_str(rest.get(..end)?);
            let (escape, behind) = rest.get(end..)?.split_at_checked(1)?;
            match escape {
                "\"" => {
                    wire::write(&mut self.out, Item::Text(&text));
                    self.at = self.text.len() - behind.len();
                    return Some(());
                }
                "\\" => {
                    let (character, behind) = unescaped(behind)?;
                    text.push(character);
                    rest = behind;
                }
                _ => return None,
            }
        }
    }

    fn number(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        let in_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let len = rest
            .as_bytes()
            .iter()
            .take_while(|byte| in_number(byte))
            .count();
        let number = rest.get(..len)?;
        let item = if number
            .bytes()
            .any(|byte| matches!(byte, b'.' | b'e' | b'E'))
        {
            float(number)?
        } else {
            integer(number)?
        };
        wire::write(&mut self.out, item);
        self.at += len;
        Some(())
    }
}

/// The character of an escape and the rest. `None` if `serde_json` would not write it this way.
fn unescaped(rest: &str) -> Option<(char, &str)> {
    let (letter, behind) = rest.split_at_checked(1)?;
    let character = match letter {
        "\"" => '"',
        "\\" => '\\',
        "b" => '\u{8}',
        "f" => '\u{c}',
        "n" => '\n',
        "r" => '\r',
        "t" => '\t',
        "u" => {
            let (digits, behind) = behind.split_at_checked(4)?;
            let code = u8::from_str_radix(digits.strip_prefix("00")?, 16).ok()?;
            let is_short = matches!(code, 0x08 | 0x09 | 0x0a | 0x0c | 0x0d);
            let as_written = !digits.contains(|c: char| c.is_ascii_uppercase() || c == '+');
            return (code < 0x20 && !is_short && as_written).then_some((code.into(), behind));
        }
        _ => return None,
    };
    Some((character, behind))
}

fn integer(number: &str) -> Option<Item<'static>> {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let is_short = match digits.as_bytes() {
        [b'0'] => number.len() == 1,
        [b'1'..=b'9', ..] => true,
        _ => false,
    };
    if !is_short {
        return None;
    }
    match number.starts_with('-') {
        true => number.parse().ok().map(Item::Signed),
        false => number.parse().ok().map(Item::Unsigned),
    }
}

fn float(number: &str) -> Option<Item<'static>> {
    let value: f64 = number.parse().ok()?;
    let mut written = [0; 32];
    let mut left = written.as_mut_slice();
    serde_json::to_writer(&mut left, &value).ok()?;
    let len = 32 - left.len();
    (written.get(..len)? == number.as_bytes()).then_some(Item::Float(value))
}
