//! A simulated engine: paused time, one thread, the same result every time.

use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fermata::engine::*;

/// Adds one.
pub struct Increment;
impl Activity for Increment {
    const NAME: &'static str = "increment";
    type Input = u32;
    type Output = u32;
}

/// Takes so many milliseconds.
pub struct Work;
impl Activity for Work {
    const NAME: &'static str = "work";
    type Input = u64;
    type Output = u64;
}

/// Fails until it has been tried so often.
pub struct Stubborn;
impl Activity for Stubborn {
    const NAME: &'static str = "stubborn";
    type Input = u32;
    type Output = u32;
}

/// What the activities did, in order.
#[derive(Clone, Default)]
pub struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    pub fn write(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

pub fn registry(diary: &Diary) -> Registry {
    let (a, b) = (diary.clone(), diary.clone());
    Registry::new()
        .activity(Increment, move |_, n: u32| {
            let diary = a.clone();
            async move {
                diary.write(format!("increment {n}"));
                Ok(n + 1)
            }
        })
        .activity(Work, move |_, ms: u64| {
            let diary = b.clone();
            async move {
                diary.write(format!("work {ms} begins"));
                tokio::time::sleep(Duration::from_millis(ms)).await;
                diary.write(format!("work {ms} ends"));
                Ok(ms)
            }
        })
        .activity(Stubborn, |context, needed: u32| async move {
            if context.attempt() < needed {
                Err(Failure::new("Refused", format!("no {}", context.attempt())).into())
            } else {
                Ok(context.attempt())
            }
        })
}

/// A store that counts its commits, and fails from one on.
pub struct Counting {
    pub store: RedbStore,
    pub commits: Arc<AtomicUsize>,
    pub fails_from: usize,
}

impl Counting {
    pub fn new() -> (Self, Arc<AtomicUsize>) {
        let commits = Arc::new(AtomicUsize::new(0));
        let store = RedbStore::in_memory().unwrap();
        (
            Self {
                store,
                commits: Arc::clone(&commits),
                fails_from: usize::MAX,
            },
            commits,
        )
    }
}

impl Store for Counting {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        if self.commits.fetch_add(1, Ordering::Relaxed) >= self.fails_from {
            return Err(StoreError::Failed {
                doing: "commit",
                reason: "no space left on device".into(),
            });
        }
        self.store.commit(batch)
    }
    fn next_key(&self) -> Result<InstanceKey, StoreError> {
        self.store.next_key()
    }
    fn find(&self, id: &InstanceId) -> Result<Option<InstanceKey>, StoreError> {
        self.store.find(id)
    }
    fn summary(&self, key: InstanceKey) -> Result<Option<InstanceSummary>, StoreError> {
        self.store.summary(key)
    }
    fn summaries(&self) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        self.store.summaries()
    }
    fn open_instances(&self) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        self.store.open_instances()
    }
    fn history(&self, key: InstanceKey, from: EventId) -> Result<Vec<Event>, StoreError> {
        self.store.history(key, from)
    }
}

/// Runs a test against a simulated engine on this store.
pub fn simulate_on<T, F: Future<Output = T>>(
    store: impl Store + 'static,
    registry: Registry,
    test: impl FnOnce(Engine) -> F,
) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let clock = Clock::starting_at(Timestamp(1_000_000_000));
        let (engine, work) =
            Engine::simulated(Arc::new(store), registry, Recovery::OpenInstances, clock).unwrap();
        let work = tokio::task::spawn_local(work);
        let result = test(engine.clone()).await;
        engine.stop().await;
        work.await.unwrap();
        result
    })
}

pub fn simulate<T, F: Future<Output = T>>(registry: Registry, test: impl FnOnce(Engine) -> F) -> T {
    simulate_on(RedbStore::in_memory().unwrap(), registry, test)
}

/// Starts an instance and waits for its end.
pub async fn run(engine: &Engine, workflow: &str, input: impl serde::Serialize) -> InstanceSummary {
    let mut feed = engine.subscribe().await.unwrap();
    let id = engine.start_instance(workflow, None, &input).await.unwrap();
    feed.until_closed(&id).await.unwrap()
}

/// The names of the events of a history.
pub fn kinds(history: &[Event]) -> Vec<String> {
    let name = |event: &Event| event.to_json()["type"].as_str().unwrap().to_owned();
    history.iter().map(name).collect()
}

pub fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

pub async fn pass(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
