//! The activities of scores, and what they share: the player and its ports, the lanes with their
//! instruments.

mod faults;
mod transport;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::{
    Looping,
    broken_code::{BrokenCode, perform_breakable},
    channels::{ChannelAllocator, Which},
    event_receivers::EventReceivers,
    http::HttpCaller,
    lane::{Lane, RunId, is_continued, recorded_channels},
    mixer::Mixer,
    ports::Ports,
    revisions::Revisions,
    rig::Controls,
    secrets::Secrets,
};
use crate::{
    engine::{
        Activity, ActivityContext, Archive, Clock, Event, EventId, EventKind, Failure, InstanceId,
        Registry,
    },
    music::{Beat, Channel, HORIZON, MusicError, Nanos, Player},
    score::{
        Document, ScoreInput,
        calls::{
            ControlActivity, CueActivity, EmitActivity, EnterActivity, HttpActivity, LoopActivity,
            PhraseActivity, PlayActivity, RestActivity, TempoActivity,
        },
        is_musical, parse_stored,
    },
};

/// Whether an instance continues with another run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HasNext {
    Yes,
    No,
}

/// The activities of scores, with what they share.
pub(super) struct ScoreActivities {
    pub player: Player,
    pub clock: Clock,
    /// The newest texts of scores.
    pub revisions: Arc<Revisions>,
    pub looping: Looping,
    pub event_receivers: EventReceivers,
    /// The settings of the mixer.
    pub mixer: watch::Sender<Mixer>,
    /// What pads, faders and keys do.
    pub controls: watch::Sender<Controls>,
    pub ports: Arc<Ports>,
    pub broken_code: Arc<BrokenCode>,
    archive: Archive,
    pub(super) http: Arc<HttpCaller>,
    lanes: Mutex<Lanes>,
    /// How far ahead of time notes are handed to the player.
    horizon: Mutex<Duration>,
    /// When the transport was last started, and from which beat.
    started: Mutex<Option<(Nanos, Beat)>>,
}

#[derive(Default)]
pub(super) struct Lanes {
    pub channels: ChannelAllocator,
    of: HashMap<RunId, Arc<Lane>>,
    /// Lanes of runs that have ended, for the runs after them.
    before: HashMap<RunId, Arc<Lane>>,
}

impl Lanes {
    /// The lanes of the runs that have not ended.
    pub fn all(&self) -> impl Iterator<Item = &Lane> {
        self.of.values().map(|lane| &**lane)
    }

    /// The lane of a run that continues from the position of the run before: with the same channels and
    /// settings.
    fn continued(&self, run: &RunId, history: &[Event]) -> Option<Lane> {
        let before = RunId {
            instance: run.instance.clone(),
            run: run.run.checked_sub(1)?,
        };
        let lane = self.of.get(&before).or_else(|| self.before.get(&before))?;
        is_continued(history).then(|| lane.continued())
    }
}

impl ScoreActivities {
    pub fn new(
        player: Player,
        clock: Clock,
        ports: Ports,
        archive: Archive,
        event_receivers: EventReceivers,
        secrets: Secrets,
        looping: Looping,
    ) -> Self {
        Self {
            player,
            clock,
            revisions: Arc::default(),
            looping,
            event_receivers,
            mixer: watch::Sender::default(),
            controls: watch::Sender::default(),
            ports: Arc::new(ports),
            broken_code: Arc::default(),
            http: Arc::new(HttpCaller::new(archive.clone(), secrets)),
            archive,
            lanes: Mutex::default(),
            horizon: Mutex::new(HORIZON),
            started: Mutex::default(),
        }
    }

    /// Scores as workflows, and the activities behind their calls.
    pub fn registry(self: &Arc<Self>) -> Registry {
        let (entering, playing, resting) = (Arc::clone(self), Arc::clone(self), Arc::clone(self));
        let (repeating, phrasing) = (Arc::clone(self), Arc::clone(self));
        let (emitting, calling) = (Arc::clone(self), Arc::clone(self));
        let http = Arc::clone(&self.http);
        let broken_code = Arc::clone(&self.broken_code);
        let (cueing, controlling, pacing) = (Arc::clone(self), Arc::clone(self), Arc::clone(self));
        Registry::new()
            .any_workflow(move |context, start| {
                perform_breakable(Arc::clone(&broken_code), context, start)
            })
            .activity(EnterActivity, move |context, enter| {
                let activities = Arc::clone(&entering);
                async move { activities.enter(context, enter).await }
            })
            .activity(PlayActivity, move |mut context, note| {
                let activities = Arc::clone(&playing);
                async move {
                    activities.strike(PlayActivity::NAME, &mut context).await?;
                    activities.play(context, note).await
                }
            })
            .activity(PhraseActivity, move |context, phrase| {
                let activities = Arc::clone(&phrasing);
                async move { activities.phrase(context, phrase).await }
            })
            .activity(LoopActivity, move |context, asked| {
                let activities = Arc::clone(&repeating);
                async move { activities.repeat(context, asked).await }
            })
            .activity(EmitActivity, move |mut context, emit| {
                let activities = Arc::clone(&emitting);
                async move {
                    activities.strike(EmitActivity::NAME, &mut context).await?;
                    activities.event_receivers.of(emit).await
                }
            })
            .activity(RestActivity, move |context, rest| {
                let activities = Arc::clone(&resting);
                async move { activities.rest(context, rest).await }
            })
            .activity(HttpActivity, move |mut context, call| {
                let (http, activities) = (Arc::clone(&http), Arc::clone(&calling));
                async move {
                    activities.strike(HttpActivity::NAME, &mut context).await?;
                    activities.strike_service(&call, &mut context).await?;
                    http.call(context, call).await
                }
            })
            .activity(CueActivity, move |context, cue| {
                let activities = Arc::clone(&cueing);
                async move { activities.cue(context, cue).await }
            })
            .activity(ControlActivity, move |context, control| {
                let activities = Arc::clone(&controlling);
                async move { activities.control(context, control).await }
            })
            .activity(TempoActivity, move |context, change| {
                let activities = Arc::clone(&pacing);
                async move { activities.tempo(context, change).await }
            })
    }

    /// How far ahead of time notes are handed to the player.
    pub fn horizon(&self) -> Duration {
        *self.horizon.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands notes to the player so far ahead of time from now on, or more if the player needs more.
    pub fn set_horizon(&self, horizon: Duration) {
        *self.horizon.lock().unwrap_or_else(PoisonError::into_inner) = horizon.max(HORIZON);
    }

    /// The histories.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    pub(super) fn lane_of(&self, context: &ActivityContext) -> Result<Arc<Lane>, Failure> {
        self.lane(&RunId {
            instance: context.instance().clone(),
            run: context.run(),
        })
    }

    /// The lane of a run; made from its history when it is first asked for.
    pub fn lane(&self, run: &RunId) -> Result<Arc<Lane>, Failure> {
        let mut lanes = self.lanes();
        if let Some(lane) = lanes.of.get(run) {
            return Ok(Arc::clone(lane));
        }
        let id = &run.instance;
        let unreadable = |error: String| Failure::new("Score", error).non_retryable();
        let history = self
            .archive
            .history(id)
            .map_err(|error| unreadable(error.to_string()))?;
        let document = score_of(&history)
            .ok_or_else(|| unreadable(format!("the instance {id} was not started with a score")))?;
        let lane = self
            .new_lane(&mut lanes, run, document, &history)
            .map_err(|error| unreadable(error.to_string()))?;
        Ok(lane)
    }

    /// Gives the instruments of an instance that has just been started their channels, before those of
    /// the next one.
    pub fn assign_channels(&self, id: &InstanceId) {
        let Ok(summary) = self.archive.summary(id) else {
            return;
        };
        if !summary.status.is_closed() {
            // What makes no music has no lane; what cannot be read reports that with its first note.
            let _ = self.lane(&RunId::of(&summary));
        }
    }

    fn new_lane(
        &self,
        lanes: &mut Lanes,
        run: &RunId,
        document: Document,
        history: &[Event],
    ) -> Result<Arc<Lane>, MusicError> {
        if let Some(lane) = lanes.continued(run, history) {
            let lane = Arc::new(lane);
            lanes.of.insert(run.clone(), Arc::clone(&lane));
            return Ok(lane);
        }
        let recorded = recorded_channels(history);
        self.insert_lane(lanes, run, document, (recorded, history))
    }

    /// A lane whose instruments have had these channels, with its history.
    pub(in crate::conductor) fn insert_lane(
        &self,
        lanes: &mut Lanes,
        run: &RunId,
        document: Document,
        (recorded, history): (BTreeMap<String, u8>, &[Event]),
    ) -> Result<Arc<Lane>, MusicError> {
        let id = &run.instance;
        let (player, ports) = (&self.player, &self.ports);
        let assigned = lanes
            .channels
            .assign_all(player, ports, id, &document, recorded)?;
        let lane_id = player.lane(id.as_str());
        let histories = self.continued_histories(run, &document, history);
        let lane = Lane::new(document, lane_id, Arc::new(assigned), &histories);
        let lane = Arc::new(lane);
        lanes.of.insert(run.clone(), Arc::clone(&lane));
        self.chase(&lane, Which::New)?;
        for (_, assigned) in lane.assignments.by_instrument(Which::New) {
            self.join_volume(lanes, &lane, assigned)?;
        }
        Ok(lane)
    }

    /// The history of a run and, if they matter for the faults of its instruments, those of the runs that it
    /// continues, latest first.
    fn continued_histories(
        &self,
        run: &RunId,
        document: &Document,
        history: &[Event],
    ) -> Vec<Vec<Event>> {
        let mut histories = vec![history.to_vec()];
        if document.instruments.iter().all(|i| i.fault.is_none()) {
            return histories;
        }
        for earlier in (1..run.run).rev() {
            if !histories
                .last()
                .is_some_and(|history| is_continued(history))
            {
                break;
            }
            let (archive, first) = (&self.archive, EventId(0));
            match archive.history_of_run(&run.instance, earlier, first, usize::MAX) {
                Ok(history) => histories.push(history),
                // Earlier runs may have been purged.
                Err(_) => break,
            }
        }
        histories
    }

    /// Changes the settings of the mixer. Lanes that are no longer heard fall silent at once, and volumes are
    /// heard at once.
    pub fn set_mixer(&self, set: impl FnOnce(&mut Mixer)) {
        let before = self.mixer.borrow().clone();
        self.mixer.send_modify(set);
        let now = self.mixer.borrow().clone();
        let lanes = self.lanes();
        for (run, lane) in &lanes.of {
            let lane_id = &run.instance;
            if before.volume(lane_id) != now.volume(lane_id) {
                // A player that has stopped makes no sound.
                let _ = self.follow_volume(&lanes, lane);
            }
            if before.hears_lane(lane_id) && !now.hears_lane(lane_id) {
                // A player that has stopped has released everything already.
                let _ = self.player.release_lane(lane.id);
            }
        }
    }

    /// A run has ended, and with it the lane. A next run keeps the channels.
    pub fn leave(&self, run: &RunId, has_next: HasNext) {
        let mut lanes = self.lanes();
        lanes
            .before
            .retain(|before, _| before.instance != run.instance);
        let left = lanes.of.remove(run);
        if let (HasNext::No, Some(left)) = (has_next, &left) {
            // A player that has stopped makes no sound.
            let _ = self.leave_volume(&lanes, left);
        }
        match (has_next, left) {
            (HasNext::No, _) => lanes.channels.release(&run.instance),
            (HasNext::Yes, Some(lane)) => {
                lanes.before.insert(run.clone(), lane);
            }
            (HasNext::Yes, None) => {}
        }
    }

    /// The channels of the built-in synth that each instance plays on.
    pub fn synth_channels(&self) -> HashMap<InstanceId, Vec<Channel>> {
        let lanes = self.lanes();
        let channels = lanes.of.iter().map(|(run, lane)| {
            let all = lane.assignments.all().into_iter();
            let built_in = all.filter(|assignment| self.ports.is_built_in(assignment.port));
            let channels = built_in.map(|assignment| assignment.channel);
            (run.instance.clone(), channels.collect())
        });
        channels.collect()
    }

    pub(super) fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // Nothing that is done under the lock can panic halfway.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The score that an instance was started with, if it makes music.
pub(super) fn score_of(history: &[Event]) -> Option<Document> {
    document_of(history).filter(is_musical)
}

/// The score that an instance was started with.
pub(super) fn document_of(history: &[Event]) -> Option<Document> {
    let EventKind::ExecutionStarted { input, .. } = &history.first()?.kind else {
        return None;
    };
    let input: ScoreInput = input.decode().ok()?;
    parse_stored(&input.score).ok()
}
