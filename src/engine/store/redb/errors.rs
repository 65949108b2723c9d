//! Conversion of database errors.

use std::io::ErrorKind;

use crate::engine::{StoreError, catch_panic::caught};

/// Runs database code. Inconsistent pages make the database panic, which becomes an error.
pub(super) fn trying<T>(
    doing: &'static str,
    work: impl FnOnce() -> Result<T, redb::Error>,
) -> Result<T, StoreError> {
    match caught("the database", work) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(failed(doing, error)),
        Err(_) => Err(StoreError::Corrupt {
            doing,
            reason: "its pages are inconsistent".into(),
        }),
    }
}

/// Converts a database error.
pub(super) fn failed(doing: &'static str, error: redb::Error) -> StoreError {
    match error {
        redb::Error::Io(error) => {
            let reason = error.to_string();
            match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                    StoreError::Full { doing, reason }
                }
                ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
                    StoreError::ReadOnly { doing, reason }
                }
                _ => StoreError::Failed { doing, reason },
            }
        }
        redb::Error::Corrupted(reason) => StoreError::Corrupt { doing, reason },
        error => StoreError::Failed {
            doing,
            reason: error.to_string(),
        },
    }
}
