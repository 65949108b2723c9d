//! The instances that receive the events which scores emit.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use tokio::sync::{RwLock, RwLockWriteGuard};

use crate::{
    engine::{ActivityError, Archive, EventKind, Failure, InstanceId, InstanceSummary, StoreError},
    score::{Document, ScoreInput, calls::Emit, may_hear, parse_stored},
};

/// Finds the open instances that receive an emitted event.
pub(super) struct EventReceivers {
    archive: Archive,
    /// Open instances of the store that this process does not run.
    not_recovered: HashSet<InstanceId>,
    /// Locked for writing while scores that belong together are started: nothing is emitted then.
    emitting: RwLock<()>,
    scores: Mutex<Scores>,
}

/// The scores of instances, by id and run; `None` if an instance was not started with a score.
type Scores = HashMap<(InstanceId, u32), Option<Document>>;

impl EventReceivers {
    /// `not_recovered` are open instances of the store that this process does not run.
    pub fn new(archive: Archive, not_recovered: impl IntoIterator<Item = InstanceId>) -> Self {
        Self {
            archive,
            not_recovered: not_recovered.into_iter().collect(),
            emitting: RwLock::default(),
            scores: Mutex::default(),
        }
    }

    /// Pauses emitting until the guard is dropped.
    pub async fn pause_emitting(&self) -> RwLockWriteGuard<'_, ()> {
        self.emitting.write().await
    }

    /// The open instances whose scores listen to the type of an event, oldest first.
    pub async fn of(&self, emit: Emit) -> Result<Vec<InstanceId>, ActivityError> {
        let _emitting = self.emitting.read().await;
        let kind = emit.event.get("type").and_then(|kind| kind.as_str());
        let kind = kind.unwrap_or_default();
        let found = self.listening_to(kind);
        found.map_err(|error| Failure::new("Store", error.to_string()).into())
    }

    fn listening_to(&self, kind: &str) -> Result<Vec<InstanceId>, StoreError> {
        let open = self.archive.open_instances()?;
        // No code that holds the lock can panic halfway.
        let mut scores = self.scores.lock().unwrap_or_else(PoisonError::into_inner);
        let is_open = |id: &InstanceId, run: u32| open.iter().any(|o| o.id == *id && o.run == run);
        scores.retain(|(id, run), _| is_open(id, *run));
        let mut listens = |instance: &&InstanceSummary| {
            let place = (instance.id.clone(), instance.run);
            let score = scores
                .entry(place)
                .or_insert_with(|| self.score(&instance.id));
            score.as_ref().is_some_and(|score| may_hear(score, kind))
        };
        let running = open
            .iter()
            .filter(|open| !self.not_recovered.contains(&open.id));
        let receivers = running.filter(|open| listens(open));
        Ok(receivers.map(|open| open.id.clone()).collect())
    }

    /// The score that an instance was started with.
    fn score(&self, id: &InstanceId) -> Option<Document> {
        let history = self.archive.history(id).ok()?;
        let EventKind::ExecutionStarted { input, .. } = &history.first()?.kind else {
            return None;
        };
        let input: ScoreInput = input.decode().ok()?;
        parse_stored(&input.score).ok()
    }
}
