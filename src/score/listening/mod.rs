//! Listening scores: how the events of any history sound, also of one that plays no note.
//!
//! A listening score is a file of its own. It names a key, a grid, a tempo and the instruments; what each
//! kind of event sounds like follows from them, and rules change it for some workflows, activities or events.
//!
//! | file | contents |
//! |---|---|
//! | this one | the model |
//! | `family` | what a score says for those that it runs |
//! | `glob` | patterns for names |
//! | `heard_by` | which listening score an instance has |
//! | `load` | files and texts |

mod family;
mod glob;
mod heard_by;
mod load;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use family::FamilyListening;
pub use glob::Glob;
pub use heard_by::HeardBy;

use super::{EventName, Instrument, Scale};
use crate::music::{Beats, Key, Tempo, Velocity};

/// The JSON Schema (draft 7) of listening scores, with which editors complete and check them.
pub const LISTENING_SCHEMA: &str = include_str!("schema.json");

/// How events sound.
#[derive(Debug, Clone, PartialEq)]
pub struct ListeningScore {
    /// Its file as it was given, or [`BUILT_IN`](Self::BUILT_IN).
    pub name: Arc<str>,
    /// The text that it was read from.
    pub source: Arc<str>,
    /// The key.
    pub key: Scale,
    /// Where sounds begin.
    pub grid: Grid,
    /// The tempo while no score plays.
    pub tempo: Tempo,
    /// The most notes of a lane that begin in one step of the grid: 1 to 16.
    pub density: usize,
    /// The longest time that a sound is held, in beats.
    pub longest: Beats,
    /// The instruments: at least one.
    pub instruments: Vec<Instrument>,
    /// What some events sound like instead. The first rule that matches is used.
    pub rules: Vec<Rule>,
}

/// Where sounds begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grid {
    /// As soon as the player can play them.
    Free,
    /// On the next multiple of this many beats; greater than 0.
    Step(Beats),
}

/// What an instrument is used for: it plays the role that it is named after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Something was scheduled.
    Tick,
    /// An activity runs.
    Note,
    /// Something failed.
    Failure,
    /// A timer runs.
    Pad,
    /// An event is waited for.
    Drone,
    /// Something is undone.
    Undo,
    /// The workflow begins or ends.
    Ending,
}

impl Role {
    /// Every role with its name.
    pub const ALL: [(Self, &str); 7] = [
        (Self::Tick, "tick"),
        (Self::Note, "note"),
        (Self::Failure, "failure"),
        (Self::Pad, "pad"),
        (Self::Drone, "drone"),
        (Self::Undo, "undo"),
        (Self::Ending, "ending"),
    ];

    fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(role, _)| *role == self);
        found.map_or("note", |(_, name)| name)
    }
}

/// What some events sound like.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The workflows that it is for; `None`: all.
    pub workflows: Option<Glob>,
    /// The activities, timers, events and children that it is for, by name; `None`: all.
    pub activities: Option<Glob>,
    /// The kinds of events that it is for; empty: all.
    pub on: Vec<EventName>,
    /// What they sound like.
    pub play: RulePlay,
}

/// What the events of a rule sound like.
#[derive(Debug, Clone, PartialEq)]
pub enum RulePlay {
    /// They are silent.
    Silent,
    /// Something else than usual.
    As(Change),
}

/// What a rule changes of a sound.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// The place of the instrument among those of the listening score.
    pub instrument: Option<usize>,
    /// The keys, instead of those that follow from the name.
    pub keys: Option<Vec<Key>>,
    /// Octaves up or down.
    pub octave: i8,
    /// The velocity.
    pub velocity: Option<Velocity>,
    /// The length in beats of sounds that are not held.
    pub length: Option<Beats>,
}

impl ListeningScore {
    /// The place of the instrument of a role: the one of that name, else `note`, else the first one.
    pub fn instrument_of(&self, role: Role) -> usize {
        let named = |name: &str| self.instruments.iter().position(|i| i.name == name);
        let found = named(role.name());
        found.or_else(|| named(Role::Note.name())).unwrap_or(0)
    }

    /// What a rule says about an event. `name` is that of the activity, timer, event or child.
    pub fn rule(&self, workflow: &str, name: &str, event: &str) -> Option<&RulePlay> {
        let fits = |glob: &Option<Glob>, text| glob.as_ref().is_none_or(|glob| glob.matches(text));
        let rule = self.rules.iter().find(|rule| {
            fits(&rule.workflows, workflow)
                && fits(&rule.activities, name)
                && (rule.on.is_empty() || rule.on.iter().any(|on| on.name() == event))
        });
        rule.map(|rule| &rule.play)
    }
}

/// What a score says about how its events sound: `metadata.fermata.listen`.
#[derive(Debug, Clone, PartialEq)]
pub enum Listening {
    /// They are silent.
    Off,
    /// They sound by the listening score in use.
    On,
    /// They sound by the listening score in a file, whose text this is. A text that is stored in a history
    /// does not have it; its [input](super::ScoreInput) does.
    By(Option<Arc<str>>),
}
