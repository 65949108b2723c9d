//! What is typed into the search, and how well a text matches it.

/// What is searched for: words that must all occur, in any order and case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Query {
    /// In lower case.
    pub words: Vec<String>,
    /// Whether only lanes are searched for: it begins with `#`.
    pub only_lanes: bool,
}

/// How well a word matches: the start of a text, that of a word, or anything in it. The least is the best.
const START: u32 = 0;
const WORD: u32 = 1;
const INSIDE: u32 = 2;
/// Letters that are scattered over a text.
const SCATTERED: u32 = 40;

impl Query {
    /// The most words that count.
    const MOST_WORDS: usize = 16;

    /// Parses what was typed. Everything means something.
    pub fn parse(typed: &str) -> Self {
        let typed = typed.trim_start();
        let (only_lanes, text) = match typed.strip_prefix('#') {
            Some(rest) => (true, rest),
            None => (false, typed),
        };
        let words = text.split_whitespace().take(Self::MOST_WORDS);
        Self {
            words: words.map(str::to_lowercase).collect(),
            only_lanes,
        }
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && !self.only_lanes
    }

    /// How well a text matches all words, the best first. `None`: it does not.
    pub fn rank(&self, text: &str) -> Option<u32> {
        let ranks = self.words.iter().map(|word| rank(text, word));
        ranks.sum()
    }

    /// The same, for a text of a short list: the letters may be scattered over it.
    pub fn loose_rank(&self, text: &str) -> Option<u32> {
        self.rank(text).or_else(|| {
            let text = text.to_lowercase();
            let mut rest = text.char_indices();
            let mut last = 0;
            for letter in self.words.iter().flat_map(|word| word.chars()) {
                last = rest.find(|(_, c)| *c == letter)?.0;
            }
            Some(SCATTERED + u32::try_from(last).unwrap_or(SCATTERED))
        })
    }
}

/// How well a text matches a word in lower case.
pub(super) fn rank(text: &str, word: &str) -> Option<u32> {
    let place = find(text, word)?;
    let before = text.get(..place).and_then(|before| before.chars().last());
    Some(match before {
        None => START,
        Some(before) if !before.is_alphanumeric() => WORD,
        Some(_) => INSIDE,
    })
}

/// Where a word in lower case is in a text in any case.
fn find(text: &str, word: &str) -> Option<usize> {
    if !text.is_ascii() {
        return text.to_lowercase().find(word);
    }
    let (text, word) = (text.as_bytes(), word.as_bytes());
    if word.is_empty() {
        return Some(0);
    }
    let mut places = text.windows(word.len());
    places.position(|part| part.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank_of(text: &str, typed: &str) -> Option<u32> {
        Query::parse(typed).loose_rank(text)
    }

    #[test]
    fn whole_words_come_before_scattered_letters() {
        assert_eq!(rank_of("Zoom in", "zoom"), Some(0));
        assert!(rank_of("Show the meters", "shmet") > rank_of("Show the meters", "meters"));
        assert_eq!(rank_of("Zoom in", "xyz"), None);
        assert!(rank_of("order-7", "order") < rank_of("my order", "order"));
        assert!(rank_of("my order", "order") < rank_of("reorder", "order"));
    }

    #[test]
    fn words_may_be_in_any_order_and_case_and_language() {
        assert_eq!(rank_of("Go to marker Coda", "coda marker"), Some(2));
        assert_eq!(rank_of("Grüße", "GRÜ"), Some(0));
        assert_eq!(rank_of("Grüße", "üß"), Some(2));
        assert_eq!(rank_of("anything", ""), Some(0));
        assert!(Query::parse("  #12").only_lanes);
    }
}
