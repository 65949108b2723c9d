//! The entries of the folders that the window shows while a path is typed.

use std::{path::Path, sync::Arc};

use super::{answers::Answers, application::App, home_folder};
use crate::{
    engine::Timestamp,
    view::{EntryInFolder, FolderEntry, FolderListing},
};

/// Endings of files that can be opened.
const ENDINGS: [&str; 6] = ["yaml", "yml", "json", "msgpack", "mid", "midi"];
/// The most entries of a folder that are looked at.
const MAX_ENTRIES: usize = 20_000;

/// The folder that the window shows, as it was typed, and when it was asked for.
pub(super) type Folders = Answers<(String, Timestamp), Arc<FolderListing>>;

/// The entries of a folder, as far as they are known.
pub(super) fn listing(
    app: &Arc<App>,
    folder: &str,
    asked: Timestamp,
) -> Option<Arc<FolderListing>> {
    let question = (folder.to_owned(), asked);
    let read = |_: &App, (folder, _): &(String, Timestamp)| Some(Arc::new(read(folder)));
    Folders::ask(app, |app| &app.folders, &question, read)
}

fn read(typed: &str) -> FolderListing {
    let folder = match typed {
        "" => Path::new(".").to_owned(),
        typed => home_folder::expanded(Path::new(typed)),
    };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) => {
            return FolderListing {
                entries: Vec::new(),
                problem: Some(format!("{} cannot be read: {error}", folder.display())),
            };
        }
    };
    let entries = entries.take(MAX_ENTRIES).filter_map(|entry| {
        let entry = entry.ok()?;
        let name = entry.file_name().into_string().ok()?;
        // Links count as what they lead to.
        let kind = match entry.path().is_dir() {
            true => EntryInFolder::Folder,
            false => EntryInFolder::File,
        };
        Some(FolderEntry { name, kind })
    });
    let mut entries: Vec<_> = entries.filter(can_be_opened).collect();
    entries.sort_by_cached_key(|entry| (entry.kind, entry.name.to_lowercase()));
    FolderListing {
        entries,
        problem: None,
    }
}

fn can_be_opened(entry: &FolderEntry) -> bool {
    let ending = Path::new(&entry.name).extension();
    let ending = ending.map(|ending| ending.to_string_lossy().to_lowercase());
    entry.kind == EntryInFolder::Folder
        || ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_shows_folders_and_files_that_can_be_opened() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.mid", "A.YAML", "notes.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("z")).unwrap();
        let listing = read(folder.path().to_str().unwrap());
        let names: Vec<_> = listing.entries.iter().map(|entry| &*entry.name).collect();
        assert_eq!(names, ["z", "A.YAML", "b.mid"]);
        let missing = folder.path().join("missing/");
        let problem = read(missing.to_str().unwrap()).problem;
        assert!(problem.is_some_and(|problem| problem.contains("cannot be read")));
    }
}
