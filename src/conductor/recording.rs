//! A recording of a performance: a folder with a Standard MIDI File, a WAV file and the histories.
//!
//! The MIDI and WAV files are valid at all times. The histories are in the store and are written to the
//! folder at the end; after a crash, `fermata export` still writes them.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use super::ConductorError;
use crate::{
    engine::{Archive, History, InstanceId, InstanceSummary, Timestamp},
    music::{Bank, MusicError, Names, Nanos, Recorder, Sink, WavFile},
};

/// The folder of a recording. Earlier recordings in it are kept.
#[derive(Debug, Clone)]
pub struct RecordingFolder {
    path: PathBuf,
    /// The name of the recording's files, without extensions.
    stem: String,
}

impl RecordingFolder {
    /// Creates the folder if it does not exist, and chooses file names that are not taken.
    ///
    /// # Errors
    ///
    /// [`MusicError::File`].
    pub fn make(path: &Path) -> Result<Self, MusicError> {
        let made = fs::create_dir_all(path);
        made.map_err(|source| unwritable(path, source))?;
        let numbered = (2..).map(|take: u32| format!("performance-{take}"));
        let mut stems = std::iter::once("performance".to_owned()).chain(numbered);
        let is_free = |stem: &String| {
            let is_there = |ending| fs::symlink_metadata(path.join(stem).with_extension(ending));
            is_there("mid").is_err() && is_there("wav").is_err()
        };
        let stem = stems.find(is_free);
        Ok(Self {
            path: path.to_owned(),
            // There are more numbers than a folder can have files.
            stem: stem.unwrap_or_default(),
        })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The MIDI file in it.
    pub fn midi(&self) -> PathBuf {
        self.path.join(&self.stem).with_extension("mid")
    }

    /// The WAV file in it.
    pub fn wav(&self) -> PathBuf {
        self.path.join(&self.stem).with_extension("wav")
    }

    /// Starts both files, for the journal. The WAV file starts at `begins` and is rendered with the sounds
    /// of the bank.
    ///
    /// # Errors
    ///
    /// [`MusicError`] if one of them cannot be created.
    pub fn begin(
        &self,
        title: &str,
        names: Names,
        begins: Nanos,
        bank: &Bank,
    ) -> Result<Vec<Box<dyn Sink>>, MusicError> {
        Ok(vec![
            Box::new(Recorder::create(&self.midi(), title, names)?),
            Box::new(WavFile::create(&self.wav(), begins, bank)?),
        ])
    }

    /// Writes the history of every run that was open at `since` or later, as `fermata export` does.
    /// Histories of earlier recordings are kept: names that are taken get a number. Returns the number of
    /// histories.
    ///
    /// # Errors
    ///
    /// A store that cannot be read, or a file that cannot be written.
    pub fn keep_histories(
        &self,
        archive: &Archive,
        since: Timestamp,
    ) -> Result<usize, ConductorError> {
        let was_open = |run: &InstanceSummary| run.closed_at.is_none_or(|closed| closed >= since);
        let mut ids = HashSet::new();
        let mut names = HashSet::new();
        let mut written = 0;
        for run in archive.list()?.into_iter().filter(was_open) {
            if !ids.insert(run.id.clone()) {
                continue;
            }
            for (run, events) in archive.runs(&run.id)? {
                if was_open(&run) {
                    let instance = run.id.clone();
                    let history = History { instance, events };
                    while !self.keep(&history, &free_name(&run, &mut names))? {}
                    written += 1;
                }
            }
        }
        Ok(written)
    }

    /// Writes a history to a new file; false if there is a file of that name.
    fn keep(&self, history: &History, name: &str) -> Result<bool, MusicError> {
        let path = self.path.join(name);
        let text = format!("{:#}\n", history.to_json());
        let written = File::create_new(&path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_data()
        });
        match written {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(source) => Err(unwritable(&path, source)),
        }
    }
}

fn unwritable(path: &Path, source: std::io::Error) -> MusicError {
    MusicError::File {
        path: path.to_owned(),
        source,
    }
}

/// A name for the history of a run that is not taken in this folder.
fn free_name(run: &InstanceSummary, taken: &mut HashSet<String>) -> String {
    let stem = match run.run {
        1 => file_name(&run.id),
        later => format!("{}.run-{later}", file_name(&run.id)),
    };
    let mut name = format!("{stem}.history.json");
    let mut others = 1;
    // Some file systems ignore case.
    while !taken.insert(name.to_lowercase()) {
        others += 1;
        name = format!("{stem}~{others}.history.json");
    }
    name
}

/// An id as a file name that every system accepts.
fn file_name(id: &InstanceId) -> String {
    let plain = |c: char| match c {
        c if c.is_ascii_alphanumeric() || "-_.".contains(c) => c,
        _ => '_',
    };
    let name: String = id.as_str().chars().map(plain).take(100).collect();
    match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_gets_a_unique_file_name() {
        let mut taken = HashSet::new();
        let mut name = |id: &str, run| {
            let mut summary = InstanceSummary::new(InstanceId::new(id).unwrap(), "w");
            summary.run = run;
            free_name(&summary, &mut taken)
        };
        assert_eq!(name("drummer-1", 1), "drummer-1.history.json");
        assert_eq!(name("drummer-1", 2), "drummer-1.run-2.history.json");
        assert_eq!(name("../etc/x y", 1), "_._etc_x_y.history.json");
        assert_eq!(name("_./etc/x:y", 1), "_._etc_x_y~2.history.json");
        assert!(name(&"ü".repeat(100), 1).len() < 130);
    }
}
