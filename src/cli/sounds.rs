//! What the synth plays with: patches of the performer's own, and a SoundFont.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{
    CliError,
    file_watch::{FileWatch, Next},
    news::say,
};
use crate::music::Bank;

#[derive(Debug, Args)]
pub(super) struct SoundArgs {
    /// SoundFont 2 file that plays `program` and `kit`, and MIDI files [default: the built-in synth]
    #[arg(long, value_name = "FILE.sf2")]
    soundfont: Option<PathBuf>,
}

impl SoundArgs {
    /// Reads everything, before the first score is read.
    pub fn open(&self) -> Result<(), CliError> {
        read_own();
        if let Some(path) = &self.soundfont {
            Bank::shared().play_programs_with(path)?;
        }
        Ok(())
    }
}

/// Takes up patches that are saved, until the program ends; `tell` is told what is wrong with them.
pub(super) fn follow(tell: impl Fn(String) + Send + Sync + 'static) {
    let look = move || {
        let wrong = Bank::shared().refresh();
        wrong.iter().for_each(|error| tell(error.to_string()));
        match Bank::shared().delivers() {
            true => Next::Soon,
            false => Next::Change,
        }
    };
    FileWatch::shared().follow(|| Bank::shared().paths(), look);
}

/// Reads the performer's own patches, so that scores can name them.
pub(super) fn read_own() {
    if let Some(folder) = folder() {
        for error in Bank::shared().add_folder(&folder) {
            say(&error.to_string());
        }
    }
}

/// The folder of the performer's own patches.
fn folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "fermata")?;
    Some(folders.data_dir().join(Path::new("patches")))
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::mpsc, time::Duration};

    use super::*;

    #[test]
    fn a_mistake_in_a_patch_that_is_saved_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("told-test.toml");
        let right = include_str!("../../assets/patches/bass.toml");
        fs::write(&file, right).unwrap();
        Bank::shared().read_file(&file).unwrap();
        let (tell, told) = mpsc::channel();
        follow(move |what| {
            let _ = tell.send(what);
        });
        fs::write(&file, right.replace("gain", "gian")).unwrap();
        let saved = fs::File::options().append(true).open(&file).unwrap();
        let later = std::time::SystemTime::now() + Duration::from_secs(1);
        saved.set_modified(later).unwrap();
        let what = told.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(what.contains("told-test.toml:"), "{what}");
    }
}
