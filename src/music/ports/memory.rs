//! The channel settings of a port, to restore a device that comes back.

use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering::Relaxed},
};

use crate::music::{
    Channel, Message, Sent, Sink, SinkError, Volume,
    channel_memory::{Setting, Settings, changes, selected},
};

/// No value was sent.
const UNSET: u16 = u16::MAX;
/// The default settings of a channel (General MIDI): modulation, volume, pan, expression, and the
/// sound controllers.
const DEFAULTS: [(u8, u8); 8] = [
    (1, 0),
    (7, 100),
    (10, 64),
    (11, 127),
    (71, 64),
    (72, 64),
    (73, 64),
    (74, 64),
];
/// What else a piece may leave behind: pedals, and the effect sends of General MIDI 2.
const LEFT_BEHIND: [(u8, u8); 9] = [
    (64, 0),
    (65, 0),
    (66, 0),
    (67, 0),
    (69, 0),
    (91, 40),
    (93, 0),
    (94, 0),
    (95, 0),
];
const CENTRE: u16 = 8192;

/// The last programs, banks, controllers, bends and pressures of a port: a
/// [`ChannelMemory`](crate::music::ChannelMemory) that is shared between threads. Clones share it.
///
/// The player's thread writes, and the thread that rebinds the port reads, without locks.
#[derive(Clone)]
pub struct PortMemory(Arc<[AtomicU16]>);

impl Default for PortMemory {
    fn default() -> Self {
        let places = Channel::parts().flat_map(|_| Setting::all());
        Self(places.map(|_| AtomicU16::new(UNSET)).collect())
    }
}

impl PortMemory {
    /// Wraps a sink and records what it is sent.
    pub fn record(&self, sink: Box<dyn Sink>) -> Box<dyn Sink> {
        Box::new(RecordingSink {
            memory: self.clone(),
            sink,
        })
    }

    /// The same for a device, which gets the volume of the mixer as controller 7.
    pub fn record_device(&self, sink: Box<dyn Sink>) -> Box<dyn Sink> {
        let sink = Box::new(DeviceSink {
            memory: self.clone(),
            sink,
        });
        self.record(sink)
    }

    /// Controller 7 as the piece has set it, and the volume of the mixer.
    fn volume(&self, channel: Channel) -> (u8, Volume) {
        let set = self.value(channel, Setting::of_control(Message::VOLUME));
        let mix = self.value(channel, Setting::MIX);
        (
            set.map_or(Message::DEFAULT_VOLUME, |set| set as u8),
            mix.map_or(Volume::UNITY, |mix| Volume::from_number(mix as u8)),
        )
    }

    /// The messages that set up a channel like another one, in order.
    pub fn messages(&self, of: Channel, channel: Channel) -> Vec<Message> {
        let mut settings = Settings::NONE;
        for place in Setting::all() {
            settings.set(place, self.value(of, place));
        }
        settings.messages(channel).collect()
    }

    /// The messages that reset what earlier sounds changed on a channel: mix, sound controllers and
    /// bend. Settings that were never sent stay untouched, so that a device keeps its own mix.
    /// Effect sends stay too, because their defaults differ between devices (in the built-in synth,
    /// a program change resets them).
    pub fn reset_messages(&self, channel: Channel) -> Vec<Message> {
        let differs = |place: Setting, default: u16| {
            let sent = self.value(channel, place);
            sent.is_some_and(|sent| sent != default)
        };
        let controls = DEFAULTS
            .into_iter()
            .filter(|(number, default)| differs(Setting::of_control(*number), u16::from(*default)))
            .map(|(number, default)| Message::Control(channel, number, default));
        let bend = differs(Setting::BEND, CENTRE).then_some(Message::Bend(channel, CENTRE));
        let unity = Volume::UNITY;
        let mix = differs(Setting::MIX, unity.number().into());
        let mix = mix.then_some(Message::Volume(channel, unity));
        controls.chain(bend).chain(mix).collect()
    }

    /// The messages after which nothing that was played on a channel is left on the device: pedals, effect sends, bend
    /// range and tuning too.
    pub fn farewell(&self, channel: Channel) -> Vec<Message> {
        let differs = |place: Setting, default: u16| {
            self.value(channel, place)
                .is_some_and(|sent| sent != default)
        };
        let left = LEFT_BEHIND.into_iter();
        let left = left
            .filter(|(number, default)| differs(Setting::of_control(*number), u16::from(*default)))
            .map(|(number, default)| Message::Control(channel, number, default));
        let pressure = differs(Setting::PRESSURE, 0).then_some(Message::Pressure(channel, 0));
        let mut defaults = Settings::NONE;
        // Coarse and fine belong together.
        for parameter in Setting::PARAMETERS.chunks(2) {
            if parameter
                .iter()
                .any(|(place, default)| differs(*place, *default))
            {
                for (place, default) in parameter {
                    defaults.set(*place, Some(*default));
                }
            }
        }
        let mut messages = self.reset_messages(channel);
        messages.extend(left.chain(pressure));
        messages.extend(defaults.messages(channel));
        messages
    }

    /// Whether the sustain pedal is down, so that released notes continue to sound.
    pub fn is_sustained(&self, channel: Channel) -> bool {
        let pedal = self.value(channel, Setting::of_control(Message::SUSTAIN));
        pedal.is_some_and(|value| value > 0)
    }

    fn value(&self, channel: Channel, place: Setting) -> Option<u16> {
        let value = self.0.get(place.index(channel))?.load(Relaxed);
        (value != UNSET).then_some(value)
    }

    /// Records a message.
    pub fn update(&self, message: Message) {
        let Some(channel) = message.channel() else {
            return;
        };
        let [coarse, fine] = Setting::SELECTED.map(|place| self.value(channel, place));
        for (place, value) in changes(message, selected(coarse, fine)) {
            if let Some(kept) = self.0.get(place.index(channel)) {
                kept.store(value.unwrap_or(UNSET), Relaxed);
            }
        }
    }
}

/// A sink that records settings.
struct RecordingSink {
    memory: PortMemory,
    sink: Box<dyn Sink>,
}

impl Sink for RecordingSink {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        self.memory.update(message.message);
        self.sink.send(message)
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        self.sink.finish()
    }
}

/// A device, which knows controller 7 but not the volume of the mixer.
struct DeviceSink {
    memory: PortMemory,
    sink: Box<dyn Sink>,
}

impl Sink for DeviceSink {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        let written = match message.message {
            Message::Control(channel, Message::VOLUME, _) | Message::Volume(channel, _) => {
                let volume = self.memory.volume(channel);
                message.message.with_volume(channel, volume)
            }
            other => other,
        };
        self.sink.send(&Sent {
            message: written,
            ..*message
        })
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        self.sink.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_farewell_leaves_nothing_behind() {
        let memory = PortMemory::default();
        let one = Channel::FIRST;
        let control = |number, value| Message::Control(one, number, value);
        for message in [
            control(101, 0),
            control(100, 0),
            control(6, 12),
            control(64, 127),
            control(66, 127),
            control(91, 100),
            Message::Bend(one, 0),
            Message::Pressure(one, 9),
        ] {
            memory.update(message);
        }
        let farewell = memory.farewell(one);
        for expected in [
            Message::Bend(one, CENTRE),
            Message::Pressure(one, 0),
            control(64, 0),
            control(66, 0),
            control(91, 40),
            control(6, 2),
        ] {
            assert!(farewell.contains(&expected), "{expected:?}: {farewell:?}");
        }
        farewell
            .into_iter()
            .for_each(|message| memory.update(message));
        assert_eq!(memory.farewell(one), []);
        assert_eq!(memory.farewell(Channel::DRUMS), []);
    }

    #[test]
    fn the_last_settings_of_a_channel_are_sent_again_in_order() {
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
            memory.update(message);
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
