//! Positions in the text of a score.

/// A position in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// First byte of the value.
    pub start: usize,
    /// Byte after the last one.
    pub end: usize,
}

impl Place {
    /// The start of a text.
    pub const START: Self = Self {
        line: 1,
        column: 1,
        start: 0,
        end: 0,
    };

    /// The position of a byte of `text`; a byte beyond the end counts as the end.
    pub fn of_byte(text: &str, byte: usize) -> Self {
        let mut start = byte.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            start,
            end: start,
        }
    }
}
