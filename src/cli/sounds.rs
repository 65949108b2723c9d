//! The argument that names a SoundFont.

use std::path::PathBuf;

use clap::Args;

use super::{CliError, terminal::message};
use crate::{
    app::read_own_patches,
    music::{Bank, MusicError},
};

#[derive(Debug, Args)]
pub(super) struct SoundArgs {
    /// SoundFont 2 file for `program`, `kit` and MIDI files [default: the built-in synth]
    #[arg(long, value_name = "FILE.sf2")]
    soundfont: Option<PathBuf>,
}

impl SoundArgs {
    /// A bank with the user's patches and the SoundFont, which scores may refer to.
    pub fn open(&self) -> Result<Bank, CliError> {
        let bank = Bank::new();
        read_own_patches(&bank, |error| message(&error));
        if let Some(path) = &self.soundfont {
            let font = bank.play_programs_with(path).map_err(MusicError::from)?;
            if let Some(warning) = bank.font_warning(font) {
                message(&format!("{warning}."));
            }
        }
        Ok(bank)
    }
}
