//! What the database says when something fails, in the words of the store.

use std::io::ErrorKind;

use crate::engine::{StoreError, catch_panic::caught};

/// Runs what works on the database. Where its pages do not fit together the database panics; that
/// is an error like any other.
pub(super) fn trying<T>(
    doing: &'static str,
    work: impl FnOnce() -> Result<T, redb::Error>,
) -> Result<T, StoreError> {
    match caught("the database", work) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(failed(doing, error)),
        Err(_) => Err(StoreError::Corrupt {
            doing,
            reason: "its pages do not fit together".into(),
        }),
    }
}

/// What went wrong and what to do.
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
