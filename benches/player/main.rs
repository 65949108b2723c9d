//! How well the player keeps time, beside how well the machine itself does.
//!
//! `cargo bench --bench player` measures everything, in about a minute and a half;
//! `cargo bench --bench player -- idle burst` measures two groups. The exit code is 1 if something
//! that is required is not met; with `FERMATA_BENCH_JSON=path` the figures are written there as
//! well. With `FERMATA_NO_RT` set the player does without real-time priority (Linux, with `chrt`).
//!
//! In the group `busy` an engine runs 1,000 other workflows, and what the stage does but for
//! painting is done: every commit is folded into lanes, and a snapshot taken 60 times a second.
//! There is no window. In `idle` the player is alone.

#[path = "../common/mod.rs"]
mod common;

mod burst;
mod jitter;
mod load;
mod priority;

use std::process::ExitCode;

use common::{groups, raw, table};

const GROUPS: [(&str, groups::Measure); 3] = [
    ("busy", jitter::busy),
    ("idle", jitter::idle),
    ("burst", burst::measure),
];

fn main() -> ExitCode {
    groups::run(&GROUPS)
}
