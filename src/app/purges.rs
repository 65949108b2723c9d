//! Deletes the ended instances that a search of the browser matches.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::{
    application::{App, AppEvent},
    histories::HistoryEvent,
};
use crate::{
    conductor::ConductorError,
    engine::{Archive, EngineError, InstanceId, Purge, StoreError},
    view::{CommandEnd, EngineCommand, HistoryCommand, HistoryQuery},
};

/// Instances that are read at once.
const PAGE: usize = 200;

/// Deletes them in the background: commands that are given meanwhile do not wait.
pub(super) fn begin(app: &Arc<App>, typed: String) {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let purged = purge(&app, &typed).await;
        app.send(HistoryCommand::Find(typed.clone()));
        let ended = match purged {
            Ok(1) => CommandEnd::DoneAs("1 ended run was deleted".into()),
            Ok(runs) => CommandEnd::DoneAs(format!("{runs} ended runs were deleted").into()),
            Err(error) => CommandEnd::Rejected(error.to_string().into()),
        };
        let command = EngineCommand::PurgeEnded(typed.into());
        app.emit(AppEvent::CommandEnded(Box::new((command, ended))));
    });
}

/// Returns the number of runs that were deleted.
async fn purge(app: &Arc<App>, typed: &str) -> Result<u64, ConductorError> {
    let engine = app.conductor.engine();
    let query = HistoryQuery::parse(typed, engine.clock().now());
    if let Some(problem) = query.problem {
        // What was not understood would restrict nothing.
        return Err(ConductorError::Search(problem));
    }
    let archive = engine.archive().clone();
    let search = spawn_blocking(move || ended(&archive, &query));
    let ids = search.await.map_err(|_| EngineError::Stopped)??;
    let mut runs = 0;
    for id in &ids {
        runs += engine.purge(Purge::Instance(id.clone())).await?;
        leaves(app, id);
    }
    // Children are deleted with their parents.
    for lane in &app.snapshot().lanes {
        if lane.status.is_closed() && is_gone(engine.archive(), &lane.id) {
            leaves(app, &lane.id);
        }
    }
    Ok(runs)
}

fn leaves(app: &App, id: &InstanceId) {
    app.emit(AppEvent::Histories(Box::new(HistoryEvent::Purged(
        id.clone(),
    ))));
}

fn is_gone(archive: &Archive, id: &InstanceId) -> bool {
    matches!(archive.summary(id), Err(EngineError::UnknownInstance(_)))
}

/// The instances that match and have ended.
fn ended(archive: &Archive, query: &HistoryQuery) -> Result<Vec<InstanceId>, StoreError> {
    let (mut ids, mut from) = (Vec::new(), None);
    loop {
        let page = archive.search(&query.search, from, PAGE)?;
        let instances = page.instances.into_iter();
        let ended = instances.filter(|found| found.status.is_closed() && query.matches(found));
        ids.extend(ended.map(|found| found.id));
        from = page.next;
        if from.is_none() {
            return Ok(ids);
        }
    }
}
