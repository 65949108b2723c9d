//! A latch for failed syncs, which are final.
//!
//! After a failed `fsync` the system considers the pages clean: their content can be read until the
//! machine loses power, but is not on the disk, and a later successful sync does not write it. So
//! the first failure makes the backend read-only permanently and is recorded next to the file for
//! the next process.

use std::{
    io,
    ops::Bound,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use redb::{BackendError, StorageBackend};

use super::failure_marker;
use crate::engine::StoreError;

/// Whether a sync has failed.
#[derive(Debug)]
pub(super) struct Latch {
    location: PathBuf,
    /// The file next to which the failure is recorded; `None` if the medium is not a file.
    file: Option<PathBuf>,
    reason: OnceLock<String>,
}

impl Latch {
    /// A latch that records a failure next to the file.
    pub(super) fn file(path: &Path) -> Self {
        Self {
            location: path.to_owned(),
            file: Some(path.to_owned()),
            reason: OnceLock::new(),
        }
    }

    /// A latch that does not record failures.
    pub(super) fn elsewhere(location: &Path) -> Self {
        Self {
            location: location.to_owned(),
            file: None,
            reason: OnceLock::new(),
        }
    }

    /// The failure, if there was one.
    pub(super) fn failure(&self) -> Option<StoreError> {
        self.reason.get().map(|reason| StoreError::SyncFailed {
            path: self.location.clone(),
            reason: reason.clone(),
        })
    }

    fn close(&self, error: &io::Error) {
        if self.reason.set(error.to_string()).is_ok()
            && let Some(file) = &self.file
        {
            failure_marker::write(file, error);
        }
    }

    fn check(&self) -> io::Result<()> {
        match self.reason.get() {
            None => Ok(()),
            Some(reason) => Err(io::Error::other(format!(
                "a previous sync failed: {reason}"
            ))),
        }
    }
}

/// A backend that becomes read-only after a failed sync.
#[derive(Debug)]
pub(super) struct Latched {
    pub(super) medium: Box<dyn StorageBackend>,
    pub(super) latch: std::sync::Arc<Latch>,
    pub(super) on_close: OnClose,
}

/// What happens to the locks when the database is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnClose {
    /// They are kept, so that no other process can write before the database is reopened.
    KeepLocks,
    /// They are released.
    Release,
}

impl StorageBackend for Latched {
    fn len(&self) -> io::Result<u64> {
        self.medium.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.medium.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.latch.check()?;
        self.medium.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.latch.check()?;
        self.medium
            .sync_data()
            .inspect_err(|error| self.latch.close(error))
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.latch.check()?;
        self.medium.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        match self.on_close {
            OnClose::KeepLocks => Ok(()),
            OnClose::Release => self.medium.close(),
        }
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.medium.try_lock_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.medium.unlock_range(start, end)
    }
}
