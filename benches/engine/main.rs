//! What the engine can do, beside what the disk and the runtime below it can do.
//!
//! `cargo bench --bench engine` measures everything, in about two minutes;
//! `cargo bench --bench engine -- chain memory` measures two groups. The exit code is 1 if
//! something that is required is not met; with `FERMATA_BENCH_JSON=path` the figures are written
//! there as well.

#[path = "../common/mod.rs"]
mod common;

mod archive;
mod chain;
mod encoding;
mod ended;
mod latency;
mod memory;
mod purge;
mod recovery;
mod replay;
mod rig;
mod size;
mod subscriber;
mod wide;

use std::{error::Error, process::ExitCode};

use common::{groups, raw, table, table::Table};
use tokio::runtime::Runtime;

const GROUPS: [(&str, groups::Measure); 11] = [
    ("raw", raw_limits),
    ("chain", chain::measure),
    ("wide", wide::measure),
    ("replay", replay::measure),
    ("recovery", recovery::measure),
    ("latency", latency::measure),
    ("memory", memory::measure),
    ("subscriber", subscriber::measure),
    ("encoding", encoding::measure),
    ("size", size::measure),
    ("archive", archive::measure),
];

fn main() -> ExitCode {
    groups::run(&GROUPS)
}

/// What the machine can do at best, to read the other figures by.
fn raw_limits(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let room = raw::room()?;
    let appends = raw::synced_appends(room.path(), 5)?;
    let mut bare = raw::BareRedb::create(room.path())?;
    let commits: Result<Vec<_>, _> = (0..5).map(|_| bare.commits()).collect();
    table.row("appends with fdatasync", appends, "/s");
    table
        .row("bare redb commits", raw::median(commits?), "/s")
        .limit(appends, "appends/s");
    table.row(
        "task and word back, one by one",
        raw::hops(runtime, 5)?,
        "/s",
    );
    table.row(
        "task and word back, 1,000 at once",
        raw::spawns(runtime, 5),
        "/s",
    );
    Ok(())
}
