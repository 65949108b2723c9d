//! The argument that names the rig file.

use std::path::PathBuf;

use clap::Args;

use super::CliError;
use crate::{app::RigFile, conductor::rig::Rig};

#[derive(Debug, Default, Args)]
pub(super) struct RigArgs {
    /// TOML file that describes the devices in use [default: rig.toml in your config directory]
    #[arg(long, value_name = "FILE")]
    rig: Option<PathBuf>,
}

impl RigArgs {
    /// The given file, which must exist, or the user's own.
    pub fn file(&self) -> RigFile {
        match &self.rig {
            Some(path) => RigFile::required(path.clone()),
            None => RigFile::of_user(),
        }
    }

    /// Reads the file.
    pub fn read(&self) -> Result<Rig, CliError> {
        Ok(self.file().read()?)
    }
}
