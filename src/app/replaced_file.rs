//! Replaces files as a whole, so that no one ever reads half of one: settings, markers, positions, scores.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Writes a file in place of the one that is there, and its folder if that is missing. A link stays a link,
/// and permissions stay as they are. The new content is on the disk before the old one is gone.
///
/// # Errors
///
/// Those of the system; the old file is as it was.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = match path.canonicalize() {
        Ok(target) => target,
        Err(_) => {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            path.to_owned()
        }
    };
    let mut part = target.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = write_part(&part, &target, content);
    if written.is_err() {
        // What is left of it is of no use.
        let _ = fs::remove_file(&part);
    }
    written
}

fn write_part(part: &Path, target: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(part)?;
    file.write_all(content)?;
    if let Ok(before) = target.metadata() {
        file.set_permissions(before.permissions())?;
    }
    file.sync_all()?;
    drop(file);
    fs::rename(part, target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_one_that_cannot_be_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/settings.json");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        // A folder cannot be replaced by a file.
        let taken = folder.path().join("taken");
        fs::create_dir_all(taken.join("something")).unwrap();
        assert!(replace(&taken, b"three").is_err());
        let names = fs::read_dir(folder.path()).unwrap().flatten();
        let mut names: Vec<_> = names.map(|entry| entry.file_name()).collect();
        names.sort();
        assert_eq!(names, ["new", "taken"]);
    }
}
