//! The same program in Python against this server, against the backend in memory of its own package, and without any.

use std::{error::Error, path::PathBuf};

use tokio::{process::Command, runtime::Runtime};

use crate::{
    raw,
    rig::Rig,
    table::{Requirement::AtLeast, Table},
};

const LENGTH: &str = "1000";
const ROUNDS: usize = 3;

pub fn measure(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let Some(environment) = std::env::var_os("FERMATA_DURABLETASK_VENV").map(PathBuf::from) else {
        eprintln!("python is left out: FERMATA_DURABLETASK_VENV names no virtual environment");
        return Ok(());
    };
    let python = environment.join("bin/python");
    let room = raw::room()?;
    runtime.block_on(async {
        let rig = Rig::start(room.path()).await?;
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let here = rate(&python, &rig.address).await?;
            let memory = rate(&python, "memory").await?;
            let alone = rate(&python, "alone").await?;
            rounds.push((here, memory, alone));
        }
        rounds.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let (here, memory, alone) = rounds[ROUNDS / 2];
        // A turn replays all before it: no server can make this faster.
        table
            .row("replays of its library, no server", alone, "activities/s")
            .limit(memory, "of its own backend");
        table
            .row("chain of 1,000, worker in Python", here, "activities/s")
            .limit(memory, "of its own backend")
            .ratio_is(AtLeast(3.0));
        rig.engine.stop().await;
        Ok(())
    })
}

async fn rate(python: &PathBuf, address: &str) -> Result<f64, Box<dyn Error>> {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/serve/chain.py");
    let output = Command::new(python)
        .args([program, address, LENGTH])
        .output()
        .await?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let rate = printed.trim().parse();
    rate.map_err(|_| String::from_utf8_lossy(&output.stderr).into())
}
