//! The command line: builds the app and runs it.

mod check;
mod doctor;
mod error;
mod import;
mod inspect;
mod new;
mod news;
mod play;
mod ports;
mod record_to;
mod replay;
mod report;
mod rig;
mod schema;
mod scores;
mod sounds;
mod store;
mod verify;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{conductor::NamedSink, music::MidiOut};
pub use error::CliError;

/// Plays durable workflows: every note is a step that survives a crash.
///
/// Without a command it opens the stage; scores that are named start at once.
#[derive(Debug, Parser)]
#[command(name = "fermata", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    stage: StageArgs,
}

/// What the stage is opened with.
#[derive(Debug, Args)]
struct StageArgs {
    /// Scores to start at once: YAML, JSON or MIDI files
    scores: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    sounds: sounds::SoundArgs,
    /// Route everything to the first MIDI output whose name contains PATTERN
    #[arg(long, value_name = "PATTERN")]
    port: Option<String>,
    #[command(flatten)]
    rig: rig::RigArgs,
    /// How the window is drawn
    #[arg(long, value_enum, default_value_t = Renderer::Auto)]
    renderer: Renderer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Renderer {
    /// By the graphics hardware if there is any
    Auto,
    /// Vulkan, Metal, DirectX
    Wgpu,
    /// OpenGL
    Glow,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Perform without a window, to the end
    Play(Box<play::PlayArgs>),
    /// List the instances of a store
    List(inspect::ListArgs),
    /// Print the history of an instance
    History(inspect::HistoryArgs),
    /// Print the history of an instance whole, to be kept and replayed
    Export(replay::ExportArgs),
    /// Verify that a history still agrees with its score, without playing it
    Replay(replay::ReplayArgs),
    /// Read a whole store and name what is damaged in it
    Verify(verify::VerifyArgs),
    /// Find what is wrong with scores, without playing them
    Check(check::CheckArgs),
    /// Write a score to begin with
    New(new::NewArgs),
    /// Make a score of a Standard MIDI File or a list of notes in the Concerto format
    Import(import::ImportArgs),
    /// Print the JSON Schema of scores, for editors
    Schema,
    /// List MIDI outputs, inputs and audio devices, and what the rig says of them
    Ports(ports::PortsArgs),
    /// Find out whether this machine is fit for the stage
    Doctor(doctor::DoctorArgs),
}

#[derive(Debug, Args)]
struct StoreArgs {
    /// redb file that keeps the histories; ":memory:" keeps nothing [default: in your data directory]
    #[arg(long, value_name = "PATH")]
    store: Option<PathBuf>,
}

/// Runs the program on its command line. Wrong usage ends it with code 2, any other error with 1.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::Play(args)) => play::run(*args),
        Some(Command::List(args)) => inspect::list(&args),
        Some(Command::History(args)) => inspect::history(&args),
        Some(Command::Export(args)) => replay::export(&args),
        Some(Command::Replay(args)) => replay::replay(&args),
        Some(Command::Verify(args)) => verify::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::New(args)) => new::run(&args),
        Some(Command::Import(args)) => import::run(&args),
        Some(Command::Schema) => schema::run(),
        Some(Command::Ports(args)) => ports::run(&args),
        Some(Command::Doctor(args)) => doctor::run(&args),
        None => open_stage(cli.stage),
    };
    done.unwrap_or_else(|error| {
        eprintln!("fermata: {error}");
        error.exit_code()
    })
}

#[cfg(feature = "stage")]
fn open_stage(args: StageArgs) -> Result<ExitCode, CliError> {
    use crate::{
        app::{self, AppOptions, Ended, Library},
        stage,
    };
    args.sounds.open()?;
    // The store comes last: nothing is created if an argument is wrong.
    let rig_file = args.rig.file();
    let ended = app::open(AppOptions {
        library: Library::with(&args.scores)?,
        rig: rig_file.read()?,
        rig_file,
        only_port: only_port(args.port.as_deref())?,
        store: args.store.create()?,
        renderer: match args.renderer {
            Renderer::Auto => stage::Renderer::Auto,
            Renderer::Wgpu => stage::Renderer::Wgpu,
            Renderer::Glow => stage::Renderer::Glow,
        },
    })?;
    Ok(match ended {
        Ended::Closed => ExitCode::SUCCESS,
        Ended::Interrupted => ExitCode::from(INTERRUPTED),
    })
}

#[cfg(not(feature = "stage"))]
fn open_stage(_: StageArgs) -> Result<ExitCode, CliError> {
    Err(CliError::NoStage)
}

/// The port that everything goes to, if one was named. Opened before the store is touched.
fn only_port(pattern: Option<&str>) -> Result<Option<NamedSink>, CliError> {
    let Some(pattern) = pattern else {
        return Ok(None);
    };
    let output = MidiOut::open(pattern)?;
    Ok(Some((output.name().to_owned(), Box::new(output))))
}

/// The exit code of a program that was interrupted.
const INTERRUPTED: u8 = 130;
