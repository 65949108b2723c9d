//! One workflow, one activity after the other: each step waits for the disk.

use std::{error::Error, time::Instant};

use fermata::engine::{Engine, EngineError};
use tokio::runtime::Runtime;

use crate::{
    raw, rig,
    table::{
        Requirement::{AtLeast, AtMost},
        Table,
    },
};

const SHORT: u32 = 1_000;
const LONG: u32 = 10_000;
const ROUNDS: usize = 11;
const LONG_ROUNDS: usize = 3;

/// A chain, and the bare database right before and after it, since a disk has its moods.
struct Round {
    bare_commits: f64,
    rate: f64,
    commits: u64,
}

impl Round {
    fn ratio(&self) -> f64 {
        self.rate / self.bare_commits
    }
}

pub fn measure(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let room = raw::room()?;
    let mut bare = raw::BareRedb::create(room.path())?;
    let (short, long, growth) = runtime.block_on(async {
        let engine = rig::engine_in(room.path())?;
        // The first is for warming up.
        round(&engine, &mut bare, SHORT).await?;
        let short = rounds(&engine, &mut bare, SHORT, ROUNDS).await?;
        let long = rounds(&engine, &mut bare, LONG, LONG_ROUNDS).await?;
        let growth = growth(&engine).await?;
        engine.stop().await;
        Ok::<_, Box<dyn Error>>((short, long, growth))
    })?;
    table
        .row("chain of 1,000", short.rate, "activities/s")
        .limit(short.bare_commits, "bare commits/s")
        .ratio_is(AtLeast(0.75));
    table
        .row(
            "commits of a chain of 1,000",
            short.commits as f64,
            "commits",
        )
        .value_is(AtMost(f64::from(SHORT + 2)));
    table
        .row("chain of 10,000", long.rate, "activities/s")
        .limit(long.bare_commits, "bare commits/s");
    table
        .row("step in 10,000 by step in 1,000", growth, "x")
        .value_is(AtMost(1.25));
    Ok(())
}

/// Of several rounds the one in the middle.
async fn rounds(
    engine: &Engine,
    bare: &mut raw::BareRedb,
    length: u32,
    times: usize,
) -> Result<Round, Box<dyn Error>> {
    let mut rounds = Vec::new();
    for _ in 0..times {
        rounds.push(round(engine, bare, length).await?);
    }
    rounds.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    Ok(rounds.swap_remove(times / 2))
}

async fn round(
    engine: &Engine,
    bare: &mut raw::BareRedb,
    length: u32,
) -> Result<Round, Box<dyn Error>> {
    let before = bare.commits()?;
    let (rate, commits) = chain(engine, length).await?;
    let after = bare.commits()?;
    Ok(Round {
        bare_commits: (before + after) / 2.0,
        rate,
        commits,
    })
}

/// How much longer a step of a long chain takes than one of the short chains around it.
async fn growth(engine: &Engine) -> Result<f64, EngineError> {
    let mut growths = Vec::new();
    for _ in 0..LONG_ROUNDS {
        let (before, _) = chain(engine, SHORT).await?;
        let (long, _) = chain(engine, LONG).await?;
        let (after, _) = chain(engine, SHORT).await?;
        growths.push((before + after) / 2.0 / long);
    }
    Ok(raw::median(growths))
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
