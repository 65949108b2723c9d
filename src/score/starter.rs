//! The template of `fermata new`.

use super::name::slug;

/// The text, with placeholders for name and title.
const TEXT: &str = include_str!("starter.yaml");

/// The name and text of a small score with comments. The name is made from the letters and digits of
/// `title`; `None` if it has none.
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
    use crate::score::{is_musical, parse};

    #[test]
    fn it_is_a_musical_score_with_any_title() {
        for title in ["first", "12", "null", "Été: \"two\"\nNAME", &"x".repeat(99)] {
            let (name, text) = starter(title).unwrap();
            let document = parse(&text, "new.yaml").unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(document.name, name);
            assert!(is_musical(&document));
        }
        assert_eq!(starter("—"), None);
    }
}
