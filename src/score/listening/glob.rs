//! Patterns for names: `*` stands for any text, `?` for any character.

/// A pattern for names. Letter case matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// The pattern of a text.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether it matches a whole name.
    pub fn matches(&self, name: &str) -> bool {
        let (pattern, name): (Vec<char>, Vec<char>) =
            (self.0.chars().collect(), name.chars().collect());
        let (mut at, mut place) = (0, 0);
        // Where the last star is, and what it is tried to stand for up to there.
        let mut star: Option<(usize, usize)> = None;
        while place < name.len() {
            match pattern.get(at) {
                Some('*') => {
                    star = Some((at, place));
                    at += 1;
                }
                Some(letter) if *letter == '?' || name.get(place) == Some(letter) => {
                    at += 1;
                    place += 1;
                }
                _ => match &mut star {
                    Some((before, tried)) => {
                        *tried += 1;
                        (at, place) = (*before + 1, *tried);
                    }
                    None => return false,
                },
            }
        }
        pattern
            .get(at..)
            .unwrap_or_default()
            .iter()
            .all(|c| *c == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_a_question_mark_for_one_character() {
        let fits = |pattern, name| Glob::new(pattern).matches(name);
        assert!(fits("order*", "order-7") && fits("*", "") && fits("*card*", "charge-card"));
        assert!(fits("a?c", "abc") && fits("a*b*c", "a-b-b-c") && fits("größe", "größe"));
        assert!(!fits("order", "order-7") && !fits("a?c", "ac") && !fits("*b", "abc"));
    }
}
