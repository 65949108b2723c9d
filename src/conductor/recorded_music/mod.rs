//! The music in the histories of an instance: what sounded, in beats and in wall time.
//!
//! A history tells exactly what was played: each note, controller and tempo with the beat and the moment
//! at which it was performed. This is a pure fold of the events. It knows no player, port or clock;
//! others render it ([`Passage`]) or make it audible under a playhead ([`ReplayBus`](super::ReplayBus)).
//!
//! | file | contents |
//! |---|---|
//! | this one | the values |
//! | `read` | the fold of the histories |
//! | `event_sounds` | the sounds of events, which the score declares |
//! | `listened` | the sounds of events that a listening score plays |
//! | `cuts` | notes that a pause or an end cut short |
//! | `pace` | the tempi, from tempo steps and from when notes were performed |
//! | `tempo_map` | from beats to time and back |
//! | `place` | positions as people write them: bars, times, moments |
//! | `passage` | a part of it, for a player |

mod cuts;
mod event_sounds;
mod listened;
mod pace;
mod passage;
mod place;
mod read;
mod tempo_map;
#[cfg(test)]
mod tests;

use super::ConductorError;
use crate::{
    engine::{EventId, History, Timestamp},
    music::{Bank, Beat, Beats, Channel, Key, Message, MeterMap, Tempo, Velocity},
};
pub use passage::{Passage, Step, StepKind};
pub use place::Place;
use tempo_map::TempoMap;

/// The music of one instance, from the histories of its runs.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedMusic {
    title: String,
    meters: MeterMap,
    parts: Vec<String>,
    notes: Vec<RecordedNote>,
    messages: Vec<RecordedMessage>,
    tempi: TempoMap,
    performed: Vec<Stretch>,
}

/// The number of a part: an instrument of the score, in the order in which they first appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartNumber(pub usize);

/// A note that was played. A chord is several of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecordedNote {
    /// The event that asked for it, in its run: `TaskScheduled`, or the event whose sound it is.
    pub source: EventId,
    /// Its part.
    pub part: PartNumber,
    /// Its channel, as the history records it.
    pub channel: Channel,
    /// The key.
    pub key: Key,
    /// The velocity.
    pub velocity: Velocity,
    /// The beat at which it began.
    pub at: Beat,
    /// Its length; shorter than written if a pause or the end of the instance cut it.
    pub length: Beats,
    /// The moment at which it began.
    pub onset: Timestamp,
    /// The moment at which it ended.
    pub until: Timestamp,
}

/// A program change, controller, bend or pressure that was sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecordedMessage {
    /// Its part.
    pub part: PartNumber,
    /// The message.
    pub message: Message,
    /// Its beat.
    pub at: Beat,
    /// Its moment.
    pub moment: Timestamp,
}

/// Something that was performed: beats and the moments that they had.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    at: Beat,
    length: Beats,
    onset: Timestamp,
    until: Timestamp,
}

impl RecordedMusic {
    /// The music in the histories of an instance: its runs, oldest first. The sounds of instruments are
    /// those that `bank` has.
    ///
    /// # Errors
    ///
    /// [`ConductorError::NoMusic`] if there is none in them.
    pub fn of(runs: &[History], bank: &Bank) -> Result<Self, ConductorError> {
        read::read(runs, bank)
    }

    /// The title: the name of the score.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The meters in which bars are counted.
    pub fn meters(&self) -> MeterMap {
        self.meters
    }

    /// The names of the parts.
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// All notes, in the order of their onsets.
    pub fn notes(&self) -> &[RecordedNote] {
        &self.notes
    }

    /// All other messages, in order. Those that set an instrument up come first.
    pub fn messages(&self) -> &[RecordedMessage] {
        &self.messages
    }

    /// The tempo at a beat.
    pub fn tempo_at(&self, beat: Beat) -> Tempo {
        self.tempi.tempo_at(beat)
    }

    /// The bar line at which the music starts, or the last one before.
    pub fn start(&self) -> Beat {
        let first = self.performed.iter().map(|stretch| stretch.at).min();
        self.meters.bar_line(first.unwrap_or_default())
    }

    /// The end of the last note.
    pub fn end(&self) -> Beat {
        let ends = self.notes.iter().map(|note| note.at + note.length);
        let messages = self.messages.iter().map(|message| message.at);
        ends.chain(messages).max().unwrap_or_default()
    }

    /// The moments between which it sounds.
    pub fn moments(&self) -> (Timestamp, Timestamp) {
        let begins = self.performed.first().map(|stretch| stretch.onset);
        let ends = self.notes.iter().map(|note| note.until).max();
        let begins = begins.unwrap_or_default();
        (begins, ends.unwrap_or(begins))
    }

    /// The beat at a moment. While the transport stood still, such as while the process was gone, it is
    /// the next beat that was played.
    pub fn beat_at(&self, moment: Timestamp) -> Beat {
        let next = self.performed.partition_point(|one| one.onset <= moment);
        let after = self.performed.get(next).map(|stretch| stretch.at);
        let Some(last) = next.checked_sub(1).and_then(|i| self.performed.get(i)) else {
            return self.start();
        };
        let passed = moment.since(last.onset).as_nanos() as f64;
        let beat = self.tempi.after(last.at, passed);
        after.map_or(beat, |after| beat.min(after).max(last.at))
    }
}

#[cfg(test)]
impl RecordedMusic {
    /// Music of these notes and messages.
    pub(in crate::conductor) fn sketch(
        notes: Vec<RecordedNote>,
        messages: Vec<RecordedMessage>,
    ) -> Self {
        Self {
            title: "sketch".into(),
            meters: MeterMap::default(),
            parts: vec!["a".into(), "b".into()],
            notes,
            messages,
            tempi: TempoMap::new(Tempo::default()),
            performed: Vec::new(),
        }
    }
}
