//! How soon one activity follows another while much else goes on.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use fermata::engine::{
    Activity, ActivityContext, Context, Engine, Failure, Named, RedbStore, Registry, Setup,
};
use futures_util::future::try_join_all;
use tokio::runtime::Runtime;

use crate::{
    raw::{self, median},
    table::{Requirement::AtMost, Table},
};

const OTHERS: u32 = 1_000;
const STEPS: u32 = 400;
const ROUNDS: usize = 3;

/// Notes when it runs.
struct Probe;

impl Activity for Probe {
    const NAME: &'static str = "probe";
    type Input = u32;
    type Output = u32;
}

/// Takes this many milliseconds.
struct Nap;

impl Activity for Nap {
    const NAME: &'static str = "nap";
    type Input = u64;
    type Output = ();
}

async fn probes(ctx: Context, n: u32) -> Result<u32, Failure> {
    for i in 0..n {
        ctx.activity(Probe, &i).await?;
    }
    Ok(n)
}

async fn naps(ctx: Context, millis: u64) -> Result<(), Failure> {
    loop {
        ctx.activity(Nap, &millis).await?;
    }
}

/// One run of a probe. An activity has no length of its own, so one moment is its start and end.
struct Noted {
    at: Instant,
    /// How long the commit before it took.
    commit: Duration,
}

pub fn measure(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let (mut latencies, mut commits, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (noted, rate) = runtime.block_on(round())?;
        latencies.extend(gaps(&noted));
        commits.extend(noted.iter().map(|noted| millis(noted.commit)));
        rates.push(rate);
    }
    latencies.sort_by(f64::total_cmp);
    let p99 = latencies.get(latencies.len() * 99 / 100);
    table.row("1,000 at work: commits", median(rates), "commits/s");
    table
        .row(
            "1,000 at work: next start, p99",
            p99.copied().unwrap_or(f64::NAN),
            "ms",
        )
        .limit(median(commits), "ms, median commit")
        .ratio_is(AtMost(5.0));
    Ok(())
}

/// What the probes of one run noted, and commits per second.
async fn round() -> Result<(Vec<Noted>, f64), Box<dyn Error>> {
    let room = raw::room()?;
    let store = RedbStore::create(&room.path().join("busy.fermata"))?;
    let noted = Arc::new(Mutex::new(Vec::new()));
    let engine_of_probe = Arc::new(Mutex::new(None::<Engine>));
    let registry = registry(Arc::clone(&noted), Arc::clone(&engine_of_probe));
    let engine = Engine::start(Arc::new(store), registry, Setup::default())?;
    *lock(&engine_of_probe) = Some(engine.clone());
    let others = (0..OTHERS).map(|n| {
        let millis = u64::from(1 + n % 5);
        let nap = engine.start_instance(Named::<u64, ()>::new("naps"), &millis);
        nap.into_future()
    });
    try_join_all(others).await?;
    let (start, before) = (Instant::now(), engine.metrics().commits);
    let id = engine
        .start_instance(Named::<u32, u32>::new("probes"), &STEPS)
        .await?;
    engine.until_closed(&id).await?;
    let commits = engine.metrics().commits - before;
    let rate = commits as f64 / start.elapsed().as_secs_f64();
    engine.stop().await;
    let noted = std::mem::take(&mut *lock(&noted));
    Ok((noted, rate))
}

fn registry(noted: Arc<Mutex<Vec<Noted>>>, engine: Arc<Mutex<Option<Engine>>>) -> Registry {
    Registry::new()
        .workflow(Named::new("probes"), probes)
        .workflow(Named::new("naps"), naps)
        .activity(Probe, move |_ctx: ActivityContext, n: u32| {
            let at = Instant::now();
            let metrics = lock(&engine).as_ref().map(Engine::metrics);
            let commit = metrics.map_or(Duration::ZERO, |metrics| metrics.last_commit);
            lock(&noted).push(Noted { at, commit });
            async move { Ok(n) }
        })
        .activity(Nap, |_ctx: ActivityContext, millis: u64| async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            Ok(())
        })
}

/// Milliseconds from each probe to the next.
fn gaps(noted: &[Noted]) -> impl Iterator<Item = f64> {
    noted.windows(2).map(|pair| millis(pair[1].at - pair[0].at))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
