//! What `fermata play` performs, and performing it to its end.

use serde_json::Value;

use super::{CliError, attendance::Attendance, report::TaskLog};
use crate::{
    conductor::Conductor,
    engine::{EngineError, InstanceId, InstanceSummary, ScheduleName, Status},
    score::Document,
};

/// What is to be performed. Everything in it has been checked; the store is still untouched.
pub(super) struct Programme {
    pub documents: Vec<Document>,
    pub id: Option<InstanceId>,
    pub input: Value,
    /// How often those with a schedule are performed.
    pub runs: Option<u32>,
    /// Schedules of the store that go on.
    pub schedules: Vec<ScheduleName>,
}

/// Performs everything to its end.
pub(super) async fn perform(
    conductor: &Conductor,
    programme: Programme,
    mut recovered: Vec<InstanceId>,
    mut tasks: Option<TaskLog>,
) -> Result<Vec<InstanceSummary>, CliError> {
    let mut feed = conductor.engine().subscribe().await?;
    let mut attendance = Attendance::new(&programme);
    for open in std::mem::take(&mut feed.open) {
        recovered.retain(|id| *id != open.id);
        match open.status {
            Status::Stalled => {
                let history = conductor.engine().archive().history(&open.id)?;
                let stalled = history.last().map(|event| format!("{:?}", event.kind));
                eprintln!(
                    "fermata: {} is stalled: {}",
                    open.id,
                    stalled.unwrap_or_default()
                );
                continue;
            }
            Status::Suspended => {
                let engine = conductor.engine();
                engine.resume(&open.id, "fermata play --resume").await?;
            }
            _ => {}
        }
        attendance.awaits(open.id);
    }
    let begun = conductor.launch_together(
        &programme.documents,
        programme.id.clone(),
        &programme.input,
        programme.runs,
    );
    for id in begun.await? {
        attendance.awaits(id);
    }
    // Some may have come to their end before anybody could listen.
    for id in recovered {
        let summary = conductor.engine().archive().summary(&id)?;
        attendance.awaits(id);
        if summary.status.is_closed() {
            attendance.follow(&summary);
        }
    }
    loop {
        let committed = match feed.try_next() {
            Some(committed) => committed,
            None if attendance.is_over() => {
                // What was committed together with the last end may stand behind it: once the
                // engine has answered it is there.
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
        if attendance.follow(&committed.instance) {
            conductor.end_schedule_of(&committed.instance).await?;
        }
    }
    conductor.player().until_silent().await;
    Ok(attendance.ends())
}
