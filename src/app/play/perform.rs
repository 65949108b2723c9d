//! Starts instances and follows them to their end.

use super::{PlayRequest, TaskLog, awaited::Awaited};
use crate::{
    app::AppError,
    conductor::Conductor,
    engine::{EngineError, EventKind, InstanceSummary, Status},
};

/// Plays everything to its end and returns the awaited instances, in the order in which they started.
/// `report` gets a message for each instance that cannot continue.
///
/// # Errors
///
/// [`AppError`] if a score cannot start, the engine stops, or `tasks` cannot be written.
pub(super) async fn perform(
    conductor: &Conductor,
    request: PlayRequest,
    mut tasks: Option<TaskLog>,
    report: impl Fn(&str),
) -> Result<Vec<InstanceSummary>, AppError> {
    let mut feed = conductor.engine().subscribe().await?;
    let mut awaited = Awaited::new(&request);
    let mut recovered = request.recovered;
    for open in std::mem::take(&mut feed.open) {
        recovered.retain(|id| *id != open.id);
        match open.status {
            Status::Stalled => {
                let history = conductor.engine().archive().history(&open.id)?;
                let reason = history.iter().rev().find_map(|event| match &event.kind {
                    EventKind::ExecutionStalled { reason } => Some(reason.as_str()),
                    _ => None,
                });
                report(&format!(
                    "{} is stalled: {}",
                    open.id,
                    reason.unwrap_or_default()
                ));
                continue;
            }
            // One that has been paused since it continued stays paused.
            Status::Suspended if request.paused.contains(&open.id) => {
                let engine = conductor.engine();
                engine.resume(&open.id, "fermata play --resume").await?;
            }
            _ => {}
        }
        awaited.add(open.id);
    }
    let started = conductor.launch_together(
        &request.documents,
        request.id.clone(),
        &request.input,
        request.runs,
    );
    for id in started.await? {
        awaited.add(id);
    }
    // Some may have ended before the feed was open.
    for id in recovered {
        let summary = conductor.engine().archive().summary(&id)?;
        awaited.add(id);
        if summary.status.is_closed() {
            awaited.follow(&summary);
        }
    }
    loop {
        let committed = match feed.try_next() {
            Some(committed) => committed,
            None if awaited.is_over() => {
                // Commits made together with the last end may still be on their way: once the engine
                // has answered, they are in the feed.
                conductor.engine().subscribe().await?;
                match feed.try_next() {
                    Some(committed) => committed,
                    None => break,
                }
            }
            None => feed.next().await.ok_or(EngineError::Stopped)?,
        };
        if let Some(tasks) = &mut tasks {
            tasks.write(&committed)?;
        }
        let instance = &committed.instance;
        if instance.status == Status::Stalled && conductor.is_broken(&instance.id) {
            // It continues once the fault is ended.
            continue;
        }
        if awaited.follow(instance) {
            conductor.end_schedule_of(instance).await?;
        }
    }
    conductor.until_silent().await;
    Ok(awaited.ends())
}
