//! Scores whose workflows run in another engine: their activities play here.
//!
//! The other engine decides what is played, in steps that take tens of milliseconds. It asks for a phrase at a
//! time, and notes are handed to the player ahead of time by a horizon of its own. An activity says again and
//! again how far it is: when its machine is lost, another one goes on from there.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::{
    Conductor, ConductorError,
    activities::{HasNext, ScoreActivities, document_of, score_of},
    lane::{RunId, entered, recorded_channels},
    resume_point::ResumePoint,
};
use crate::{
    engine::{
        Activity, ActivityContext, ActivityError, AttemptElsewhere, Event, EventId, InstanceId,
        Payload, Registry,
    },
    music::{Beat, Beats},
    score::calls,
};

/// How often an activity says how far it is.
const REPORT: Duration = Duration::from_millis(200);

/// By how much earlier than where a lost machine was last heard of the next one goes on: the voices of a score
/// were last heard of at different moments, and come here one after the other.
const REWIND: Duration = Duration::from_millis(600);

/// How far an attempt of an activity is. The engine keeps it for the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The beat that sounds now.
    pub position: Beat,
    /// By how much its notes come later than was asked, in whole bars.
    #[serde(default)]
    pub moved: Beats,
}

/// An attempt of an activity of another engine's instance.
pub struct ScoreAttempt<'a> {
    /// The name that the activity has in histories.
    pub activity: &'a str,
    /// The instance.
    pub instance: InstanceId,
    /// Its run, by a name that no other run has.
    pub run: String,
    /// What is the same for all attempts of the activity.
    pub scheduled: EventId,
    /// The number of the attempt: 1, 2, ...
    pub attempt: u32,
    /// The input of the activity.
    pub input: Payload,
    /// How far the attempt before was, on this machine or another one.
    pub progress: Option<Progress>,
}

/// An instance that has joined.
struct Joined {
    /// Its run, by a name that no other run has.
    run: String,
    /// Whether it plays here. Services are also called for scores that play elsewhere.
    plays: bool,
}

/// Plays the activities of scores whose workflows run in another engine. Cheap to clone.
#[derive(Clone)]
pub struct ScoreWorker {
    activities: Arc<ScoreActivities>,
    registry: Arc<Registry>,
    known: Arc<Mutex<HashMap<InstanceId, Joined>>>,
}

impl Joined {
    /// Whether an attempt can be made without joining again.
    fn serves(&self, attempt: &ScoreAttempt<'_>) -> bool {
        self.run == attempt.run && (self.plays || !is_played(attempt.activity))
    }
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
    /// The instances that have joined.
    pub fn joined(&self) -> Vec<InstanceId> {
        self.known().keys().cloned().collect()
    }

    /// Whether the run of an attempt has joined.
    pub fn knows(&self, attempt: &ScoreAttempt<'_>) -> bool {
        let known = self.known();
        known
            .get(&attempt.instance)
            .is_some_and(|joined| joined.serves(attempt))
    }

    /// A run joins with its history so far. Its instruments get their channels. If the instance has played
    /// elsewhere, it goes on here: at its beat if nothing else plays, otherwise in the next bar of what plays.
    ///
    /// # Errors
    ///
    /// [`ConductorError::Music`] if the player has ended.
    pub fn join(
        &self,
        attempt: &ScoreAttempt<'_>,
        history: &[Event],
    ) -> Result<(), ConductorError> {
        let mut known = self.known();
        let before = known.get(&attempt.instance);
        if before.is_some_and(|joined| joined.serves(attempt)) {
            return Ok(());
        }
        let has_played_here = before.is_some_and(|joined| joined.plays);
        let plays = has_played_here || is_played(attempt.activity);
        if plays {
            self.play_from_now(attempt, history, has_played_here)?;
        }
        if let Some(score) = document_of(history) {
            self.activities.http.know(&attempt.instance, score);
        }
        let run = attempt.run.clone();
        known.insert(attempt.instance.clone(), Joined { run, plays });
        Ok(())
    }

    /// Gives a run a lane.
    fn play_from_now(
        &self,
        attempt: &ScoreAttempt<'_>,
        history: &[Event],
        has_played_here: bool,
    ) -> Result<(), ConductorError> {
        let run = run_of(&attempt.instance);
        if has_played_here {
            self.activities.leave(&run, HasNext::No);
        }
        self.activities.join(&run, history)?;
        let beat = calls::scheduled_beat(attempt.activity, &attempt.input);
        let position = attempt.progress.map(|progress| progress.position);
        if let Some(position) = position.or(beat).filter(|_| !has_played_here) {
            self.activities.go_on(&run, history, position)?;
        }
        Ok(())
    }

    /// An instance has ended: its channels are free again.
    pub fn leave(&self, instance: &InstanceId) {
        if self.known().remove(instance).is_some() {
            self.activities.leave(&run_of(instance), HasNext::No);
            self.activities.http.forget(instance);
        }
    }

    /// Makes an attempt of an activity. `report` gets how far it is, again and again.
    ///
    /// # Errors
    ///
    /// What the activity fails with.
    pub async fn attempt(
        &self,
        attempt: ScoreAttempt<'_>,
        report: impl Fn(Progress),
    ) -> Result<Payload, ActivityError> {
        let before = attempt.progress;
        let moved = Arc::new(Mutex::new(
            before.map_or(Beats::ZERO, |before| before.moved),
        ));
        let told = Arc::clone(&moved);
        let context = ActivityContext::elsewhere(AttemptElsewhere {
            instance: attempt.instance,
            scheduled: attempt.scheduled,
            seed: XxHash3_64::oneshot(attempt.run.as_bytes()),
            attempt: attempt.attempt,
            progress: before.and_then(|before| Payload::encode(&before).ok()),
            report: Arc::new(move |details| {
                if let Ok(moved) = details.decode() {
                    *lock(&told) = moved;
                }
            }),
        });
        let reporting = async {
            loop {
                if let Some(position) = self.activities.position() {
                    let moved = *lock(&moved);
                    report(Progress { position, moved });
                }
                tokio::time::sleep(REPORT).await;
            }
        };
        let doing = self
            .registry
            .attempt(attempt.activity, context, attempt.input);
        tokio::select! {
            biased;
            done = doing => done,
            () = reporting => Err(ActivityError::Yielded),
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<InstanceId, Joined>> {
        lock(&self.known)
    }
}

/// Whether an activity plays, so that it must be done on the machine on which its score plays.
pub fn is_played(activity: &str) -> bool {
    activity != calls::HttpActivity::NAME && activity != calls::EmitActivity::NAME
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that is done under the lock can panic halfway.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All runs of an instance of another engine have the same lane.
fn run_of(instance: &InstanceId) -> RunId {
    RunId {
        instance: instance.clone(),
        run: 1,
    }
}

impl ScoreActivities {
    /// Gives a run a lane that is in no history here. What cannot be read, or makes no music, has none.
    fn join(&self, run: &RunId, history: &[Event]) -> Result<(), ConductorError> {
        if let Some(document) = score_of(history) {
            let recorded = recorded_channels(history);
            let mut lanes = self.lanes();
            self.insert_lane(&mut lanes, run, document, (recorded, history))?;
        }
        Ok(())
    }

    /// Lets a lane go on that has played elsewhere up to a position.
    fn go_on(&self, run: &RunId, history: &[Event], position: Beat) -> Result<(), ConductorError> {
        let Ok(lane) = self.lane(run) else {
            return Ok(());
        };
        let transport = self.player.transport();
        if transport.is_rolling() {
            let soon = transport.position(self.player.now() + self.horizon());
            lane.begin_at(transport.next_bar(soon), Some(position), transport);
            return Ok(());
        }
        self.set_pace(&lane.document, entered(history))?;
        let mut point = ResumePoint::default();
        point.read(history);
        if let Some(tempo) = point.tempo() {
            self.player.set_tempo(tempo)?;
        }
        let tempo = point.tempo().unwrap_or(lane.document.tempo);
        let rewind = REWIND.as_secs_f64() / 60.0 * tempo.beats_per_minute();
        let from = position - Beats::from_f64(rewind);
        self.player.locate(from.max(Beat::default()))?;
        Ok(())
    }

    /// The beat that sounds now, if anything plays.
    fn position(&self) -> Option<Beat> {
        let transport = self.player.transport();
        let rolling = transport.is_rolling();
        rolling.then(|| transport.position(self.player.now()))
    }
}
