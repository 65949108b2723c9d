//! Listening scores from files and texts.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use super::ListeningScore;
use crate::{
    music::Bank,
    score::{
        error::{Diagnostic, ScoreErrors},
        import,
        read::{self, Origin},
        source::Node,
    },
};

impl ListeningScore {
    /// The name of the built-in one.
    pub const BUILT_IN: &str = "listening/default.yaml";

    /// The text of the built-in listening score, to start from.
    pub const DEFAULT: &str = include_str!("../../../assets/listening/default.yaml");

    /// The built-in one.
    pub fn built_in() -> Arc<Self> {
        static BUILT: OnceLock<Arc<ListeningScore>> = OnceLock::new();
        let read = || {
            let read = parse(Self::DEFAULT, Self::BUILT_IN, Origin::History);
            // A test reads it.
            Arc::new(read.expect("the built-in listening score has no errors"))
        };
        Arc::clone(BUILT.get_or_init(read))
    }

    /// Reads a file. Its patches and SoundFonts are looked up as those of a score are.
    ///
    /// # Errors
    ///
    /// [`ScoreErrors`] if the file cannot be read, or with all errors in it.
    pub fn load(path: &Path, bank: &Bank) -> Result<Self, ScoreErrors> {
        let bytes = import::read_bytes(path)?;
        let text = String::from_utf8(bytes).map_err(|_| ScoreErrors::Unreadable {
            path: path.to_owned(),
            reason: "it is not UTF-8 text".into(),
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let name = path.display().to_string();
        parse(&text, &name, Origin::Folder(folder, bank))
    }

    /// Reads a text without a file; `name` replaces the file's name in errors. Only built-in patches are
    /// available.
    ///
    /// # Errors
    ///
    /// [`ScoreErrors`] with all errors in it.
    pub fn parse(text: &str, name: &str) -> Result<Self, ScoreErrors> {
        parse(text, name, Origin::Text)
    }

    /// Reads a text that is stored in a history. Patches that no longer exist are replaced.
    pub fn parse_stored(text: &str) -> Option<Self> {
        parse(text, "listening score", Origin::History).ok()
    }

    /// Whether a text is a listening score, judged by its keys.
    pub fn is_one(text: &str) -> bool {
        Node::parse(text).is_ok_and(|node| node.get("listening").is_some())
    }

    /// Whether a file is a listening score, judged by its content. A file that cannot be read is none.
    pub fn is_file(path: &Path) -> bool {
        let bytes = path.is_file().then(|| import::read_bytes(path));
        let text = bytes.and_then(|bytes| String::from_utf8(bytes.ok()?).ok());
        text.is_some_and(|text| Self::is_one(&text))
    }
}

fn parse(text: &str, name: &str, origin: Origin<'_>) -> Result<ListeningScore, ScoreErrors> {
    let errors = |found: Vec<Diagnostic>| ScoreErrors::new(found, name, text);
    let node = Node::parse(text).map_err(|error| errors(vec![error]))?;
    let read = read::listening_score(&node, text, origin).map_err(errors)?;
    Ok(ListeningScore {
        name: name.into(),
        ..read
    })
}
