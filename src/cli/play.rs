//! `fermata play`: perform without a window, to the end.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{
    CliError, INTERRUPTED, StoreArgs,
    news::{say, tell_of_files, tell_of_ports, tell_of_sound, tell_of_trouble, trouble},
    only_port,
    record_to::RecordTo,
    report::{clear_progress_line, json_line, print, progress_line, text_line},
    rig::RigArgs,
    scores,
    sounds::SoundArgs,
};
use crate::{
    app::{AppError, PlayRequest, TaskLog, follow_patches, perform, shutdown_requested},
    conductor::{Conductor, Outputs, Rounds, Setup},
    engine::{
        Archive, Clock, EngineError, InstanceId, InstanceSummary, Recovery, ScheduleName, Status,
        Store, Timestamp, Trouble,
    },
    music::{HORIZON, Journal, Nanos, Null, Player, Sink, Sound, SoundState, Trace, WavFile},
    score::{Document, Recurrence},
};

#[derive(Debug, Args)]
pub(super) struct PlayArgs {
    /// Scores: YAML, JSON or MIDI files
    scores: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    sounds: SoundArgs,
    /// Also perform every open instance found in the store (SCORE may then be absent)
    #[arg(long)]
    resume: bool,
    /// virtual: as fast as possible, deterministic, the same result every time
    #[arg(long, value_enum, default_value_t = ClockKind::Real)]
    clock: ClockKind,
    /// Standard MIDI File with the tempo map, one track per part; a folder (DIR/) gets the sound and
    /// the histories, too
    #[arg(long, value_name = "FILE.mid|DIR/")]
    record: Option<PathBuf>,
    /// What the built-in synth plays, 48 kHz stereo
    #[arg(long, value_name = "FILE.wav")]
    render: Option<PathBuf>,
    /// A line of JSON per message sent
    #[arg(long, value_name = "FILE.jsonl")]
    trace: Option<PathBuf>,
    /// Route everything to the first MIDI output whose name contains PATTERN
    #[arg(long, value_name = "PATTERN")]
    port: Option<String>,
    #[command(flatten)]
    rig: RigArgs,
    /// Id of the instance (one SCORE only) [default: made from the score's name]
    #[arg(long)]
    id: Option<String>,
    /// Input of the workflow [default: {}]
    #[arg(long, value_name = "JSON")]
    input: Option<String>,
    /// How often a score with a schedule is performed [default: until interrupted; 10 in virtual time]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
    /// A line of JSON per task of the document, in order
    #[arg(long, value_name = "FILE.jsonl")]
    tasks: Option<PathBuf>,
    /// json: when all is over, one line per instance
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

/// When simulated time begins: the first moment of 2000. Always the same, so that two runs are
/// alike to the byte.
const SIMULATION_BEGINS: Timestamp = Timestamp(946_684_800_000_000_000);

/// How often a score with a schedule is performed in simulated time, which nobody interrupts. One
/// that waits for events may wait for ever for the second time.
fn simulated_runs(documents: &[Document]) -> u32 {
    let waits = |document: &Document| matches!(document.schedule, Some(Recurrence::On(_)));
    match documents.iter().any(waits) {
        true => 1,
        false => 10,
    }
}

pub(super) fn run(args: PlayArgs) -> Result<ExitCode, CliError> {
    args.sounds.open()?;
    follow_patches(|what| say(&what));
    let request = play_request(&args)?;
    // Nothing is made unless everything can be.
    for path in [&args.render, &args.trace, &args.tasks]
        .into_iter()
        .flatten()
    {
        can_be_written(path)?;
    }
    let record = args.record.as_deref().map(RecordTo::of).transpose()?;
    for path in record.iter().flat_map(RecordTo::files) {
        can_be_written(&path)?;
    }
    match args.clock {
        ClockKind::Real => perform_in_real_time(&args, request, record),
        ClockKind::Virtual => perform_in_simulated_time(&args, request, record),
    }
}

/// Fails if a file cannot be written; leaves it as it is, or absent.
fn can_be_written(path: &Path) -> Result<(), CliError> {
    let was_there = path.exists();
    let opened = File::options().append(true).create(true).open(path);
    opened.map_err(|source| CliError::Unwritable {
        path: path.to_owned(),
        source,
    })?;
    if !was_there {
        // Whoever took it away meanwhile has done what was to be done.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

fn play_request(args: &PlayArgs) -> Result<PlayRequest, CliError> {
    if args.scores.is_empty() && !args.resume {
        return Err(CliError::Usage("name a score, or say --resume".into()));
    }
    if args.id.is_some() && args.scores.len() != 1 {
        return Err(CliError::Usage("--id goes with exactly one score".into()));
    }
    let input = match &args.input {
        None => Value::Object(serde_json::Map::new()),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| CliError::Usage(format!("--input is not JSON ({error})")))?,
    };
    let id = args.id.as_ref().map(InstanceId::new).transpose();
    let documents = scores::read(&args.scores).into_iter();
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

fn perform_in_real_time(
    args: &PlayArgs,
    mut request: PlayRequest,
    record: Option<RecordTo>,
) -> Result<ExitCode, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(CliError::Threads)?;
    runtime.block_on(async {
        let rig_file = args.rig.file();
        let rig = rig_file.read()?;
        let only_port = only_port(args.port.as_deref())?;
        let store = store(args, &request)?;
        request.schedules = going_on(args, &store)?;
        let tasks = tasks(args)?;
        request.recovered = recovered(args, &store)?;
        let journal = journal(args, record.as_ref())?;
        let mut unwritable = journal.watch_trouble();
        let player = Player::start(journal)?;
        let (sound, built_in) = Sound::open(player.origin().into_std());
        if let SoundState::Silent(reason) = sound.state() {
            eprintln!("fermata: {reason}");
        }
        let conductor = Conductor::start(Setup {
            store,
            recovery: recovery(args),
            player,
            synth: Box::new(built_in),
            outputs: Outputs::Midi,
            only_port,
            rounds: Rounds::Endless,
        })
        .await?;
        conductor.set_rig(&rig)?;
        let begun = conductor.engine().clock().now();
        let performance = perform(&conductor, request, tasks, say);
        let ends = tokio::select! {
            ends = performance => Some(ends),
            () = progress_line(conductor.clone()) => None,
            () = tell_of_trouble(&conductor) => None,
            () = tell_of_ports(&conductor) => None,
            () = rig_file.follow(conductor.clone(), |what| say(&what)) => None,
            () = tell_of_sound(&sound) => None,
            () = tell_of_files(&mut unwritable) => None,
            () = shutdown_requested() => None,
        };
        clear_progress_line();
        if ends.is_none() {
            // What the histories say was played shall be heard before everything is let go.
            conductor.engine().stop().await;
            tokio::time::sleep(HORIZON).await;
        }
        if matches!(ends, Some(Ok(_))) && matches!(sound.state(), SoundState::Device { .. }) {
            tokio::time::sleep(Sound::TAIL).await;
        }
        let closed = conductor.close().await;
        let ends = ends.transpose();
        let ends = ends.map_err(|error| stopped_by(&conductor, error))?;
        if let Some(record) = &record {
            record.keep_histories(conductor.engine().archive(), begun)?;
        }
        closed?;
        Ok(match ends {
            Some(ends) => report(args, &ends)?,
            None => ExitCode::from(INTERRUPTED),
        })
    })
}

fn perform_in_simulated_time(
    args: &PlayArgs,
    mut request: PlayRequest,
    record: Option<RecordTo>,
) -> Result<ExitCode, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(CliError::Threads)?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let only_port = only_port(args.port.as_deref())?
            .map(|(name, _)| (name, Box::new(Null) as Box<dyn Sink>));
        let store = store(args, &request)?;
        request.schedules = going_on(args, &store)?;
        let tasks = tasks(args)?;
        let clock = Clock::starting_at(simulation_begins(args, &store)?);
        request.recovered = recovered(args, &store)?;
        let (player, simulation) = Player::simulated(journal(args, record.as_ref())?);
        let playing = tokio::task::spawn_local(simulation.run());
        let setup = Setup {
            store,
            recovery: recovery(args),
            player,
            synth: Box::new(Null),
            outputs: Outputs::BuiltInOnly,
            only_port,
            rounds: Rounds::One,
        };
        let conductor = Conductor::simulated(setup, clock).await?;
        let begun = conductor.engine().clock().now();
        let ends = tokio::select! {
            ends = perform(&conductor, request, tasks, say) => {
                ends.map_err(|error| stopped_by(&conductor, error))?
            }
            // Nobody can make room on a disk while no time passes.
            error = trouble(&conductor) => return Err(error.into()),
        };
        conductor.close().await?;
        // A simulation that panicked has nothing to say but its panic.
        if let Ok(played) = playing.await {
            played?;
        }
        if let Some(record) = &record {
            record.keep_histories(conductor.engine().archive(), begun)?;
        }
        report(args, &ends)
    })
}

/// Why a performance ended before its end: where the store stopped the engine, that is the reason.
fn stopped_by(conductor: &Conductor, error: AppError) -> CliError {
    match conductor.engine().trouble() {
        Some(Trouble::Store(cause)) if cause.is_final() => cause.into(),
        _ => error.into(),
    }
}

/// The store, once it is certain that it has room for the request.
fn store(args: &PlayArgs, request: &PlayRequest) -> Result<Arc<dyn Store>, CliError> {
    let store = args.store.create()?;
    match &request.id {
        Some(id) if store.find(id)?.is_some() => Err(EngineError::AlreadyExists(id.clone()).into()),
        _ => Ok(store),
    }
}

/// Simulated time goes on after what the open instances have in their histories.
fn simulation_begins(args: &PlayArgs, store: &Arc<dyn Store>) -> Result<Timestamp, CliError> {
    let archive = Archive::new(Arc::clone(store));
    let mut begins = SIMULATION_BEGINS;
    if args.resume {
        for open in archive.open_instances()? {
            let history = archive.history(&open.id)?;
            begins = begins.max(history.last().map_or(begins, |event| event.at));
        }
    }
    Ok(begins)
}

/// The schedules of the store that go on with its open instances.
fn going_on(args: &PlayArgs, store: &Arc<dyn Store>) -> Result<Vec<ScheduleName>, CliError> {
    if !args.resume {
        return Ok(Vec::new());
    }
    let schedules = store.opening()?.schedules.into_iter();
    let due = schedules.filter(|(_, schedule)| schedule.due().is_some());
    Ok(due.map(|(name, _)| name).collect())
}

fn recovery(args: &PlayArgs) -> Recovery {
    if args.resume {
        Recovery::OpenInstances
    } else {
        Recovery::Nothing
    }
}

/// The open instances that will go on.
fn recovered(args: &PlayArgs, store: &Arc<dyn Store>) -> Result<Vec<InstanceId>, CliError> {
    if !args.resume {
        return Ok(Vec::new());
    }
    let open = Archive::new(Arc::clone(store)).open_instances()?;
    Ok(open.into_iter().map(|open| open.id).collect())
}

/// The files that hear everything.
fn journal(args: &PlayArgs, record: Option<&RecordTo>) -> Result<Journal, CliError> {
    let mut journal = Journal::new();
    if let Some(record) = record {
        record.begin(&mut journal, &title(args))?;
    }
    if let Some(path) = &args.render {
        journal.add(Box::new(WavFile::create(path, Nanos::ZERO)?));
    }
    if let Some(path) = &args.trace {
        journal.add(Box::new(Trace::create(path, journal.names())?));
    }
    Ok(journal)
}

fn tasks(args: &PlayArgs) -> Result<Option<TaskLog>, CliError> {
    let log = args.tasks.as_deref().map(TaskLog::create);
    Ok(log.transpose()?)
}

/// The name of a recording: that of its first score.
fn title(args: &PlayArgs) -> String {
    let stem = args.scores.first().and_then(|path| path.file_stem());
    stem.map_or_else(
        || "Fermata".into(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}

fn report(args: &PlayArgs, ends: &[InstanceSummary]) -> Result<ExitCode, CliError> {
    for end in ends {
        match args.output {
            Format::Json => print(&json_line(end))?,
            Format::Text => print(&text_line(end))?,
        }
    }
    if ends.iter().all(|end| end.status == Status::Completed) {
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}
