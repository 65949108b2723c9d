//! Loads the originals of reruns that are only in the store: a rerun on the stage shows a ghost of what
//! its original did.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::application::App;
use crate::{
    engine::{Archive, Committed, EngineError, Fork},
    view::{HistorySource, OpenedHistory, OpeningNumber, TransportView},
};

/// The most events of one original. The run that was rerun is always loaded, those after it as far as
/// they fit.
const MAX_EVENTS: usize = 60_000;

/// Originals, as they are read. The next one is read while the projection takes the last one.
pub(super) type Loading = mpsc::Receiver<OpenedHistory>;

/// Reads and folds the originals of these forks on a thread of its own.
pub(super) fn load(app: &Arc<App>, forks: Vec<Fork>, transport: TransportView) -> Loading {
    let app = Arc::clone(app);
    let (loaded, loading) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        let archive = app.conductor.engine().archive();
        for fork in forks {
            // Without its original, such as one that was purged, a rerun has no ghost.
            let Ok(runs) = runs_from(archive, &fork) else {
                continue;
            };
            let (number, source) = (OpeningNumber::default(), HistorySource::Store);
            let original = OpenedHistory::fold(number, &fork.instance, &runs, source, transport);
            // Without a projection the window has closed.
            if original.is_some_and(|original| loaded.blocking_send(original).is_err()) {
                return;
            }
        }
    });
    loading
}

/// The run from which a fork was made, and those after it.
fn runs_from(archive: &Archive, fork: &Fork) -> Result<Vec<Committed>, EngineError> {
    let id = &fork.instance;
    let summaries = archive.run_summaries(id)?.into_iter();
    let (mut runs, mut events) = (Vec::new(), 0);
    for instance in summaries.skip_while(|summary| summary.run < fork.run) {
        let head = instance.head.map_or(0, |head| head.events);
        events = usize::try_from(head).map_or(usize::MAX, |more| more.saturating_add(events));
        if !runs.is_empty() && events > MAX_EVENTS {
            break;
        }
        let history = archive.history_of_run(id, instance.run, Default::default(), usize::MAX)?;
        runs.push(Committed::stored(instance, history));
    }
    Ok(runs)
}
