//! Texts and maps.

use std::sync::Arc;

use super::{Filter, Parsed, Parser};
use crate::score::jq::{
    SyntaxError,
    lexer::Token,
    syntax::{Constant, Format, Part},
};

impl Parser<'_> {
    /// A text with the filters in it.
    pub(super) fn string(&mut self, format: Option<Format>) -> Parsed<Filter> {
        let opened = self.lexer.at;
        let mut at = self.lexer.end;
        let mut parts = Vec::new();
        let mut plain = String::new();
        loop {
            let rest = self.lexer.rest(at);
            let Some(special) = rest.find(['"', '\\']) else {
                return Err(SyntaxError {
                    at: opened,
                    message: "this text is never closed with `\"`".into(),
                });
            };
            plain.push_str(rest.get(..special).unwrap_or_default());
            at += special;
            let rest = self.lexer.rest(at);
            if rest.starts_with('"') {
                self.lexer.jump(at + 1)?;
                break;
            }
            if rest.starts_with("\\(") {
                parts.push(Part::Plain(std::mem::take(&mut plain).into()));
                self.lexer.jump(at + 2)?;
                let inner = self.pipe()?;
                if !self.is(")") {
                    return Err(self.unexpected("`)`"));
                }
                at = self.lexer.end;
                parts.push(Part::Filter(inner));
                continue;
            }
            at += self.escape(at, &mut plain)?;
        }
        if parts.is_empty() {
            return Ok(Filter::Constant(Constant::Text(plain.into())));
        }
        parts.push(Part::Plain(plain.into()));
        Ok(Filter::Text(format, parts))
    }

    /// Reads an escape such as `\n`. Returns its length.
    fn escape(&self, at: usize, plain: &mut String) -> Parsed<usize> {
        let rest = self.lexer.rest(at);
        let is_unit = |text: &str| {
            text.starts_with("\\u")
                && text
                    .get(2..6)
                    .is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        let length = match is_unit(rest) {
            false => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            true if rest.get(6..).is_some_and(is_unit)
                && rest.get(2..3).is_some_and(|c| c.eq_ignore_ascii_case("d")) =>
            {
                12
            }
            true => 6,
        };
        let escape = rest.get(..length).unwrap_or_default();
        match crate::score::jq::json::unescaped(escape) {
            Ok(text) => {
                plain.push_str(&text);
                Ok(length)
            }
            Err(()) => Err(SyntaxError {
                at,
                message: format!("`{escape}` is not an escape of jq: write `\\\\` for a backslash"),
            }),
        }
    }

    /// `{a: f, $b, "c": g, (h): i, @base64 "…"}`
    pub(super) fn map(&mut self) -> Parsed<Filter> {
        let opened = self.lexer.at;
        self.expect("{")?;
        let mut entries = Vec::new();
        while !self.is("}") {
            entries.push(self.entry()?);
            if !self.takes(",")? {
                break;
            }
        }
        self.close("}", opened)?;
        Ok(Filter::Map(entries))
    }

    fn entry(&mut self) -> Parsed<(Filter, Filter)> {
        let of_input = |key: Arc<str>| {
            let name = Filter::Constant(Constant::Text(key));
            Filter::Index(Filter::Identity.into(), name.into())
        };
        let (key, value) = match self.lexer.token.clone() {
            Token::Variable => {
                let name: Arc<str> = self.lexer.word().trim_start_matches('$').into();
                let value = self.variable()?;
                (Filter::Constant(Constant::Text(name)), Some(value))
            }
            Token::Quote | Token::Format => {
                let begin = self.lexer.at;
                let key = self.key_text()?;
                let value = match &key {
                    Filter::Constant(Constant::Text(name)) => Some(of_input(name.clone())),
                    _ if self.is(":") => None,
                    // The text is read again: it is the key and the name.
                    _ => {
                        self.lexer.jump(begin)?;
                        let name = self.key_text()?;
                        Some(Filter::Index(Filter::Identity.into(), name.into()))
                    }
                };
                (key, value)
            }
            Token::Number(number) => (Filter::Constant(Constant::Number(number)), {
                self.lexer.advance()?;
                None
            }),
            Token::Sign("(") => {
                let opened = self.lexer.at;
                self.lexer.advance()?;
                let key = self.pipe()?;
                self.close(")", opened)?;
                (key, None)
            }
            _ => {
                let is_location = self.lexer.word() == "__loc__";
                let line = self.lexer.line();
                let name = self.key_word("a key")?;
                let value = match is_location {
                    true => Filter::Constant(Constant::Location(line)),
                    false => of_input(name.clone()),
                };
                (Filter::Constant(Constant::Text(name)), Some(value))
            }
        };
        if !self.takes(":")? {
            return match value {
                Some(value) => Ok((key, value)),
                None => Err(self.unexpected("`:`")),
            };
        }
        let mut value = self.alternative()?;
        if self.is("|") {
            self.lexer.advance()?;
            value = Filter::Pipe(value.into(), self.entry_rest()?.into());
        }
        Ok((key, value))
    }

    /// What follows `|` in the value of an entry.
    fn entry_rest(&mut self) -> Parsed<Filter> {
        let first = self.alternative()?;
        match self.takes("|")? {
            true => Ok(Filter::Pipe(
                first.into(),
                self.nested(Self::entry_rest)?.into(),
            )),
            false => Ok(first),
        }
    }

    fn key_text(&mut self) -> Parsed<Filter> {
        match self.lexer.token {
            Token::Format => {
                let filter = self.format()?;
                match filter {
                    Filter::Format(_) => Err(self.unexpected("a text")),
                    filter => Ok(filter),
                }
            }
            _ => self.string(None),
        }
    }

    /// A name or reserved word that is a key.
    pub(super) fn key_word(&mut self, what: &str) -> Parsed<Arc<str>> {
        let is_key = match self.lexer.token {
            Token::Word => true,
            Token::Sign(sign) => matches!(sign, "and" | "or"),
            _ => false,
        };
        if !is_key {
            return Err(self.unexpected(what));
        }
        let name = self.lexer.word().into();
        self.lexer.advance()?;
        Ok(name)
    }
}
