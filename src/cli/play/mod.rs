//! `fermata play`: plays scores to their end, without a window.

mod args;
mod performance;
mod real_time;
mod recording;
mod selection;
mod virtual_time;

use std::process::ExitCode;

use serde_json::Value;

pub(super) use self::args::PlayArgs;
use self::{args::ClockKind, recording::Recording};
use super::{CliError, scores, terminal::message};
use crate::{
    app::{PlayRequest, follow_patches, runtime},
    engine::{EngineError, InstanceId},
    music::Bank,
    score::{Document, Recurrence},
};

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
