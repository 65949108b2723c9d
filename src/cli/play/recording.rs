//! The files of a performance: `--record`, `--render`, `--trace`, `--tasks`.

use std::path::{Path, PathBuf, is_separator};

use super::args::PlayArgs;
use crate::{
    app::play::TaskLog,
    cli::{
        CliError,
        new_file::{Overwrite, Reserved},
    },
    conductor::RecordingFolder,
    music::{Bank, Journal, Nanos, Recorder, Trace, WavFile},
};

/// All files of a performance, reserved: nothing is played unless all of them can be written.
pub(super) struct Recording {
    target: Option<Target>,
    reserved: Reserved,
}

/// The files of a performance, begun.
pub(super) struct Begun {
    pub journal: Journal,
    pub tasks: Option<TaskLog>,
    /// The folder that gets the histories at the end.
    pub histories: Option<RecordingFolder>,
}

/// The target of `--record`.
enum Target {
    /// A file for the notes.
    MidiFile(PathBuf),
    /// A folder for notes, sound and histories.
    Folder(RecordingFolder),
}

impl Recording {
    /// Reserves the files that the arguments name. A path is a folder if it exists as one or ends like
    /// one; earlier recordings in it stay.
    pub fn reserve(args: &PlayArgs) -> Result<Self, CliError> {
        let mut reserved = Reserved::default();
        for path in [&args.render, &args.trace, &args.tasks]
            .into_iter()
            .flatten()
        {
            reserved.add(path, args.overwrite)?;
        }
        let target = args.record.as_deref().map(Target::of).transpose()?;
        match &target {
            Some(Target::MidiFile(path)) => reserved.add(path, args.overwrite)?,
            Some(Target::Folder(folder)) => {
                for path in [folder.midi(), folder.wav()] {
                    reserved.add(&path, Overwrite::NEVER)?;
                }
            }
            None => {}
        }
        Ok(Self { target, reserved })
    }

    /// Begins all files.
    pub fn begin(self, args: &PlayArgs, bank: &Bank) -> Result<Begun, CliError> {
        let mut journal = Journal::new();
        let (title, names) = (title(args), journal.names());
        match &self.target {
            Some(Target::MidiFile(path)) => {
                journal.add(Box::new(Recorder::create(path, &title, names)?));
            }
            Some(Target::Folder(folder)) => {
                for sink in folder.begin(&title, names, Nanos::ZERO, bank)? {
                    journal.add(sink);
                }
            }
            None => {}
        }
        if let Some(path) = &args.render {
            journal.add(Box::new(WavFile::create(path, Nanos::ZERO, bank)?));
        }
        if let Some(path) = &args.trace {
            journal.add(Box::new(Trace::create(path, journal.names())?));
        }
        let tasks = args.tasks.as_deref().map(TaskLog::create).transpose()?;
        self.reserved.keep();
        let histories = match self.target {
            Some(Target::Folder(folder)) => Some(folder),
            _ => None,
        };
        Ok(Begun {
            journal,
            tasks,
            histories,
        })
    }
}

impl Target {
    fn of(path: &Path) -> Result<Self, CliError> {
        let ends_like_folder = path.to_string_lossy().ends_with(is_separator);
        match path.is_dir() || ends_like_folder {
            true => Ok(Self::Folder(RecordingFolder::make(path)?)),
            false => Ok(Self::MidiFile(path.to_owned())),
        }
    }
}

/// The title of a recording: the name of its first score.
fn title(args: &PlayArgs) -> String {
    let stem = args.scores.first().and_then(|path| path.file_stem());
    stem.map_or_else(
        || "Fermata".into(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}
