//! How fast a long history is replayed.

use std::{error::Error, hint::black_box, sync::Arc, time::Instant};

use fermata::engine::{RedbStore, replay};
use tokio::runtime::Runtime;

use crate::{
    raw::median,
    rig,
    table::{Requirement::AtLeast, Table},
};

/// Three events each, so that the history stays a little under the longest that there may be.
const ACTIVITIES: u32 = 30_000;
const ROUNDS: usize = 9;

pub fn measure(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let registry = rig::registry();
    let (engine, id) = runtime.block_on(async {
        // In memory, since here nothing is asked of the disk but to have been written.
        let engine = rig::engine_on(Arc::new(RedbStore::in_memory()?))?;
        let id = engine.start_instance(rig::chain_of(), &ACTIVITIES).await?;
        engine.until_closed(&id).await?;
        Ok::<_, Box<dyn Error>>((engine, id))
    })?;
    let (mut apart, mut decoding, mut included) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let history = black_box(engine.archive().export(&id)?);
        let decoded = Instant::now();
        replay(&registry, &history)?;
        let end = Instant::now();
        let rate =
            |from: Instant, to: Instant| history.events.len() as f64 / (to - from).as_secs_f64();
        decoding.push(rate(start, decoded));
        apart.push(rate(decoded, end));
        included.push(rate(start, end));
    }
    runtime.block_on(engine.stop());
    table.row(
        "history of 90,000 events, reading",
        median(decoding),
        "events/s",
    );
    table.row(
        "history of 90,000 events, replay",
        median(apart),
        "events/s",
    );
    table
        .row(
            "history of 90,000 events, both",
            median(included),
            "events/s",
        )
        .value_is(AtLeast(2_000_000.0));
    Ok(())
}
