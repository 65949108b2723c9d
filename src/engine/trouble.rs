//! What is wrong with an engine at this moment.

use std::time::Duration;

use super::{InstanceId, StoreError};

/// What is wrong with an engine at this moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The store cannot be written. Until it can, nothing leaves the engine and nothing new begins;
    /// after an error that is final the engine has stopped.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The code of a workflow does not return. Its instance waits for it; all others go on.
    #[error(
        "the code of instance {instance:?} has not returned for {}: it must not block; let it await an \
         activity or a timer",
        humantime::format_duration(Duration::from_millis(since.as_millis() as u64))
    )]
    Blocked {
        /// Whose code.
        instance: InstanceId,
        /// For how long.
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
