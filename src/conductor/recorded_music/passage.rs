//! A part of the music, as steps for a player.

use std::{collections::BTreeMap, time::Duration};

use super::{PartNumber, RecordedMusic, RecordedNote};
use crate::music::{Beat, Beats, Channel, ChannelMemory, Key, Message, MeterMap, Tempo, Velocity};

/// A passage that stands alone. Its beats count from its start.
///
/// It begins with the state of its start: programs, controllers, bends and tempo are those of that beat,
/// and notes that sound across it begin there. Notes that sound across its end are cut there, and pedals
/// are lifted.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// The title of the music.
    pub title: String,
    /// The meters.
    pub meters: MeterMap,
    /// The tempo at the start.
    pub tempo: Tempo,
    /// The names of the parts.
    pub parts: Vec<String>,
    /// The state of the channels at the start.
    pub settings: Vec<(PartNumber, Message)>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// Its length in time.
    pub lasts: Duration,
}

/// Something that happens at a beat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The beat, from the start of the passage.
    pub at: Beat,
    /// What happens.
    pub kind: StepKind,
}

/// What happens at a beat of a passage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StepKind {
    /// The tempo changes.
    Tempo(Tempo),
    /// A program, controller, bend or pressure.
    Message(PartNumber, Message),
    /// A note.
    Note {
        /// Its part.
        part: PartNumber,
        /// Its channel.
        channel: Channel,
        /// The key.
        key: Key,
        /// The velocity.
        velocity: Velocity,
        /// The length.
        length: Beats,
        /// The event that asked for it.
        source: u64,
    },
}

impl StepKind {
    /// The order on the same beat.
    fn rank(&self) -> u8 {
        match self {
            Self::Tempo(_) => 0,
            Self::Message(..) => 1,
            Self::Note { .. } => 2,
        }
    }
}

impl RecordedMusic {
    /// The music from one beat up to another one, which is not part of it.
    pub fn passage(&self, from: Beat, to: Beat) -> Passage {
        let to = to.max(from);
        let relative = |at: Beat| Beat(at - from);
        let mut memories: BTreeMap<PartNumber, ChannelMemory> = BTreeMap::new();
        let mut steps = Vec::new();
        for (at, tempo) in self.tempi.after_beat(from) {
            if *at < to {
                let kind = StepKind::Tempo(*tempo);
                steps.push(Step {
                    at: relative(*at),
                    kind,
                });
            }
        }
        for sent in self.messages.iter().filter(|sent| sent.at < to) {
            if sent.at < from {
                memories.entry(sent.part).or_default().update(sent.message);
            } else {
                steps.push(Step {
                    at: relative(sent.at),
                    kind: StepKind::Message(sent.part, sent.message),
                });
            }
        }
        let notes = self.notes.iter().filter_map(|note| within(note, from, to));
        steps.extend(notes);
        steps.sort_by_key(|step| (step.at, step.kind.rank()));
        let settings: Vec<_> = memories
            .iter()
            .flat_map(|(part, memory)| memory.messages().map(|message| (*part, message)))
            .collect();
        let lifted = pedals(&settings, &steps);
        steps.extend(lifted.into_iter().map(|(part, message)| Step {
            at: relative(to),
            kind: StepKind::Message(part, message),
        }));
        let nanos = self.tempi.nanos(from, to);
        Passage {
            title: self.title.clone(),
            meters: self.meters.earlier(from),
            tempo: self.tempi.tempo_at(from),
            parts: self.parts.clone(),
            settings,
            steps,
            lasts: Duration::try_from_secs_f64(nanos / 1e9).unwrap_or(Duration::MAX),
        }
    }
}

/// The part of a note that lies within a passage.
fn within(note: &RecordedNote, from: Beat, to: Beat) -> Option<Step> {
    let end = note.at + note.length;
    // A note without length is a point, which belongs to the passage in which it is.
    let is_over = end <= from && note.at < from;
    if is_over || note.at >= to {
        return None;
    }
    let at = note.at.max(from);
    Some(Step {
        at: Beat(at - from),
        kind: StepKind::Note {
            part: note.part,
            channel: note.channel,
            key: note.key,
            velocity: note.velocity,
            length: end.min(to) - at,
            source: note.source.0,
        },
    })
}

/// Messages that lift the pedals that are down at the end.
fn pedals(settings: &[(PartNumber, Message)], steps: &[Step]) -> Vec<(PartNumber, Message)> {
    let later = steps.iter().filter_map(|step| match step.kind {
        StepKind::Message(part, message) => Some((part, message)),
        _ => None,
    });
    let mut down = BTreeMap::new();
    for (part, message) in settings.iter().copied().chain(later) {
        if let Message::Control(channel, Message::SUSTAIN, value) = message {
            down.insert((part, channel), value >= 64);
        }
    }
    let held = down.into_iter().filter(|(_, is_down)| *is_down);
    held.map(|((part, channel), _)| (part, Message::Control(channel, Message::SUSTAIN, 0)))
        .collect()
}
