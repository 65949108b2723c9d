//! What an engine commits, as it commits it.

use std::sync::Arc;

use super::{Committed, EngineError, InstanceId, InstanceSummary, message::FeedReceiver};

/// What an engine commits, as it commits it. A slow reader never slows the engine.
pub struct Feed {
    /// The open instances at the moment of subscription.
    pub open: Vec<InstanceSummary>,
    receiver: FeedReceiver,
}

impl Feed {
    pub(super) fn new(open: Vec<InstanceSummary>, receiver: FeedReceiver) -> Self {
        Self { open, receiver }
    }

    /// The next commit of one instance; `None` once the engine has stopped.
    pub async fn next(&mut self) -> Option<Arc<Committed>> {
        self.receiver.recv().await
    }

    /// The next commit of one instance if there is one already.
    pub fn try_next(&mut self) -> Option<Arc<Committed>> {
        self.receiver.try_recv().ok()
    }

    /// Waits until a run of an instance has ended, passing over what is told of others.
    pub async fn until_closed(&mut self, id: &InstanceId) -> Result<InstanceSummary, EngineError> {
        while let Some(committed) = self.next().await {
            if committed.instance.id == *id && committed.instance.status.is_closed() {
                return Ok(committed.instance.clone());
            }
        }
        Err(EngineError::Stopped)
    }
}
