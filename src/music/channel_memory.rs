//! The settings of MIDI channels, for a receiver that joins later.

use super::{Channel, Message, Volume};

/// The controllers with a value; higher numbers are channel mode messages.
const CONTROLLERS: usize = 120;
const RESET: u8 = 121;
/// Bank select, coarse and fine: sent before the program.
const BANK: [usize; 2] = [0, 32];
/// Settings after the controllers.
const PROGRAM: usize = CONTROLLERS;
const PRESSURE: usize = CONTROLLERS + 1;
const BEND: usize = CONTROLLERS + 2;
/// The registered parameters 0 to 2, coarse and fine: bend range, fine tuning, coarse tuning.
const PARAMETERS: usize = CONTROLLERS + 3;
const PARAMETER_COUNT: usize = 3;
/// The selected parameter, coarse and fine.
const SELECTED: usize = PARAMETERS + 2 * PARAMETER_COUNT;
/// The volume of the mixer.
const MIX: usize = SELECTED + 2;
/// The number of settings of a channel.
const SETTINGS: usize = MIX + 1;
/// The controllers that select a parameter, and those that set it.
const SELECT_COARSE: u8 = 101;
const SELECT_FINE: u8 = 100;
const DATA: u8 = 6;
const DATA_FINE: u8 = 38;
/// No parameter is selected.
const NONE: u16 = 127;
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
/// Of registered parameters, the bend range and the tuning are kept; the other data entries depend on the order of
/// their messages and are left out. So is a released pedal, because that is the default.
#[derive(Debug, Clone)]
pub struct ChannelMemory {
    channels: [Settings; Channel::PARTS],
}

impl Default for ChannelMemory {
    fn default() -> Self {
        Self {
            channels: [Settings::NONE; Channel::PARTS],
        }
    }
}

impl ChannelMemory {
    /// Records a message. Notes and clock messages have no effect.
    pub fn update(&mut self, message: Message) {
        let channel = message.channel();
        if let Some(settings) = channel.and_then(|c| self.channels.get_mut(c.index())) {
            for (place, value) in changes(message, settings.selected()) {
                settings.set(place, value);
            }
        }
    }

    /// The messages that set up a new receiver, in order.
    pub fn messages(&self) -> impl Iterator<Item = Message> {
        Channel::parts()
            .zip(&self.channels)
            .flat_map(|(channel, settings)| settings.messages(channel))
    }
}

/// A setting of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Setting(usize);

impl Setting {
    pub(super) const BEND: Self = Self(BEND);
    pub(super) const PRESSURE: Self = Self(PRESSURE);
    /// The volume of the mixer, as a number.
    pub(super) const MIX: Self = Self(MIX);
    /// The selected parameter.
    pub(super) const SELECTED: [Self; 2] = [Self(SELECTED), Self(SELECTED + 1)];
    /// The registered parameters with their defaults: bend range, fine and coarse tuning.
    pub(super) const PARAMETERS: [(Self, u16); 5] = [
        (Self(PARAMETERS), 2),
        (Self(PARAMETERS + 1), 0),
        (Self(PARAMETERS + 2), 64),
        (Self(PARAMETERS + 3), 0),
        (Self(PARAMETERS + 4), 64),
    ];

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

/// The settings that a message changes, and their new values; `None` resets one. `selected`: the parameter that a
/// data entry sets.
pub(super) fn changes(
    message: Message,
    selected: Option<usize>,
) -> impl Iterator<Item = (Setting, Option<u16>)> {
    let data = |fine: usize, value: u8| {
        let place = selected.map(|parameter| PARAMETERS + 2 * parameter + fine);
        place.map(|place| (place, u16::from(value & 127)))
    };
    let (set, reset): (_, &[usize]) = match message {
        Message::Program(_, program) => (Some((PROGRAM, u16::from(program & 127))), &WITH_PROGRAM),
        Message::Pressure(_, value) => (Some((PRESSURE, u16::from(value & 127))), &[]),
        Message::Bend(_, bend) => (Some((BEND, bend.min(16_383))), &[]),
        Message::Volume(_, volume) => (Some((MIX, volume.number().into())), &[]),
        Message::Control(_, RESET, _) => (None, &RESET_SETTINGS),
        Message::Control(_, SELECT_COARSE, value) => (Some((SELECTED, value.into())), &[]),
        Message::Control(_, SELECT_FINE, value) => (Some((SELECTED + 1, value.into())), &[]),
        // A parameter of a device of its own is selected.
        Message::Control(_, 98 | 99, _) => (Some((SELECTED, NONE)), &[]),
        Message::Control(_, DATA, value) => (data(0, value), &[]),
        Message::Control(_, DATA_FINE, value) => (data(1, value), &[]),
        Message::Control(_, 96 | 97, _) => (None, &[]),
        Message::Control(_, number, value) if usize::from(number) < CONTROLLERS => {
            (Some((usize::from(number), u16::from(value & 127))), &[])
        }
        _ => (None, &[]),
    };
    let reset = reset.iter().map(|place| (Setting(*place), None));
    reset.chain(set.map(|(place, value)| (Setting(place), Some(value))))
}

/// The number of the selected parameter, if it is one that is kept.
pub(super) fn selected(coarse: Option<u16>, fine: Option<u16>) -> Option<usize> {
    let fine = fine.filter(|_| coarse == Some(0)).map(usize::from);
    fine.filter(|parameter| *parameter < PARAMETER_COUNT)
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

    fn value(&self, place: usize) -> Option<u16> {
        self.0.get(place).copied().flatten()
    }

    /// The selected parameter, if it is one that is kept.
    fn selected(&self) -> Option<usize> {
        selected(self.value(SELECTED), self.value(SELECTED + 1))
    }

    /// The messages that set the registered parameters, and then select none.
    fn parameters(self, channel: Channel) -> impl Iterator<Item = Message> {
        let control = move |number: u8, value: u16| Message::Control(channel, number, value as u8);
        let set = (0..PARAMETER_COUNT).flat_map(move |parameter| {
            let place = PARAMETERS + 2 * parameter;
            let (coarse, fine) = (self.value(place), self.value(place + 1));
            let is_set = coarse.is_some() || fine.is_some();
            let select = [
                control(SELECT_COARSE, 0),
                control(SELECT_FINE, parameter as u16),
            ];
            let select = select.into_iter().filter(move |_| is_set);
            let data = coarse.map(|value| control(DATA, value));
            select
                .chain(data)
                .chain(fine.map(|value| control(DATA_FINE, value)))
        });
        let is_set = (PARAMETERS..SELECTED).any(|place| self.value(place).is_some());
        let none = [control(SELECT_COARSE, NONE), control(SELECT_FINE, NONE)];
        set.chain(none.into_iter().filter(move |_| is_set))
    }

    /// The messages that set up a channel, in order.
    pub(super) fn messages(self, channel: Channel) -> impl Iterator<Item = Message> {
        let others = (0..CONTROLLERS).filter(|number| !BANK.contains(number));
        let order = BANK.into_iter().chain([PROGRAM]).chain(others);
        let order = order.chain([PRESSURE, BEND, MIX]);
        let parameters = self.parameters(channel);
        let settings = order.filter_map(move |place| {
            let value = self.0.get(place).copied().flatten()?;
            // All values but bends have seven bits, and controllers are below 120.
            let (number, low) = (place as u8, value as u8);
            match place {
                PROGRAM => Some(Message::Program(channel, low)),
                PRESSURE => Some(Message::Pressure(channel, low)),
                BEND => Some(Message::Bend(channel, value)),
                MIX => Some(Message::Volume(channel, Volume::from_number(low))),
                _ if number == Message::SUSTAIN && low == 0 => None,
                _ => Some(Message::Control(channel, number, low)),
            }
        });
        parameters.chain(settings)
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
    fn bend_range_and_tuning_are_restored_and_other_parameters_are_not() {
        let [one, _] = channels();
        let control = |(number, value): (u8, u8)| Message::Control(one, number, value);
        let sent = [
            (101, 0),
            (100, 0),
            (6, 12),
            (100, 2),
            (6, 60),
            (101, 127),
            (100, 127),
            (6, 5),
        ];
        let again = [
            (101, 0),
            (100, 0),
            (6, 12),
            (101, 0),
            (100, 2),
            (6, 60),
            (101, 127),
            (100, 127),
        ];
        assert_eq!(after(&sent.map(control)), again.map(control));
        let others = [
            (101, 0),
            (100, 5),
            (6, 12),
            (99, 0),
            (98, 1),
            (6, 3),
            (64, 0),
        ];
        assert_eq!(after(&others.map(control)), []);
        // A program change resets the sound selection.
        let chosen = Message::Control(one, Message::SOUND, 9);
        let (first, second) = (Message::Program(one, 1), Message::Program(one, 2));
        assert_eq!(after(&[first, chosen]), [first, chosen]);
        assert_eq!(after(&[first, chosen, second]), [second]);
    }
}
