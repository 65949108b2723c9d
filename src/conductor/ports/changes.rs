//! Ports as others see them: their state, its changes, and ports that are missing.

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
            PortPresence::Connected => write!(f, "{name} is back"),
            PortPresence::Disconnected => write!(
                f,
                "{name} is gone: what plays on it takes its fall-back or tries again"
            ),
        }
    }
}

/// The part of a name that people know a device by: systems write the device's name, a colon, and
/// that of its port, which often begins in the same way.
pub(super) fn short(name: &str) -> &str {
    match name.split_once(':') {
        Some((device, port)) if port.starts_with(device) => port,
        _ => name,
    }
}

/// No port that an instrument asks for is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::conductor) struct Missing {
    /// What it asks for.
    pub wanted: Vec<String>,
    /// What there is.
    pub present: Vec<String>,
    /// Why one that is there could not be used.
    pub reason: Option<String>,
}

impl Missing {
    /// What a note of that instrument fails with. Worth a retry: devices come back.
    pub fn failure(&self, instrument: &str) -> Failure {
        Failure::new(
            calls::PORT_MISSING,
            format!("{instrument} cannot play: {self}"),
        )
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted: Vec<_> = self.wanted.iter().map(|name| format!("{name:?}")).collect();
        if let Some(reason) = &self.reason {
            return f.write_str(reason);
        }
        let present = match self.present.is_empty() {
            true => "no MIDI outputs".to_owned(),
            false => self.present.join(", "),
        };
        write!(
            f,
            "{} is not there; there are {present}; plug it in, or add `synth` to the instrument's `port`",
            wanted.join(" or ")
        )
    }
}
