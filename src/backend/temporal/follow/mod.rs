//! What happens from now on: an overview of all runs, and the whole histories of those that are watched.
//!
//! | file | contents |
//! |---|---|
//! | this one | which lanes are open |
//! | `overview` | all runs, as the server lists and counts them |
//! | `choose` | which workflows are lanes |
//! | `lane` | a lane: the runs of a workflow, one after the other |
//! | `poll` | how a lane asks for its next events |
//! | `link` | whether the server answers |

mod choose;
mod lane;
mod link;
mod overview;
mod poll;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc, watch},
    task::JoinHandle,
};

use super::{
    super::{BackendNews, Watched},
    client::Client,
    run::Run,
    translator::Ids,
};
use crate::engine::{EventId, InstanceId};
use choose::{Wanted, choose};
use lane::Lane;
use link::Health;
use overview::Listed;

/// The most news that wait to be taken. Lanes wait until there is room again.
const MOST_NEWS: usize = 1_024;
/// The most lanes that ask at once about their activities.
const MOST_DESCRIBED: usize = 8;

/// The runs of the lanes that are followed.
#[derive(Debug, Default)]
pub(super) struct Lanes(HashMap<InstanceId, Arc<Mutex<Run>>>);

impl Lanes {
    /// The run that a lane shows, and where to reset it so that the history before an event is shared.
    pub fn reset_at(&self, id: &InstanceId, from: EventId) -> Option<(String, Option<u64>)> {
        let run = self.0.get(id)?.lock();
        let run = run.unwrap_or_else(PoisonError::into_inner);
        Some((run.id.clone(), run.reset_at(from)))
    }
}

/// What all lanes share.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    client: Client,
    news: mpsc::Sender<BackendNews>,
    health: Arc<Health>,
    lanes: Arc<Mutex<Lanes>>,
    describing: Arc<Semaphore>,
}

impl Shared {
    /// Which run a lane shows from now on; `None`: the lane has ended.
    fn show(&self, id: &InstanceId, run: Option<Arc<Mutex<Run>>>) {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        match run {
            Some(run) => lanes.0.insert(id.clone(), run),
            None => lanes.0.remove(id),
        };
    }
}

/// Follows a namespace until the receiver is dropped.
pub(super) fn follow(
    runtime: &Handle,
    client: Client,
    watched: watch::Receiver<Watched>,
    lanes: Arc<Mutex<Lanes>>,
) -> mpsc::Receiver<BackendNews> {
    let (news, receiver) = mpsc::channel(MOST_NEWS);
    let shared = Shared {
        health: Arc::new(Health::new(news.clone())),
        describing: Arc::new(Semaphore::new(MOST_DESCRIBED)),
        client,
        news,
        lanes,
    };
    let (found, listed) = watch::channel(Arc::default());
    runtime.spawn(overview::keep(shared.clone(), found));
    let follower = Follower {
        runtime: runtime.clone(),
        shared,
        listed,
        open: HashMap::new(),
        gone: HashMap::new(),
    };
    runtime.spawn(follower.run(watched));
    receiver
}

/// A lane that is open.
struct OpenLane {
    task: JoinHandle<()>,
    /// The latest run that the overview knows.
    latest: watch::Sender<String>,
}

/// Opens and closes lanes.
struct Follower {
    runtime: Handle,
    shared: Shared,
    listed: watch::Receiver<Arc<Vec<Listed>>>,
    open: HashMap<String, OpenLane>,
    /// Workflows that the server did not know, with the latest run in the overview then.
    gone: HashMap<String, String>,
}

impl Follower {
    async fn run(mut self, mut watched: watch::Receiver<Watched>) {
        let mut is_watching = true;
        loop {
            let wanted = watched.borrow_and_update().clone();
            if self.open_and_close(&wanted).await.is_none() {
                break;
            }
            tokio::select! {
                () = self.shared.news.closed() => break,
                changed = self.listed.changed() => if changed.is_err() { break },
                changed = watched.changed(), if is_watching => is_watching = changed.is_ok(),
            }
        }
        for (_, lane) in self.open.drain() {
            lane.task.abort();
        }
    }

    /// Opens the lanes that are wanted and closes the others. `None`: nobody follows any more.
    async fn open_and_close(&mut self, watched: &Watched) -> Option<()> {
        let listed = Arc::clone(&self.listed.borrow_and_update());
        let open: HashSet<&str> = self.open.keys().map(String::as_str).collect();
        let wanted = choose(watched, &listed, &open, self.shared.client.name());
        let names: HashSet<&str> = wanted.iter().map(|one| one.workflow.as_str()).collect();
        let mut closed: Vec<String> = Vec::new();
        for (workflow, lane) in &self.open {
            if lane.task.is_finished() {
                let latest = lane.latest.borrow().clone();
                self.gone.insert(workflow.clone(), latest);
                closed.push(workflow.clone());
            } else if !names.contains(workflow.as_str()) {
                closed.push(workflow.clone());
            }
        }
        for workflow in closed {
            self.close(&workflow).await?;
        }
        self.gone
            .retain(|workflow, _| names.contains(workflow.as_str()));
        for one in wanted {
            self.open_or_tell(one);
        }
        Some(())
    }

    async fn close(&mut self, workflow: &str) -> Option<()> {
        let lane = self.open.remove(workflow)?;
        lane.task.abort();
        // Nothing of it comes after the word that it is closed.
        let _ = lane.task.await;
        let id = Ids::of(self.shared.client.name()).instance(workflow);
        self.shared.show(&id, None);
        let news = BackendNews::Unwatched(id);
        self.shared.news.send(news).await.ok()
    }

    fn open_or_tell(&mut self, wanted: Wanted) {
        let latest = wanted.latest_run.unwrap_or_default();
        if let Some(lane) = self.open.get(&wanted.workflow) {
            lane.latest.send_if_modified(|known| {
                let is_new = *known != latest && !latest.is_empty();
                if is_new {
                    *known = latest;
                }
                is_new
            });
            return;
        }
        if self.gone.get(&wanted.workflow) == Some(&latest) {
            return;
        }
        let (sender, receiver) = watch::channel(latest);
        let lane = Lane::new(self.shared.clone(), &wanted.workflow);
        let task = self.runtime.spawn(lane.run(receiver));
        let lane = OpenLane {
            task,
            latest: sender,
        };
        self.open.insert(wanted.workflow, lane);
    }
}
