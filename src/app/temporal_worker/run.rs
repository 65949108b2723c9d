//! Sets everything up, starts a score, and works until a signal ends it.

use std::{
    hash::{BuildHasher, RandomState},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use futures_util::future::{FusedFuture, FutureExt};

use serde_json::Value;
use temporalio_client::{Client, WorkflowGetResultOptions, WorkflowStartOptions};
use temporalio_sdk::{
    Runtime as ServerRuntime, Worker, WorkerOptions as ServerOptions, runtime::RuntimeOptions,
};
use tokio::{runtime::Runtime, task::LocalSet};

use super::{
    HEARTBEAT, STICKY_TIMEOUT, TASK_TIMEOUT, WorkerError,
    activities::Activities,
    cluster::Cluster,
    connection::connect,
    run_input::RunInput,
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

/// How long activities that are under way may take when the program ends.
const GRACE: Duration = Duration::from_millis(100);

/// Where a worker works, what it starts, and on what it plays.
pub struct WorkerOptions {
    /// The server and the namespace: `temporal://HOST:PORT/NAMESPACE`.
    pub address: BackendAddress,
    /// The task queue from which scores are taken.
    pub queue: String,
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
    let (client, backend) = connect(&options.address).await?;
    let cluster = Cluster { backend };
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
        remote: None,
    })
    .await?;
    conductor.set_rig(&options.rig)?;
    let own_queue = format!("{}/{}", options.queue, new_name());
    let player = conductor.score_worker(options.horizon);
    let activities = || Activities {
        worker: player.clone(),
        cluster: cluster.clone(),
        own_queue: own_queue.clone(),
    };
    let runtime = ServerRuntime::from_current_tokio(runtime_options()?).map_err(broken)?;
    let new = |options| Worker::new(&runtime, client.clone(), options).map_err(broken);
    // What any machine may do, and what only this one can do.
    let mut common = new(common_options(&options.queue, activities())?)?;
    let mut own = new(own_options(&own_queue, activities()))?;
    let stop = (common.shutdown_handle(), own.shutdown_handle());
    let work = async { tokio::try_join!(common.run(), own.run()).map_err(broken) };
    let mut work = pin!(work.fuse());
    let score = async {
        let Some((document, id)) = &options.start else {
            return std::future::pending().await;
        };
        let ended = start(&client, document, id, &options.queue).await;
        conductor.until_silent().await;
        ended.map(WorkerEnd::Ended)
    };
    let end = tokio::select! {
        biased;
        worked = &mut work => worked.map(|_| WorkerEnd::Signaled),
        ended = score => ended,
        _ = shutdown_requested() => Ok(WorkerEnd::Signaled),
    };
    (stop.0)();
    (stop.1)();
    if !work.is_terminated() {
        work.await?;
    }
    conductor.close().await?;
    end
}

/// The worker of the queue of all machines.
fn common_options(queue: &str, activities: Activities) -> Result<ServerOptions, WorkerError> {
    let options = ServerOptions::new(queue)
        .register_activities(activities)
        .register_workflow::<ScoreWorkflow>()
        .map_err(broken)?
        .sticky_queue_schedule_to_start_timeout(STICKY_TIMEOUT)
        .max_heartbeat_throttle_interval(HEARTBEAT)
        .graceful_shutdown_period(GRACE)
        // The interpreter wakes its own lines of tasks.
        .detect_nondeterministic_futures(false)
        .build();
    Ok(options)
}

/// The worker of the queue of this machine.
fn own_options(queue: &str, activities: Activities) -> ServerOptions {
    ServerOptions::new(queue)
        .register_activities(activities)
        .max_heartbeat_throttle_interval(HEARTBEAT)
        .graceful_shutdown_period(GRACE)
        .build()
}

/// The server learns nothing about this machine.
fn runtime_options() -> Result<RuntimeOptions, WorkerError> {
    let options = RuntimeOptions::builder().disable_environment_info(true);
    options.build().map_err(broken)
}

/// A name that no other worker has.
fn new_name() -> String {
    let random = RandomState::new().hash_one(std::process::id());
    format!("{random:016x}")
}

/// Starts a score and waits for its output.
async fn start(
    client: &Client,
    document: &Document,
    id: &str,
    queue: &str,
) -> Result<Value, WorkerError> {
    let input = ScoreInput::new(document, Value::Object(serde_json::Map::new()));
    let input = RunInput::first(input).write();
    let input = input.map_err(|failure| WorkerError::Start(failure.message))?;
    let options = WorkflowStartOptions::new(queue, id)
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
