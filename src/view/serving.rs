//! Workflows of other programs that run here: where their workers connect.

use std::sync::Arc;

use crate::engine::Timestamp;

/// What is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServingView {
    /// Where workers connect: `127.0.0.1:4001`.
    pub address: Arc<str>,
    /// How many are connected.
    pub workers: usize,
}

/// An activity that waits until a worker takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingActivityView {
    /// Its name.
    pub name: Arc<str>,
    /// Since when it waits.
    pub since: Timestamp,
}
