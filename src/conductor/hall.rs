//! The hall: who is there to hear what a score emits.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use tokio::sync::{RwLock, RwLockWriteGuard};

use crate::{
    engine::{ActivityError, Archive, EventKind, Failure, InstanceId, InstanceSummary, StoreError},
    score::{Document, ScoreInput, calls::Emit, may_hear},
};

/// The open instances, as those who emit events see them.
pub(super) struct Hall {
    archive: Archive,
    /// Open in the store, but nobody goes on with them.
    absent: HashSet<InstanceId>,
    /// Nothing is emitted while scores that belong together are being started.
    doors: RwLock<()>,
    scores: Mutex<Scores>,
}

/// The scores of instances, by id and run; `None`: it was not started with a score.
type Scores = HashMap<(InstanceId, u32), Option<Document>>;

impl Hall {
    /// `absent`: open instances that nobody goes on with.
    pub fn new(archive: Archive, absent: impl IntoIterator<Item = InstanceId>) -> Self {
        Self {
            archive,
            absent: absent.into_iter().collect(),
            doors: RwLock::default(),
            scores: Mutex::default(),
        }
    }

    /// Holds back what is emitted until this is dropped.
    pub async fn doors_open(&self) -> RwLockWriteGuard<'_, ()> {
        self.doors.write().await
    }

    /// Who may hear an event: the open instances whose scores listen to its type, the oldest first.
    pub async fn listeners(&self, emit: Emit) -> Result<Vec<InstanceId>, ActivityError> {
        let _closed = self.doors.read().await;
        let kind = emit.event.get("type").and_then(|kind| kind.as_str());
        let kind = kind.unwrap_or_default();
        let found = self.who_may_hear(kind);
        found.map_err(|error| Failure::new("Store", error.to_string()).into())
    }

    fn who_may_hear(&self, kind: &str) -> Result<Vec<InstanceId>, StoreError> {
        let open = self.archive.open_instances()?;
        // Nothing that is done under the lock can panic halfway.
        let mut scores = self.scores.lock().unwrap_or_else(PoisonError::into_inner);
        let is_open = |id: &InstanceId, run: u32| open.iter().any(|o| o.id == *id && o.run == run);
        scores.retain(|(id, run), _| is_open(id, *run));
        let mut hears = |instance: &&InstanceSummary| {
            let place = (instance.id.clone(), instance.run);
            let score = scores
                .entry(place)
                .or_insert_with(|| self.score(&instance.id));
            score.as_ref().is_some_and(|score| may_hear(score, kind))
        };
        let present = open.iter().filter(|open| !self.absent.contains(&open.id));
        let listeners = present.filter(|open| hears(open));
        Ok(listeners.map(|open| open.id.clone()).collect())
    }

    /// The score that an instance was started with.
    fn score(&self, id: &InstanceId) -> Option<Document> {
        let history = self.archive.history(id).ok()?;
        let EventKind::ExecutionStarted { input, .. } = &history.first()?.kind else {
            return None;
        };
        let input: ScoreInput = input.decode().ok()?;
        Document::kept(&input.score).ok()
    }
}
