//! Loading scores: chooses the reader for a file or text.

use std::path::Path;

use super::{
    document::Document,
    error::{Diagnostic, ScoreErrors},
    import,
    read::{self, Origin, concerto},
    source::Node,
};
use crate::music::{Bank, MidiFile};

/// Loads a file: a score in YAML or JSON, a list of notes in the Concerto format, or a Standard MIDI
/// File.
///
/// Patches that the bank does not have, and SoundFonts, are looked up relative to the file's folder and
/// added to the bank.
pub fn load(path: &Path, bank: &Bank) -> Result<Document, ScoreErrors> {
    let name = path.display().to_string();
    let bytes = import::read_bytes(path)?;
    let unreadable = |reason: String| ScoreErrors::Unreadable {
        path: path.to_owned(),
        reason,
    };
    if MidiFile::is_one(&bytes) {
        let imported = import::import(&bytes, &name);
        let imported = imported.map_err(|error| unreadable(error.to_string()))?;
        return parse(&imported.score, &name);
    }
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".into()))?;
    load_text(&text, path, bank)
}

/// Parses and checks a text as if the file at `path` had it. The file is not read; it need not exist.
pub fn load_text(text: &str, path: &Path, bank: &Bank) -> Result<Document, ScoreErrors> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.display().to_string();
    parse_from(text, &name, Origin::Folder(folder, bank))
}

/// Parses and checks a score in YAML or JSON, or a list of notes in the Concerto format. `name`
/// replaces the file name in errors. Only built-in patches are available.
pub fn parse(source: &str, name: &str) -> Result<Document, ScoreErrors> {
    parse_from(source, name, Origin::Text)
}

/// Parses a score that is stored in a history. It was checked when it was stored; patches and
/// SoundFonts that no longer exist are replaced when it is played.
pub fn parse_stored(source: &str) -> Result<Document, ScoreErrors> {
    parse_from(source, "score", Origin::History)
}

fn parse_from(source: &str, name: &str, origin: Origin<'_>) -> Result<Document, ScoreErrors> {
    let errors = |found: Vec<Diagnostic>| ScoreErrors::new(found, name, source);
    let node = Node::parse(source).map_err(|error| errors(vec![error]))?;
    if concerto::is_concerto(&node) {
        return concerto::document(&node, source, name).map_err(|error| errors(vec![error]));
    }
    let (mut document, warnings) = read::document(&node, source, origin).map_err(errors)?;
    let located = ScoreErrors::new(warnings, name, source);
    document.warnings = located.errors().to_vec();
    Ok(document)
}
