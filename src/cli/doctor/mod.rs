//! `fermata doctor`: checks that this machine is ready for the stage.
//!
//! Every check tries the real thing for a moment: it opens the audio device, commits to the store's
//! disk, and plays to a port without a device. Nothing of it stays.

mod crash;
mod disk;
mod finding;
mod graphics;
mod sound;
mod store;
mod timing;

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{
    CliError, StoreArgs,
    terminal::{print, print_json},
};
use finding::Finding;

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object, for scripts
    #[arg(long)]
    json: bool,
}

/// Runs all checks; succeeds only if no rating is bad.
pub(super) fn run(args: &DoctorArgs) -> Result<ExitCode, CliError> {
    let folder = args.store.folder()?;
    let midi = sound::midi();
    let audio = sound::audio(midi.is_good());
    let mut findings = vec![midi, audio];
    findings.extend(timing::check()?);
    findings.extend(disk::check(&folder)?);
    findings.push(store::check(&args.store));
    findings.extend(graphics::check());
    findings.extend(crash::check(&args.store));
    if args.json {
        print_json(&format!("{:#}", finding::json(&findings)))?;
    } else {
        for line in finding::lines(&findings) {
            print(&line)?;
        }
    }
    Ok(match findings.iter().any(Finding::is_bad) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

impl StoreArgs {
    /// The folder of the store, or the nearest one above it that exists.
    fn folder(&self) -> Result<PathBuf, CliError> {
        let Some(store) = self.file()? else {
            return Ok(std::env::temp_dir());
        };
        let there = store.ancestors().skip(1).find(|folder| folder.is_dir());
        Ok(there.map_or_else(|| PathBuf::from("."), PathBuf::from))
    }
}
