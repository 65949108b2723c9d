//! The user's own listening score.

use std::path::PathBuf;

/// `listening.yaml` in the user's config directory, which need not exist; `None` on a system without one.
pub fn listening_file() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "fermata")?;
    Some(dirs.config_dir().join("listening.yaml"))
}
