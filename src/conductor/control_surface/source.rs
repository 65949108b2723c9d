//! Controls of a device, and the messages that they send.

use std::fmt;

use crate::music::{Channel, Key, Message, port_matches};

/// A control of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Part of the input's name, in any letter case.
    pub on: String,
    /// Its channel; `None` for any.
    pub channel: Option<Channel>,
    /// The message that it sends.
    pub control: Control,
}

/// The message that identifies a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Control {
    /// A key or pad.
    Note(Key),
    /// A fader, knob, pedal or button.
    Cc(u8),
    /// A program button.
    Program(u8),
}

/// A touch of a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// Pressed with this velocity, 1 to 127.
    Down(u8),
    /// Released.
    Up,
    /// Moved to this value, 0 to 127.
    Value(u8),
}

impl Source {
    /// The control that sent a message, named by its device without the port. `None` if the message
    /// does not come from touching a control.
    pub fn touched(input: &str, message: Message) -> Option<Self> {
        let control = match message {
            Message::NoteOn(_, key, _) => Control::Note(key),
            Message::Control(_, number, _) => Control::Cc(number),
            Message::Program(_, number) => Control::Program(number),
            _ => return None,
        };
        let device = input.split(':').next().unwrap_or(input).trim();
        Some(Self {
            on: if device.is_empty() { input } else { device }.to_owned(),
            channel: message.channel(),
            control,
        })
    }

    /// The touch of this control that sent a message, if it did.
    pub fn touch(&self, input: &str, message: Message) -> Option<Touch> {
        let channel = message.channel()?;
        let is_from_here = self.is_on(input) && self.channel.is_none_or(|own| own == channel);
        let touch = match (self.control, message) {
            (Control::Note(own), Message::NoteOn(_, key, velocity)) if own == key => {
                Touch::Down(velocity.number())
            }
            (Control::Note(own), Message::NoteOff(_, key)) if own == key => Touch::Up,
            (Control::Cc(own), Message::Control(_, number, value)) if own == number => {
                Touch::Value(value)
            }
            (Control::Program(own), Message::Program(_, number)) if own == number => {
                Touch::Down(127)
            }
            _ => return None,
        };
        is_from_here.then_some(touch)
    }

    /// Whether it is on this input.
    pub fn is_on(&self, input: &str) -> bool {
        port_matches(input, &self.on)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.on)?;
        match self.control {
            Control::Note(key) => write!(f, "note {}", key.number()),
            Control::Cc(number) => write!(f, "cc {number}"),
            Control::Program(number) => write!(f, "program {number}"),
        }
    }
}
