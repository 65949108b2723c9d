//! A lane that sounds: its state, its channels and its notes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::queue::{Due, Queue};
use crate::{
    conductor::{
        activities::ScoreActivities,
        channels::{Assignment, Assignments},
        listening::{
            arrangement::{Arrangement, Change, Placed},
            hearing::Hearing,
            instruments_of,
            pace::Pace,
            sound::{Sound, hash},
        },
    },
    engine::{Event, InstanceId, Timestamp},
    music::{KeyPress, LaneId, Volume},
    score::{Instrument, listening::ListeningScore},
};

/// How late the sound of an event may begin.
const LATE: Duration = Duration::from_secs(1);

/// The sets of channels that the instances of another engine share, each at its place in the room. There may
/// be many instances, and the channels are needed for scores too.
const SHARED_SETS: u64 = 3;

/// Who has the channels of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ChannelOwner {
    /// The lane alone, until it ends.
    Lane,
    /// Several lanes of another engine.
    Shared(InstanceId),
}

impl ChannelOwner {
    /// The owner for an instance of another engine.
    pub fn of_foreign(id: &InstanceId) -> Self {
        let engine = id.as_str().split('/').next().unwrap_or_default();
        let set = hash(id.as_str()) % SHARED_SETS;
        // It is no longer than the id, or a few bytes.
        let owner = InstanceId::new(format!("{engine}/{set}"));
        owner.map_or(Self::Lane, Self::Shared)
    }

    fn instance<'a>(&'a self, lane: &'a InstanceId) -> &'a InstanceId {
        match self {
            Self::Lane => lane,
            Self::Shared(owner) => owner,
        }
    }
}

pub(super) struct LiveLane {
    pub score: Arc<ListeningScore>,
    /// The instance has ended; its last notes may still sound.
    pub is_over: bool,
    id: InstanceId,
    owner: ChannelOwner,
    lane: LaneId,
    hearing: Hearing,
    arrangement: Arrangement,
    instruments: Vec<Instrument>,
    assignments: Assignments,
    /// Instruments that have no channel: that was said already.
    silent: BTreeSet<usize>,
    notes: BTreeMap<u64, LiveNote>,
}

/// A note that has not ended; its key, once that is down.
struct LiveNote {
    placed: Placed,
    down: Option<KeyPress>,
}

impl LiveLane {
    pub fn new(
        activities: &ScoreActivities,
        id: &InstanceId,
        owner: ChannelOwner,
        score: Arc<ListeningScore>,
        hearing: Hearing,
    ) -> Self {
        let instance = owner.instance(id);
        let instruments = instruments_of(&score, instance);
        let player = &activities.player;
        let mut lanes = activities.lanes();
        let assignments =
            lanes
                .channels
                .unassigned(player, instance, &instruments, BTreeMap::new());
        drop(lanes);
        Self {
            is_over: false,
            id: id.clone(),
            owner,
            lane: player.lane(id.as_str()),
            hearing,
            arrangement: Arrangement::new(score.density, score.longest),
            instruments,
            assignments,
            silent: BTreeSet::new(),
            notes: BTreeMap::new(),
            score,
        }
    }

    pub fn hear(&mut self, event: &Event) -> Vec<Sound> {
        self.hearing.hear(self.id.as_str(), event, self.score.tempo)
    }

    /// Plans the sounds of an event, which comes now or came a moment ago.
    pub fn plan(
        &mut self,
        event: &Event,
        sounds: Vec<Sound>,
        pace: &Pace,
        now: Timestamp,
        queue: &mut Queue,
        activities: &ScoreActivities,
    ) {
        // The history that a rerun shares with its source was heard long ago.
        let is_late = now.since(event.at) > LATE;
        let mut sounds = sounds;
        sounds.retain(|sound| !is_late || !sound.begins());
        for change in self.arrangement.arrange(event, sounds, pace, now.0) {
            match change {
                Change::Note(placed) => {
                    let number = placed.number;
                    queue.add(placed.onset, Due::Down(self.id.clone(), number));
                    queue.add(placed.until, Due::Up(self.id.clone(), number));
                    self.notes.insert(number, LiveNote { placed, down: None });
                }
                Change::End { number, at } => {
                    if let Some(note) = self.notes.get_mut(&number) {
                        note.placed.until = at;
                        queue.add(at, Due::Up(self.id.clone(), number));
                    }
                }
                Change::Silence { .. } => self.end_all(activities),
            }
        }
    }

    /// Whether nothing sounds and nothing will.
    pub fn is_silent(&self) -> bool {
        self.notes.is_empty()
    }

    /// The key of a note goes down, unless the lane is not heard.
    pub fn press(&mut self, number: u64, activities: &ScoreActivities) {
        let Some(placed) = self.notes.get(&number).map(|note| note.placed) else {
            return;
        };
        let Some(instrument) = self.score.instruments.get(placed.instrument) else {
            return;
        };
        let mixer = activities.mixer.borrow();
        let is_heard = mixer.is_audible(&self.id, &instrument.name);
        let volume = mixer.volume(&self.id);
        drop(mixer);
        let velocity = match volume == Volume::UNITY {
            true => Some(placed.velocity),
            false => volume.velocity(placed.velocity),
        };
        let assigned = self.assigned(placed.instrument, activities);
        let (true, Some(velocity), Some(assigned)) = (is_heard, velocity, assigned) else {
            self.notes.remove(&number);
            return;
        };
        let press = KeyPress {
            lane: self.lane,
            port: assigned.port,
            part: assigned.part,
            channel: assigned.channel,
            key: placed.key,
            velocity,
        };
        // A sound is skipped if the player's queue is full.
        match activities.player.key_down(press) {
            Ok(()) => {
                if let Some(note) = self.notes.get_mut(&number) {
                    note.down = Some(press);
                }
            }
            Err(_) => {
                self.notes.remove(&number);
            }
        }
    }

    /// The end of a note is due, unless that was moved.
    pub fn lift(&mut self, number: u64, now: Timestamp, activities: &ScoreActivities) {
        let is_over = |note: &LiveNote| note.placed.until <= now.0;
        if self.notes.get(&number).is_some_and(is_over) {
            self.end(number, activities);
        }
    }

    /// Silences what sounds and what is planned.
    pub fn silence(&mut self, activities: &ScoreActivities) {
        self.end_all(activities);
        self.arrangement.silence();
    }

    fn end_all(&mut self, activities: &ScoreActivities) {
        let numbers: Vec<_> = self.notes.keys().copied().collect();
        for number in numbers {
            self.end(number, activities);
        }
    }

    /// The lane has ended: others get its channels, unless lanes like it share them.
    pub fn leave(&self, activities: &ScoreActivities) {
        if self.owner == ChannelOwner::Lane {
            activities.lanes().channels.release(&self.id);
        }
    }

    fn end(&mut self, number: u64, activities: &ScoreActivities) {
        let note = self.notes.remove(&number);
        if let Some(press) = note.and_then(|note| note.down) {
            // A player that has stopped has released everything.
            let _ = activities.player.key_up(press);
        }
    }

    /// Where an instrument plays; `None` if it has no port, or its port no channel that is free.
    fn assigned(&mut self, place: usize, activities: &ScoreActivities) -> Option<Assignment> {
        let instrument = self.instruments.get(place)?;
        let port = activities.ports.choose(&instrument.ports).ok()?;
        let known = self.assignments.of(&instrument.name);
        if let Some(known) = known.filter(|known| known.port == port) {
            return Some(known);
        }
        let mut lanes = activities.lanes();
        let (ports, player) = (&activities.ports, &activities.player);
        let channels = &mut lanes.channels;
        if !channels.can_spare(ports, port, instrument, &self.assignments) {
            if self.silent.insert(place) {
                let instance = self.id.as_str();
                tracing::warn!(
                    instance,
                    "{} is silent: the device has no channel to spare",
                    instrument.name
                );
            }
            return None;
        }
        channels
            .assign(player, ports, &self.assignments, instrument, port)
            .ok()
    }
}
