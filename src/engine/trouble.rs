//! Current problems of an engine.

use std::time::Duration;

use super::{DurationText, InstanceId, StoreError};

/// A current problem of an engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The store cannot be written. Until it can, no side effects are executed and nothing new
    /// starts; after a final error the engine has stopped.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Workflow code does not return. Only its instance is affected.
    #[error(
        "the code of instance {instance:?} has not returned for {}: it must not block; await an \
         activity or a timer instead",
        DurationText(Duration::from_millis(since.as_millis() as u64))
    )]
    Blocked {
        /// The instance.
        instance: InstanceId,
        /// How long the code has been running.
        since: Duration,
    },
}

impl Trouble {
    /// Whether the engine has stopped because of it.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Store(error) => error.is_final(),
            Self::Blocked { .. } => false,
        }
    }
}
