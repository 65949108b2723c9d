//! A simulated engine: paused time, one thread, reproducible results.

use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fermata::engine::*;

use crate::{lives::Through, paused_time::in_paused_time};

/// When simulated engines begin, unless a test says otherwise.
pub const BEGINS: Timestamp = Timestamp(1_000_000_000);

pub fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub fn memory() -> Arc<dyn Store> {
    Arc::new(RedbStore::in_memory().unwrap())
}

/// Adds one.
pub struct Increment;
impl Activity for Increment {
    const NAME: &'static str = "increment";
    type Input = u32;
    type Output = u32;
}

/// Takes this many milliseconds.
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

/// A store that counts its commits, and fails those with these numbers.
pub fn counting(fails: std::ops::Range<usize>) -> (Through, Arc<AtomicUsize>) {
    let commits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&commits);
    let commit = move |store: &dyn Store, batch: &Batch| {
        let number = counted.fetch_add(1, Ordering::Relaxed);
        if fails.contains(&number) {
            return Err(StoreError::Failed {
                doing: "commit",
                reason: "no space left on device".into(),
            });
        }
        store.commit(batch)
    };
    let store = Through {
        store: Arc::new(RedbStore::in_memory().unwrap()),
        commit: Box::new(commit),
    };
    (store, commits)
}

/// Runs a test against a simulated engine on this store.
pub fn simulate_on<T, F: Future<Output = T>>(
    store: impl Store + 'static,
    registry: Registry,
    test: impl FnOnce(Engine) -> F,
) -> T {
    simulate_with(store, registry, Limits::default(), test)
}

/// The same, within limits.
pub fn simulate_with<T, F: Future<Output = T>>(
    store: impl Store + 'static,
    registry: Registry,
    limits: Limits,
    test: impl FnOnce(Engine) -> F,
) -> T {
    in_paused_time(async {
        let setup = Setup {
            clock: Clock::starting_at(BEGINS),
            limits,
            randomness: Randomness::Seeded(1),
            ..Setup::default()
        };
        let (engine, work) = Engine::simulated(Arc::new(store), registry, setup).unwrap();
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

/// A workflow whose result is looked at as it is.
pub fn wf<I>(name: &str) -> Named<I, serde_json::Value> {
    Named::new(name)
}

/// Starts an instance and waits for its end.
pub async fn run<I>(engine: &Engine, workflow: &str, input: I) -> InstanceSummary
where
    I: serde::Serialize + serde::de::DeserializeOwned + 'static,
{
    let id = engine.start_instance(wf(workflow), &input).await.unwrap();
    engine.until_closed(&id).await.unwrap()
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
