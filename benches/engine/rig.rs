//! The workflows and activities that are measured, and stores to run them on.

use std::{error::Error, path::Path, sync::Arc, time::Duration};

use fermata::engine::{
    Activity, ActivityContext, Context, Engine, EngineError, Failure, Named, RedbStore, Registry,
    Setup, Store,
};
use futures_util::future::{join_all, try_join_all};

/// An activity that gives back what it is given.
pub struct NoOp;

impl Activity for NoOp {
    const NAME: &'static str = "no-op";
    type Input = u32;
    type Output = u32;
}

/// So many activities, one after the other.
async fn chain(ctx: Context, n: u32) -> Result<u32, Failure> {
    let mut sum = 0_u32;
    for i in 0..n {
        sum = sum.wrapping_add(ctx.activity(NoOp, &i).await?);
    }
    Ok(sum)
}

/// So many activities at once.
async fn fan(ctx: Context, n: u32) -> Result<u32, Failure> {
    let calls = (0..n).map(|i| ctx.activity(NoOp, &i).into_future());
    let results = join_all(calls).await.into_iter();
    results.sum::<Result<u32, _>>()
}

/// So many activities, then a wait for an event that nobody raises.
async fn waiting(ctx: Context, n: u32) -> Result<u32, Failure> {
    chain(ctx.clone(), n).await?;
    ctx.wait_event("never").await
}

pub fn chain_of() -> Named<u32, u32> {
    Named::new("chain")
}

pub fn fan_of() -> Named<u32, u32> {
    Named::new("fan")
}

pub fn waiting_after() -> Named<u32, u32> {
    Named::new("waiting")
}

/// With everything of this room.
pub fn registry() -> Registry {
    Registry::new()
        .workflow(chain_of(), chain)
        .workflow(fan_of(), fan)
        .workflow(waiting_after(), waiting)
        .activity(NoOp, |_ctx: ActivityContext, n: u32| async move { Ok(n) })
}

/// An engine on a store. To be called on a runtime.
pub fn engine_on(store: Arc<dyn Store>) -> Result<Engine, EngineError> {
    Engine::start(store, registry(), Setup::default())
}

/// An engine on a new store in a directory. To be called on a runtime.
pub fn engine_in(directory: &Path) -> Result<Engine, Box<dyn Error>> {
    let store = RedbStore::create(&directory.join("engine.fermata"))?;
    Ok(engine_on(Arc::new(store))?)
}

/// Starts instances that wait, each after some activities, and returns when all of them wait.
pub async fn start_waiting(engine: &Engine, instances: u32, n: u32) -> Result<(), EngineError> {
    /// Not more at once than have their activities under way.
    const CROWD: u32 = 10_000;
    let activities = engine.metrics().activities + u64::from(instances) * u64::from(n);
    let mut left = instances;
    while left > 0 {
        let crowd = left.min(CROWD);
        try_join_all((0..crowd).map(|_| engine.start_instance(waiting_after(), &n).into_future()))
            .await?;
        left -= crowd;
    }
    loop {
        let metrics = engine.metrics();
        if metrics.activities >= activities && metrics.in_flight == 0 && metrics.queue == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
