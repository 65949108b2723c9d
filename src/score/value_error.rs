//! Errors of single values.

use std::fmt;

/// A value that cannot be used, and which part of it is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    /// The wrong part as a JSON pointer; empty for the value itself.
    pub pointer: String,
    /// The wrong byte in the text at that pointer; 0 if it is not a text.
    pub at: usize,
    /// What is wrong with it, and what is expected.
    pub message: String,
}

impl ValueError {
    /// An error about a value as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Self::at(0, message)
    }

    /// An error about a text, from this byte on.
    pub fn at(byte: usize, message: impl Into<String>) -> Self {
        Self {
            pointer: String::new(),
            at: byte,
            message: message.into(),
        }
    }

    /// The same error about a text that begins this many bytes later.
    pub fn shifted(mut self, bytes: usize) -> Self {
        self.at += bytes;
        self
    }

    /// The same error seen from the list or map that has the value under `key`.
    pub fn under(mut self, key: impl fmt::Display) -> Self {
        let key = key.to_string().replace('~', "~0").replace('/', "~1");
        self.pointer = format!("/{key}{}", self.pointer);
        self
    }
}

impl std::error::Error for ValueError {}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pointer.is_empty() {
            write!(f, "at {}: ", self.pointer)?;
        }
        f.write_str(&self.message)
    }
}

impl From<&str> for ValueError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<String> for ValueError {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}
