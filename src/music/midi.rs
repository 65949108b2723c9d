//! MIDI 1.0 channel messages.

use serde::{Deserialize, Serialize};

use super::Volume;

/// A MIDI channel: 0 to 15 internally, displayed as 1 to 16.
///
/// The built-in synth has more of them, [`PARTS`](Self::PARTS), in groups of sixteen like the ports of a MIDI file. On
/// a device, a channel of a later group is the one of the first group with the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel(u8);

impl Channel {
    /// The General MIDI drum channel: number 10.
    pub const DRUMS: Self = Self(9);
    /// Number 1.
    pub const FIRST: Self = Self(0);
    /// The number of channels of the built-in synth.
    pub const PARTS: usize = 64;

    /// From the displayed number, 1 to 16.
    pub fn from_number(number: u8) -> Option<Self> {
        (1..=16).contains(&number).then(|| Self(number - 1))
    }

    /// From the number of a channel of the built-in synth, 1 to 64.
    pub fn from_part(number: u8) -> Option<Self> {
        (1..=Self::PARTS)
            .contains(&usize::from(number))
            .then(|| Self(number - 1))
    }

    /// The group of sixteen channels that it belongs to, from 0.
    pub fn group(self) -> u8 {
        self.0 / 16
    }

    /// Whether drums play on it: the channel 10 of its group.
    pub fn is_drums(self) -> bool {
        self.0 % 16 == Self::DRUMS.0
    }

    /// The channel at the same place of a device with sixteen channels.
    pub fn on_device(self) -> Self {
        Self(self.0 % 16)
    }

    /// All channels of the built-in synth.
    pub fn parts() -> impl Iterator<Item = Self> {
        (0..Self::PARTS as u8).map(Self)
    }

    /// 1 to 16, or to 64 in the built-in synth.
    pub fn number(self) -> u8 {
        self.0 + 1
    }

    /// 0 to 15, or to 63 in the built-in synth.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// All sixteen of a device.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..16).map(Self)
    }
}

/// A MIDI key, 0 to 127; 60 is middle C (C4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Key(u8);

impl Key {
    /// `None` above 127.
    pub fn new(key: u8) -> Option<Self> {
        (key < 128).then_some(Self(key))
    }

    /// 0 to 127.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The key that many semitones higher, or `None` off the keyboard.
    pub fn transposed(self, semitones: i16) -> Option<Self> {
        Self::new(u8::try_from(i16::from(self.0).checked_add(semitones)?).ok()?)
    }
}

impl TryFrom<u8> for Key {
    type Error = &'static str;
    fn try_from(key: u8) -> Result<Self, Self::Error> {
        Self::new(key).ok_or("a key is a number from 0 to 127")
    }
}

impl From<Key> for u8 {
    fn from(key: Key) -> u8 {
        key.0
    }
}

/// A key velocity, 1 to 127.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Velocity(u8);

impl Velocity {
    /// `None` outside 1 to 127.
    pub fn new(velocity: u8) -> Option<Self> {
        (1..128).contains(&velocity).then_some(Self(velocity))
    }

    /// 1 to 127.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl Default for Velocity {
    /// 96, mezzo-forte to forte.
    fn default() -> Self {
        Self(96)
    }
}

impl TryFrom<u8> for Velocity {
    type Error = &'static str;
    fn try_from(velocity: u8) -> Result<Self, Self::Error> {
        Self::new(velocity).ok_or("a velocity is a number from 1 to 127")
    }
}

impl From<Velocity> for u8 {
    fn from(velocity: Velocity) -> u8 {
        velocity.0
    }
}

/// A MIDI message: to one channel, or, for clock messages, to the whole port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Message {
    /// Note-on: channel, key, velocity.
    NoteOn(Channel, Key, Velocity),
    /// Note-off: channel, key.
    NoteOff(Channel, Key),
    /// Control change: channel, controller (0 to 127), value (0 to 127).
    Control(Channel, u8, u8),
    /// Program change: channel, program (0 to 127).
    Program(Channel, u8),
    /// Channel pressure: channel, value (0 to 127).
    Pressure(Channel, u8),
    /// Pitch bend: channel, value from 0 to 16383; 8192 is the center.
    Bend(Channel, u16),
    /// The volume of the mixer. The built-in synth follows it exactly; devices and files get controller 7 instead.
    Volume(Channel, Volume),
    /// MIDI clock, to the whole port.
    Clock(ClockMessage),
}

/// A MIDI clock message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClockMessage {
    /// A clock tick: 24 per quarter note.
    Tick,
    /// Start from the beginning with the next tick.
    Start,
    /// Continue from the current position with the next tick.
    Continue,
    /// Stop.
    Stop,
    /// The song position to continue from, in sixteenths from the start (0 to 16383).
    Position(u16),
}

impl Message {
    /// The controller of the sustain pedal.
    pub const SUSTAIN: u8 = 64;
    /// The controller that silences everything at once.
    pub const ALL_SOUND_OFF: u8 = 120;
    /// The controller that releases all keys.
    pub const ALL_NOTES_OFF: u8 = 123;

    /// The channel of the message; `None` for clock messages.
    pub fn channel(self) -> Option<Channel> {
        match self {
            Self::NoteOn(c, ..)
            | Self::NoteOff(c, _)
            | Self::Control(c, ..)
            | Self::Program(c, _)
            | Self::Pressure(c, _)
            | Self::Bend(c, _)
            | Self::Volume(c, _) => Some(c),
            Self::Clock(_) => None,
        }
    }

    /// The same message on another channel. Clock messages stay as they are.
    pub fn on(self, channel: Channel) -> Self {
        match self {
            Self::NoteOn(_, key, velocity) => Self::NoteOn(channel, key, velocity),
            Self::NoteOff(_, key) => Self::NoteOff(channel, key),
            Self::Control(_, number, value) => Self::Control(channel, number, value),
            Self::Program(_, program) => Self::Program(channel, program),
            Self::Pressure(_, pressure) => Self::Pressure(channel, pressure),
            Self::Bend(_, bend) => Self::Bend(channel, bend),
            Self::Volume(_, volume) => Self::Volume(channel, volume),
            Self::Clock(_) => self,
        }
    }

    /// Parses the bytes of one message. `None` for messages that Fermata does not use (system
    /// exclusive, polyphonic pressure, active sensing) and for invalid bytes.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (status, data) = bytes.split_first()?;
        let number = |place: usize| data.get(place).copied().filter(|byte| *byte < 128);
        let wide = || Some(u16::from(number(0)?) | u16::from(number(1)?) << 7);
        let channel = Channel(status & 15);
        let clock = |message| Some(Self::Clock(message));
        match status & 0xF0 {
            0x80 => number(1).and(Some(Self::NoteOff(channel, Key(number(0)?)))),
            0x90 => Some(match Velocity::new(number(1)?) {
                Some(velocity) => Self::NoteOn(channel, Key(number(0)?), velocity),
                None => Self::NoteOff(channel, Key(number(0)?)),
            }),
            0xB0 => Some(Self::Control(channel, number(0)?, number(1)?)),
            0xC0 => Some(Self::Program(channel, number(0)?)),
            0xD0 => Some(Self::Pressure(channel, number(0)?)),
            0xE0 => Some(Self::Bend(channel, wide()?)),
            _ => match status {
                0xF2 => clock(ClockMessage::Position(wide()?)),
                0xF8 => clock(ClockMessage::Tick),
                0xFA => clock(ClockMessage::Start),
                0xFB => clock(ClockMessage::Continue),
                0xFC => clock(ClockMessage::Stop),
                _ => None,
            },
        }
    }

    /// The bytes of the message.
    pub fn bytes(self) -> Bytes {
        let status = |high: u8, c: Channel| high | c.0 & 15;
        let alone = |byte| Bytes {
            bytes: [byte, 0, 0],
            len: 1,
        };
        match self {
            Self::NoteOn(c, key, velocity) => Bytes::three(status(0x90, c), key.0, velocity.0),
            Self::NoteOff(c, key) => Bytes::three(status(0x80, c), key.0, 64),
            Self::Control(c, n, value) => Bytes::three(status(0xB0, c), n & 127, value & 127),
            Self::Program(c, program) => Bytes {
                bytes: [status(0xC0, c), program & 127, 0],
                len: 2,
            },
            Self::Pressure(c, pressure) => Bytes {
                bytes: [status(0xD0, c), pressure & 127, 0],
                len: 2,
            },
            Self::Bend(c, bend) => {
                let bend = bend.min(16_383);
                Bytes::three(status(0xE0, c), (bend & 127) as u8, (bend >> 7) as u8)
            }
            // As if the piece had set no volume.
            Self::Volume(c, volume) => {
                let value = volume.controller(Self::DEFAULT_VOLUME);
                Bytes::three(status(0xB0, c), Self::VOLUME, value)
            }
            Self::Clock(ClockMessage::Tick) => alone(0xF8),
            Self::Clock(ClockMessage::Start) => alone(0xFA),
            Self::Clock(ClockMessage::Continue) => alone(0xFB),
            Self::Clock(ClockMessage::Stop) => alone(0xFC),
            Self::Clock(ClockMessage::Position(sixteenths)) => {
                let place = sixteenths.min(16_383);
                Bytes::three(0xF2, (place & 127) as u8, (place >> 7) as u8)
            }
        }
    }
}

/// One to three bytes, stored inline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes {
    bytes: [u8; 3],
    len: u8,
}

impl Bytes {
    fn three(a: u8, b: u8, c: u8) -> Self {
        Self {
            bytes: [a, b, c],
            len: 3,
        }
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_follow_the_midi_standard() {
        let c = Channel::from_number(10).unwrap();
        let on = Message::NoteOn(c, Key::new(60).unwrap(), Velocity::new(100).unwrap());
        assert_eq!(&*on.bytes(), &[0x99, 60, 100]);
        assert_eq!(&*Message::Program(c, 5).bytes(), &[0xC9, 5]);
        assert_eq!(&*Message::Pressure(c, 70).bytes(), &[0xD9, 70]);
        assert_eq!(&*Message::Bend(c, 8192).bytes(), &[0xE9, 0, 64]);
        let clock = |message| Message::Clock(message).bytes();
        assert_eq!(&*clock(ClockMessage::Tick), &[0xF8]);
        assert_eq!(&*clock(ClockMessage::Start), &[0xFA]);
        assert_eq!(&*clock(ClockMessage::Continue), &[0xFB]);
        assert_eq!(&*clock(ClockMessage::Stop), &[0xFC]);
        assert_eq!(&*clock(ClockMessage::Position(130)), &[0xF2, 2, 1]);
    }

    #[test]
    fn sent_messages_are_received_unchanged() {
        let c = Channel::from_number(16).unwrap();
        let key = Key::new(127).unwrap();
        for message in [
            Message::NoteOn(c, key, Velocity::new(1).unwrap()),
            Message::NoteOff(c, key),
            Message::Control(c, 21, 127),
            Message::Program(c, 5),
            Message::Pressure(c, 70),
            Message::Bend(c, 16_383),
            Message::Clock(ClockMessage::Tick),
            Message::Clock(ClockMessage::Start),
            Message::Clock(ClockMessage::Continue),
            Message::Clock(ClockMessage::Stop),
            Message::Clock(ClockMessage::Position(16_383)),
        ] {
            assert_eq!(Message::parse(&message.bytes()), Some(message));
        }
        let silent = Message::parse(&[0x9F, 127, 0]);
        assert_eq!(silent, Some(Message::NoteOff(c, key)));
    }

    #[test]
    fn meaningless_bytes_are_not_a_message() {
        let nonsense: [&[u8]; 9] = [
            &[],
            &[60, 100],
            &[0x90],
            &[0x90, 60],
            &[0x90, 200, 100],
            &[0xB0, 1, 128],
            &[0xA0, 60, 1],
            &[0xF0, 1, 2, 0xF7],
            &[0xFE],
        ];
        for bytes in nonsense {
            assert_eq!(Message::parse(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        assert!(Channel::from_number(0).is_none() && Channel::from_number(17).is_none());
        assert!(Key::new(128).is_none() && Velocity::new(0).is_none());
        assert!(Key::new(120).unwrap().transposed(12).is_none());
    }
}
