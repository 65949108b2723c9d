//! The command queue: executes commands to the engine one after the other, in the order in which the
//! window, the palette, keys and pads sent them.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc;

use super::{
    application::{App, AppEvent},
    endings, purges, reruns,
};
use crate::{
    conductor::{Conductor, ConductorError, RerunStart},
    engine::{EventId, EventKind, InstanceId, InstanceSummary, Reach, Status},
    view::{EngineCommand, ScoreId},
};

/// The reason in the histories of instances that are suspended, resumed or terminated.
pub(super) const REASON: &str = "by the performer";

/// Executes queued commands until the application ends.
pub(super) async fn run(app: Arc<App>, mut queue: mpsc::UnboundedReceiver<EngineCommand>) {
    while let Some(command) = queue.recv().await {
        tracing::debug!(?command, "engine command");
        // These are done later, or elsewhere, and report it themselves.
        let Err(command) = app.backends.send(command) else {
            continue;
        };
        match &command {
            EngineCommand::TerminateAt(id, at) => endings::schedule(&app, id.clone(), *at),
            EngineCommand::PurgeEnded(typed) => purges::begin(&app, typed.to_string()),
            _ => report(&app, command).await,
        }
    }
}

async fn report(app: &Arc<App>, command: EngineCommand) {
    let done = execute(app, command.clone()).await;
    app.command_ended(command, done);
}

async fn execute(app: &Arc<App>, command: EngineCommand) -> Result<(), ConductorError> {
    let (engine, player) = (app.conductor.engine(), app.conductor.player());
    match command {
        EngineCommand::StartScore(score) => {
            let input = Value::Object(serde_json::Map::new());
            start_score(app, &score, input).await?;
        }
        EngineCommand::StartWith { score, input } => start_score(app, &score, input).await?,
        EngineCommand::Restart(id) => {
            engine.restart(&id, None).await?;
        }
        EngineCommand::Suspend(id) => engine.suspend(&id, REASON).await?,
        EngineCommand::Resume(id) => engine.resume(&id, REASON).await?,
        EngineCommand::Terminate(id) => terminate(app, &id).await?,
        EngineCommand::TerminateAt(id, at) => endings::schedule(app, id, at),
        EngineCommand::PurgeEnded(typed) => purges::begin(app, typed.to_string()),
        EngineCommand::PauseSchedule(name) => engine.pause_schedule(&name).await?,
        EngineCommand::ResumeSchedule(name) => engine.unpause_schedule(&name).await?,
        EngineCommand::TriggerSchedule(name) => {
            engine.trigger_schedule(&name).await?;
        }
        EngineCommand::PlayOn(id) => endings::withdraw(app, &id),
        EngineCommand::Cancel(id) => engine.cancel(&id, REASON).await?,
        EngineCommand::RetryNow(id) => engine.retry_now(&id).await?,
        EngineCommand::SuspendAll => suspend_all(app, REASON).await?,
        EngineCommand::ResumeAll => resume_all(app).await?,
        EngineCommand::Play => resume_stopped(app).await?,
        EngineCommand::Stop => {
            suspend_all(app, EngineCommand::STOPPED).await?;
            player.stop()?;
        }
        EngineCommand::RaiseEvent {
            instance,
            event,
            data,
        } => app.conductor.raise(&instance, &event, data).await?,
        EngineCommand::Rerun {
            instance,
            run,
            from,
        } => {
            let rerun = app.conductor.rerun(&instance, run, from).await?;
            if rerun.begins == RerunStart::NextBar {
                reruns::begin_at_bar(app, rerun.id);
            }
        }
        EngineCommand::StartRecording => {
            let since = app.recordings.start(&app.conductor)?;
            app.emit(AppEvent::Recording(Some(since)));
        }
        EngineCommand::StopRecording => stop_recording(app),
    }
    Ok(())
}

async fn start_score(app: &App, score: &ScoreId, input: Value) -> Result<(), ConductorError> {
    if let Some(document) = app.document(score) {
        app.conductor.launch(&document, None, input, None).await?;
    }
    Ok(())
}

pub(super) async fn terminate(app: &App, id: &InstanceId) -> Result<(), ConductorError> {
    let engine = app.conductor.engine();
    // Otherwise the schedule that started it would start it again.
    let instance = engine.archive().summary(id)?;
    app.conductor.end_schedule_of(&instance).await?;
    Ok(engine.terminate(id, REASON).await?)
}

async fn suspend_all(app: &App, reason: &str) -> Result<(), ConductorError> {
    for instance in open_instances(app, Status::Running)? {
        app.conductor.engine().suspend(&instance.id, reason).await?;
    }
    Ok(())
}

async fn resume_all(app: &App) -> Result<(), ConductorError> {
    for instance in open_instances(app, Status::Suspended)? {
        app.conductor.engine().resume(&instance.id, REASON).await?;
    }
    Ok(())
}

/// Resumes what the transport's stop suspended. What was suspended one by one stays suspended.
async fn resume_stopped(app: &App) -> Result<(), ConductorError> {
    let engine = app.conductor.engine();
    for instance in open_instances(app, Status::Suspended)? {
        // A rerun that waits for a bar begins with the transport.
        let reason = suspension_reason(app, &instance)?;
        if [EngineCommand::STOPPED, Conductor::UNTIL_NEXT_BAR]
            .map(Some)
            .contains(&reason.as_deref())
        {
            let id = &instance.id;
            engine.resume_with(id, REASON, Reach::Alone).await?;
        }
    }
    Ok(())
}

/// The reason of the last suspension of an instance. It is looked for at the end of the history first.
pub(super) fn suspension_reason(
    app: &App,
    instance: &InstanceSummary,
) -> Result<Option<String>, ConductorError> {
    /// Events that are read at first.
    const LAST: u64 = 256;
    let archive = app.conductor.engine().archive();
    let length = instance.head.map_or(0, |head| head.events);
    for from in [length.saturating_sub(LAST), 0] {
        let events = archive.history_from(&instance.id, EventId(from))?;
        let reason = events.into_iter().rev().find_map(|event| match event.kind {
            EventKind::ExecutionSuspended { reason, .. } => Some(reason),
            _ => None,
        });
        if reason.is_some() {
            return Ok(reason);
        }
    }
    Ok(None)
}

pub(super) fn open_instances(
    app: &App,
    status: Status,
) -> Result<Vec<InstanceSummary>, ConductorError> {
    let mut open = app.conductor.engine().archive().open_instances()?;
    open.retain(|instance| instance.status == status);
    Ok(open)
}

/// Stops the recording. Saving may take a while, so later commands do not wait for it.
fn stop_recording(app: &Arc<App>) {
    app.emit(AppEvent::Recording(None));
    let Some(recording) = app.recordings.stop() else {
        return;
    };
    let saver = Arc::clone(app);
    app.recordings.save_in_background(async move {
        match saver.recordings.save(recording, &saver.conductor).await {
            Ok(folder) => {
                let folder = folder.display();
                saver.emit(AppEvent::Notice(format!("Recording saved in {folder}")));
            }
            Err(error) => saver.report(Err(error)),
        }
    });
}
