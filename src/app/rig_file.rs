//! The rig file: read at start, and read again when it is saved.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use tokio::sync::Notify;

use super::{
    AppError,
    file_watch::{FileWatch, Next},
};
use crate::conductor::{
    Conductor,
    rig::{Rig, RigError},
};

/// The file that describes the devices in use.
#[derive(Debug, Default)]
pub struct RigFile {
    path: Option<PathBuf>,
    required: bool,
    /// The file's stamp when it was last read.
    read: OnceLock<Stamp>,
}

/// Modification time and length of a file; `None` if it does not exist.
type Stamp = Option<(SystemTime, u64)>;

impl RigFile {
    /// A file that must exist.
    pub fn required(path: PathBuf) -> Self {
        Self {
            path: Some(path),
            required: true,
            read: OnceLock::new(),
        }
    }

    /// `rig.toml` in the user's config directory, which need not exist.
    pub fn of_user() -> Self {
        let dirs = directories::ProjectDirs::from("", "", "fermata");
        Self {
            path: dirs.map(|dirs| dirs.config_dir().join("rig.toml")),
            required: false,
            read: OnceLock::new(),
        }
    }

    /// Path of the file; `None` on a system without a config directory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Reads the file. An optional file that does not exist is an empty rig.
    ///
    /// # Errors
    ///
    /// [`AppError::Rig`] if the file has errors, or is required and does not exist.
    pub fn read(&self) -> Result<Rig, AppError> {
        // The stamp is taken first, so that a change during the read is noticed later.
        self.read.get_or_init(|| self.path().and_then(stamp));
        match self.path() {
            Some(path) if self.required || path.exists() => Ok(Rig::read(path)?),
            _ => Ok(Rig::default()),
        }
    }

    /// Applies every change of the file, and passes a message about it to `report`. Never returns.
    pub async fn follow(&self, conductor: Conductor, report: impl Fn(String)) {
        let Some(path) = self.path() else {
            return std::future::pending().await;
        };
        let mut before = *self.read.get_or_init(|| stamp(path));
        let changed = Arc::new(Notify::new());
        let (notify, followed) = (Arc::clone(&changed), path.to_owned());
        let check = move || {
            notify.notify_one();
            Next::Change
        };
        FileWatch::shared().follow(move || vec![followed.clone()], check);
        loop {
            changed.notified().await;
            let now = stamp(path);
            if now == before {
                continue;
            }
            before = now;
            let applied = apply(&conductor, path, now);
            report(
                applied.unwrap_or_else(|error| format!("{error}; the previous rig stays in use")),
            );
        }
    }
}

fn apply(conductor: &Conductor, path: &Path, stamp: Stamp) -> Result<String, RigError> {
    let rig = match stamp {
        Some(_) => Rig::read(path)?,
        None => Rig::default(),
    };
    Ok(match conductor.set_rig(&rig) {
        Ok(()) => format!("{} was reloaded", path.display()),
        Err(error) => error.to_string(),
    })
}

fn stamp(path: &Path) -> Stamp {
    let file = path.metadata().ok()?;
    Some((file.modified().ok()?, file.len()))
}
