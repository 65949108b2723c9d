//! Everybody who plays: the player and its ports, and the lanes with their instruments.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    Rounds,
    cast::Seating,
    hall::Hall,
    http::Web,
    lane::{Lane, RunId},
    ports::Ports,
    revisions::Revisions,
};
use crate::{
    engine::{
        ActivityContext, Archive, Clock, Event, EventId, EventKind, Failure, InstanceSummary,
        Registry,
    },
    music::{Beat, Beats, HORIZON, MusicError, Player, Tempo},
    score::{
        Document, ScoreInput,
        calls::{
            self, AgainActivity, ControlActivity, CueActivity, EmitActivity, EnterActivity, Paced,
            Performed, PlayActivity, RestActivity, TempoActivity,
        },
        http::HttpActivity,
        is_musical, perform,
    },
};

/// From the first wish to play to the first beat: time to hand over what sounds on it.
const LEAD: Duration = Duration::from_millis(HORIZON.as_millis() as u64 + 40);

/// Everybody who plays.
pub(super) struct Ensemble {
    pub player: Player,
    pub clock: Clock,
    /// The newest texts of scores.
    pub revisions: Arc<Revisions>,
    pub rounds: Rounds,
    pub hall: Hall,
    ports: Ports,
    archive: Archive,
    web: Arc<Web>,
    lanes: Mutex<Lanes>,
}

#[derive(Default)]
struct Lanes {
    seating: Seating,
    of: HashMap<RunId, Arc<Lane>>,
}

impl Ensemble {
    pub fn new(
        player: Player,
        clock: Clock,
        ports: Ports,
        archive: Archive,
        hall: Hall,
        rounds: Rounds,
    ) -> Self {
        Self {
            player,
            clock,
            revisions: Arc::default(),
            rounds,
            hall,
            ports,
            web: Arc::new(Web::new(archive.clone())),
            archive,
            lanes: Mutex::default(),
        }
    }

    /// Scores as workflows, and the activities behind their calls.
    pub fn registry(self: &Arc<Self>) -> Registry {
        let (entering, playing, resting) = (Arc::clone(self), Arc::clone(self), Arc::clone(self));
        let again = Arc::clone(self);
        let emitting = Arc::clone(self);
        let web = Arc::clone(&self.web);
        let (cueing, controlling, pacing) = (Arc::clone(self), Arc::clone(self), Arc::clone(self));
        Registry::new()
            .any_workflow(perform)
            .activity(EnterActivity, move |context, enter| {
                let ensemble = Arc::clone(&entering);
                async move { ensemble.enter(context, enter).await }
            })
            .activity(PlayActivity, move |context, note| {
                let ensemble = Arc::clone(&playing);
                async move { ensemble.play(context, note).await }
            })
            .activity(AgainActivity, move |context, asked| {
                let ensemble = Arc::clone(&again);
                async move { ensemble.again(context, asked).await }
            })
            .activity(EmitActivity, move |_, emit| {
                let ensemble = Arc::clone(&emitting);
                async move { ensemble.hall.listeners(emit).await }
            })
            .activity(RestActivity, move |context, rest| {
                let ensemble = Arc::clone(&resting);
                async move { ensemble.rest(context, rest).await }
            })
            .activity(HttpActivity, move |context, call| {
                let web = Arc::clone(&web);
                async move { web.call(context, call).await }
            })
            .activity(CueActivity, move |context, cue| {
                let ensemble = Arc::clone(&cueing);
                async move { ensemble.cue(context, cue).await }
            })
            .activity(ControlActivity, move |context, control| {
                let ensemble = Arc::clone(&controlling);
                async move { ensemble.control(context, control).await }
            })
            .activity(TempoActivity, move |context, change| {
                let ensemble = Arc::clone(&pacing);
                async move { ensemble.tempo(context, change).await }
            })
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
        let cast = lanes
            .seating
            .seat(&self.player, &self.ports, run, document)
            .map_err(|error| unreadable(error.to_string()))?;
        let lane = Arc::new(Lane::new(cast, &history));
        lanes.of.insert(run.clone(), Arc::clone(&lane));
        Ok(lane)
    }

    /// The lane of a run that has ended.
    pub fn leave(&self, run: &RunId) -> Option<Arc<Lane>> {
        let mut lanes = self.lanes();
        lanes.seating.leave(run);
        lanes.of.remove(run)
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // Nothing that is done under the lock can panic halfway.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A score comes in: if the transport stands it moves on to a bar line, takes the score's tempo
    /// and meter, and rolls.
    pub fn begin(&self, document: &Document) {
        let transport = self.player.transport();
        if !transport.is_rolling() {
            let bar_line = transport.next_bar(transport.position(self.player.now()));
            // These fail only if somebody else lets it roll meanwhile, or once the player is gone.
            let _ = self.player.locate(bar_line);
            let _ = self.set_pace(document);
        }
        self.roll();
    }

    /// Lets the transport roll on from where it stands, at the tempo that it has.
    pub fn roll(&self) {
        // It fails only once the player is gone; then nothing is left to roll.
        let _ = self.player.roll(LEAD);
    }

    fn set_pace(&self, document: &Document) -> Result<(), MusicError> {
        self.player.set_meter(document.meter)?;
        self.player.set_tempo(document.tempo)
    }

    /// Before anything plays: moves the transport to where the open instances broke off, and gives
    /// it the tempo and meter of the first of them.
    pub fn go_to_where_it_broke_off(&self, open: &[InstanceSummary]) -> Result<(), MusicError> {
        let histories: Vec<_> = open
            .iter()
            .filter_map(|open| self.archive.history(&open.id).ok())
            .collect();
        if let Some(document) = histories.iter().find_map(|history| score_of(history)) {
            self.set_pace(&document)?;
        }
        if let Some(tempo) = last_tempo(&histories) {
            self.player.set_tempo(tempo)?;
        }
        match broke_off_at(&histories) {
            Some(beat) => self.player.locate(beat),
            None => Ok(()),
        }
    }
}

/// The score that an instance was started with.
pub(super) fn score_of(history: &[Event]) -> Option<Document> {
    let EventKind::ExecutionStarted { input, .. } = &history.first()?.kind else {
        return None;
    };
    let input: ScoreInput = input.decode().ok()?;
    let document = Document::parse(&input.score, "score").ok()?;
    is_musical(&document).then_some(document)
}

/// The tempo that the last `call: tempo` of any of them led to.
fn last_tempo(histories: &[Vec<Event>]) -> Option<Tempo> {
    let ends = histories.iter().flatten().filter_map(|event| {
        let EventKind::TaskCompleted { result, .. } = &event.kind else {
            return None;
        };
        let paced = result.decode::<Paced>().ok()?;
        Some((paced.performed.at, Tempo::new(paced.tempo)?))
    });
    ends.max_by_key(|(at, _)| *at).map(|(_, tempo)| tempo)
}

/// The first beat that is still to be played after the last one that was: where the piece goes on.
/// A note just before that one was being handed over when the process ended; beats long before it
/// belong to lanes that lag behind, which come back whole bars later.
fn broke_off_at(histories: &[Vec<Event>]) -> Option<Beat> {
    let mut played: Option<Beat> = None;
    let mut pending: Vec<Beat> = Vec::new();
    for history in histories {
        let mut asked: HashMap<EventId, Beat> = HashMap::new();
        for event in history {
            match &event.kind {
                EventKind::ExecutionStarted { input, .. } => {
                    let from = input
                        .decode::<ScoreInput>()
                        .ok()
                        .and_then(|start| start.from);
                    played = played.max(from);
                }
                EventKind::TaskScheduled { name, input, .. } => {
                    let at = calls::asked(name, input);
                    asked.extend(at.map(|at| (event.id, at)));
                }
                EventKind::TaskCompleted { scheduled, result } => {
                    asked.remove(scheduled);
                    if let Ok(performed) = result.decode::<Performed>() {
                        played = played.max(Some(performed.at));
                    }
                }
                EventKind::TaskFailed {
                    scheduled,
                    retry_at: None,
                    ..
                }
                | EventKind::TaskCanceled { scheduled } => {
                    asked.remove(scheduled);
                }
                _ => {}
            }
        }
        pending.extend(asked.into_values());
    }
    let played = played?;
    let earliest = played - Beats::new(1, 2);
    let next = pending.into_iter().filter(|at| *at >= earliest).min();
    Some(next.unwrap_or(played))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{Payload, Timeouts, Timestamp},
        music::Velocity,
        score::calls::Play,
    };

    fn beat(n: i64) -> Beat {
        Beat(Beats::whole(n))
    }

    /// A history of notes at these beats; the last one is still to be played.
    fn history(beats: &[i64]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut push = |kind| {
            let id = EventId(events.len() as u64);
            let at = Timestamp(0);
            events.push(Event { id, at, kind });
            id
        };
        for (index, at) in beats.iter().enumerate() {
            let play = Play {
                task: "t".into(),
                instrument: "i".into(),
                keys: vec![],
                at: beat(*at),
                length: Beats::whole(1),
                velocity: Velocity::default(),
            };
            let scheduled = push(EventKind::TaskScheduled {
                name: "play".into(),
                input: Payload::encode(&play).unwrap(),
                retry: None,
                timeouts: Timeouts::default(),
            });
            if index + 1 < beats.len() {
                let performed = Performed {
                    at: beat(*at),
                    onset: Timestamp(0),
                    until: Timestamp(0),
                };
                let result = Payload::encode(&performed).unwrap();
                push(EventKind::TaskCompleted { scheduled, result });
            }
        }
        events
    }

    #[test]
    fn the_piece_goes_on_at_the_first_note_that_did_not_sound() {
        assert_eq!(broke_off_at(&[]), None);
        assert_eq!(broke_off_at(&[history(&[0])]), None);
        let both = [history(&[0, 1, 2, 3]), history(&[0, 4])];
        assert_eq!(broke_off_at(&both), Some(beat(3)));
        let one_rings_long = [history(&[0, 4])];
        assert_eq!(broke_off_at(&one_rings_long), Some(beat(4)));
    }

    #[test]
    fn the_piece_goes_on_at_the_tempo_that_was_reached() {
        let paced = |at: i64, tempo: f64| {
            let paced = Paced {
                performed: Performed {
                    at: beat(at),
                    onset: Timestamp(0),
                    until: Timestamp(0),
                },
                tempo,
            };
            Event {
                id: EventId(1),
                at: Timestamp(0),
                kind: EventKind::TaskCompleted {
                    scheduled: EventId(0),
                    result: Payload::encode(&paced).unwrap(),
                },
            }
        };
        let tempo = |histories: &[Vec<Event>]| last_tempo(histories).map(Tempo::beats_per_minute);
        assert_eq!(tempo(&[history(&[0, 1, 2])]), None);
        let mut one = history(&[0, 1, 2]);
        one.push(paced(8, 140.0));
        assert_eq!(tempo(&[one, vec![paced(4, 60.0)]]), Some(140.0));
    }

    #[test]
    fn a_lane_that_lags_behind_does_not_take_the_piece_back() {
        let lagging = [history(&[30, 31, 32, 33]), history(&[4, 5, 6])];
        assert_eq!(broke_off_at(&lagging), Some(beat(33)));
    }
}
