//! The user's own patches: read from the data directory, and read again when they are saved.

use std::path::PathBuf;

use super::file_watch::{FileWatch, Next};
use crate::music::Bank;

/// Adds the user's own patches to a bank, so that scores can name them. `report` gets each error.
pub fn read_own_patches(bank: &Bank, report: impl Fn(String)) {
    if let Some(folder) = folder() {
        for error in bank.add_folder(&folder) {
            report(error.to_string());
        }
    }
}

/// Reloads patches when they are saved, until the program ends. `report` gets each error.
pub fn follow_patches(bank: &Bank, report: impl Fn(String) + Send + Sync + 'static) {
    let (looks, known) = (bank.clone(), bank.clone());
    let look = move || {
        let wrong = looks.refresh();
        wrong.iter().for_each(|error| report(error.to_string()));
        match looks.is_sending() {
            true => Next::Soon,
            false => Next::Change,
        }
    };
    FileWatch::shared().follow(move || known.paths(), look);
}

/// The folder of the user's own patches.
fn folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "fermata")?;
    Some(folders.data_dir().join("patches"))
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::mpsc, time::Duration};

    use super::*;

    #[test]
    fn a_mistake_in_a_saved_patch_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("reported-test.toml");
        let right = include_str!("../../assets/patches/bass.toml");
        fs::write(&file, right).unwrap();
        let bank = Bank::new();
        bank.read_file(&file).unwrap();
        let (report, reported) = mpsc::channel();
        follow_patches(&bank, move |what| {
            let _ = report.send(what);
        });
        fs::write(&file, right.replace("gain", "gian")).unwrap();
        let saved = fs::File::options().append(true).open(&file).unwrap();
        let later = std::time::SystemTime::now() + Duration::from_secs(1);
        saved.set_modified(later).unwrap();
        let what = reported.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(what.contains("reported-test.toml:"), "{what}");
    }
}
