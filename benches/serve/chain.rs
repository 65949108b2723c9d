//! One workflow, one activity after the other, with a worker in Rust.

use std::{error::Error, time::Instant};

use tokio::runtime::Runtime;

use crate::{
    raw,
    rig::Rig,
    table::{
        Requirement::{AtLeast, AtMost},
        Table,
    },
    worker::{self, Client},
};

const LENGTH: u32 = 1_000;
const ROUNDS: usize = 7;
/// The lengths whose steps are compared.
const SHORT: u32 = 200;
const LONG: u32 = 2_000;

/// A chain, and the limits right before and after it.
struct Round {
    calls: f64,
    commits: f64,
    rate: f64,
}

impl Round {
    /// A step is a turn, an activity, and the results of both: three durable moments for a careful engine.
    fn limit(&self) -> f64 {
        self.calls.min(self.commits / 3.0)
    }
}

pub fn measure(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let room = raw::room()?;
    let mut bare = raw::BareRedb::create(room.path())?;
    runtime.block_on(async {
        let rig = Rig::start(room.path()).await?;
        let work = tokio::spawn({
            let address = rig.address.clone();
            async move {
                // It ends with the server.
                let _ = worker::work(address).await;
            }
        });
        let mut client = Client::connect(&rig.address).await?;
        // The first is for warming up.
        rig.run("chain", SHORT).await?;
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(round(&rig, &mut bare, &mut client).await?);
        }
        rounds.sort_by(|a, b| (a.rate / a.limit()).total_cmp(&(b.rate / b.limit())));
        let middle = rounds.swap_remove(ROUNDS / 2);
        table.row("bare calls, there and back", middle.calls, "/s");
        table.row("bare redb commits", middle.commits, "/s");
        table
            .row(
                "chain of 1,000, worker in Rust",
                middle.rate,
                "activities/s",
            )
            .limit(middle.limit(), "calls or commits / 3")
            .ratio_is(AtLeast(0.5));
        let growth = growth(&rig).await?;
        table
            .row("step in 2,000 by step in 200", growth, "x")
            .value_is(AtMost(1.3));
        work.abort();
        rig.engine.stop().await;
        Ok(())
    })
}

async fn round(
    rig: &Rig,
    bare: &mut raw::BareRedb,
    client: &mut Client,
) -> Result<Round, Box<dyn Error>> {
    let before = bare.commits()?;
    let calls = calls(client).await?;
    let rate = chain(rig, LENGTH).await?;
    let after = bare.commits()?;
    Ok(Round {
        calls,
        commits: (before + after) / 2.0,
        rate,
    })
}

/// Calls per second, one after the other.
async fn calls(client: &mut Client) -> Result<f64, Box<dyn Error>> {
    let begun = Instant::now();
    for _ in 0..LENGTH {
        client.hello().await?;
    }
    Ok(f64::from(LENGTH) / begun.elapsed().as_secs_f64())
}

/// Activities per second of one chain.
async fn chain(rig: &Rig, length: u32) -> Result<f64, Box<dyn Error>> {
    let begun = Instant::now();
    rig.run("chain", length).await?;
    Ok(f64::from(length) / begun.elapsed().as_secs_f64())
}

/// How much longer a step of a long chain takes than one of the short chains around it.
async fn growth(rig: &Rig) -> Result<f64, Box<dyn Error>> {
    let mut growths = Vec::new();
    for _ in 0..3 {
        let before = chain(rig, SHORT).await?;
        let long = chain(rig, LONG).await?;
        let after = chain(rig, SHORT).await?;
        growths.push((before + after) / 2.0 / long);
    }
    Ok(raw::median(growths))
}
