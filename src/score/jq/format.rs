//! Formats: `@csv`, `@base64` and the like.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose};

use super::{
    budget::Budget,
    halt::{Halt, described},
    json,
    syntax::Format,
    value::Val,
};

/// A value in a format.
pub fn apply(format: Format, value: &Val, budget: &Budget) -> Result<String, Halt> {
    let text = made(format, value, budget)?;
    budget.text(text.len())?;
    Ok(text)
}

fn made(format: Format, value: &Val, budget: &Budget) -> Result<String, Halt> {
    match format {
        Format::Csv => row(value, budget, "csv", ",", |text| {
            format!("\"{}\"", text.replace('"', "\"\""))
        }),
        Format::Tsv => row(value, budget, "tsv", "\t", |text| {
            let text = text.replace('\\', "\\\\").replace('\t', "\\t");
            text.replace('\n', "\\n").replace('\r', "\\r")
        }),
        Format::Shell => shell(value, budget),
        Format::Json => {
            budget.read(value)?;
            Ok(json::text(value))
        }
        Format::Text => plain(value, budget),
        Format::Html => Ok(html(&plain(value, budget)?)),
        Format::Uri => Ok(uri(&plain(value, budget)?)),
        Format::FromUri => from_uri(&plain(value, budget)?),
        Format::Base64 => Ok(base64(&plain(value, budget)?)),
        Format::FromBase64 => from_base64(&plain(value, budget)?),
        Format::Base32 => Ok(base32(plain(value, budget)?.as_bytes())),
        Format::FromBase32 => from_base32(&plain(value, budget)?),
    }
}

/// A text as it is, anything else as JSON.
pub fn plain(value: &Val, budget: &Budget) -> Result<String, Halt> {
    budget.read(value)?;
    Ok(match value {
        Val::Str(text) => text.to_string(),
        value => json::text(value),
    })
}

fn row(
    value: &Val,
    budget: &Budget,
    name: &str,
    separator: &str,
    quoted: impl Fn(&str) -> String,
) -> Result<String, Halt> {
    let Val::Arr(items) = value else {
        let what = format!("cannot be {name}-formatted, only array");
        return Err(Halt::error(format!("{} {what}", described(value))));
    };
    budget.read(value)?;
    let cells = items.iter().map(|item| match item {
        Val::Null => Ok(String::new()),
        Val::Str(text) => Ok(quoted(text)),
        Val::Num(number) if number.float().is_nan() => Ok(String::new()),
        Val::Bool(_) | Val::Num(_) => Ok(json::text(item)),
        _ => Err(Halt::error(format!(
            "{} is not valid in a csv row",
            described(item)
        ))),
    });
    Ok(cells.collect::<Result<Vec<_>, _>>()?.join(separator))
}

fn shell(value: &Val, budget: &Budget) -> Result<String, Halt> {
    budget.read(value)?;
    let word = |value: &Val| match value {
        Val::Arr(_) | Val::Obj(_) => Err(Halt::error(format!(
            "{} can not be escaped for shell",
            described(value)
        ))),
        Val::Str(text) => Ok(format!("'{}'", text.replace('\'', "'\\''"))),
        other => Ok(json::text(other)),
    };
    match value {
        Val::Arr(items) => {
            let words = items.iter().map(word);
            Ok(words.collect::<Result<Vec<_>, _>>()?.join(" "))
        }
        value => word(value),
    }
}

fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\'' => escaped.push_str("&apos;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A text as `@base64`.
pub fn base64(text: &str) -> String {
    general_purpose::STANDARD.encode(text)
}

/// A text as `@uri`.
pub fn uri(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(byte.into());
            }
            // Writing to a text does not fail.
            byte => drop(write!(escaped, "%{byte:02X}")),
        }
    }
    escaped
}

fn from_uri(text: &str) -> Result<String, Halt> {
    let wrong = || {
        let text = described(&Val::text(text));
        Halt::error(format!("{text} is not a valid uri encoding"))
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (hex, after) = rest.split_at_checked(2).ok_or_else(wrong)?;
        let hex = std::str::from_utf8(hex).map_err(|_| wrong())?;
        bytes.push(u8::from_str_radix(hex, 16).map_err(|_| wrong())?);
        rest = after;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// jq takes texts without padding, and leaves a rest that is no whole byte out.
fn from_base64(text: &str) -> Result<String, Halt> {
    let letters = text.trim_end_matches('=');
    let whole = match letters.len() % 4 {
        1 => letters.get(..letters.len() - 1).unwrap_or_default(),
        _ => letters,
    };
    let options = general_purpose::NO_PAD.with_decode_allow_trailing_bits(true);
    let engine = general_purpose::GeneralPurpose::new(&base64::alphabet::STANDARD, options);
    match engine.decode(whole) {
        Ok(bytes) if !bytes.is_empty() || text.is_empty() => {
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
        _ => {
            let text = described(&Val::text(text));
            Err(Halt::error(format!("{text} is not valid base64 data")))
        }
    }
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut block = [0_u8; 5];
        for (slot, byte) in block.iter_mut().zip(chunk) {
            *slot = *byte;
        }
        let number = block
            .iter()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let letters = (chunk.len() * 8).div_ceil(5);
        for at in 0..8 {
            let index = (number >> (35 - 5 * at) & 31) as usize;
            match BASE32.get(index) {
                Some(letter) if at < letters => text.push(char::from(*letter)),
                _ => text.push('='),
            }
        }
    }
    text
}

fn from_base32(text: &str) -> Result<String, Halt> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let Some(value) = BASE32.iter().position(|known| *known == letter) else {
            let text = described(&Val::text(text));
            return Err(Halt::error(format!("{text} is not valid base32 data")));
        };
        bits = (bits << 5 | value as u32) & 0xfff;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
