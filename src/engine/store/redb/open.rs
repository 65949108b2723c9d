//! Opening databases, and conversion of errors.

use std::{io, path::Path};

use redb::{Builder, DatabaseError};

use super::errors::failed;
use crate::engine::{StoreError, catch_panic::caught};

/// The size of the database's page cache in bytes. A larger one would hold little more than the cache of
/// the system, and the allocator keeps as much memory for every thread that has read a long history.
const CACHE: usize = 16 << 20;

/// The database options.
pub(super) fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    builder
}

/// Opens a database.
pub(super) fn opened<D>(
    location: &Path,
    open: impl FnOnce() -> Result<D, DatabaseError>,
) -> Result<D, StoreError> {
    guarded(location, || {
        open().map_err(|error| not_opened(location, error))
    })
}

/// Runs database code and converts panics, which damaged pages can cause, to errors. Dropping a
/// database may panic as well.
pub(super) fn guarded<T>(
    location: &Path,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    caught("the database", work).unwrap_or_else(|_| {
        Err(StoreError::Damaged {
            path: location.to_owned(),
            reason: "its pages are inconsistent".into(),
        })
    })
}

/// Converts an error of opening a database.
pub(super) fn not_opened(location: &Path, error: DatabaseError) -> StoreError {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match redb::Error::from(error) {
        redb::Error::DatabaseAlreadyOpen => StoreError::InUse(location.to_owned()),
        redb::Error::Io(error)
            if !matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof) =>
        {
            failed("be opened", redb::Error::Io(error))
        }
        error => StoreError::Damaged {
            path: location.to_owned(),
            reason: error.to_string(),
        },
    }
}

pub(super) fn no_place(path: &Path, error: io::Error) -> StoreError {
    StoreError::NoPlace {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

pub(super) fn unreadable(path: &Path, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::NotFound => StoreError::Missing(path.to_owned()),
        _ => StoreError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        },
    }
}
