//! One workflow, one activity after the other: each step waits for the disk.

use std::{error::Error, time::Instant};

use fermata::engine::{Engine, EngineError};
use tokio::runtime::Runtime;

use crate::{
    raw::{self, median},
    rig,
    table::{
        Requirement::{AtLeast, AtMost},
        Table,
    },
};

const SHORT: u32 = 1_000;
const LONG: u32 = 10_000;
const ROUNDS: usize = 3;

/// What one round measured. The three follow each other closely, since a disk has its moods.
struct Round {
    bare_commits: f64,
    short_rate: f64,
    short_commits: f64,
    long_rate: f64,
}

pub fn measure(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let room = raw::room()?;
    let mut bare = raw::BareRedb::create(room.path())?;
    let rounds = runtime.block_on(async {
        let engine = rig::engine_in(room.path())?;
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(round(&engine, &mut bare).await?);
        }
        engine.stop().await;
        Ok::<_, Box<dyn Error>>(rounds)
    })?;
    let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
    let bare = of(|round| round.bare_commits);
    table
        .row(
            "chain of 1,000",
            of(|round| round.short_rate),
            "activities/s",
        )
        .limit(bare, "bare commits/s")
        .ratio_is(AtLeast(0.7));
    table
        .row(
            "commits of a chain of 1,000",
            of(|round| round.short_commits),
            "commits",
        )
        .value_is(AtMost(f64::from(SHORT + 2)));
    let growth = of(|round| round.short_rate / round.long_rate);
    table
        .row(
            "chain of 10,000",
            of(|round| round.long_rate),
            "activities/s",
        )
        .limit(bare, "bare commits/s");
    table
        .row("step in 10,000 by step in 1,000", growth, "x")
        .value_is(AtMost(1.25));
    Ok(())
}

/// A short chain before the long one and one after it, each beside the bare database.
async fn round(engine: &Engine, bare: &mut raw::BareRedb) -> Result<Round, Box<dyn Error>> {
    let before = bare.commits()?;
    let (early, commits) = chain(engine, SHORT).await?;
    let (long_rate, _) = chain(engine, LONG).await?;
    let (late, _) = chain(engine, SHORT).await?;
    let after = bare.commits()?;
    Ok(Round {
        bare_commits: (before + after) / 2.0,
        short_rate: (early + late) / 2.0,
        short_commits: commits as f64,
        long_rate,
    })
}

/// Activities per second and commits of one chain.
async fn chain(engine: &Engine, n: u32) -> Result<(f64, u64), EngineError> {
    let commits = engine.metrics().commits;
    let start = Instant::now();
    let id = engine.start_instance(rig::chain_of(), &n).await?;
    engine.until_closed(&id).await?;
    let rate = f64::from(n) / start.elapsed().as_secs_f64();
    Ok((rate, engine.metrics().commits - commits))
}
