//! The home folder in typed paths.

use std::path::{Path, PathBuf};

/// The path with the home folder in place of a `~` at its beginning.
pub(super) fn expanded(typed: &Path) -> PathBuf {
    let home = directories::BaseDirs::new();
    match (typed.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.home_dir().join(rest),
        _ => typed.to_owned(),
    }
}
