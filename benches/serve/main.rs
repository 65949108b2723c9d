//! How fast the workflows of other programs run, beside what a bare call and the disk allow, and beside Microsoft's
//! own backend in memory.
//!
//! `cargo bench --bench serve` measures everything. `python` needs a virtual environment with the package
//! `durabletask`, named by `FERMATA_DURABLETASK_VENV`; without it, that group is left out.

#[path = "../common/mod.rs"]
mod common;

mod chain;
mod idle;
mod messages;
mod python;
mod rig;
mod worker;

use std::process::ExitCode;

use common::{groups, raw, table};

const GROUPS: [(&str, groups::Measure); 3] = [
    ("chain", chain::measure),
    ("python", python::measure),
    ("idle", idle::measure),
];

fn main() -> ExitCode {
    groups::run(&GROUPS)
}
