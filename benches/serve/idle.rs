//! A thousand open instances whose worker is there and has nothing to do.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Runtime;

use crate::{
    raw,
    rig::Rig,
    table::{Requirement::AtMost, Table},
    worker,
};

const INSTANCES: u32 = 1_000;
const REST: Duration = Duration::from_secs(5);

pub fn measure(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let room = raw::room()?;
    runtime.block_on(async {
        let rig = Rig::start(room.path()).await?;
        let work = tokio::spawn({
            let address = rig.address.clone();
            async move {
                // It ends with the server.
                let _ = worker::work(address).await;
            }
        });
        for _ in 0..INSTANCES {
            rig.begin("wait", 0).await?;
        }
        let mut used = Vec::new();
        // The first turns end in the first of them.
        for _ in 0..4 {
            used.push(processor(REST).await);
        }
        let used = raw::median(used.split_off(1));
        table
            .row("processor used by 1,000 idle instances", used * 100.0, "%")
            .value_is(AtMost(0.5));
        work.abort();
        rig.engine.stop().await;
        Ok(())
    })
}

/// The part of one processor that this process uses for so long.
async fn processor(length: Duration) -> f64 {
    let (begun, before) = (Instant::now(), own_time());
    tokio::time::sleep(length).await;
    (own_time() - before).as_secs_f64() / begun.elapsed().as_secs_f64()
}

fn own_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanos)
}
