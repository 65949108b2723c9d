//! `fermata start`: starts a workflow in another engine, or a score as one.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use super::{
    CliError, arguments::payload, backend::Remote, scores, sounds::SoundArgs, terminal::print,
};
use crate::{
    app::{TASK_QUEUE, score_in_cluster},
    backend::{BackendAddress, StartInstance},
    engine::Payload,
};

#[derive(Debug, Args)]
pub(super) struct StartArgs {
    /// Name of the workflow, or the file of a score, which a `fermata worker` performs
    #[arg(value_name = "WORKFLOW|SCORE")]
    workflow: String,
    /// The engine: temporal://HOST:PORT/NAMESPACE
    #[arg(long, value_name = "ADDRESS")]
    backend: String,
    /// Queue that its workers take work from [default of a score: fermata]
    #[arg(long, value_name = "QUEUE")]
    queue: Option<String>,
    /// Id of the instance [default of a score: its name]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Its input
    #[arg(long, value_name = "JSON", default_value = "null", value_parser = payload)]
    input: Payload,
    #[command(flatten)]
    sounds: SoundArgs,
}

/// Starts an instance and prints its id.
pub(super) fn run(args: StartArgs) -> Result<ExitCode, CliError> {
    let address = BackendAddress::parse(&args.backend)?;
    let start = match is_score(&args.workflow) {
        true => score(&args)?,
        false => workflow(&args)?,
    };
    let started = Remote::attach(&address)?.start(&start)?;
    print(&format!("{started}: started"))?;
    Ok(ExitCode::SUCCESS)
}

/// Whether a name is that of a score's file.
fn is_score(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|end| end.to_str());
    extension.is_some_and(|end| ["yaml", "yml", "json", "mid", "midi"].contains(&end))
}

fn workflow(args: &StartArgs) -> Result<StartInstance, CliError> {
    let needed = |option: &str| CliError::Usage(format!("a workflow needs {option}"));
    Ok(StartInstance {
        id: args.id.clone().ok_or_else(|| needed("--id"))?,
        workflow: args.workflow.clone(),
        queue: args.queue.clone().ok_or_else(|| needed("--queue"))?,
        input: args.input.to_json(),
        task_timeout: None,
    })
}

fn score(args: &StartArgs) -> Result<StartInstance, CliError> {
    let path = PathBuf::from(&args.workflow);
    let bank = args.sounds.open()?;
    let mut read = scores::read(&[path], &bank).into_iter();
    let document = read
        .next()
        .ok_or_else(|| CliError::Usage("there is no score".into()))??;
    let id = args.id.clone().unwrap_or_else(|| document.name.clone());
    let queue = args.queue.clone().unwrap_or_else(|| TASK_QUEUE.to_owned());
    let input = match args.input.to_json() {
        serde_json::Value::Null => serde_json::json!({}),
        input => input,
    };
    let started = score_in_cluster(&document, id, queue, input);
    started.map_err(|error| CliError::Usage(format!("the score cannot be sent: {error}")))
}
