//! Serves workflows of other programs beside the window.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::{runtime::Handle, task::JoinHandle};

use super::application::{App, AppEvent};
use crate::{
    serve::{Hub, ServeOptions, Server},
    view::{ServingView, WaitingActivitiesView},
};

/// The server of the window, if it serves.
#[derive(Default)]
pub(super) struct Served {
    /// Passes the work of the engine on to workers; it is there as long as the engine.
    hub: OnceLock<Hub>,
    server: Mutex<Option<JoinHandle<()>>>,
}

impl Served {
    /// Keeps the hub of the engine for when something is served.
    pub fn keep(&self, hub: Hub) {
        // There is one engine.
        let _ = self.hub.set(hub);
    }

    /// Ends the server. Work that its workers had waits for the next ones.
    pub fn stop(&self, app: &App) {
        if let Some(server) = self.replace(None) {
            server.abort();
            app.emit(AppEvent::Serving(None));
        }
    }

    fn replace(&self, server: Option<JoinHandle<()>>) -> Option<JoinHandle<()>> {
        let mut known = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut known, server)
    }
}

/// Serves from now on, in place of what was served before.
pub(super) fn start(app: &Arc<App>, options: ServeOptions, runtime: &Handle) {
    let Some(hub) = app.served.hub.get().cloned() else {
        return;
    };
    app.served.stop(app);
    let server = runtime.spawn(run(Arc::clone(app), options, hub));
    app.served.replace(Some(server));
}

/// Serves until the program ends. What goes wrong becomes a notice.
async fn run(app: Arc<App>, options: ServeOptions, hub: Hub) {
    let notice = |text: String| app.emit(AppEvent::Notice(text));
    let server = match Server::bind(options).await {
        Ok(server) => server,
        Err(error) => return notice(format!("{error}.")),
    };
    let address: Arc<str> = server.address().to_string().into();
    notice(match server.http_address() {
        Some(http) => format!(
            "Dapr and Durable Task programs can connect to {address}, and by HTTP to {http}."
        ),
        None => format!("Dapr and Durable Task programs can connect to {address}."),
    });
    let mut workers = hub.workers();
    let served = server.run(app.conductor.engine(), hub);
    tokio::pin!(served);
    loop {
        let serving = ServingView {
            address: Arc::clone(&address),
            workers: *workers.borrow_and_update(),
        };
        app.emit(AppEvent::Serving(Some(serving)));
        tokio::select! {
            ended = &mut served => {
                app.emit(AppEvent::Serving(None));
                if let Err(error) = ended {
                    notice(format!("{error}."));
                }
                return;
            }
            // The hub lives as long as the server.
            _ = workers.changed() => {}
        }
    }
}

/// Shows which activities wait for a worker, until the program ends.
pub(super) async fn follow_waiting(app: Arc<App>, hub: Hub) {
    const LOOK: Duration = Duration::from_secs(1);
    let mut has_waiting = hub.has_waiting_activities();
    let mut shown = BTreeMap::new();
    loop {
        if !*has_waiting.borrow_and_update() && shown.is_empty() {
            if has_waiting.changed().await.is_err() {
                return;
            }
            continue;
        }
        tokio::time::sleep(LOOK).await;
        let waiting = hub.waiting_activities();
        if waiting != shown {
            shown = waiting;
            let clock = app.conductor.engine().clock();
            let waiting = shown.iter().map(|(id, activities)| {
                let view = WaitingActivitiesView {
                    longest: Arc::clone(&activities.longest),
                    since: clock.at(activities.since.into()),
                    scheduled: activities.scheduled.clone(),
                };
                (id.clone(), view)
            });
            app.emit(AppEvent::WaitingActivities(waiting.collect()));
        }
    }
}
