//! The entries of a folder, and the paths that they complete.

use super::form::FoundLine;

/// The entries of a folder that can be opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FolderListing {
    /// Its entries: folders first, then files, each in the order of their names.
    pub entries: Vec<FolderEntry>,
    /// Why it cannot be read.
    pub problem: Option<String>,
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderEntry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: EntryInFolder,
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryInFolder {
    /// A folder.
    Folder,
    /// A file that can be opened.
    File,
}

impl FolderListing {
    /// The entries whose names begin with what was typed after the last slash; then those that contain it.
    /// Hidden ones are found by a dot.
    pub fn completions(&self, typed: &str) -> Vec<FoundLine> {
        let (folder, begun) = split_path(typed);
        let begun = begun.to_lowercase();
        let shown = self.entries.iter().filter(|entry| {
            let is_hidden = entry.name.starts_with('.');
            !is_hidden || begun.starts_with('.')
        });
        let mut ranked: Vec<_> = shown
            .filter_map(|entry| Some((entry.name.to_lowercase().find(&begun)?.min(1), entry)))
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        let lines = ranked.into_iter().map(|(_, entry)| {
            let goes_on = entry.kind == EntryInFolder::Folder;
            let end = if goes_on { "/" } else { "" };
            FoundLine {
                text: format!("{}{end}", entry.name),
                detail: match goes_on {
                    true => "folder".to_owned(),
                    false => String::new(),
                },
                completes: format!("{folder}{}{end}", entry.name),
                goes_on,
            }
        });
        lines.collect()
    }
}

/// A typed path as the folder, with its last slash, and what follows.
pub fn split_path(typed: &str) -> (&str, &str) {
    let end = typed.rfind(std::path::is_separator).map_or(0, |at| at + 1);
    typed.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed_and_hidden_ones_only_on_request() {
        let entry = |name: &str, kind| FolderEntry {
            name: name.to_owned(),
            kind,
        };
        let listing = FolderListing {
            entries: vec![
                entry(".cache", EntryInFolder::Folder),
                entry("Songs", EntryInFolder::Folder),
                entry("my song.mid", EntryInFolder::File),
            ],
            problem: None,
        };
        let completed = |typed: &str| {
            let lines = listing.completions(typed).into_iter();
            lines.map(|line| line.completes).collect::<Vec<_>>()
        };
        assert_eq!(completed("~/a/"), ["~/a/Songs/", "~/a/my song.mid"]);
        assert_eq!(completed("~/a/son"), ["~/a/Songs/", "~/a/my song.mid"]);
        assert_eq!(completed("my"), ["my song.mid"]);
        assert_eq!(completed("/.c"), ["/.cache/"]);
    }
}
