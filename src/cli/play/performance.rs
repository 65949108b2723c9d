//! What performances in real and in virtual time have in common.

use std::{process::ExitCode, sync::Arc};

use super::args::{Format, PlayArgs};
use crate::{
    app::{AppError, PlayRequest},
    cli::{
        CliError,
        report::{json_line, text_line},
        terminal::{print, print_json},
    },
    conductor::Conductor,
    engine::{EngineError, InstanceSummary, Status, Store, Trouble},
};

/// Opens the store, and adds to the request what of it continues.
pub(super) fn open_store(
    args: &PlayArgs,
    request: &mut PlayRequest,
) -> Result<Arc<dyn Store>, CliError> {
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
pub(super) fn cause_of(conductor: &Conductor, error: AppError) -> CliError {
    match conductor.engine().trouble() {
        Some(Trouble::Store(cause)) if cause.is_final() => cause.into(),
        _ => error.into(),
    }
}

/// Prints how the performance ended.
pub(super) fn report(args: &PlayArgs, ends: &[InstanceSummary]) -> Result<ExitCode, CliError> {
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
