//! `fermata doctor`: is this machine fit for tonight?
//!
//! Every check tries the real thing for a moment: the audio device is opened, the store's disk is
//! committed to, the player plays to nobody. Nothing of it stays.

mod disk;
mod finding;
mod hearing;
mod picture;
mod timing;

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{CliError, StoreArgs, report::print};
use finding::Finding;

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// One JSON object, for scripts
    #[arg(long)]
    json: bool,
}

/// Checks everything; succeeds only if nothing is bad.
pub(super) fn run(args: &DoctorArgs) -> Result<ExitCode, CliError> {
    let folder = args.store.folder()?;
    let midi = hearing::midi();
    let audio = hearing::audio(midi.is_good());
    let mut findings = vec![midi, audio];
    findings.extend(timing::check()?);
    findings.extend(disk::check(&folder)?);
    findings.extend(picture::check());
    if args.json {
        print(&format!("{:#}", finding::json(&findings)))?;
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
    /// Where the store is or will be; a folder that exists.
    fn folder(&self) -> Result<PathBuf, CliError> {
        let Some(store) = self.file()? else {
            return Ok(std::env::temp_dir());
        };
        let there = store.ancestors().skip(1).find(|folder| folder.is_dir());
        Ok(there.map_or_else(|| PathBuf::from("."), PathBuf::from))
    }
}
