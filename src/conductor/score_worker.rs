//! Scores whose workflows run in another engine: their activities play here.
//!
//! The other engine decides what is played, in steps that take tens of milliseconds. It asks for a phrase at a
//! time, and notes are handed to the player ahead of time by a horizon of its own.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Conductor, ConductorError, activities::ScoreActivities, lane::RunId};
use crate::{
    engine::{ActivityContext, ActivityError, AttemptElsewhere, InstanceId, Payload, Registry},
    music::{Beat, Beats},
    score::{Document, ScoreInput, calls, is_musical, parse_stored},
};

/// Plays the activities of scores whose workflows run in another engine. Cheap to clone.
#[derive(Clone)]
pub struct ScoreWorker {
    activities: Arc<ScoreActivities>,
    registry: Arc<Registry>,
    known: Arc<Mutex<HashSet<InstanceId>>>,
}

impl Conductor {
    /// A worker for scores of another engine. `horizon`: how far ahead of time notes are handed to the player.
    pub fn score_worker(&self, horizon: Duration) -> ScoreWorker {
        self.activities.set_horizon(horizon);
        ScoreWorker {
            registry: Arc::new(self.activities.registry()),
            activities: Arc::clone(&self.activities),
            known: Arc::default(),
        }
    }
}

impl ScoreWorker {
    /// Whether an instance has joined.
    pub fn knows(&self, instance: &InstanceId) -> bool {
        self.known().contains(instance)
    }

    /// An instance joins with the score that it performs. Its instruments get their channels.
    ///
    /// # Errors
    ///
    /// [`ConductorError::Music`] if the player has ended.
    pub fn join(&self, instance: &InstanceId, start: &ScoreInput) -> Result<(), ConductorError> {
        let mut known = self.known();
        if known.contains(instance) {
            return Ok(());
        }
        // What cannot be read, or makes no music, has no lane.
        let document = parse_stored(&start.score).ok().filter(is_musical);
        if let Some(document) = document {
            let channels = start.channels.clone();
            self.activities
                .join(&run_of(instance), document, channels)?;
        }
        known.insert(instance.clone());
        Ok(())
    }

    /// Makes an attempt of an activity, by the name that it has in histories.
    ///
    /// # Errors
    ///
    /// What the activity fails with.
    pub async fn attempt(
        &self,
        name: &str,
        attempt: AttemptElsewhere,
        input: Payload,
    ) -> Result<Payload, ActivityError> {
        if let Some(beat) = calls::scheduled_beat(name, &input) {
            self.activities.resume_at(&run_of(&attempt.instance), beat);
        }
        let context = ActivityContext::elsewhere(attempt);
        self.registry.attempt(name, context, input).await
    }

    fn known(&self) -> MutexGuard<'_, HashSet<InstanceId>> {
        // Nothing that is done under the lock can panic halfway.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All runs of an instance of another engine have the same lane.
fn run_of(instance: &InstanceId) -> RunId {
    RunId {
        instance: instance.clone(),
        run: 1,
    }
}

impl ScoreActivities {
    /// Gives a run a lane that is in no history here.
    fn join(
        &self,
        run: &RunId,
        document: Document,
        channels: BTreeMap<String, u8>,
    ) -> Result<(), ConductorError> {
        let mut lanes = self.lanes();
        self.insert_lane(&mut lanes, run, document, (channels, &[]))?;
        Ok(())
    }

    /// Moves the transport to the bar in which a performance continues, if nothing plays yet.
    fn resume_at(&self, run: &RunId, beat: Beat) {
        if self.player.transport().is_rolling() {
            return;
        }
        let Ok(lane) = self.lane(run) else { return };
        let bar = lane.document.meters.first().bar();
        let line = Beat(bar * Beats::whole((beat.0 / bar).floor()));
        // These fail only if the transport was started meanwhile, or after the player has stopped.
        let _ = self.player.locate(line);
        let _ = self.set_pace(&lane.document, line);
    }
}
