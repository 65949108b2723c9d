//! What the channels of a port were last told, so that a device that comes back can be told again.

use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering::Relaxed},
};

use crate::music::{
    Channel, Message, Sent, Sink, SinkError,
    channel_memory::{Place, Settings, changes},
};

/// Never told.
const NOTHING: u16 = u16::MAX;
/// How a channel stands that nobody has told anything (General MIDI): modulation, volume, pan,
/// expression, and what shapes the sound.
const USUAL: [(u8, u8); 8] = [
    (1, 0),
    (7, 100),
    (10, 64),
    (11, 127),
    (71, 64),
    (72, 64),
    (73, 64),
    (74, 64),
];
const CENTRE: u16 = 8192;

/// The programs, banks, controllers, bends and pressures that were last sent to a port: what a
/// [`ChannelMemory`](crate::music::ChannelMemory) keeps, shared. Copies are the same memory.
///
/// The player's thread writes, whoever re-binds the port reads; neither waits for the other.
#[derive(Clone)]
pub struct PortMemory(Arc<[AtomicU16]>);

impl Default for PortMemory {
    fn default() -> Self {
        let places = Channel::all().flat_map(|_| Place::all());
        Self(places.map(|_| AtomicU16::new(NOTHING)).collect())
    }
}

impl PortMemory {
    /// The same sink, and what it is sent is remembered.
    pub fn remembering(&self, sink: Box<dyn Sink>) -> Box<dyn Sink> {
        Box::new(Remembering {
            memory: self.clone(),
            sink,
        })
    }

    /// What to send to a channel so that it is as this one was, in the right order.
    pub fn messages(&self, of: Channel, channel: Channel) -> Vec<Message> {
        let mut settings = Settings::NONE;
        for place in Place::all() {
            settings.set(place, self.value(of, place));
        }
        settings.messages(channel).collect()
    }

    /// What takes back how earlier sounds have left a channel: its place in the mix, its shape and its
    /// bend. What was never told stays untold, so that a device keeps a mix of its own; sends to
    /// effects stay too, because devices differ in what is usual (a program takes them back in the
    /// built-in synth).
    pub fn taking_back(&self, channel: Channel) -> Vec<Message> {
        let differs = |place: Place, usual: u16| {
            let told = self.value(channel, place);
            told.is_some_and(|told| told != usual)
        };
        let controls = USUAL
            .into_iter()
            .filter(|(number, usual)| differs(Place::of_control(*number), u16::from(*usual)))
            .map(|(number, usual)| Message::Control(channel, number, usual));
        let bend = differs(Place::BEND, CENTRE).then_some(Message::Bend(channel, CENTRE));
        controls.chain(bend).collect()
    }

    /// Whether the sustain pedal is down: what is let go goes on sounding.
    pub fn is_sustained(&self, channel: Channel) -> bool {
        let pedal = self.value(channel, Place::of_control(Message::SUSTAIN));
        pedal.is_some_and(|value| value > 0)
    }

    fn value(&self, channel: Channel, place: Place) -> Option<u16> {
        let value = self.0.get(place.index(channel))?.load(Relaxed);
        (value != NOTHING).then_some(value)
    }

    fn note(&self, message: Message) {
        let Some(channel) = message.channel() else {
            return;
        };
        for (place, value) in changes(message) {
            if let Some(kept) = self.0.get(place.index(channel)) {
                kept.store(value.unwrap_or(NOTHING), Relaxed);
            }
        }
    }
}

/// A sink that remembers.
struct Remembering {
    memory: PortMemory,
    sink: Box<dyn Sink>,
}

impl Sink for Remembering {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        self.memory.note(message.message);
        self.sink.send(message)
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        self.sink.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_told_again_what_it_was_told_last_and_in_order() {
        let memory = PortMemory::default();
        let (one, two) = (Channel::DRUMS, Channel::from_number(2).unwrap());
        for message in [
            Message::Program(one, 3),
            Message::Control(one, 7, 10),
            Message::Control(one, 0, 1),
            Message::Bend(one, 9000),
            Message::Control(one, 7, 99),
            Message::Program(one, 4),
            Message::Pressure(one, 5),
            Message::Control(one, Message::ALL_NOTES_OFF, 0),
            Message::Control(one, 6, 12),
            Message::Control(one, 64, 127),
            Message::Control(one, 64, 0),
        ] {
            memory.note(message);
        }
        let again = [
            Message::Control(one, 0, 1),
            Message::Program(one, 4),
            Message::Control(one, 7, 99),
            Message::Pressure(one, 5),
            Message::Bend(one, 9000),
        ];
        assert_eq!(memory.messages(one, one), again);
        assert_eq!(memory.messages(two, two), []);
        assert_eq!(memory.messages(one, two)[1], Message::Program(two, 4));
    }
}
