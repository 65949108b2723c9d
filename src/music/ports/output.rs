//! Sinks for MIDI outputs.

use midir::{MidiOutput, MidiOutputConnection, SendError};

use super::{NAME, clean, matches, output_names, quietly};
use crate::music::{MusicError, Sent, Sink, SinkError};

/// A sink for a MIDI output. It does not notice that a device is gone: see
/// [`PortWatch`](super::PortWatch).
pub struct MidiOut {
    name: String,
    connection: MidiOutputConnection,
}

impl MidiOut {
    /// Opens the output of exactly that name, else the first one with `pattern` in its name,
    /// ignoring case.
    pub fn open(pattern: &str) -> Result<Self, MusicError> {
        quietly();
        let midi = MidiOutput::new(NAME).map_err(|_| MusicError::NoMidi)?;
        let ports = midi.ports().into_iter();
        let named = ports.filter_map(|port| {
            let name = clean(&midi.port_name(&port).ok()?).to_owned();
            matches(&name, pattern).then_some((port, name))
        });
        let mut named: Vec<_> = named.collect();
        let exact = named.iter().position(|(_, name)| name == pattern);
        let first = (!named.is_empty()).then_some(0);
        let found = exact.or(first).map(|place| named.swap_remove(place));
        let Some((port, name)) = found else {
            let present = output_names(&midi);
            return Err(MusicError::NoSuchOutput {
                pattern: pattern.to_owned(),
                present: if present.is_empty() {
                    "none".into()
                } else {
                    present.join(", ")
                },
            });
        };
        let connection =
            midi.connect(&port, NAME)
                .map_err(|error| MusicError::PortUnavailable {
                    name: name.clone(),
                    reason: error.to_string(),
                })?;
        tracing::info!(port = name, "MIDI output opened");
        Ok(Self { name, connection })
    }

    /// The name of the output.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Sink for MidiOut {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        send(&mut self.connection, message)
    }
}

/// A virtual output that other programs connect to. Not available on Windows.
#[cfg(unix)]
pub struct VirtualOut {
    connection: MidiOutputConnection,
}

#[cfg(unix)]
impl VirtualOut {
    /// Creates an output named [`NAME`].
    pub fn create() -> Result<Self, MusicError> {
        use midir::os::unix::VirtualOutput;

        quietly();
        let midi = MidiOutput::new(NAME).map_err(|_| MusicError::NoMidi)?;
        let connection =
            midi.create_virtual(NAME)
                .map_err(|error| MusicError::PortUnavailable {
                    name: NAME.into(),
                    reason: error.to_string(),
                })?;
        tracing::info!(port = NAME, "virtual MIDI output created");
        Ok(Self { connection })
    }
}

#[cfg(unix)]
impl Sink for VirtualOut {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        send(&mut self.connection, message)
    }
}

fn send(connection: &mut MidiOutputConnection, message: &Sent) -> Result<(), SinkError> {
    connection
        .send(&message.message.bytes())
        .map_err(|error| match error {
            SendError::InvalidData(reason) | SendError::Other(reason) => SinkError::Refused(reason),
        })
}
