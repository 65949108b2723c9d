//! Which rig a command works with.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use clap::Args;
use tokio::sync::Notify;

use super::{
    CliError,
    file_watch::{FileWatch, Next},
};
use crate::conductor::{
    Conductor,
    rig::{Rig, RigError},
};

#[derive(Debug, Default, Args)]
pub(super) struct RigArgs {
    /// TOML file about the devices of this room [default: rig.toml in your config directory]
    #[arg(long, value_name = "FILE")]
    rig: Option<PathBuf>,
    /// How the file was when it was read.
    #[arg(skip)]
    read: OnceLock<Mark>,
}

/// When a file was changed last, and its length; `None` if it is not there.
type Mark = Option<(SystemTime, u64)>;

impl RigArgs {
    /// The file; `None` on a system that names no directory for it.
    pub fn path(&self) -> Option<PathBuf> {
        let default = || {
            let dirs = directories::ProjectDirs::from("", "", "fermata")?;
            Some(dirs.config_dir().join("rig.toml"))
        };
        self.rig.clone().or_else(default)
    }

    /// What it says. One that was named must be there.
    pub fn read(&self) -> Result<Rig, CliError> {
        let path = self.path();
        // The mark first: what is saved meanwhile is read again.
        self.read.get_or_init(|| path.as_deref().and_then(mark));
        match path {
            Some(path) if self.rig.is_some() || path.exists() => Ok(Rig::read(&path)?),
            _ => Ok(Rig::default()),
        }
    }

    /// Takes up each change of the file, and tells of it; without end.
    pub async fn follow(&self, conductor: Conductor, tell: impl Fn(String)) {
        let Some(path) = self.path() else {
            return std::future::pending().await;
        };
        let mut before = *self.read.get_or_init(|| mark(&path));
        let news = Arc::new(Notify::new());
        let (tell_news, followed) = (Arc::clone(&news), path.clone());
        let look = move || {
            tell_news.notify_one();
            Next::Change
        };
        FileWatch::shared().follow(move || vec![followed.clone()], look);
        loop {
            news.notified().await;
            let now = mark(&path);
            if now == before {
                continue;
            }
            before = now;
            let taken = take_up(&conductor, &path, now);
            tell(taken.unwrap_or_else(|error| format!("{error}; the rig stays as it was")));
        }
    }
}

fn take_up(conductor: &Conductor, path: &Path, mark: Mark) -> Result<String, RigError> {
    let rig = match mark {
        Some(_) => Rig::read(path)?,
        None => Rig::default(),
    };
    Ok(match conductor.set_rig(&rig) {
        Ok(()) => format!("{} is taken up", path.display()),
        Err(error) => error.to_string(),
    })
}

/// Small local files answer at once.
fn mark(path: &Path) -> Mark {
    let file = path.metadata().ok()?;
    Some((file.modified().ok()?, file.len()))
}
