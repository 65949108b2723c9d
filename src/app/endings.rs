//! Terminations at a musical moment: each has a task that waits for its moment.
//!
//! They are not in the store: a program that ends before the moment has terminated nothing.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::AbortHandle;

use super::{
    application::{App, AppEvent},
    engine_commands::terminate,
};
use crate::{
    conductor::{ConductorError, EndAt, LaneEnd},
    engine::{EngineError, InstanceId},
    view::EngineCommand,
};

/// The terminations whose moment has not come.
#[derive(Default)]
pub(super) struct Endings(Mutex<Scheduled>);

#[derive(Default)]
struct Scheduled {
    count: u64,
    of: BTreeMap<InstanceId, Ending>,
}

struct Ending {
    /// Tells it from others of the same instance.
    number: u64,
    at: EndAt,
    waiting: Option<AbortHandle>,
}

/// Terminates an instance when the moment comes.
pub(super) fn schedule(app: &Arc<App>, id: InstanceId, at: EndAt) {
    withdraw(app, &id);
    let number = {
        let mut scheduled = app.endings.scheduled();
        scheduled.count += 1;
        let number = scheduled.count;
        let ending = Ending {
            number,
            at,
            waiting: None,
        };
        scheduled.of.insert(id.clone(), ending);
        number
    };
    show(app);
    // Here and not in the task: an end that is withdrawn must not begin afterwards.
    let end = app.conductor.end_lane(&id, at);
    let (waiting, own) = (Arc::clone(app), id.clone());
    let task = tokio::spawn(async move { wait(&waiting, own, at, number, end).await });
    let mut scheduled = app.endings.scheduled();
    if let Some(ending) = scheduled.of.get_mut(&id).filter(|e| e.number == number) {
        ending.waiting = Some(task.abort_handle());
    }
}

/// Lets an instance play on whose termination was scheduled; no effect on others.
pub(super) fn withdraw(app: &App, id: &InstanceId) {
    let Some(ending) = app.endings.scheduled().of.remove(id) else {
        return;
    };
    if let Some(waiting) = ending.waiting {
        waiting.abort();
    }
    app.conductor.play_on(id);
    show(app);
}

async fn wait(
    app: &Arc<App>,
    id: InstanceId,
    at: EndAt,
    number: u64,
    end: Result<LaneEnd, ConductorError>,
) {
    let engine = app.conductor.engine();
    let come = tokio::select! {
        come = async { app.conductor.until_end(end?).await } => come.map(|()| Come::Yes),
        // It may end before, by itself or by hand.
        closed = engine.until_closed(&id) => closed.map(|_| Come::No).map_err(ConductorError::from),
    };
    // Nothing is awaited until the end: from here on, it cannot be withdrawn.
    let removed = {
        let mut scheduled = app.endings.scheduled();
        let is_own = scheduled.of.get(&id).is_some_and(|e| e.number == number);
        is_own && scheduled.of.remove(&id).is_some()
    };
    if !removed {
        return;
    }
    show(app);
    let done = match come {
        Ok(Come::Yes) => match terminate(app, &id).await {
            // It was ended at the same moment.
            Err(ConductorError::Engine(EngineError::Closed { .. })) => return,
            done => done,
        },
        Ok(Come::No) => return,
        Err(error) => Err(error),
    };
    app.command_ended(EngineCommand::TerminateAt(id, at), done);
}

enum Come {
    Yes,
    No,
}

/// Shows the window what is scheduled.
fn show(app: &App) {
    let scheduled = app.endings.scheduled();
    let endings = scheduled.of.iter().map(|(id, e)| (id.clone(), e.at));
    app.emit(AppEvent::Endings(endings.collect()));
}

impl Endings {
    fn scheduled(&self) -> MutexGuard<'_, Scheduled> {
        // No code that holds the lock can panic halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
