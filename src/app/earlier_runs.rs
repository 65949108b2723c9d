//! Loads the earlier runs of the instances that are shown, without holding up the window: it opens with
//! the latest run of each.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::application::{App, AppEvent};
use crate::{
    engine::{Archive, Committed, EngineError, InstanceId},
    view::{EarlierRuns, TransportView},
};

/// The most events of earlier runs that are loaded for one instance; the latest runs come first.
const MAX_EVENTS: u64 = 60_000;

/// The earlier runs of instances, as they are read. Those of the next instance are read while the
/// projection takes the last ones, so that they do not pile up.
pub(super) type Loading = mpsc::Receiver<EarlierRuns>;

/// Reads and folds the earlier runs of these instances on a thread of its own.
pub(super) fn load(
    app: &Arc<App>,
    instances: Vec<InstanceId>,
    transport: TransportView,
) -> Loading {
    let app = Arc::clone(app);
    let (loaded, loading) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        let archive = app.conductor.engine().archive().clone();
        for id in instances {
            match runs_before_latest(&archive, &id) {
                Ok(runs) => {
                    let earlier = EarlierRuns::fold(id, &runs, transport);
                    // Without a projection the window has closed.
                    if loaded.blocking_send(earlier).is_err() {
                        return;
                    }
                }
                Err(error) => {
                    let notice = format!("The earlier runs of {id} cannot be shown: {error}");
                    app.emit(AppEvent::Notice(notice));
                }
            }
        }
    });
    loading
}

/// The runs before the latest one, oldest first; as many of the last ones as fit.
fn runs_before_latest(archive: &Archive, id: &InstanceId) -> Result<Vec<Committed>, EngineError> {
    let mut summaries = archive.run_summaries(id)?;
    summaries.pop();
    let (mut runs, mut events) = (Vec::new(), 0);
    for instance in summaries.into_iter().rev() {
        events = instance
            .head
            .map_or(0, |head| head.events)
            .saturating_add(events);
        if events > MAX_EVENTS {
            break;
        }
        let history = archive.history_of_run(id, instance.run, Default::default(), usize::MAX)?;
        runs.push(Committed::stored(instance, history));
    }
    runs.reverse();
    Ok(runs)
}
