//! Whole histories of runs.

use super::{
    super::{BackendError, imported::Imported},
    calls::{HistoryMark, MAX_PAGE},
    client::{CallError, Client, Wait},
    event::{TemporalEvent, in_order_of_time},
    run::{Run, events_after},
    visibility::{runs_query, times},
    wire::shared::Execution,
};

/// The most events of a run that are read. Servers end runs at about 50,000.
const MAX_EVENTS: usize = 500_000;
/// The most runs of a workflow that are counted.
const MAX_RUNS: usize = 20_000;

/// The runs of a workflow, the first one first.
pub(super) async fn runs(client: &Client, workflow: &str) -> Result<Vec<String>, CallError> {
    let query = runs_query(workflow);
    let mut found = Vec::new();
    let mut token = Vec::new();
    loop {
        let page = client.list(&query, token, MAX_PAGE).await?;
        found.extend(page.executions.into_iter().map(|info| {
            let started = times(&info).0;
            (started, info.execution.unwrap_or_default().run_id)
        }));
        token = page.next_page_token;
        if token.is_empty() || found.len() >= MAX_RUNS {
            break;
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, run)| run).collect())
}

/// The number of a run. One that the list does not have yet is the next.
pub(super) fn number_of(runs: &[String], run: &str) -> u32 {
    let place = runs.iter().position(|known| known == run);
    let place = place.unwrap_or(runs.len());
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}

/// All events of a run, in the order in which they happened.
pub(super) async fn events(
    client: &Client,
    execution: &Execution,
) -> Result<Vec<TemporalEvent>, CallError> {
    let mut found: Vec<TemporalEvent> = Vec::new();
    let mut from = HistoryMark::default();
    loop {
        let page = client
            .history_page(execution.clone(), from, Wait::Answer)
            .await?;
        let token = page.next_page_token.clone();
        let last = found.last().map_or(0, |event| event.id);
        found.extend(events_after(last, page));
        if token.is_empty() || found.len() >= MAX_EVENTS {
            return Ok(in_order_of_time(found));
        }
        from = HistoryMark { token };
    }
}

/// The history of the latest run of a workflow, or of the run that is counted from 1.
pub(super) async fn history(
    client: &Client,
    workflow: &str,
    number: Option<u32>,
) -> Result<(Imported, Run), BackendError> {
    let name = client.name();
    let about = |error: CallError| error.about(name, workflow);
    let unknown = || BackendError::UnknownInstance {
        backend: name.clone(),
        instance: workflow.to_owned(),
    };
    let runs = runs(client, workflow).await.map_err(about)?;
    let run = match number {
        None => {
            let latest = client.describe(Execution::latest(workflow)).await;
            let info = latest.map_err(about)?.info.ok_or_else(unknown)?;
            info.execution.unwrap_or_default().run_id
        }
        Some(number) => {
            let place = usize::try_from(number)
                .unwrap_or(usize::MAX)
                .wrapping_sub(1);
            runs.get(place).cloned().ok_or_else(unknown)?
        }
    };
    let number = number.unwrap_or_else(|| number_of(&runs, &run));
    let events = events(client, &Execution::run(workflow, &run)).await;
    let run = Run::new(name, workflow, number, &run);
    Ok(run.imported(events.map_err(about)?))
}
