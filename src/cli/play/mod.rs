//! `fermata play`: plays scores to their end, without a window.

mod real_time;
mod recording;
mod selection;
mod virtual_time;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, ValueEnum};
use serde_json::Value;

use self::{recording::Recording, selection::SelectionArgs};
use super::{
    CliError, StoreArgs,
    new_file::Overwrite,
    report::{json_line, text_line},
    rig::RigArgs,
    scores,
    sounds::SoundArgs,
    terminal::{message, print, print_json},
};
use crate::{
    app::{AppError, PlayRequest, follow_patches, runtime},
    conductor::Conductor,
    engine::{EngineError, InstanceId, InstanceSummary, Status, Store, Trouble},
    music::Bank,
    score::{Document, Recurrence},
};

#[derive(Debug, Args)]
pub(super) struct PlayArgs {
    /// Scores: YAML, JSON or MIDI files
    #[arg(value_name = "SCORE")]
    scores: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    sounds: SoundArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Clock: real, or virtual (as fast as possible, and the same result every time)
    #[arg(long, value_enum, default_value_t = ClockKind::Real, hide_possible_values = true)]
    clock: ClockKind,
    /// Record a Standard MIDI File with the tempo map and one track per part, or, into a folder (DIR/),
    /// also the sound and the histories
    #[arg(long, value_name = "FILE.mid|DIR/")]
    record: Option<PathBuf>,
    /// Render the built-in synth to a file, 48 kHz stereo
    #[arg(long, value_name = "FILE.wav")]
    render: Option<PathBuf>,
    /// Write one line of JSON per MIDI message sent
    #[arg(long, value_name = "FILE.jsonl")]
    trace: Option<PathBuf>,
    /// Write one line of JSON per step of a task
    #[arg(long, value_name = "FILE.jsonl")]
    tasks: Option<PathBuf>,
    #[command(flatten)]
    overwrite: Overwrite,
    /// Send everything to the first MIDI output whose name contains PATTERN
    #[arg(long, value_name = "PATTERN")]
    port: Option<String>,
    #[command(flatten)]
    rig: RigArgs,
    /// Id of the instance (one SCORE only) [default: generated from the name of the score]
    #[arg(long)]
    id: Option<String>,
    /// Input of the workflow [default: {}]
    #[arg(long, value_name = "JSON")]
    input: Option<String>,
    /// How often to play a score that has a schedule [default: until interrupted; 10 in virtual time]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
    /// Format of the report at the end; json: one line per instance
    #[arg(short, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ClockKind {
    Real,
    Virtual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(args: PlayArgs) -> Result<ExitCode, CliError> {
    // Before anything starts a thread.
    let runtime = match args.clock {
        ClockKind::Real => Some(runtime()?),
        ClockKind::Virtual => None,
    };
    let bank = args.sounds.open()?;
    follow_patches(&bank, |error| message(&error));
    let request = play_request(&args, &bank)?;
    let recording = Recording::reserve(&args)?;
    match runtime {
        Some(runtime) => real_time::perform(&runtime, &args, request, recording, bank),
        None => virtual_time::perform(&args, request, recording, bank),
    }
}

fn play_request(args: &PlayArgs, bank: &Bank) -> Result<PlayRequest, CliError> {
    if args.scores.is_empty() && !args.selection.resumes() {
        return Err(CliError::Usage("pass a score, or --resume".into()));
    }
    if args.id.is_some() && args.scores.len() != 1 {
        return Err(CliError::Usage("--id takes exactly one score".into()));
    }
    args.selection.recovery()?;
    let input = match &args.input {
        None => Value::Object(serde_json::Map::new()),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| CliError::Usage(format!("--input is not JSON ({error})")))?,
    };
    let id = args.id.as_ref().map(InstanceId::new).transpose();
    let documents = scores::read(&args.scores, bank).into_iter();
    let documents = documents.collect::<Result<Vec<_>, _>>()?;
    Ok(PlayRequest {
        runs: match args.clock {
            ClockKind::Real => args.runs,
            ClockKind::Virtual => args.runs.or(Some(simulated_runs(&documents))),
        },
        documents,
        id: id.map_err(EngineError::from)?,
        input,
        schedules: Vec::new(),
        recovered: Vec::new(),
    })
}

/// How often a score with a schedule is played in virtual time, which nobody interrupts. One that waits
/// for events might wait forever for the second time.
fn simulated_runs(documents: &[Document]) -> u32 {
    let waits = |document: &Document| matches!(document.schedule, Some(Recurrence::On(_)));
    match documents.iter().any(waits) {
        true => 1,
        false => 10,
    }
}

/// Opens the store, and adds to the request what of it continues.
fn open_store(args: &PlayArgs, request: &mut PlayRequest) -> Result<Arc<dyn Store>, CliError> {
    let store = args.store.create()?;
    if let Some(id) = &request.id
        && store.find(id)?.is_some()
    {
        return Err(EngineError::AlreadyExists(id.clone()).into());
    }
    request.schedules = args.selection.schedules(&store)?;
    request.recovered = args.selection.continued(&store)?;
    Ok(store)
}

/// Why a performance ended early: if the store stopped the engine, the store's error is the reason.
fn cause_of(conductor: &Conductor, error: AppError) -> CliError {
    match conductor.engine().trouble() {
        Some(Trouble::Store(cause)) if cause.is_final() => cause.into(),
        _ => error.into(),
    }
}

fn report(args: &PlayArgs, ends: &[InstanceSummary]) -> Result<ExitCode, CliError> {
    for end in ends {
        match args.output {
            Format::Json => print_json(&json_line(end))?,
            Format::Text => print(&text_line(end))?,
        }
    }
    if ends.iter().all(|end| end.status == Status::Completed) {
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}
