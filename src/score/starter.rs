//! A score to begin with.

use super::name::slug;

/// Its text, but for its name.
const TEXT: &str = include_str!("starter.yaml");

/// The text of a small score that explains itself, and the name that it has: the letters and digits
/// of `title` as a score's name. `None`: there are none.
pub fn starter(title: &str) -> Option<(String, String)> {
    let name = slug(title)?;
    let text = TEXT
        .replace("NAME", &serde_json::Value::from(&*name).to_string())
        .replace("TITLE", &serde_json::Value::from(title.trim()).to_string());
    Some((name, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Document, is_musical};

    #[test]
    fn it_is_a_score_that_makes_music_whatever_it_is_called() {
        for title in ["first", "12", "null", "Été: \"two\"\nNAME", &"x".repeat(99)] {
            let (name, text) = starter(title).unwrap();
            let document = Document::parse(&text, "new.yaml").unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(document.name, name);
            assert!(is_musical(&document));
        }
        assert_eq!(starter("—"), None);
    }
}
