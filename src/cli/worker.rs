//! `fermata worker`: performs scores as workflows of a Temporal cluster.

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::Args;

use super::{
    CliError,
    new_file::{Overwrite, Reserved},
    only_port,
    rig::RigArgs,
    scores,
    secrets::SecretsArgs,
    sounds::SoundArgs,
    terminal::{message, print_json},
};
use crate::{
    app::{
        TASK_QUEUE, runtime,
        temporal_worker::{WorkerEnd, WorkerOptions, work},
    },
    backend::BackendAddress,
    engine::RedbStore,
    music::{Journal, Trace},
};

/// Arguments of `fermata worker`.
#[derive(Debug, Args)]
pub(super) struct WorkerArgs {
    /// The cluster: temporal://HOST:PORT/NAMESPACE
    address: String,
    /// Task queue from which scores are taken
    #[arg(long, value_name = "QUEUE", default_value = TASK_QUEUE)]
    queue: String,
    /// Start a score as a workflow, print its output at its end, and end with it
    #[arg(long, value_name = "SCORE")]
    start: Option<PathBuf>,
    /// Id of the workflow [default: the name of the score]
    #[arg(long, requires = "start")]
    id: Option<String>,
    /// Milliseconds by which notes are handed to the player ahead of time: more than a step of the cluster
    /// takes
    #[arg(long, value_name = "MS", default_value_t = 400, value_parser = clap::value_parser!(u64).range(60..=10_000))]
    horizon: u64,
    /// Write one line of JSON per MIDI message sent
    #[arg(long, value_name = "FILE.jsonl")]
    trace: Option<PathBuf>,
    #[command(flatten)]
    overwrite: Overwrite,
    #[command(flatten)]
    sounds: SoundArgs,
    /// Send everything to the first MIDI output whose name contains PATTERN
    #[arg(long, value_name = "PATTERN")]
    port: Option<String>,
    #[command(flatten)]
    rig: RigArgs,
    #[command(flatten)]
    secrets: SecretsArgs,
}

pub(super) fn run(args: WorkerArgs) -> Result<ExitCode, CliError> {
    let address = BackendAddress::parse(&args.address)?;
    let runtime = runtime()?;
    let bank = args.sounds.open()?;
    let documents = scores::read(args.start.as_slice(), &bank).into_iter();
    let document = documents.collect::<Result<Vec<_>, _>>()?.pop();
    let start = document.map(|document| {
        let id = args.id.clone().unwrap_or_else(|| document.name.clone());
        (document, id)
    });
    let rig = args.rig.file().read()?;
    let secrets = args.secrets.open()?;
    let only_port = only_port(args.port.as_deref())?;
    let mut reserved = Reserved::default();
    let mut journal = Journal::new();
    if let Some(path) = &args.trace {
        reserved.add(path, args.overwrite)?;
        journal.add(Box::new(Trace::create(path, journal.names())?));
    }
    reserved.keep();
    // What the scores are durable about is in the cluster: nothing here outlives the program.
    let store = RedbStore::in_memory()?;
    let options = WorkerOptions {
        address,
        queue: args.queue,
        start,
        horizon: Duration::from_millis(args.horizon),
        store: Arc::new(store),
        bank,
        rig,
        secrets,
        only_port,
        journal,
    };
    match work(&runtime, options, message)? {
        WorkerEnd::Ended(output) => print_json(&output.to_string())?,
        WorkerEnd::Signaled => {}
    }
    Ok(ExitCode::SUCCESS)
}
