//! Much at once: the disk is asked once for many.

use std::{error::Error, time::Instant};

use fermata::engine::{Engine, EngineError};
use futures_util::future::try_join_all;
use tokio::runtime::Runtime;

use crate::{
    raw::{self, median},
    rig,
    table::{Requirement::AtLeast, Table},
};

const WIDTH: u32 = 1_000;
const STEPS: u32 = 5;
const ROUNDS: usize = 15;

pub fn measure(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let room = raw::room()?;
    let spawns = raw::spawns(runtime, 3);
    let (fans, chains) = runtime.block_on(async {
        let engine = rig::engine_in(room.path())?;
        let (mut fans, mut chains) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            fans.push(fan(&engine).await?);
            chains.push(many_chains(&engine).await?);
        }
        engine.stop().await;
        Ok::<_, Box<dyn Error>>((fans, chains))
    })?;
    table
        .row("1,000 activities at once", median(fans), "activities/s")
        .limit(spawns, "tasks/s")
        .value_is(AtLeast(100_000.0));
    table
        .row("1,000 chains of 5", median(chains), "activities/s")
        .limit(spawns, "tasks/s")
        .value_is(AtLeast(60_000.0));
    Ok(())
}

/// Activities per second of one workflow that waits for all of its activities together.
async fn fan(engine: &Engine) -> Result<f64, EngineError> {
    let start = Instant::now();
    let id = engine.start_instance(rig::fan_of(), &WIDTH).await?;
    engine.until_closed(&id).await?;
    Ok(f64::from(WIDTH) / start.elapsed().as_secs_f64())
}

/// Activities per second of many instances, from the first start to the last end.
async fn many_chains(engine: &Engine) -> Result<f64, EngineError> {
    let start = Instant::now();
    let instances = (0..WIDTH).map(|_| async {
        let id = engine.start_instance(rig::chain_of(), &STEPS).await?;
        engine.until_closed(&id).await
    });
    try_join_all(instances).await?;
    Ok(f64::from(WIDTH * STEPS) / start.elapsed().as_secs_f64())
}
