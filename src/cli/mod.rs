//! The command line: parses arguments, runs the application, prints results.
//!
//! | files | commands |
//! |---|---|
//! | this one, `join` | the window, `attach` |
//! | `play`, `render`, `tour` | the same |
//! | `inspect`, `search`, `replay`, `verify` | `list`, `history`, `search`, `export`, `replay`, `verify` |
//! | `operate` | `pause`, `resume`, `cancel`, `terminate`, `raise`, `rerun`, `restart`, `purge`, `compact` |
//! | `fault`, `start` | the same |
//! | `check`, `new`, `import`, `schema` | the same |
//! | `worker` | the same |
//! | `ports`, `doctor`, `services`, `serve`, `completions` | the same, and `man` |
//! | `store`, `backend`, `source`, `arguments`, `rig`, `scores`, `secrets`, `sounds`, `supervised`, `listen` | arguments and what they name |
//! | `terminal`, `report`, `new_file`, `log` | output |

mod arguments;
mod backend;
mod check;
mod completions;
mod doctor;
mod error;
mod fault;
mod import;
mod inspect;
#[cfg(feature = "stage")]
mod join;
mod listen;
mod log;
mod new;
mod new_file;
mod operate;
mod play;
mod ports;
mod render;
mod replay;
mod report;
mod rig;
mod schema;
mod scores;
mod search;
mod secrets;
mod selection;
mod serve;
mod services;
mod sounds;
mod source;
mod start;
mod store;
mod supervised;
mod terminal;
#[cfg(feature = "stage")]
mod tour;
mod verify;
#[cfg(feature = "temporal-worker")]
mod worker;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{conductor::NamedSink, music::MidiOut};
pub use error::CliError;
use store::StoreArgs;

/// Plays durable workflows: every note is a workflow step that survives a crash.
///
/// Without a command, opens the window and starts the given scores.
#[derive(Debug, Parser)]
#[command(name = "fermata", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Append diagnostics to FILE; RUST_LOG selects them, such as fermata=debug
    #[arg(long, global = true, value_name = "FILE")]
    log: Option<PathBuf>,
    #[command(flatten)]
    stage: StageArgs,
}

/// Arguments of the window.
#[derive(Debug, Args)]
struct StageArgs {
    /// Scores to start: YAML, JSON or MIDI files; histories to replay, as written by `fermata export`;
    /// a set list
    #[arg(value_name = "SCORE|HISTORY|SETLIST")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    sounds: sounds::SoundArgs,
    /// Send everything to the first MIDI output whose name contains PATTERN
    #[arg(long, value_name = "PATTERN")]
    port: Option<String>,
    #[command(flatten)]
    rig: rig::RigArgs,
    #[command(flatten)]
    secrets: secrets::SecretsArgs,
    #[command(flatten)]
    services: services::WithServicesArgs,
    #[command(flatten)]
    supervision: supervised::SupervisedArgs,
    #[command(flatten)]
    listen: listen::ListenArgs,
    /// Show the workflows of another engine beside the own ones, such as
    /// temporal://127.0.0.1:7233/default
    #[arg(long, value_name = "ADDRESS")]
    attach: Vec<Arc<str>>,
    /// Run the workflows of programs that use Dapr Workflow or the Durable Task Framework: they connect to this
    /// port, or unix:PATH
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true, default_missing_value = crate::serve::ServeOptions::DURABLE_TASK)]
    serve: Option<String>,
    /// Serve Dapr's HTTP API for workflows as well
    #[arg(long, value_name = "ADDRESS", requires = "serve", num_args = 0..=1, require_equals = true, default_missing_value = serve::DAPR_HTTP)]
    dapr_http: Option<String>,
    /// Graphics backend
    #[arg(long, value_enum, default_value_t = Renderer::Auto)]
    renderer: Renderer,
    /// Start plain, if the window makes trouble: OpenGL, the usual size and layout, replay on the built-in
    /// synth
    #[arg(long, conflicts_with = "renderer")]
    safe: bool,
}

/// Arguments of `fermata attach`.
#[derive(Debug, Args)]
struct AttachArgs {
    /// The address of the engine: temporal://HOST:PORT/NAMESPACE; TEMPORAL_ADDRESS and the other variables of
    /// Temporal's own tools say the rest
    address: Arc<str>,
    #[command(flatten)]
    stage: StageArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Renderer {
    /// The graphics hardware, if there is any
    Auto,
    /// Vulkan, Metal or DirectX
    Wgpu,
    /// OpenGL
    Glow,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play scores to the end, without a window
    Play(Box<play::PlayArgs>),
    /// Perform the programme by itself, with captions: it pauses, breaks and goes back in time
    #[cfg(feature = "stage")]
    Tour(Box<tour::TourArgs>),
    /// Open the window and show the workflows of another engine beside the own ones
    Attach(Box<AttachArgs>),
    /// List all instances
    List(inspect::ListArgs),
    /// Find instances by workflow, status, tag and age
    Search(Box<search::SearchArgs>),
    /// Print the history of an instance
    History(inspect::HistoryArgs),
    /// Start a workflow in another engine
    Start(start::StartArgs),
    /// Pause instances and their children
    Pause(operate::InstancesArgs),
    /// Resume paused instances
    Resume(operate::InstancesArgs),
    /// Ask instances to end; they may compensate first
    Cancel(operate::InstancesArgs),
    /// End instances at once, and the schedules that started them
    Terminate(operate::InstancesArgs),
    /// Retry at once what waits for its next attempt in instances that a program performs
    Retry(operate::RetryArgs),
    /// Raise an event on an instance
    Raise(operate::RaiseArgs),
    /// Fork an instance from an event of its history
    Rerun(operate::RerunArgs),
    /// Start closed instances again with the same input
    Restart(operate::RestartArgs),
    /// Inject faults into the program that plays: failures, latency, outages, a crash
    Fault(fault::FaultArgs),
    /// Delete closed instances with all their runs
    Purge(operate::PurgeArgs),
    /// Make the store file as small as possible
    Compact(operate::CompactArgs),
    /// Read the whole store and report damage
    Verify(verify::VerifyArgs),
    /// Write the whole history of an instance as JSON or MessagePack
    Export(replay::ExportArgs),
    /// Render the music of a history to a WAV or MIDI file; nothing is performed
    Render(Box<render::RenderArgs>),
    /// Check that an exported history still matches its score, without playing it
    Replay(replay::ReplayArgs),
    /// Validate scores without playing them
    Check(check::CheckArgs),
    /// Create a commented score to start from
    New(new::NewArgs),
    /// Convert a Standard MIDI File or a list of notes in the Concerto format to a score
    Import(import::ImportArgs),
    /// Print the JSON Schema of scores, set lists or listening scores, for editors
    Schema(schema::SchemaArgs),
    /// List MIDI ports and audio devices, and how the rig uses them
    Ports(ports::PortsArgs),
    /// Check that this machine is ready for the stage
    Doctor(doctor::DoctorArgs),
    /// Perform scores as workflows of a Temporal cluster, on this machine
    #[cfg(feature = "temporal-worker")]
    Worker(Box<worker::WorkerArgs>),
    /// Start small HTTP services for scores to call, with faults that you can change while they run
    Services(services::ServicesArgs),
    /// Run the workflows of Dapr Workflow and Durable Task programs
    Serve(serve::ServeArgs),
    /// Print a shell's completion script
    Completions(completions::CompletionsArgs),
    /// Print the man page
    Man(completions::ManArgs),
}

/// Runs the program with the arguments of its command line. Exit code 2 means wrong usage, 1 any other
/// error.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    if let Some(ended) = cli.supervise() {
        return ended;
    }
    let done = log::Log::open(cli.log.as_deref()).and_then(|_log| match cli.command {
        Some(command) => command.run(),
        None => open_stage(cli.stage),
    });
    done.unwrap_or_else(|error| {
        terminal::message(&error.to_string());
        error.exit_code()
    })
}

impl Cli {
    /// Runs the program as a child of this process, if that was asked for and has not been done yet.
    fn supervise(&self) -> Option<ExitCode> {
        let (supervision, store) = match &self.command {
            Some(Command::Play(args)) => (args.supervision, args.supervised_store()),
            Some(Command::Attach(args)) => (args.stage.supervision, Ok(&args.stage.store)),
            Some(_) => return None,
            None => (self.stage.supervision, Ok(&self.stage.store)),
        };
        supervision.supervise(store)
    }
}

impl Command {
    fn run(self) -> Result<ExitCode, CliError> {
        match self {
            Self::Play(args) => play::run(*args),
            #[cfg(feature = "stage")]
            Self::Tour(args) => tour::run(*args),
            Self::Attach(args) => {
                let AttachArgs { address, mut stage } = *args;
                stage.attach.push(address);
                open_stage(stage)
            }
            Self::List(args) => inspect::list(&args),
            Self::Search(args) => search::run(*args),
            Self::History(args) => inspect::history(&args),
            Self::Start(args) => start::run(args),
            Self::Pause(args) => operate::pause(args),
            Self::Resume(args) => operate::resume(args),
            Self::Cancel(args) => operate::cancel(args),
            Self::Terminate(args) => operate::terminate(args),
            Self::Retry(args) => operate::retry(args),
            Self::Raise(args) => operate::raise(args),
            Self::Rerun(args) => operate::rerun(args),
            Self::Restart(args) => operate::restart(args),
            Self::Fault(args) => fault::run(args),
            Self::Purge(args) => operate::purge(args),
            Self::Compact(args) => operate::compact(&args),
            Self::Verify(args) => verify::run(&args),
            Self::Export(args) => replay::export(&args),
            Self::Render(args) => render::run(&args),
            Self::Replay(args) => replay::replay(&args),
            Self::Check(args) => check::run(&args),
            Self::New(args) => new::run(&args),
            Self::Import(args) => import::run(&args),
            Self::Schema(args) => schema::run(&args),
            Self::Ports(args) => ports::run(&args),
            Self::Doctor(args) => doctor::run(&args),
            #[cfg(feature = "temporal-worker")]
            Self::Worker(args) => worker::run(*args),
            Self::Services(args) => services::run(&args),
            Self::Serve(args) => serve::run(&args),
            Self::Completions(args) => completions::completions(&args),
            Self::Man(args) => completions::man(&args),
        }
    }
}

#[cfg(feature = "stage")]
fn open_stage(args: StageArgs) -> Result<ExitCode, CliError> {
    use self::join::Joined;
    use crate::{
        app::{self, AppError, AppOptions, Library, SetlistFile, control_socket::ClientError},
        conductor::{ReplayRoute, setlist::is_setlist_file},
        stage::{self, graphics::has_display},
        view::TourMode,
    };
    let (histories, scores): (Vec<_>, Vec<_>) = args
        .files
        .into_iter()
        .partition(|path| app::is_history(path));
    let store_file = args.store.file()?;
    let no_window = match join::join(store_file.as_deref(), &scores, &histories, &args.attach)? {
        Joined::Shown => return Ok(ExitCode::SUCCESS),
        Joined::NoWindow(why) => Some(why),
        Joined::Alone => None,
    };
    let bank = args.sounds.open()?;
    let rig_file = args.rig.file();
    let (setlists, scores): (Vec<_>, Vec<_>) =
        scores.into_iter().partition(|path| is_setlist_file(path));
    let setlist = match &setlists[..] {
        [] => None,
        [path] => Some(SetlistFile::read(path)),
        [_, other, ..] => {
            let other = other.display();
            let sentence = format!("{other} is a second set list: start one at a time");
            return Err(CliError::Usage(sentence));
        }
    };
    let mut library = Library::with(&scores, &bank);
    if let Some(setlist) = &setlist {
        library.add_pieces(&setlist.scores());
    }
    // The window shows what is wrong with a score or the store. Without one, the terminal does.
    let setlist_problem = setlist.as_ref().and_then(SetlistFile::problem);
    let problem = setlist_problem.or(library.problems().first());
    let mut problem = problem.cloned().map(CliError::from);
    if let (Some(_), false) = (&problem, has_display()) {
        return problem.map_or(Ok(ExitCode::FAILURE), Err);
    }
    let mut rig = rig_file.read()?;
    if args.safe {
        rig.replay = ReplayRoute::Synth;
    }
    let serve = args.serve.as_deref();
    let serve = serve.map(|address| serve::options(address, args.dapr_http.as_deref()));
    let serve = serve.transpose()?;
    let secrets = args.secrets.open()?;
    let listening = args.listen.open(&bank)?;
    let _services = args.services.start()?;
    let only_port = only_port(args.port.as_deref())?;
    // The store comes last: nothing is created if an argument is wrong.
    let store = match args.store.create() {
        Err(error) if !has_display() => {
            return Err(match no_window {
                Some(why) => ClientError::Refused(why).into(),
                None => error,
            });
        }
        Err(error) => {
            let message = no_window.unwrap_or_else(|| error.to_string());
            problem = Some(error);
            let store = args.store;
            let again = Box::new(move || store.create().map_err(|error| error.to_string()));
            Err(app::NoStore { message, again })
        }
        Ok(store) => Ok(store),
    };
    let opened = app::open(AppOptions {
        library,
        setlist,
        tour: TourMode::Off,
        attach: args.attach,
        serve,
        histories,
        bank,
        rig,
        rig_file,
        secrets,
        listening,
        only_port,
        store,
        store_file,
        restarted: args.supervision.restarted(),
        tell: Box::new(terminal::message),
        start: match args.safe {
            true => app::Start::Safe,
            false => app::Start::Usual,
        },
        renderer: match args.safe {
            true => stage::Renderer::Glow,
            false => args.renderer.into(),
        },
    });
    let ended = match (opened, problem) {
        (Err(AppError::Window(_)), Some(problem)) => return Err(problem),
        (opened, _) => opened?,
    };
    Ok(exit_code(ended))
}

#[cfg(feature = "stage")]
fn exit_code(ended: crate::app::Ended) -> ExitCode {
    match ended {
        crate::app::Ended::Closed => ExitCode::SUCCESS,
        crate::app::Ended::Signaled(signal) => ExitCode::from(signal.exit_code()),
    }
}

#[cfg(feature = "stage")]
impl From<Renderer> for crate::stage::Renderer {
    fn from(renderer: Renderer) -> Self {
        match renderer {
            Renderer::Auto => Self::Auto,
            Renderer::Wgpu => Self::Wgpu,
            Renderer::Glow => Self::Glow,
        }
    }
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
