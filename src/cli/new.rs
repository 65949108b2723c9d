//! `fermata new`: a score to begin with.

use std::{
    fs::File,
    io::{ErrorKind, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;

use super::{CliError, report::print};
use crate::score;

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// What the score is called
    #[arg(default_value = "first-score")]
    name: String,
    /// Where to write it; nothing is written over [default: NAME.yaml]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &NewArgs) -> Result<ExitCode, CliError> {
    let (name, text) = score::starter(&args.name).ok_or_else(|| CliError::BadName {
        name: args.name.clone(),
    })?;
    let path = args.output.clone();
    let path = path.unwrap_or_else(|| PathBuf::from(format!("{name}.yaml")));
    let written = File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(CliError::Exists { path });
        }
        Err(source) => return Err(CliError::Unwritable { path, source }),
    }
    print(&format!(
        "{0} is written: hear it with `fermata play {0}`, see it with `fermata {0}`",
        path.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}
