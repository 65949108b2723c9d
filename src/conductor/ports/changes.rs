//! The state of ports, its changes, and missing ports.

use std::fmt;

use crate::{engine::Failure, music::PortId, score::calls};

/// The state of a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortState {
    /// Its number.
    pub id: PortId,
    /// Its name.
    pub name: String,
    /// Whether its device is connected.
    pub presence: PortPresence,
}

/// Whether a port's device is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortPresence {
    /// It is connected.
    Connected,
    /// It was unplugged and may come back.
    Disconnected,
}

/// A device was unplugged or came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortChange {
    /// Its name.
    pub name: String,
    /// Whether it is connected now.
    pub presence: PortPresence,
}

impl fmt::Display for PortChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = short(&self.name);
        match self.presence {
            PortPresence::Connected => write!(f, "{name} is connected again"),
            PortPresence::Disconnected => write!(
                f,
                "{name} was disconnected: its instruments use their fallback port or retry"
            ),
        }
    }
}

/// The short name of a port. Systems write the device's name, a colon, and the port's name, which often
/// starts with that of the device.
pub(super) fn short(name: &str) -> &str {
    match name.split_once(':') {
        Some((device, port)) if port.starts_with(device) => port,
        _ => name,
    }
}

/// A note's error: none of its instrument's ports is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::conductor) struct Missing {
    /// The ports of the instrument.
    pub wanted: Vec<String>,
    /// The connected ports.
    pub present: Vec<String>,
    /// Why a connected port could not be used.
    pub reason: Option<String>,
    /// Whether the cable of one of them was pulled on purpose.
    pub is_pulled: bool,
}

impl Missing {
    /// The failure of a note. It is retried, because devices may be connected again.
    pub fn failure(&self, instrument: &str) -> Failure {
        let message = format!("{instrument} cannot play: {self}");
        let failure = Failure::new(calls::PORT_MISSING, message);
        match self.is_pulled {
            true => failure.injected(),
            false => failure,
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted: Vec<_> = self.wanted.iter().map(|name| format!("{name:?}")).collect();
        if let Some(reason) = &self.reason {
            return f.write_str(reason);
        }
        let present = match self.present.is_empty() {
            true => "no MIDI output".to_owned(),
            false => self.present.join(", "),
        };
        write!(
            f,
            "{} is not connected (connected: {present}): plug it in, or add `synth` to the instrument's `port`",
            wanted.join(" or ")
        )
    }
}
