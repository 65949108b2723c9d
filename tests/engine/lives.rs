//! A sequence of processes on the same store.

use std::{sync::Arc, time::Duration};

use fermata::engine::*;
use tokio::sync::Notify;

use crate::{labour::Log, paused_time::in_paused_time, scenes::Scene, workflows::workflows};

/// When every scene begins.
pub const BEGINNING: Timestamp = Timestamp(1_000_000_000_000);

/// No scene takes longer than this, in simulated time.
const LONG: Duration = Duration::from_secs(1_000_000);

type Commit = Box<dyn Fn(&dyn Store, &Batch) -> Result<(), StoreError> + Send + Sync>;

/// A store on which writing goes a way of its own.
pub struct Through {
    pub store: Arc<dyn Store>,
    pub commit: Commit,
}

impl Store for Through {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        (self.commit)(&*self.store, batch)
    }
    fn opening(&self) -> Result<Opening, StoreError> {
        self.store.opening()
    }
    fn find(&self, id: &InstanceId) -> Result<Option<InstanceKey>, StoreError> {
        self.store.find(id)
    }
    fn runs(&self, id: &InstanceId) -> Result<Vec<InstanceKey>, StoreError> {
        self.store.runs(id)
    }
    fn summary(&self, key: InstanceKey) -> Result<Option<InstanceSummary>, StoreError> {
        self.store.summary(key)
    }
    fn page(
        &self,
        before: Option<InstanceKey>,
        most: usize,
    ) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        self.store.page(before, most)
    }
    fn open_instances(&self) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        self.store.open_instances()
    }
    fn each_open(&self, each: EachOpen<'_>) -> Result<(), StoreError> {
        self.store.each_open(each)
    }
    fn history(&self, key: InstanceKey, from: EventId) -> Result<Vec<Event>, StoreError> {
        self.store.history(key, from)
    }
    fn relations(&self, key: InstanceKey) -> Result<Vec<InstanceKey>, StoreError> {
        self.store.relations(key)
    }
}

/// A process that is over.
pub struct Life {
    /// When it ended.
    pub at: Timestamp,
    /// The commits that its engine published.
    pub commits: Vec<Arc<Committed>>,
}

/// Runs a process that continues a scene from the state of the store, until it completes or until `death`.
pub fn live(
    store: Arc<dyn Store>,
    scene: &Scene,
    log: &Log,
    now: Timestamp,
    death: &Notify,
) -> Life {
    simulated(store, log, now, async |engine| {
        let mut feed = None;
        tokio::select! {
            biased;
            () = death.notified() => {}
            () = async {
                feed = Some(engine.subscribe().await.unwrap());
                play(engine, scene).await;
            } => engine.stop().await,
        }
        let at = engine.clock().now();
        let commits = feed
            .into_iter()
            .flat_map(|mut feed| std::iter::from_fn(move || feed.try_next()));
        Life {
            at,
            commits: commits.collect(),
        }
    })
}

/// Runs a process with an engine; everything of it ends with it.
pub fn simulated<T>(
    store: Arc<dyn Store>,
    log: &Log,
    now: Timestamp,
    work: impl AsyncFnOnce(&Engine) -> T,
) -> T {
    in_paused_time(async {
        let setup = Setup {
            clock: Clock::starting_at(now),
            randomness: Randomness::Seeded(1),
            ..Setup::default()
        };
        let (engine, worker) = Engine::simulated(store, workflows(log), setup).unwrap();
        tokio::task::spawn_local(worker);
        let done = tokio::time::timeout(LONG, work(&engine)).await;
        done.unwrap_or_else(|_| panic!("still open: {:#?}", engine.archive().open_instances()))
    })
}

/// Does what the script says and was not yet done, and waits until all have ended.
pub async fn play(engine: &Engine, scene: &Scene) {
    for (ms, deed) in &scene.script {
        let due = BEGINNING + Duration::from_millis(*ms);
        tokio::time::sleep(due.since(engine.clock().now())).await;
        loop {
            match deed.enact(engine).await {
                Ok(()) => break,
                Err(EngineError::Store(_) | EngineError::NotDurable(_)) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => panic!("{}: {ms}: {error}", scene.name),
            }
        }
    }
    until_quiet(engine).await;
}

/// Waits until no instance is open, or the engine does not know what the store has.
async fn until_quiet(engine: &Engine) {
    loop {
        let Ok(open) = engine.archive().open_instances() else {
            // The store cannot be read just now.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let Some(open) = open.first() else { return };
        if engine.until_closed(&open.id).await.is_err() {
            return;
        }
    }
}
