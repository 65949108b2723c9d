//! Outcomes of commits.

use crate::engine::StoreError;

/// Whether a failed commit is retried.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CommitRetry {
    /// Until it succeeds, unless the error is final.
    UntilWritten,
    /// Not at all: the engine stops.
    Never,
}

/// Answers a caller with the outcome of the commit.
pub(super) type Answer = Box<dyn FnOnce(Outcome<'_>) + Send>;

/// The outcome of a commit.
#[derive(Clone, Copy)]
pub(super) enum Outcome<'a> {
    Committed,
    /// It is kept in memory until the store is writable.
    Delayed(&'a StoreError),
    /// It was abandoned.
    Failed(&'a StoreError),
}
