//! Which store a command works on.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{CliError, StoreArgs};
use crate::engine::{Archive, RedbStore, Store, StoreError};

/// The word for a store that keeps nothing.
const MEMORY: &str = ":memory:";

impl StoreArgs {
    /// The store to perform on; made if it is not there.
    pub fn create(&self) -> Result<Arc<dyn Store>, CliError> {
        if self.store.as_deref() == Some(Path::new(MEMORY)) {
            return Ok(Arc::new(RedbStore::in_memory()?));
        }
        let path = self.path()?;
        if self.store.is_none()
            && let Some(folder) = path.parent()
        {
            make_private(folder).map_err(|source| CliError::Unwritable {
                path: folder.to_owned(),
                source,
            })?;
        }
        Ok(Arc::new(RedbStore::create(&path)?))
    }

    /// The store to read; it must be there. One that may not be written is only read.
    pub fn open(&self) -> Result<Archive, CliError> {
        let path = self.path()?;
        let store = match RedbStore::open(&path) {
            Err(StoreError::NoPlace { .. }) => RedbStore::open_read_only(&path),
            store => store,
        };
        Ok(Archive::new(Arc::new(store?)))
    }

    /// The file of the store; `None`: it is kept nowhere.
    pub fn file(&self) -> Result<Option<PathBuf>, CliError> {
        match self.store.as_deref() == Some(Path::new(MEMORY)) {
            true => Ok(None),
            false => self.path().map(Some),
        }
    }

    fn path(&self) -> Result<PathBuf, CliError> {
        match &self.store {
            Some(path) => Ok(path.clone()),
            None => directories::ProjectDirs::from("", "", "fermata")
                .map(|dirs| dirs.data_dir().join("fermata.redb"))
                .ok_or(CliError::NoDataDirectory),
        }
    }
}

/// Makes a folder, and those above it, that nobody but their owner may look into.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
