//! The words and signs of jq text.

use super::{SyntaxError, number::Decimal};

/// A word or sign.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A name, which may contain `::`.
    Word,
    /// `.name`
    Field,
    /// `$name`
    Variable,
    /// `@name`
    Format,
    /// A number.
    Number(Decimal),
    /// The quote with which a text begins.
    Quote,
    /// A sign such as `|=`.
    Sign(&'static str),
    /// The end of the text.
    End,
}

/// All signs, longer ones first.
const SIGNS: [&str; 37] = [
    "?//=", "?//", "//=", "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=", "//", "..",
    "and", "or", "|", ",", ".", ":", ";", "(", ")", "[", "]", "{", "}", "+", "-", "*", "/", "%",
    "=", "<", ">", "?",
];

/// Reads one token after another.
pub struct Lexer<'t> {
    text: &'t str,
    /// Where the present token begins.
    pub at: usize,
    /// Where it ends.
    pub end: usize,
    /// The present token.
    pub token: Token,
}

impl<'t> Lexer<'t> {
    /// Stands on the first token.
    pub fn new(text: &'t str) -> Result<Self, SyntaxError> {
        let mut lexer = Self {
            text,
            at: 0,
            end: 0,
            token: Token::End,
        };
        lexer.advance()?;
        Ok(lexer)
    }

    /// The text of the present token.
    pub fn word(&self) -> &'t str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    /// The text from a byte on.
    pub fn rest(&self, at: usize) -> &'t str {
        self.text.get(at..).unwrap_or_default()
    }

    /// The text up to a byte.
    pub fn before(&self, at: usize) -> &'t str {
        self.text.get(..at).unwrap_or_default()
    }

    /// The line of the present token, counted from 1.
    pub fn line(&self) -> usize {
        let before = self.text.get(..self.at).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    /// Goes on from a byte of the text.
    pub fn jump(&mut self, at: usize) -> Result<(), SyntaxError> {
        self.end = at;
        self.advance()
    }

    /// Goes to the next token.
    pub fn advance(&mut self) -> Result<(), SyntaxError> {
        loop {
            let rest = self.rest(self.end);
            let trimmed = rest.trim_start();
            self.at = self.end + rest.len() - trimmed.len();
            self.end = self.at;
            if !trimmed.starts_with('#') {
                break;
            }
            self.end += trimmed.find('\n').unwrap_or(trimmed.len());
        }
        let rest = self.rest(self.at);
        let (token, length) = self.token_of(rest)?;
        self.token = token;
        self.end = self.at + length;
        Ok(())
    }

    fn token_of(&self, rest: &str) -> Result<(Token, usize), SyntaxError> {
        let Some(first) = rest.chars().next() else {
            return Ok((Token::End, 0));
        };
        let name = |text: &str| {
            let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            let end = text.find(|c: char| !part(c)).unwrap_or(text.len());
            starts.then_some(end)
        };
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        match first {
            '"' => return Ok((Token::Quote, 1)),
            '.' => {
                if let Some(length) = name(after) {
                    return Ok((Token::Field, 1 + length));
                }
            }
            '$' => {
                if let Some(length) = name(after) {
                    return Ok((Token::Variable, 1 + length));
                }
                if after.starts_with('.') || after.starts_with('[') {
                    return Err(self.wrong("`$` is not jq: write `.` for the input, as in `.a`"));
                }
            }
            '@' => {
                if let Some(length) = name(after) {
                    return Ok((Token::Format, 1 + length));
                }
            }
            _ => {}
        }
        if let Some(length) = number_length(rest) {
            let text = rest.get(..length).unwrap_or_default();
            return match Decimal::read(text) {
                Some(number) => Ok((Token::Number(number), length)),
                None => Err(self.wrong(&format!("`{text}` is not a number"))),
            };
        }
        if let Some(mut length) = name(rest) {
            while let Some(more) = rest.get(length..).and_then(|rest| rest.strip_prefix("::")) {
                let Some(next) = name(more) else { break };
                length += 2 + next;
            }
            let word = rest.get(..length).unwrap_or_default();
            return Ok(match SIGNS.iter().find(|sign| **sign == word) {
                Some(sign) => (Token::Sign(sign), length),
                None => (Token::Word, length),
            });
        }
        let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
        match sign {
            Some(sign) => Ok((Token::Sign(sign), sign.len())),
            None => Err(self.unknown(rest, first)),
        }
    }

    /// A sign of another language, with jq's word for it.
    fn unknown(&self, rest: &str, first: char) -> SyntaxError {
        if rest.starts_with("&&") {
            return self.wrong("`&&` is not jq: write `and`");
        }
        match first {
            '\'' => self.wrong("jq writes texts in double quotes: \"…\""),
            '`' => self.wrong("jq writes texts in double quotes: \"…\""),
            '!' => self.wrong("`!` is not jq: write `| not` behind the condition, or `!=`"),
            '&' => self.wrong("`&` is not jq: write `and`"),
            '\\' => self.wrong("`\\` stands outside of a text: write texts in double quotes"),
            other => self.wrong(&format!("`{other}` is not a sign of jq")),
        }
    }

    fn wrong(&self, message: &str) -> SyntaxError {
        SyntaxError {
            at: self.at,
            message: message.to_owned(),
        }
    }
}

/// How long the number is with which a text begins.
fn number_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        let digits = bytes.iter().skip(from);
        digits.take_while(|byte| byte.is_ascii_digit()).count()
    };
    let whole = digits(0);
    let mut end = whole;
    if bytes.get(end) == Some(&b'.') {
        let decimals = digits(end + 1);
        if whole + decimals == 0 {
            return None;
        }
        // `1..2` is no number.
        if decimals > 0 || bytes.get(end + 1) != Some(&b'.') {
            end += 1 + decimals;
        }
    }
    if end == 0 {
        return None;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    Some(end)
}
