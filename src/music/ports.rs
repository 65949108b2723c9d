//! MIDI ports of the system: what there is, and sinks that send to them.

use midir::{MidiInput, MidiOutput, MidiOutputConnection, SendError};

use super::{MusicError, Sent, Sink, SinkError};

/// The name that Fermata goes by among MIDI programs, and that of its virtual port.
pub const NAME: &str = "Fermata";

/// Looks for ports. Keep one: systems allow only so many.
#[derive(Default)]
pub struct PortFinder {
    output: Option<MidiOutput>,
    input: Option<MidiInput>,
}

/// The ports of the system, by name.
#[derive(Debug, Default)]
pub struct PortNames {
    /// What can be played to.
    pub outputs: Vec<String>,
    /// What can be listened to.
    pub inputs: Vec<String>,
    /// Why there are none, if the system has no MIDI at all.
    pub trouble: Option<MusicError>,
}

impl PortFinder {
    /// What there is at present. Without any MIDI in the system: nothing, and a sentence.
    pub fn list(&mut self) -> PortNames {
        quietly();
        self.output = self.output.take().or_else(|| MidiOutput::new(NAME).ok());
        self.input = self.input.take().or_else(|| MidiInput::new(NAME).ok());
        let outputs = self.output.as_ref().map(output_names);
        let inputs = self.input.as_ref().map(|midi| {
            let ports = midi.ports();
            let names = ports.iter().filter_map(|port| midi.port_name(port).ok());
            names.map(|name| clean(&name).to_owned()).collect()
        });
        PortNames {
            trouble: (outputs.is_none() || inputs.is_none()).then_some(MusicError::NoMidi),
            outputs: outputs.unwrap_or_default(),
            inputs: inputs.unwrap_or_default(),
        }
    }
}

/// Sends to a MIDI output. That a device is gone is not noticed here: watch [`PortFinder::list`].
pub struct MidiOut {
    name: String,
    connection: MidiOutputConnection,
}

impl MidiOut {
    /// Opens the first output with `pattern` in its name, in whatever letter case.
    pub fn open(pattern: &str) -> Result<Self, MusicError> {
        quietly();
        let midi = MidiOutput::new(NAME).map_err(|_| MusicError::NoMidi)?;
        let found = midi.ports().into_iter().find_map(|port| {
            let name = clean(&midi.port_name(&port).ok()?).to_owned();
            matches(&name, pattern).then_some((port, name))
        });
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

/// An output of Fermata's own, to which other programs connect. Not on Windows, which has no such
/// thing.
#[cfg(unix)]
pub struct VirtualOut {
    connection: MidiOutputConnection,
}

#[cfg(unix)]
impl VirtualOut {
    /// A port named [`NAME`].
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

fn output_names(midi: &MidiOutput) -> Vec<String> {
    let ports = midi.ports();
    let names = ports.iter().filter_map(|port| midi.port_name(port).ok());
    names.map(|name| clean(&name).to_owned()).collect()
}

/// ALSA puts numbers behind the name that change whenever a device is plugged in again.
fn clean(name: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let cleaned = name.rsplit_once(' ').and_then(|(name, address)| {
        let (client, port) = address.split_once(':')?;
        (is_number(client) && is_number(port)).then_some(name)
    });
    cleaned.unwrap_or(name)
}

/// Whether a port of that name is meant by the pattern.
fn matches(name: &str, pattern: &str) -> bool {
    name.to_lowercase().contains(&pattern.to_lowercase())
}

/// libasound writes to the standard error output what the errors of this floor say in a sentence.
fn quietly() {
    #[cfg(target_os = "linux")]
    {
        // For this thread; calling it again throws away what was kept of the chatter.
        let _ = alsa::Output::local_error_handler();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_everything_but_alsas_numbers() {
        assert_eq!(
            clean("Midi Through:Midi Through Port-0 14:0"),
            "Midi Through:Midi Through Port-0"
        );
        assert_eq!(clean("USB MIDI 2"), "USB MIDI 2");
        assert_eq!(clean("Synth a:b"), "Synth a:b");
        assert_eq!(clean("14:0"), "14:0");
    }

    #[test]
    fn a_pattern_is_a_part_of_the_name_in_any_case() {
        assert!(matches("Arturia KeyStep 32:KeyStep", "keystep"));
        assert!(!matches("Arturia KeyStep 32", "microfreak"));
    }

    #[test]
    fn a_system_without_midi_or_ports_says_so_in_a_sentence() {
        // Whatever machine this runs on: no panic, and either ports or a reason.
        let ports = PortFinder::default().list();
        assert!(ports.trouble.is_none() || ports.outputs.is_empty() || ports.inputs.is_empty());
        let error = MidiOut::open("no such port \u{1}").err().unwrap();
        assert!(
            matches!(error, MusicError::NoMidi | MusicError::NoSuchOutput { .. }),
            "{error}"
        );
    }
}
