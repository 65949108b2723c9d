//! What the synth plays with: patches of the performer's own, and a SoundFont.

use std::path::PathBuf;

use clap::Args;

use super::{CliError, news::say};
use crate::{app::read_own_patches, music::Bank};

#[derive(Debug, Args)]
pub(super) struct SoundArgs {
    /// SoundFont 2 file that plays `program` and `kit`, and MIDI files [default: the built-in synth]
    #[arg(long, value_name = "FILE.sf2")]
    soundfont: Option<PathBuf>,
}

impl SoundArgs {
    /// Reads everything, before the first score is read.
    pub fn open(&self) -> Result<(), CliError> {
        read_own_patches(|what| say(&what));
        if let Some(path) = &self.soundfont {
            Bank::shared().play_programs_with(path)?;
        }
        Ok(())
    }
}
