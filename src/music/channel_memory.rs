//! The settings of MIDI channels, for a receiver that joins later.

use super::{Channel, Message};

/// The controllers with a value; higher numbers are channel mode messages.
const CONTROLLERS: usize = 120;
const RESET: u8 = 121;
/// Bank select, coarse and fine: sent before the program.
const BANK: [usize; 2] = [0, 32];
/// Settings after the controllers.
const PROGRAM: usize = CONTROLLERS;
const PRESSURE: usize = CONTROLLERS + 1;
const BEND: usize = CONTROLLERS + 2;
/// The number of settings of a channel.
const SETTINGS: usize = CONTROLLERS + 3;
/// What "reset all controllers" resets; volume, pan, sends and sound remain.
const RESET_SETTINGS: [usize; 10] = [1, 11, 64, 65, 66, 67, 68, 69, PRESSURE, BEND];
/// What a program change resets.
const WITH_PROGRAM: [usize; 1] = [Message::SOUND as usize];

/// The last program, bank, controllers, pressure and bend of each of sixteen channels.
///
/// A synth or a file that joins in the middle of a performance gets [`messages`](Self::messages) first
/// and then sounds as if it had been there from the start. Neither
/// [`update`](Self::update) nor `messages` allocates.
///
/// Registered parameters (controllers 6, 38 and 96 to 101) depend on the order of their messages and
/// are left out; so is a released pedal, because that is the default.
#[derive(Debug, Clone)]
pub struct ChannelMemory {
    channels: [Settings; 16],
}

impl Default for ChannelMemory {
    fn default() -> Self {
        Self {
            channels: [Settings::NONE; 16],
        }
    }
}

impl ChannelMemory {
    /// Records a message. Notes and clock messages have no effect.
    pub fn update(&mut self, message: Message) {
        let channel = message.channel();
        if let Some(settings) = channel.and_then(|c| self.channels.get_mut(c.index())) {
            for (place, value) in changes(message) {
                settings.set(place, value);
            }
        }
    }

    /// The messages that set up a new receiver, in order.
    pub fn messages(&self) -> impl Iterator<Item = Message> {
        Channel::all()
            .zip(&self.channels)
            .flat_map(|(channel, settings)| settings.messages(channel))
    }
}

/// A setting of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Setting(usize);

impl Setting {
    pub(super) const BEND: Self = Self(BEND);

    /// The setting of a controller below 120.
    pub(super) fn of_control(number: u8) -> Self {
        Self(usize::from(number))
    }

    /// All settings.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..SETTINGS).map(Self)
    }

    /// The index among the settings of all channels.
    pub(super) fn index(self, channel: Channel) -> usize {
        channel.index() * SETTINGS + self.0
    }
}

/// The settings that a message changes, and their new values; `None` resets one.
pub(super) fn changes(message: Message) -> impl Iterator<Item = (Setting, Option<u16>)> {
    let (set, reset): (_, &[usize]) = match message {
        Message::Program(_, program) => (Some((PROGRAM, u16::from(program & 127))), &WITH_PROGRAM),
        Message::Pressure(_, value) => (Some((PRESSURE, u16::from(value & 127))), &[]),
        Message::Bend(_, bend) => (Some((BEND, bend.min(16_383))), &[]),
        Message::Control(_, RESET, _) => (None, &RESET_SETTINGS),
        Message::Control(_, 6 | 38 | 96..=101, _) => (None, &[]),
        Message::Control(_, number, value) if usize::from(number) < CONTROLLERS => {
            (Some((usize::from(number), u16::from(value & 127))), &[])
        }
        _ => (None, &[]),
    };
    let reset = reset.iter().map(|place| (Setting(*place), None));
    reset.chain(set.map(|(place, value)| (Setting(place), Some(value))))
}

/// The settings of a channel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings([Option<u16>; SETTINGS]);

impl Settings {
    pub(super) const NONE: Self = Self([None; SETTINGS]);

    pub(super) fn set(&mut self, place: Setting, value: Option<u16>) {
        if let Some(setting) = self.0.get_mut(place.0) {
            *setting = value;
        }
    }

    /// The messages that set up a channel, in order.
    pub(super) fn messages(self, channel: Channel) -> impl Iterator<Item = Message> {
        let others = (0..CONTROLLERS).filter(|number| !BANK.contains(number));
        let order = BANK.into_iter().chain([PROGRAM]).chain(others);
        let order = order.chain([PRESSURE, BEND]);
        order.filter_map(move |place| {
            let value = self.0.get(place).copied().flatten()?;
            // All values but bends have seven bits, and controllers are below 120.
            let (number, low) = (place as u8, value as u8);
            match place {
                PROGRAM => Some(Message::Program(channel, low)),
                PRESSURE => Some(Message::Pressure(channel, low)),
                BEND => Some(Message::Bend(channel, value)),
                _ if number == Message::SUSTAIN && low == 0 => None,
                _ => Some(Message::Control(channel, number, low)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Key, Velocity};

    fn channels() -> [Channel; 2] {
        [1, 2].map(|number| Channel::from_number(number).unwrap())
    }

    fn after(messages: &[Message]) -> Vec<Message> {
        let mut memory = ChannelMemory::default();
        messages.iter().for_each(|message| memory.update(*message));
        memory.messages().collect()
    }

    #[test]
    fn the_last_settings_are_restored_bank_before_program() {
        let [one, two] = channels();
        let sent = [
            Message::Control(two, 10, 12),
            Message::Program(one, 3),
            Message::Program(one, 4),
            Message::Control(one, 32, 1),
            Message::NoteOn(one, Key::new(60).unwrap(), Velocity::default()),
            Message::Control(one, 123, 0),
            Message::Bend(one, 0),
        ];
        let again = [
            Message::Control(one, 32, 1),
            Message::Program(one, 4),
            Message::Bend(one, 0),
            Message::Control(two, 10, 12),
        ];
        assert_eq!(after(&sent), again);
    }

    #[test]
    fn a_reset_clears_bend_and_pedal_and_keeps_the_mix() {
        let [one, _] = channels();
        let sent = [
            Message::Program(one, 4),
            Message::Control(one, 7, 50),
            Message::Control(one, 64, 127),
            Message::Bend(one, 0),
            Message::Control(one, 121, 0),
        ];
        assert_eq!(after(&sent), [sent[0], sent[1]]);
    }

    #[test]
    fn settings_that_would_change_meaning_are_not_restored() {
        let [one, _] = channels();
        let parameter = [(101, 0), (100, 0), (6, 12), (101, 127), (100, 127), (64, 0)];
        let sent = parameter.map(|(number, value)| Message::Control(one, number, value));
        assert_eq!(after(&sent), []);
        // A program change resets the sound selection.
        let chosen = Message::Control(one, Message::SOUND, 9);
        let (first, second) = (Message::Program(one, 1), Message::Program(one, 2));
        assert_eq!(after(&[first, chosen]), [first, chosen]);
        assert_eq!(after(&[first, chosen, second]), [second]);
    }
}
