//! The state of a lane, folded from its events, and the sounds of each of them.

use std::{collections::BTreeMap, sync::Arc};

use super::sound::{Idea, Sound, Tone, Weight, hash};
use crate::{
    engine::{Event, EventId, EventKind, InstanceId},
    music::{Beats, Key, Velocity},
    score::listening::{ListeningScore, Role, RulePlay},
};

/// What is going on in a run.
#[derive(Debug, Clone)]
pub(super) struct Open {
    /// Its name: of the activity or its task, the timer, the event or the child.
    pub name: String,
    /// The pitch of the name.
    pub degree: i32,
    /// What plays it while it runs.
    pub role: Role,
    /// What is heard while it lasts, and the kind of event that began it.
    pub held: Option<(Idea, &'static str)>,
}

/// A lane that is listened to.
pub(super) struct Hearing {
    score: Arc<ListeningScore>,
    /// Octaves up or down: a child has its own register.
    octave: i32,
    workflow: String,
    pub open: BTreeMap<EventId, Open>,
    /// The pitch of what was completed last, until a compensation is registered for it.
    pub completed: Option<i32>,
    /// The pitch of what failed last.
    pub failed: Option<i32>,
    /// Compensations that run.
    pub undoing: usize,
    pub paused: bool,
}

impl Hearing {
    pub fn new(score: Arc<ListeningScore>) -> Self {
        Self {
            score,
            octave: 0,
            workflow: String::new(),
            open: BTreeMap::new(),
            completed: None,
            failed: None,
            undoing: 0,
            paused: false,
        }
    }

    /// A run begins.
    pub fn begin(&mut self, workflow: &str, parent: Option<&InstanceId>, own: &str) {
        workflow.clone_into(&mut self.workflow);
        self.octave = match parent {
            None => 0,
            Some(parent) => match hash(&format!("{parent}/{own}")) % 2 {
                0 => 1,
                _ => -1,
            },
        };
        self.open.clear();
        self.completed = None;
        self.failed = None;
        self.undoing = 0;
        self.paused = false;
    }

    /// The pitch of a name: a degree of the key.
    pub fn degree(&self, name: &str) -> i32 {
        let degrees = self.score.key.degrees().max(1) as u64;
        i32::try_from(hash(name) % degrees).unwrap_or(0)
    }

    /// The degree above another that sounds well with it: a fifth, a sixth or a fourth, and never a tritone,
    /// which only failures have.
    pub fn above(&self, degree: i32) -> i32 {
        const TRITONE: i32 = 6;
        let key = &self.score.key;
        let apart = |above: i32| key.semitones(degree + above) - key.semitones(degree);
        let found = [4, 5, 3]
            .into_iter()
            .find(|above| apart(*above) % 12 != TRITONE);
        degree + found.unwrap_or(0)
    }

    /// Everything that is held begins to sound again.
    pub fn again(&self) -> Vec<Sound> {
        if self.paused {
            return Vec::new();
        }
        let held = self.open.iter().filter_map(|(id, open)| {
            let (idea, event) = open.held.as_ref()?;
            self.hold(*id, &open.name, idea, event)
        });
        held.collect()
    }

    /// A sound that is held from now on.
    pub fn hold(&self, held: EventId, name: &str, idea: &Idea, event: &str) -> Option<Sound> {
        let (tone, _) = self.tone(idea, name, event)?;
        Some(Sound::Begin { held, tone })
    }

    /// A note or chord.
    pub fn strike(
        &self,
        idea: &Idea,
        name: &str,
        event: &EventKind,
        (weight, after, length): (Weight, Beats, Beats),
    ) -> Option<Sound> {
        let (tone, written) = self.tone(idea, name, event.name())?;
        Some(Sound::Strike {
            tone,
            weight,
            after,
            length: written.unwrap_or(length),
        })
    }

    /// What a rule plays for an event that is usually silent.
    pub fn by_rule(&self, name: &str, event: &Event) -> Option<Sound> {
        let said = self.score.rule(&self.workflow, name, event.kind.name())?;
        let RulePlay::As(change) = said else {
            return None;
        };
        change.instrument.or(change.keys.as_ref().map(|_| 0))?;
        let idea = Idea::new(Role::Note, &[self.degree(name)], 1.0);
        let times = (Weight::Note, Beats::ZERO, Beats::new(1, 2));
        self.strike(&idea, name, &event.kind, times)
    }

    /// The instrument, keys and velocity of a sound, and its length if a rule gives one; `None`: a rule
    /// says that it is silent, or its keys do not exist.
    fn tone(&self, idea: &Idea, name: &str, event: &str) -> Option<(Tone, Option<Beats>)> {
        let score = &self.score;
        let change = match score.rule(&self.workflow, name, event) {
            Some(RulePlay::Silent) => return None,
            Some(RulePlay::As(change)) => change.clone(),
            None => Default::default(),
        };
        let place = score.instrument_of(idea.role);
        let place = change.instrument.unwrap_or(place);
        let instrument = score.instruments.get(place)?;
        let shift = 12 * (self.octave + i32::from(change.octave));
        let keys: Vec<Key> = match change.keys {
            Some(keys) => keys,
            None => {
                let transpose = i32::from(instrument.transpose) + shift;
                let pitches = idea.pitches.iter();
                let keys = pitches.filter_map(|(degree, above)| {
                    in_range(score.key.semitones(*degree) + above + transpose)
                });
                keys.collect()
            }
        };
        if keys.is_empty() {
            return None;
        }
        let velocity = match change.velocity {
            Some(velocity) => Some(velocity),
            None => scaled(instrument.velocity, idea.loudness),
        };
        let tone = Tone {
            instrument: place,
            keys,
            velocity: velocity?,
        };
        Some((tone, change.length))
    }
}

/// The key of a number, in the nearest octave that exists.
fn in_range(mut number: i32) -> Option<Key> {
    while number > 127 {
        number -= 12;
    }
    while number < 0 {
        number += 12;
    }
    Key::new(u8::try_from(number).ok()?)
}

fn scaled(velocity: Velocity, by: f64) -> Option<Velocity> {
    let number = f64::from(velocity.number()) * by;
    Velocity::new(number.round().clamp(1.0, 127.0) as u8)
}
