//! Names made from titles.

/// A name made from a title: at most 60 lower-case letters, digits and `-`, without `-` at either end.
/// `None`: the title has no letters or digits.
pub(super) fn slug(title: &str) -> Option<String> {
    let letters = title.chars().map(|c| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_lowercase(),
        false => '-',
    });
    let name: String = letters.collect();
    let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    let name: String = parts.join("-").chars().take(60).collect();
    match name.trim_end_matches('-') {
        "" => None,
        name => Some(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_names() {
        assert_eq!(
            slug("Für Elise, No. 25").as_deref(),
            Some("f-r-elise-no-25")
        );
        assert_eq!(slug(" -- "), None);
        assert_eq!(slug(&"ab ".repeat(40)).map(|name| name.len()), Some(59));
    }
}
