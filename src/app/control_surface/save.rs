//! Saves learned controls.

use std::path::PathBuf;

use crate::conductor::rig::{Controls, Rig};

/// Saves the controls after a change of a mapping.
pub(in crate::app) type Save = Box<dyn Fn(&Controls) -> Result<(), String> + Send + Sync>;

/// Saves learned controls in the rig file.
pub(in crate::app) fn save_to(rig: Option<PathBuf>) -> Save {
    Box::new(move |controls| {
        let Some(path) = &rig else {
            return Err(
                "this system has no config directory for rig.toml: the mapping is not saved"
                    .to_owned(),
            );
        };
        let written = Rig::edit(path, |rig| controls.write_to(rig));
        written.map_err(|error| error.to_string())
    })
}
