//! Operations on instances, for errors.

use std::fmt;

/// An operation that requires an open instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceOperation {
    /// Raising an event.
    Raise,
    /// Suspending.
    Suspend,
    /// Resuming.
    Resume,
    /// Requesting cancellation.
    Cancel,
    /// Terminating.
    Terminate,
    /// Retrying at once.
    RetryNow,
    /// Replaying its history again.
    Reload,
    /// Reading a published value.
    Query,
}

impl fmt::Display for InstanceOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Raise => "receive events",
            Self::Suspend => "be suspended",
            Self::Resume => "be resumed",
            Self::Cancel => "be canceled",
            Self::Terminate => "be terminated",
            Self::RetryNow => "retry anything",
            Self::Reload => "be reloaded",
            Self::Query => "be queried",
        })
    }
}
