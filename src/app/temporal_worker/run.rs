//! Sets everything up, starts a score, and works until a signal ends it.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use temporalio_client::{Client, WorkflowGetResultOptions, WorkflowStartOptions};
use temporalio_sdk::{Runtime as ServerRuntime, Worker, WorkerOptions as ServerOptions};
use tokio::{runtime::Runtime, task::LocalSet};

use super::{
    HEARTBEAT, TASK_QUEUE, TASK_TIMEOUT, WorkerError,
    activities::Activities,
    connection::connect,
    workflow::{ScoreRun, ScoreWorkflow},
};
use crate::{
    app::shutdown_requested,
    backend::BackendAddress,
    conductor::{Conductor, Looping, NamedSink, Outputs, Secrets, Setup, rig::Rig},
    engine::{CrashCause, Limits, Recovery, Store},
    music::{Bank, Journal, Player, Sound, SoundState},
    score::{Document, ScoreInput},
};

/// Where a worker works, what it starts, and on what it plays.
pub struct WorkerOptions {
    /// The server and the namespace: `temporal://HOST:PORT/NAMESPACE`.
    pub address: BackendAddress,
    /// A score to be started, and the id of its workflow.
    pub start: Option<(Document, String)>,
    /// How far ahead of time notes are handed to the player.
    pub horizon: Duration,
    /// A store for the engine of this program, in which nothing is performed.
    pub store: Arc<dyn Store>,
    /// The sounds of the built-in port.
    pub bank: Bank,
    /// The devices in use.
    pub rig: Rig,
    /// Where the secrets of scores come from.
    pub secrets: Secrets,
    /// The port that everything is routed to, if any.
    pub only_port: Option<NamedSink>,
    /// The journal, with all traces.
    pub journal: Journal,
}

/// How a worker ended.
#[derive(Debug)]
pub enum WorkerEnd {
    /// The score that it started has ended, with this output.
    Ended(Value),
    /// A signal asked the program to end. Scores stay open, for other workers.
    Signaled,
}

/// Takes scores from the cluster until a signal asks the program to end, or until the score that it starts has
/// ended. `report` gets messages for the user.
///
/// # Errors
///
/// [`WorkerError`] if the server does not answer, the score cannot be started or fails, or the worker ends by
/// itself.
pub fn work(
    runtime: &Runtime,
    options: WorkerOptions,
    report: impl Fn(&str),
) -> Result<WorkerEnd, WorkerError> {
    LocalSet::new().block_on(runtime, work_on_runtime(options, report))
}

async fn work_on_runtime(
    options: WorkerOptions,
    report: impl Fn(&str),
) -> Result<WorkerEnd, WorkerError> {
    let client = connect(&options.address).await?;
    let player = Player::start(options.journal)?;
    let (sound, built_in) = Sound::open(player.origin().into_std(), &options.bank);
    if let SoundState::Silent(reason) = sound.state() {
        report(&reason);
    }
    let conductor = Conductor::start(Setup {
        store: options.store,
        recovery: Recovery::Nothing,
        player,
        synth: Box::new(built_in),
        bank: options.bank,
        outputs: Outputs::Midi,
        only_port: options.only_port,
        secrets: options.secrets,
        looping: Looping::Endless,
        listening: None,
        limits: Limits::default(),
        crash: CrashCause::default(),
    })
    .await?;
    conductor.set_rig(&options.rig)?;
    let activities = Activities {
        worker: conductor.score_worker(options.horizon),
    };
    let runtime = ServerRuntime::from_current_tokio(Default::default()).map_err(broken)?;
    let mut worker = Worker::new(&runtime, client.clone(), server_options(activities)?);
    let worker = worker.as_mut().map_err(|error| broken(&*error))?;
    let stop = worker.shutdown_handle();
    let score = async {
        match &options.start {
            Some((document, id)) => start(&client, document, id).await,
            None => std::future::pending().await,
        }
    };
    let work = async {
        let worked = worker.run().await;
        worked.map_err(broken)
    };
    let mut end = Ok(WorkerEnd::Signaled);
    let watch = async {
        tokio::select! {
            ended = score => {
                end = ended.map(WorkerEnd::Ended);
                conductor.until_silent().await;
            }
            _ = shutdown_requested() => {}
        }
        stop();
    };
    let (worked, ()) = tokio::join!(work, watch);
    conductor.close().await?;
    worked.and(end)
}

fn server_options(activities: Activities) -> Result<ServerOptions, WorkerError> {
    let options = ServerOptions::new(TASK_QUEUE)
        .register_activities(activities)
        .register_workflow::<ScoreWorkflow>()
        .map_err(broken)?
        .sticky_queue_schedule_to_start_timeout(TASK_TIMEOUT)
        .max_heartbeat_throttle_interval(HEARTBEAT)
        .graceful_shutdown_period(Duration::from_millis(100))
        // The interpreter wakes its own lines of tasks.
        .detect_nondeterministic_futures(false)
        .build();
    Ok(options)
}

/// Starts a score and waits for its output.
async fn start(client: &Client, document: &Document, id: &str) -> Result<Value, WorkerError> {
    let input = ScoreInput::new(document, Value::Object(serde_json::Map::new()));
    let options = WorkflowStartOptions::new(TASK_QUEUE, id)
        .task_timeout(TASK_TIMEOUT)
        .build();
    let handle = client.start_workflow(ScoreRun, input, options).await;
    let handle = handle.map_err(|error| WorkerError::Start(error.to_string()))?;
    let output = handle.get_result(WorkflowGetResultOptions::default()).await;
    output.map_err(|error| WorkerError::Score(error.to_string()))
}

fn broken(error: impl std::fmt::Display) -> WorkerError {
    WorkerError::Worker(error.to_string())
}
