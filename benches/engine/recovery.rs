//! How soon a store with many open instances is at work again.

use std::{error::Error, path::Path, sync::Arc, time::Instant};

use fermata::engine::{Engine, RedbStore};
use tokio::runtime::Runtime;

use crate::{
    raw::{self, median},
    rig,
    table::{Requirement::AtMost, Table},
};

const INSTANCES: u32 = 10_000;
/// With these a history has 23 events: the start, three for each activity, and the wait.
const ACTIVITIES: u32 = 7;
const ROUNDS: usize = 7;

pub fn measure(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let room = raw::room()?;
    let path = room.path().join("recovered.fermata");
    let events = runtime.block_on(async {
        let store = Arc::new(RedbStore::create(&path)?);
        let engine = rig::engine_on(store.clone())?;
        rig::start_waiting(&engine, INSTANCES, ACTIVITIES).await?;
        let events = engine.metrics().events;
        close(engine, store).await;
        Ok::<_, Box<dyn Error>>(events)
    })?;
    let (mut opening, mut running) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (opened, ran) = runtime.block_on(reopen(&path))?;
        opening.push(opened);
        running.push(ran);
    }
    let per_instance = events as f64 / f64::from(INSTANCES);
    table.row("recovery: events of an instance", per_instance, "events");
    table.row("recovery: opening the store", median(opening), "ms");
    table
        .row("recovery: 10,000 open instances", median(running), "ms")
        .value_is(AtMost(250.0));
    Ok(())
}

/// Milliseconds until the store is open, and from then until all instances run.
async fn reopen(path: &Path) -> Result<(f64, f64), Box<dyn Error>> {
    let start = Instant::now();
    let store = Arc::new(RedbStore::open(path)?);
    let open = Instant::now();
    let engine = rig::engine_on(store.clone())?;
    while engine.metrics().open < u64::from(INSTANCES) {
        tokio::task::yield_now().await;
    }
    let running = Instant::now();
    close(engine, store).await;
    let millis = |from: Instant, to: Instant| (to - from).as_secs_f64() * 1e3;
    Ok((millis(start, open), millis(open, running)))
}

/// Waits until nobody has the store open, so that it can be opened again.
async fn close(engine: Engine, store: Arc<RedbStore>) {
    engine.stop().await;
    drop(engine);
    while Arc::strong_count(&store) > 1 {
        tokio::task::yield_now().await;
    }
}
