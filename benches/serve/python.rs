//! The same program in Python against this server, and against the backend in memory of its own package.

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
        let mut pairs = Vec::new();
        for _ in 0..ROUNDS {
            let here = rate(&python, &rig.address).await?;
            let memory = rate(&python, "memory").await?;
            pairs.push((here, memory));
        }
        pairs.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let (here, memory) = pairs[ROUNDS / 2];
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
