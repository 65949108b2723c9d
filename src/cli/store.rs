//! The argument that names the store.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use clap::Args;

use super::CliError;
use crate::{
    app::control_socket::Client,
    engine::{RedbStore, Store, StoreError},
};

/// How often a store in use is tried, and the time between two attempts.
pub(super) const ATTEMPTS: u32 = 10;
pub(super) const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// The path that means a store in memory.
const MEMORY: &str = ":memory:";

#[derive(Debug, Args)]
pub(super) struct StoreArgs {
    /// Store file of the histories; ":memory:" keeps nothing [default: in your data directory]
    #[arg(long, value_name = "PATH")]
    store: Option<PathBuf>,
}

impl StoreArgs {
    /// Opens the store to play on it, and creates it if it does not exist.
    pub fn create(&self) -> Result<Arc<dyn Store>, CliError> {
        let Some(path) = self.file()? else {
            return Ok(Arc::new(RedbStore::in_memory()?));
        };
        if self.store.is_none()
            && let Some(folder) = path.parent()
        {
            create_private(folder).map_err(|source| CliError::unwritable(folder, source))?;
        }
        Ok(Arc::new(create_once_free(&path)?))
    }

    /// The file of the store; `None` for a store in memory.
    pub fn file(&self) -> Result<Option<PathBuf>, CliError> {
        match &self.store {
            Some(path) if path == Path::new(MEMORY) => Ok(None),
            Some(path) => Ok(Some(path.clone())),
            None => directories::ProjectDirs::from("", "", "fermata")
                .map(|dirs| Some(dirs.data_dir().join("fermata.redb")))
                .ok_or(CliError::NoDataDirectory),
        }
    }
}

/// Opens or creates a store. Waits for commands that have it open for a moment to inspect it.
fn create_once_free(path: &Path) -> Result<RedbStore, StoreError> {
    for _ in 0..ATTEMPTS {
        match RedbStore::create(path) {
            Err(StoreError::InUse(_)) if Client::find(path).is_none() => {
                thread::sleep(RETRY_INTERVAL);
            }
            opened => return opened,
        }
    }
    RedbStore::create(path)
}

/// Creates a folder and its parents, readable by their owner only.
fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
