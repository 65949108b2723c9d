//! Other engines: attaches them, passes on what they tell to lanes and sound, and carries out commands to their
//! instances.
//!
//! A backend answers when it can. Its commands have a queue of their own, so that no command to the own
//! engine waits for a network.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

use super::{
    application::{App, AppEvent},
    engine_commands::REASON,
    served,
};
use crate::{
    backend::{
        Abilities, Backend, BackendError, BackendName, BackendNews, Done, InstanceCommand, Moment,
        Watched,
    },
    conductor::ForeignMoment,
    engine::InstanceId,
    serve::ServeOptions,
    view::{BackendCommand, CommandEnd, EngineCommand, Projector},
};

/// How long a backend may take to say which events an instance takes.
const PATIENCE: Duration = Duration::from_secs(3);

/// The backends that are attached.
#[derive(Default)]
pub(super) struct Backends {
    attached: Mutex<BTreeMap<BackendName, Attached>>,
}

struct Attached {
    backend: Arc<dyn Backend>,
    /// Where it runs.
    runtime: Handle,
    commands: mpsc::UnboundedSender<EngineCommand>,
    watched: watch::Sender<Watched>,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Attached {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// News of backends, for the projection.
pub(super) enum BackendEvent {
    /// A backend was attached.
    Attached(BackendName),
    /// A backend was detached.
    Detached(BackendName),
    /// A backend tells something; and what can be done with the instance that it is about.
    News(BackendName, BackendNews, Abilities),
}

impl BackendEvent {
    /// Shows it.
    pub fn apply(self, projector: &mut Projector) {
        match self {
            Self::Attached(name) => projector.attached(name),
            Self::Detached(name) => projector.detached(&name),
            Self::News(name, news, abilities) => match news {
                BackendNews::Committed { commit, .. } => projector.foreign(&commit, abilities),
                BackendNews::Unwatched(id) => projector.unwatched(&id),
                BackendNews::Overview(overview) => projector.backend_overview(overview),
                BackendNews::Link(link) => projector.backend_link(&name, link),
            },
        }
    }
}

impl Backends {
    /// Passes on a command to an instance of a backend; gives it back if it is none of theirs.
    pub fn send(&self, command: EngineCommand) -> Result<(), EngineCommand> {
        let named = command.instance().and_then(BackendName::split);
        let Some((name, _)) = named else {
            return Err(command);
        };
        match self.attached().get(&name) {
            Some(attached) => attached.commands.send(command).map_err(|error| error.0),
            None => Err(command),
        }
    }

    /// The names of the events that an instance takes, if its backend is attached and answers. Blocks until
    /// then; never on a thread of the runtime.
    pub fn event_names(&self, instance: &InstanceId) -> Option<Vec<Arc<str>>> {
        let (name, _) = BackendName::split(instance)?;
        let (backend, runtime) = self.get(&name)?;
        let answer = async { timeout(PATIENCE, backend.event_names(instance)).await };
        runtime.block_on(answer).ok()?.ok()
    }

    /// All that are attached.
    pub fn all(&self) -> Vec<Arc<dyn Backend>> {
        let attached = self.attached();
        let backends = attached.values();
        backends
            .map(|attached| Arc::clone(&attached.backend))
            .collect()
    }

    /// An attached backend, and where it runs.
    pub fn get(&self, name: &BackendName) -> Option<(Arc<dyn Backend>, Handle)> {
        let attached = self.attached();
        let attached = attached.get(name)?;
        Some((Arc::clone(&attached.backend), attached.runtime.clone()))
    }

    fn attached(&self) -> MutexGuard<'_, BTreeMap<BackendName, Attached>> {
        // No code that holds the lock can panic halfway.
        self.attached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, watched: &Watched) {
        for attached in self.attached().values() {
            attached.watched.send_if_modified(|known| {
                let changed = *known != *watched;
                known.clone_from(watched);
                changed
            });
        }
    }
}

/// Executes commands about backends until the application ends.
pub(super) async fn run(app: Arc<App>, mut commands: mpsc::UnboundedReceiver<BackendCommand>) {
    while let Some(command) = commands.recv().await {
        match command {
            BackendCommand::Attach(address) => {
                tokio::spawn(attach(Arc::clone(&app), address));
            }
            BackendCommand::Detach(name) => {
                if app.backends.attached().remove(&name).is_some() {
                    emit(&app, BackendEvent::Detached(name));
                }
            }
            BackendCommand::Watch(watched) => app.backends.watch(&watched),
            BackendCommand::StopServing => app.served.stop(&app),
            BackendCommand::Serve => match ServeOptions::usual() {
                Ok(options) => served::start(&app, options, &Handle::current()),
                Err(error) => app.emit(AppEvent::Notice(format!("{error}."))),
            },
        }
    }
}

/// Attaches the backend with an address. What is wrong with it becomes a notice.
async fn attach(app: Arc<App>, address: Arc<str>) {
    let attached = async {
        let address = address.parse()?;
        crate::backend::attach(&address).await
    };
    match attached.await {
        Ok(backend) => add(&app, backend),
        Err(error) => app.emit(AppEvent::Notice(format!("{error}."))),
    }
}

/// Follows a backend from now on, in place of one with the same name.
pub(super) fn add(app: &Arc<App>, backend: Arc<dyn Backend>) {
    let name = backend.name().clone();
    let watched = watch::Sender::default();
    let news = backend.follow(watched.subscribe());
    let (commands, queue) = mpsc::unbounded_channel();
    emit(app, BackendEvent::Attached(name.clone()));
    let tasks = [
        tokio::spawn(pass_on(Arc::clone(app), Arc::clone(&backend), news)),
        tokio::spawn(carry_out(Arc::clone(app), Arc::clone(&backend), queue)),
    ];
    let attached = Attached {
        backend,
        runtime: Handle::current(),
        commands,
        watched,
        tasks,
    };
    app.backends.attached().insert(name, attached);
}

fn emit(app: &App, event: BackendEvent) {
    app.emit(AppEvent::Backend(Box::new(event)));
}

/// Passes on what a backend tells, to the lanes and to the listening score.
async fn pass_on(app: Arc<App>, backend: Arc<dyn Backend>, mut news: mpsc::Receiver<BackendNews>) {
    while let Some(news) = news.recv().await {
        let mut abilities = Abilities::NONE;
        if let BackendNews::Committed { commit, moment } = &news {
            abilities = backend.abilities(&commit.instance);
            let moment = match moment {
                Moment::Past => ForeignMoment::Past,
                Moment::Now => ForeignMoment::Now,
            };
            app.conductor.listen_to(Arc::clone(commit), moment);
        }
        let event = BackendEvent::News(backend.name().clone(), news, abilities);
        emit(&app, event);
    }
}

/// Carries out commands in the order in which they were given.
async fn carry_out(
    app: Arc<App>,
    backend: Arc<dyn Backend>,
    mut queue: mpsc::UnboundedReceiver<EngineCommand>,
) {
    while let Some(command) = queue.recv().await {
        let end = match execute(&*backend, &command).await {
            Ok(Done::Durable) => CommandEnd::Done,
            Ok(Done::Requested) => CommandEnd::DoneAs("requested".into()),
            Ok(Done::Started(id)) => {
                let words = format!("started {}", BackendName::shown(&id));
                CommandEnd::DoneAs(words.into())
            }
            Err(error) => {
                tracing::warn!(%error, "command failed");
                CommandEnd::Rejected(error.to_string().into())
            }
        };
        app.emit(AppEvent::CommandEnded(Box::new((command, end))));
    }
}

async fn execute(backend: &dyn Backend, command: &EngineCommand) -> Result<Done, BackendError> {
    let (id, command) = translated(command).ok_or_else(|| BackendError::NotPossible {
        backend: backend.name().clone(),
        what: "do that to one of its instances",
    })?;
    backend.command(id, command, REASON).await
}

/// A command to an engine as one to an instance of another engine, if there is one like it.
fn translated(command: &EngineCommand) -> Option<(&InstanceId, InstanceCommand)> {
    Some(match command {
        EngineCommand::Suspend(id) => (id, InstanceCommand::Suspend),
        EngineCommand::Resume(id) => (id, InstanceCommand::Resume),
        EngineCommand::Terminate(id) => (id, InstanceCommand::Terminate),
        EngineCommand::Cancel(id) => (id, InstanceCommand::Cancel),
        EngineCommand::RaiseEvent {
            instance,
            event,
            data,
        } => {
            let (name, data) = (Arc::clone(event), data.clone());
            (instance, InstanceCommand::Raise { name, data })
        }
        EngineCommand::Rerun { instance, from, .. } => {
            (instance, InstanceCommand::Rerun { from: *from })
        }
        _ => return None,
    })
}
