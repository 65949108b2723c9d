//! Reads a store for a request, page by page.

use super::{HistoryRequest, SearchRequest};
use crate::engine::{Archive, EngineError, Event, EventId, InstanceSummary};

/// Events and instances that are read from the store at once.
const PAGE: usize = 500;

/// Why reading ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReadError<E> {
    /// The store could not be read, or there is no such instance.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The instance has no such run.
    #[error("instance {:?} has no run {run}: it has {runs}", request.id)]
    NoSuchRun {
        /// What was asked for.
        request: HistoryRequest,
        /// The run.
        run: u32,
        /// The runs that there are.
        runs: String,
    },
    /// The receiver failed.
    #[error(transparent)]
    Receiver(E),
}

/// Passes the history of one run to `each`, from its first event on.
pub fn read_history<E>(
    archive: &Archive,
    request: &HistoryRequest,
    mut each: impl FnMut(Event) -> Result<(), E>,
) -> Result<(), ReadError<E>> {
    let HistoryRequest { id, run } = request;
    let latest = archive.summary(id)?.run;
    let runs = archive.run_summaries(id)?;
    let run = run.unwrap_or(latest);
    if !runs.iter().any(|summary| summary.run == run) {
        let runs: Vec<_> = runs.iter().map(|summary| summary.run.to_string()).collect();
        return Err(ReadError::NoSuchRun {
            request: request.clone(),
            run,
            runs: runs.join(", "),
        });
    }
    let mut from = EventId::default();
    loop {
        let page = archive.history_of_run(id, run, from, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        from = last.id.next();
        for event in page {
            each(event).map_err(ReadError::Receiver)?;
        }
    }
}

/// Passes the instances that a search finds to `each`, newest first.
pub fn read_instances<E>(
    archive: &Archive,
    request: &SearchRequest,
    mut each: impl FnMut(InstanceSummary) -> Result<(), E>,
) -> Result<(), ReadError<E>> {
    let mut left = request.limit.unwrap_or(usize::MAX);
    let mut from = None;
    while left > 0 {
        let page = archive.search(&request.search, from, left.min(PAGE));
        let page = page.map_err(EngineError::from)?;
        left -= page.instances.len().min(left);
        for instance in page.instances {
            each(instance).map_err(ReadError::Receiver)?;
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    Ok(())
}
