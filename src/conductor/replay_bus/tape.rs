//! The music of all lanes by moment, and what a playhead crosses in it. Pure: it knows no player.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use super::voices::Voices;
use crate::{
    conductor::RecordedMusic,
    engine::{InstanceId, Timestamp},
    music::{Channel, ChannelMemory, Key, Message, Velocity},
};

/// The controllers that pan a channel, coarse and fine.
const PAN: u8 = 10;
const FINE_PAN: u8 = 42;
/// The pan of what is heard on both sides.
const MIDDLE: u8 = 64;
/// How long before its first note a channel is panned, so that a synth that glides there is there.
const PAN_AHEAD: u64 = 50_000_000;

/// A lane and its music.
#[derive(Debug, Clone)]
pub struct RecordedLane {
    /// The instance.
    pub instance: InstanceId,
    /// Its music.
    pub music: Arc<RecordedMusic>,
    /// Where it is heard.
    pub side: Side,
}

/// Where a lane is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// Where it was heard.
    #[default]
    AsRecorded,
    /// At the left.
    Left,
    /// At the right.
    Right,
}

impl Side {
    /// The pan of all its channels; `None`: that of the recorded messages.
    fn pan(self) -> Option<u8> {
        match self {
            Self::AsRecorded => None,
            Self::Left => Some(0),
            Self::Right => Some(127),
        }
    }
}

/// A note on the tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TapeNote {
    pub channel: Channel,
    pub key: Key,
    pub velocity: Velocity,
    pub onset: Timestamp,
    pub until: Timestamp,
}

/// The music of all lanes, on the channels of the bus.
#[derive(Debug, Default)]
pub(super) struct Tape {
    /// By onset.
    notes: Vec<TapeNote>,
    /// The places of the notes, by their end.
    by_end: Vec<usize>,
    /// The length of the longest note in nanoseconds.
    longest: u64,
    /// By moment.
    messages: Vec<(Timestamp, Message)>,
    channels: Vec<Channel>,
}

/// Something that the playhead crosses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crossed {
    /// A note. It sounds from the moment `at`, for `lasts` nanoseconds of history.
    Note {
        note: TapeNote,
        at: Timestamp,
        lasts: u64,
    },
    /// A message, in the direction in which it was sent.
    Message { message: Message, at: Timestamp },
    /// Messages, backward: the channels are again as they were at this moment.
    State { at: Timestamp },
}

impl RecordedLane {
    /// Adds the pan of its channels, from shortly before its first note on. A channel that lanes on both
    /// sides share, as that of the drums, stays in the middle.
    fn pan(&self, voices: &mut Voices, pans: &mut BTreeMap<Channel, (Timestamp, u8)>) {
        let Some((pan, first)) = self.side.pan().zip(self.music.notes().first()) else {
            return;
        };
        let at = Timestamp(first.onset.0.saturating_sub(PAN_AHEAD));
        for note in self.music.notes() {
            let channel = voices.channel(&self.instance, note.part, note.channel);
            let (from, panned) = pans.entry(channel).or_insert((at, pan));
            *from = at.min(*from);
            if *panned != pan {
                *panned = MIDDLE;
            }
        }
    }
}

fn is_pan(message: Message) -> bool {
    matches!(message, Message::Control(_, PAN | FINE_PAN, _))
}

impl Tape {
    pub fn of(lanes: &[RecordedLane], voices: &mut Voices) -> Self {
        let mut tape = Self::default();
        let mut pans: BTreeMap<Channel, (Timestamp, u8)> = BTreeMap::new();
        for lane in lanes {
            let RecordedLane {
                instance, music, ..
            } = lane;
            tape.notes.extend(music.notes().iter().map(|note| TapeNote {
                channel: voices.channel(instance, note.part, note.channel),
                key: note.key,
                velocity: note.velocity,
                onset: note.onset,
                until: note.until,
            }));
            for sent in music.messages() {
                let is_panned = lane.side != Side::AsRecorded && is_pan(sent.message);
                if let Some(recorded) = sent.message.channel().filter(|_| !is_panned) {
                    let channel = voices.channel(instance, sent.part, recorded);
                    tape.messages.push((sent.moment, sent.message.on(channel)));
                }
            }
            lane.pan(voices, &mut pans);
        }
        let pans = pans.into_iter();
        tape.messages
            .extend(pans.map(|(channel, (at, pan))| (at, Message::Control(channel, PAN, pan))));
        tape.notes.sort_by_key(|note| note.onset);
        tape.messages.sort_by_key(|(moment, _)| *moment);
        let notes = &tape.notes;
        tape.by_end = (0..notes.len()).collect();
        tape.by_end
            .sort_by_key(|place| notes.get(*place).map(|note| note.until));
        tape.longest = notes.iter().map(length).max().unwrap_or_default();
        let of_notes = notes.iter().map(|note| note.channel);
        let of_messages = tape.messages.iter().filter_map(|(_, m)| m.channel());
        tape.channels = of_notes.chain(of_messages).collect();
        tape.channels.sort_unstable();
        tape.channels.dedup();
        tape
    }

    /// What a playhead crosses on its way from one moment to another, in order. Forward, that at `from`
    /// belongs to it and that at `to` does not; backward it is the other way round for what lies before,
    /// so that nothing is crossed twice.
    pub fn crossed(&self, from: Timestamp, to: Timestamp) -> Vec<Crossed> {
        match from <= to {
            true => self.crossed_forward(from, to),
            false => self.crossed_backward(from, to),
        }
    }

    fn crossed_forward(&self, from: Timestamp, to: Timestamp) -> Vec<Crossed> {
        let messages = self.messages_between(from, to).iter();
        let messages = messages.map(|&(at, message)| Crossed::Message { message, at });
        let notes = self.notes_begun(from, to).iter().map(|note| Crossed::Note {
            note: *note,
            at: note.onset,
            lasts: length(note),
        });
        let mut crossed: Vec<_> = messages.chain(notes).collect();
        crossed.sort_by_key(Crossed::at);
        crossed
    }

    fn crossed_backward(&self, from: Timestamp, to: Timestamp) -> Vec<Crossed> {
        let after = |moment: Timestamp| {
            self.by_end
                .partition_point(|place| self.notes.get(*place).is_some_and(|n| n.until <= moment))
        };
        let ended = self.by_end.get(after(to)..after(from)).unwrap_or_default();
        let notes = ended
            .iter()
            .rev()
            .filter_map(|place| self.notes.get(*place));
        let mut crossed: Vec<_> = notes
            .map(|note| Crossed::Note {
                note: *note,
                at: note.until,
                lasts: length(note),
            })
            .collect();
        let messages = self.messages_between(next(to), next(from)).iter().rev();
        let mut moments: Vec<_> = messages.map(|(at, _)| *at).collect();
        moments.dedup();
        crossed.extend(moments.into_iter().map(|at| Crossed::State { at }));
        crossed.sort_by_key(|crossed| Reverse(crossed.at()));
        crossed
    }

    /// The notes that sound at a moment.
    pub fn sounding_at(&self, moment: Timestamp) -> impl Iterator<Item = &TapeNote> {
        let earliest = Timestamp(moment.0.saturating_sub(self.longest));
        let begun = self.notes_begun(earliest, moment).iter();
        begun.filter(move |note| note.until > moment)
    }

    /// The notes with an onset between two moments, the second one excluded.
    pub fn notes_begun(&self, from: Timestamp, to: Timestamp) -> &[TapeNote] {
        let before = |moment: Timestamp| self.notes.partition_point(|note| note.onset < moment);
        self.notes.get(before(from)..before(to)).unwrap_or_default()
    }

    /// Whether there are messages between two moments, the second one excluded.
    pub fn has_messages(&self, from: Timestamp, to: Timestamp) -> bool {
        !self.messages_between(from, to).is_empty()
    }

    /// The messages that set the channels up as they were just before a moment.
    pub fn state_before(&self, moment: Timestamp) -> BTreeMap<Channel, Vec<Message>> {
        let mut memory = ChannelMemory::default();
        let earlier = self.messages.partition_point(|(at, _)| *at < moment);
        for (_, message) in self.messages.get(..earlier).unwrap_or_default() {
            memory.update(*message);
        }
        let mut state: BTreeMap<_, Vec<_>> = self
            .channels
            .iter()
            .map(|channel| (*channel, Vec::new()))
            .collect();
        for message in memory.messages() {
            if let Some(messages) = message
                .channel()
                .and_then(|channel| state.get_mut(&channel))
            {
                messages.push(message);
            }
        }
        state
    }

    /// The next moment at which something is crossed, from a moment that is still to be crossed itself.
    pub fn next_from(&self, moment: Timestamp) -> Option<Timestamp> {
        let note = self.notes.partition_point(|note| note.onset < moment);
        let note = self.notes.get(note).map(|note| note.onset);
        let message = self.messages.partition_point(|(at, _)| *at < moment);
        let message = self.messages.get(message).map(|(at, _)| *at);
        note.into_iter().chain(message).min()
    }

    /// The same backward.
    pub fn next_back_from(&self, moment: Timestamp) -> Option<Timestamp> {
        let end = |place: &usize| self.notes.get(*place).map(|note| note.until);
        let ended = self
            .by_end
            .partition_point(|place| end(place) <= Some(moment));
        let note = ended.checked_sub(1).and_then(|last| self.by_end.get(last));
        let sent = self.messages.partition_point(|(at, _)| *at <= moment);
        let message = sent.checked_sub(1).and_then(|last| self.messages.get(last));
        let message = message.map(|(at, _)| *at);
        note.and_then(end).into_iter().chain(message).max()
    }

    fn messages_between(&self, from: Timestamp, to: Timestamp) -> &[(Timestamp, Message)] {
        let before = |moment: Timestamp| self.messages.partition_point(|(at, _)| *at < moment);
        self.messages
            .get(before(from)..before(to))
            .unwrap_or_default()
    }
}

impl Crossed {
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Note { at, .. } | Self::Message { at, .. } | Self::State { at } => *at,
        }
    }
}

fn length(note: &TapeNote) -> u64 {
    note.until.0.saturating_sub(note.onset.0)
}

fn next(moment: Timestamp) -> Timestamp {
    Timestamp(moment.0.saturating_add(1))
}
