//! How long another instance waits for its next step while a hundred thousand are purged.

use std::{
    error::Error,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use fermata::engine::{
    Activity, ActivityContext, Context, Engine, Failure, Named, Purge, RedbStore, Registry, Setup,
    Timestamp,
};
use tokio::runtime::Runtime;

use crate::{
    ended::STEP,
    raw,
    table::{Requirement::AtMost, Table},
};

const PURGED: u64 = 100_000;
/// How long steps are measured while nothing is purged.
const QUIET: Duration = Duration::from_secs(3);

/// Notes when it runs.
struct Step;

impl Activity for Step {
    const NAME: &'static str = "step";
    type Input = ();
    type Output = ();
}

/// One step after the other, without end.
async fn steps(ctx: Context, (): ()) -> Result<(), Failure> {
    for _ in 0..5_000 {
        ctx.activity(Step, &()).await?;
    }
    ctx.continue_as_new(&())
}

type Moments = Arc<Mutex<Vec<Instant>>>;

/// Purges in a store that has a million.
pub fn measure(runtime: &Runtime, path: &Path, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let moments = Moments::default();
    let noted = Arc::clone(&moments);
    let registry = Registry::new()
        .workflow(Named::new("steps"), steps)
        .activity(Step, move |_ctx: ActivityContext, ()| {
            lock(&noted).push(Instant::now());
            async { Ok(()) }
        });
    let (quiet, purging, took) = runtime.block_on(async {
        let engine = Engine::start(Arc::new(RedbStore::open(path)?), registry, Setup::default())?;
        engine
            .start_instance(Named::<(), ()>::new("steps"), &())
            .await?;
        tokio::time::sleep(QUIET).await;
        let quiet = gaps(&mut lock(&moments));
        let begun = Instant::now();
        let before = Timestamp((PURGED + 1) * STEP);
        let purged = engine.purge(Purge::ClosedBefore(before, None)).await?;
        let took = begun.elapsed();
        let purging = gaps(&mut lock(&moments));
        engine.stop().await;
        match purged == PURGED {
            true => Ok((quiet, purging, took)),
            false => Err::<_, Box<dyn Error>>(format!("{purged} were purged").into()),
        }
    })?;
    let usual = raw::median(quiet.iter().copied());
    table.row("purge of 100,000", PURGED as f64 / took.as_secs_f64(), "/s");
    table
        .row(
            "step meanwhile, delayed by, p99",
            p99(purging) - usual,
            "ms",
        )
        .limit(p99(quiet) - usual, "ms, without a purge")
        .value_is(AtMost(10.0));
    Ok(())
}

/// Milliseconds from each step to the next, until now.
fn gaps(moments: &mut Vec<Instant>) -> Vec<f64> {
    moments.push(Instant::now());
    let gaps = moments.windows(2).map(|pair| pair[1] - pair[0]);
    let gaps = gaps.map(|gap| gap.as_secs_f64() * 1e3).collect();
    moments.clear();
    gaps
}

fn p99(mut gaps: Vec<f64>) -> f64 {
    gaps.sort_by(f64::total_cmp);
    gaps.get(gaps.len() * 99 / 100).copied().unwrap_or(f64::NAN)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
