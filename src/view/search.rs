//! The state of a search with a list of what was found: for actions and scores, or for histories.

/// The state of a search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// The text typed so far.
    pub typed: String,
    /// The selected line of what was found, counted from 0.
    pub line: usize,
    /// The line that was chosen once and has to be chosen again, because what it does cannot be undone.
    pub asked: Option<usize>,
}

impl Search {
    /// A search for what is typed already.
    pub(super) fn of(typed: String) -> Self {
        Self {
            typed,
            ..Self::default()
        }
    }

    /// Selects the line `by` lines below, among `found` lines.
    pub fn step(&mut self, by: isize, found: usize) {
        if by != 0 {
            self.asked = None;
        }
        let last = found.saturating_sub(1);
        self.line = self.line.min(last).saturating_add_signed(by).min(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_stays_within_what_was_found() {
        let mut search = Search::default();
        for (by, found, line) in [
            (2, 5, 2),
            (9, 5, 4),
            (-1, 5, 3),
            (0, 2, 1),
            (-7, 2, 0),
            (1, 0, 0),
        ] {
            search.step(by, found);
            assert_eq!(search.line, line);
        }
    }
}
