//! Reruns that wait for a bar line: each has a task that lets it begin there.

use std::sync::Arc;

use super::{
    application::{App, AppEvent},
    engine_commands::{open_instances, suspension_reason},
};
use crate::{
    conductor::{Conductor, ConductorError},
    engine::{EngineError, InstanceId, InstanceSummary, Status},
};

/// Lets a rerun begin at the next bar line. It may be resumed, paused or ended by hand before.
pub(super) fn begin_at_bar(app: &Arc<App>, id: InstanceId) {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let still_waits = || {
            let summary = app.conductor.engine().archive().summary(&id);
            summary.is_ok_and(|summary| waits_for_bar(&app, &summary))
        };
        match app.conductor.resume_at_bar(&id, still_waits).await {
            // It was ended at the same moment, or the program ends.
            Err(ConductorError::Engine(EngineError::Closed { .. } | EngineError::Stopped)) => {}
            done => app.report(done),
        }
    });
}

/// Takes up the reruns that were waiting when the program ended. If nothing else plays, no bar line will
/// come, and they begin at once.
pub(super) async fn recover(app: Arc<App>) {
    let waiting = || -> Result<Vec<_>, ConductorError> {
        let mut waiting = open_instances(&app, Status::Suspended)?;
        waiting.retain(|instance| waits_for_bar(&app, instance));
        Ok(waiting)
    };
    let plays = open_instances(&app, Status::Running).is_ok_and(|open| !open.is_empty());
    let waiting = match waiting() {
        Ok(waiting) => waiting,
        Err(error) => return app.report(Err(error)),
    };
    for instance in waiting {
        match plays {
            true => begin_at_bar(&app, instance.id),
            false => {
                let engine = app.conductor.engine();
                app.report(engine.resume(&instance.id, "nothing else plays").await);
            }
        }
    }
}

/// Finds the reruns of instances, and what they are reruns of themselves, in the background.
pub(super) fn find_links(app: &Arc<App>, ids: Vec<InstanceId>) {
    let app = Arc::clone(app);
    tokio::task::spawn_blocking(move || {
        let archive = app.conductor.engine().archive();
        for id in ids {
            // A link that cannot be read is not shown; the history itself reports what is wrong with it.
            let found = archive.forks(&id, MAX_RUNS).unwrap_or_default();
            if !found.is_empty() {
                app.emit(AppEvent::Reruns(found));
            }
        }
    });
}

/// The most runs of an instance whose reruns are looked for.
const MAX_RUNS: usize = 64;

/// Whether an instance is a rerun that waits for a bar line.
fn waits_for_bar(app: &App, instance: &InstanceSummary) -> bool {
    let reason = || suspension_reason(app, instance);
    instance.status == Status::Suspended
        && reason().is_ok_and(|reason| reason.as_deref() == Some(Conductor::UNTIL_NEXT_BAR))
}
