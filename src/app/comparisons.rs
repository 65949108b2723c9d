//! Comparisons for the window: both runs are read and compared on a thread of their own.

use std::sync::Arc;

use super::{answers::Answers, application::App};
use crate::{
    engine::{Archive, EngineError, EventId, History},
    view::{
        ComparedPair, ComparedRuns, HistorySource, LaneModel, MadeComparison, RunHistory, RunOf,
    },
};

/// The comparison that the window asked for last.
pub(super) type Comparisons = Answers<ComparedPair, MadeComparison>;

/// Events that are read at once.
const READ_AT_ONCE: usize = 10_000;

/// The comparison of two runs. The window is woken when it is made.
pub(super) fn comparison(app: &Arc<App>, pair: &ComparedPair) -> MadeComparison {
    let made = Answers::ask(
        app,
        |app| &app.comparisons,
        pair,
        |app, pair| {
            Some(match compare(app, pair) {
                Ok(runs) => MadeComparison::Made(Arc::new(runs)),
                Err(problem) => MadeComparison::Failed(problem.into()),
            })
        },
    );
    made.unwrap_or_default()
}

fn compare(app: &App, pair: &ComparedPair) -> Result<ComparedRuns, String> {
    let (one, other) = (read(app, &pair.one)?, read(app, &pair.other)?);
    let transport = app.snapshot().transport;
    let runs = ComparedRuns::of(one, other, transport);
    runs.ok_or_else(|| "One of both runs has no events.".to_owned())
}

/// Reads a run: of an opened file, or of the store.
fn read(app: &App, run: &RunOf) -> Result<RunHistory, String> {
    let snapshot = app.snapshot();
    if let Some(opened) = snapshot.histories.opened(&run.instance)
        && let HistorySource::File(name) = &opened.source
    {
        return Ok(RunHistory {
            name: name.to_string(),
            run: run.run,
            history: of_lane(&opened.lane, run),
        });
    }
    let history = stored(app.conductor.engine().archive(), run);
    history.map_err(|error| {
        let (id, run) = (&run.instance, run.run);
        format!("Run {run} of {id} cannot be read: {error}")
    })
}

/// The history of a file that was opened.
fn of_lane(lane: &LaneModel, run: &RunOf) -> History {
    let events = lane.history.iter().filter(|event| event.run == run.run);
    History {
        instance: lane.id.clone(),
        events: events.map(|event| (*event.event).clone()).collect(),
    }
}

fn stored(archive: &Archive, run: &RunOf) -> Result<RunHistory, EngineError> {
    let mut events = Vec::new();
    loop {
        let from = EventId(events.len() as u64);
        let page = archive.history_of_run(&run.instance, run.run, from, READ_AT_ONCE)?;
        let is_last = page.len() < READ_AT_ONCE;
        events.extend(page);
        if is_last {
            break;
        }
    }
    Ok(RunHistory {
        name: run.instance.to_string(),
        run: run.run,
        history: History {
            instance: run.instance.clone(),
            events,
        },
    })
}
