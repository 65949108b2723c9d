//! `fermata render`: the music of a stored or exported history as a WAV or MIDI file.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use super::{
    CliError, StoreArgs,
    arguments::instance_id,
    listen::ListenArgs,
    new_file::{Overwrite, Reserved},
    replay::read_exported,
    sounds::SoundArgs,
    source::Access,
    terminal::print,
};
use crate::{
    app::{LEAD_IN, control_socket::HistoryRequest, render},
    backend::Private,
    conductor::{Passage, Place, RecordedMusic, StepKind},
    engine::History,
    music::{Bank, Journal, MusicError, Recorder, WavFile},
};

#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    /// Id of the instance, or an exported history: of `fermata export`, Temporal, Durable Task or Dapr
    #[arg(value_name = "ID|HISTORY")]
    history: String,
    /// Start: a bar (9, or 9.3 for its third beat), a time from the start (12.5s) or a moment
    /// (2026-11-26T20:00:00Z) [default: the first bar that was played]
    #[arg(long, value_name = "T")]
    from: Option<Place>,
    /// End, in the same way; it is not included [default: the end of the last note]
    #[arg(long, value_name = "T")]
    to: Option<Place>,
    /// Run, counted from 1 [default: all runs]
    #[arg(long, value_name = "N")]
    run: Option<u32>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    sounds: SoundArgs,
    #[command(flatten)]
    listen: ListenArgs,
    /// File to write: a Standard MIDI File, or the built-in synth at 48 kHz stereo
    #[arg(short, long, value_name = "FILE.wav|FILE.mid")]
    output: PathBuf,
    #[command(flatten)]
    overwrite: Overwrite,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Midi,
    Wav,
}

impl Format {
    fn of(path: &Path) -> Result<Self, CliError> {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        match ending.to_str() {
            Some("mid" | "midi") => Ok(Self::Midi),
            Some("wav") => Ok(Self::Wav),
            _ => Err(CliError::Usage(format!(
                "{} is neither a .wav nor a .mid file",
                path.display()
            ))),
        }
    }
}

/// Renders a passage of a history.
pub(super) fn run(args: &RenderArgs) -> Result<ExitCode, CliError> {
    let format = Format::of(&args.output)?;
    let bank = args.sounds.open()?;
    let listening = args.listen.open(&bank)?;
    let music = RecordedMusic::listened(&histories(args)?, &bank, listening.as_ref())?;
    let passage = passage(args, &music)?;
    let mut reserved = Reserved::default();
    reserved.add(&args.output, args.overwrite)?;
    let journal = journal(format, &args.output, &passage, &bank)?;
    render(&passage, journal)?;
    reserved.keep();
    let notes = passage.steps.iter();
    let notes = notes.filter(|step| matches!(step.kind, StepKind::Note { .. }));
    print(&format!(
        "created {} with {} notes, {:.1} s",
        args.output.display(),
        notes.count(),
        passage.lasts.as_secs_f64()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The histories of the runs, from a file if there is one of that name, else from the store.
fn histories(args: &RenderArgs) -> Result<Vec<History>, CliError> {
    let path = Path::new(&args.history);
    if path.is_file() || args.history.ends_with(".json") {
        if args.run.is_some() {
            let usage = "--run selects a run of a stored instance; a file has one run";
            return Err(CliError::Usage(usage.into()));
        }
        return Ok(vec![read_exported(path, Private::Hidden)?.history]);
    }
    let id = instance_id(&args.history).map_err(CliError::Usage)?;
    let source = args.store.source(Access::ReadOnly)?;
    match args.run {
        None => source.runs(&id),
        run => Ok(vec![source.history(&HistoryRequest { id, run })?]),
    }
}

/// The part of the music that the arguments select.
fn passage(args: &RenderArgs, music: &RecordedMusic) -> Result<Passage, CliError> {
    let (start, end) = (music.start(), music.end());
    let from = args.from.map_or(start, |place| music.beat_of(place));
    let to = args.to.map_or(end, |place| music.beat_of(place));
    if from < start || from >= end {
        let ((first, _), (last, _)) = (music.bar_and_beat(start), music.bar_and_beat(end));
        return Err(CliError::Usage(format!(
            "--from is outside of the music, which is in bars {first} to {last}"
        )));
    }
    if to <= from {
        return Err(CliError::Usage("--to is not after --from".into()));
    }
    Ok(music.passage(from, to))
}

fn journal(
    format: Format,
    path: &Path,
    passage: &Passage,
    bank: &Bank,
) -> Result<Journal, MusicError> {
    let mut journal = Journal::new();
    match format {
        Format::Midi => {
            let recorder = Recorder::create(path, &passage.title, journal.names())?;
            journal.add(Box::new(recorder));
        }
        Format::Wav => journal.add(Box::new(WavFile::create(path, LEAD_IN, bank)?)),
    }
    Ok(journal)
}
