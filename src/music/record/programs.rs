//! The programs of channels that are one in the file.
//!
//! A file has sixteen channels, and the built-in synth more. Tracks name their port, but many readers ignore that:
//! for them, the program is repeated before a note whenever another channel had the same place meanwhile.

use std::collections::HashMap;

use crate::music::{Channel, Message};

#[derive(Debug, Default)]
pub(super) struct FilePrograms {
    /// The program of each channel.
    of: HashMap<Channel, u8>,
    /// The channel that has the place of each channel of the file.
    latest: HashMap<Channel, Channel>,
}

impl FilePrograms {
    /// A message follows. Returns the program that is to be written before it.
    pub fn before(&mut self, message: Message) -> Option<Message> {
        match message {
            Message::Program(channel, program) => {
                self.of.insert(channel, program);
                self.latest.insert(channel.on_device(), channel);
                None
            }
            Message::NoteOn(channel, ..) => {
                let other = self.latest.insert(channel.on_device(), channel);
                let own = *self.of.get(&channel)?;
                let before = self.of.get(&other.filter(|other| *other != channel)?);
                (before != Some(&own)).then_some(Message::Program(channel, own))
            }
            _ => None,
        }
    }
}
