//! Waiting until a worker has taken an instance's first turn.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::oneshot;

use crate::engine::{Committed, Engine, EngineError, EventKind, FeedEnd, InstanceId};

/// Those who wait for something to happen to an instance.
#[derive(Clone, Default)]
pub(super) struct Starts(Arc<Mutex<HashMap<InstanceId, Vec<oneshot::Sender<()>>>>>);

impl Starts {
    /// Completes when the instance takes a turn or closes.
    pub fn wait(&self, id: &InstanceId) -> oneshot::Receiver<()> {
        let (send, receive) = oneshot::channel();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = waiting.entry(id.clone()).or_default();
        // Those who gave up make room.
        waiting.retain(|waiting| !waiting.is_closed());
        waiting.push(send);
        receive
    }

    fn committed(&self, committed: &Committed) {
        let is_turn = |kind: &EventKind| matches!(kind, EventKind::TurnTaken { .. });
        let has_begun = committed.instance.status.is_closed()
            || committed.events.iter().any(|event| is_turn(&event.kind));
        if has_begun {
            self.tell(&committed.instance.id);
        }
    }

    fn tell(&self, id: &InstanceId) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for waiting in waiting.remove(id).unwrap_or_default() {
            // It may have given up.
            let _ = waiting.send(());
        }
    }

    fn tell_all(&self) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.clear();
    }

    /// Follows the engine until it stops.
    ///
    /// # Errors
    ///
    /// The engine stopped with an error.
    pub async fn follow(
        &self,
        engine: &Engine,
        forget: impl Fn(&InstanceId),
    ) -> Result<(), EngineError> {
        loop {
            let mut feed = engine.subscribe().await?;
            // What happened in between is found by those who wait, who look again.
            self.tell_all();
            while let Some(committed) = feed.next().await {
                self.committed(&committed);
                if committed.instance.status.is_closed() {
                    forget(&committed.instance.id);
                }
            }
            if feed.end() != Some(FeedEnd::TooSlow) {
                return Ok(());
            }
        }
    }
}
