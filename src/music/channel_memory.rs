//! What a port's channels were told to sound like, for a receiver that comes later.

use super::{Channel, Message};

/// Controllers that hold a value; from here on they are orders (all notes off, reset).
const CONTROLLERS: usize = 120;
const RESET: u8 = 121;
/// Bank, coarse and fine: these come before the program.
const BANK: [usize; 2] = [0, 32];
/// Places behind the controllers.
const PROGRAM: usize = CONTROLLERS;
const PRESSURE: usize = CONTROLLERS + 1;
const BEND: usize = CONTROLLERS + 2;
/// The settings of a channel.
const PLACES: usize = CONTROLLERS + 3;
/// What a reset of all controllers takes back; volume, pan, sends and sound it leaves.
const TAKEN_BACK: [usize; 10] = [1, 11, 64, 65, 66, 67, 68, 69, PRESSURE, BEND];
/// A program is a sound of its own again.
const WITH_PROGRAM: [usize; 1] = [Message::SOUND as usize];

/// The last program, bank, controllers, pressure and bend of each of sixteen channels.
///
/// A synth or a file that begins in the middle of a performance is told [`messages`](Self::messages)
/// first and then sounds as if it had been there from the start. Neither following nor telling
/// allocates.
///
/// Registered parameters (controllers 6, 38 and 96 to 101) mean something only in the order in which
/// they came, and are left out; so is a pedal that is up, as it is where nothing was told.
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
    /// Takes note of a message; notes and clocks leave no trace.
    pub fn follow(&mut self, message: Message) {
        let channel = message.channel();
        if let Some(settings) = channel.and_then(|c| self.channels.get_mut(c.index())) {
            for (place, value) in changes(message) {
                settings.set(place, value);
            }
        }
    }

    /// What a receiver that knows nothing has to be told, in this order.
    pub fn messages(&self) -> impl Iterator<Item = Message> {
        Channel::all()
            .zip(&self.channels)
            .flat_map(|(channel, settings)| settings.messages(channel))
    }
}

/// One of a channel's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(usize);

impl Place {
    pub(super) const BEND: Self = Self(BEND);

    /// That of a controller below 120.
    pub(super) fn of_control(number: u8) -> Self {
        Self(usize::from(number))
    }

    /// Every one.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..PLACES).map(Self)
    }

    /// Its number among those of all channels.
    pub(super) fn index(self, channel: Channel) -> usize {
        channel.index() * PLACES + self.0
    }
}

/// Which settings of its channel a message changes, and to what; nothing: as if never told.
pub(super) fn changes(message: Message) -> impl Iterator<Item = (Place, Option<u16>)> {
    let (set, taken_back): (_, &[usize]) = match message {
        Message::Program(_, program) => (Some((PROGRAM, u16::from(program & 127))), &WITH_PROGRAM),
        Message::Pressure(_, value) => (Some((PRESSURE, u16::from(value & 127))), &[]),
        Message::Bend(_, bend) => (Some((BEND, bend.min(16_383))), &[]),
        Message::Control(_, RESET, _) => (None, &TAKEN_BACK),
        Message::Control(_, 6 | 38 | 96..=101, _) => (None, &[]),
        Message::Control(_, number, value) if usize::from(number) < CONTROLLERS => {
            (Some((usize::from(number), u16::from(value & 127))), &[])
        }
        _ => (None, &[]),
    };
    let taken_back = taken_back.iter().map(|place| (Place(*place), None));
    taken_back.chain(set.map(|(place, value)| (Place(place), Some(value))))
}

/// What a channel was told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings([Option<u16>; PLACES]);

impl Settings {
    pub(super) const NONE: Self = Self([None; PLACES]);

    pub(super) fn set(&mut self, place: Place, value: Option<u16>) {
        if let Some(setting) = self.0.get_mut(place.0) {
            *setting = value;
        }
    }

    /// What to tell a channel so that it stands like that, in this order.
    pub(super) fn messages(self, channel: Channel) -> impl Iterator<Item = Message> {
        let others = (0..CONTROLLERS).filter(|number| !BANK.contains(number));
        let order = BANK.into_iter().chain([PROGRAM]).chain(others);
        let order = order.chain([PRESSURE, BEND]);
        order.filter_map(move |place| {
            let value = self.0.get(place).copied().flatten()?;
            // All but bends are seven bits wide, and controllers are numbered below 120.
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
        messages.iter().for_each(|message| memory.follow(*message));
        memory.messages().collect()
    }

    #[test]
    fn the_last_settings_come_back_bank_before_program() {
        let [one, two] = channels();
        let told = [
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
        assert_eq!(after(&told), again);
    }

    #[test]
    fn a_reset_takes_back_bend_and_pedal_and_leaves_the_mix() {
        let [one, _] = channels();
        let told = [
            Message::Program(one, 4),
            Message::Control(one, 7, 50),
            Message::Control(one, 64, 127),
            Message::Bend(one, 0),
            Message::Control(one, 121, 0),
        ];
        assert_eq!(after(&told), [told[0], told[1]]);
    }

    #[test]
    fn what_would_mean_something_else_is_left_out() {
        let [one, _] = channels();
        let parameter = [(101, 0), (100, 0), (6, 12), (101, 127), (100, 127), (64, 0)];
        let told = parameter.map(|(number, value)| Message::Control(one, number, value));
        assert_eq!(after(&told), []);
        // The choice of a sound beyond the programs ends with the next program.
        let chosen = Message::Control(one, Message::SOUND, 9);
        let (first, second) = (Message::Program(one, 1), Message::Program(one, 2));
        assert_eq!(after(&[first, chosen]), [first, chosen]);
        assert_eq!(after(&[first, chosen, second]), [second]);
    }
}
