//! The argument that names a listening score.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;

use super::CliError;
use crate::{app::listening_file, music::Bank, score::listening::ListeningScore};

/// Silences the events of all workflows.
const OFF: &str = "off";

#[derive(Debug, Default, Args)]
pub(super) struct ListenArgs {
    /// How workflows sound that play no note: a listening score, or `off` [default: listening.yaml in your
    /// config directory, else the built-in one]
    #[arg(long, value_name = "FILE|off")]
    listen: Option<PathBuf>,
}

impl ListenArgs {
    /// The listening score: the given one, else the user's own, else the built-in one; `None`: events are
    /// silent.
    pub fn open(&self, bank: &Bank) -> Result<Option<Arc<ListeningScore>>, CliError> {
        let path = match &self.listen {
            Some(off) if off == Path::new(OFF) => return Ok(None),
            Some(path) => Some(path.clone()),
            None => listening_file().filter(|path| path.exists()),
        };
        Ok(Some(match path {
            Some(path) => Arc::new(ListeningScore::load(&path, bank)?),
            None => ListeningScore::built_in(),
        }))
    }
}
