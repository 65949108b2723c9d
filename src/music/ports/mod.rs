//! MIDI ports of the system: lists, changes, inputs, and sinks for outputs.

#[cfg(all(target_os = "linux", not(feature = "jack")))]
mod alsa_input;
#[cfg(all(target_os = "linux", not(feature = "jack")))]
mod announcements;
mod finder;
mod input;
mod memory;
mod output;
mod watch;

use midir::MidiOutput;

pub use finder::{PortFinder, PortNames};
pub use input::{IN_NAME, InputMessage, MidiIn};
pub use memory::PortMemory;
pub use output::MidiOut;
#[cfg(unix)]
pub use output::VirtualOut;
pub use watch::PortWatch;

/// The client name of Fermata, and the name of its virtual output.
pub const NAME: &str = "Fermata";

fn output_names(midi: &MidiOutput) -> Vec<String> {
    let ports = midi.ports();
    let names = ports.iter().filter_map(|port| midi.port_name(port).ok());
    names.map(|name| clean(&name).to_owned()).collect()
}

/// Removes ALSA's numbers after the name, which change when a device is plugged in again.
fn clean(name: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let cleaned = name.rsplit_once(' ').and_then(|(name, address)| {
        let (client, port) = address.split_once(':')?;
        (is_number(client) && is_number(port)).then_some(name)
    });
    cleaned.unwrap_or(name)
}

/// Whether the name of a port contains the pattern, ignoring case.
pub fn matches(name: &str, pattern: &str) -> bool {
    name.to_lowercase().contains(&pattern.to_lowercase())
}

/// Stops libasound from printing to stderr; errors of this layer report the same.
fn quietly() {
    #[cfg(target_os = "linux")]
    {
        // Per thread. Calling it again discards what was captured.
        let _ = alsa::Output::local_error_handler();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::MusicError;

    #[test]
    fn names_keep_everything_except_alsas_numbers() {
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
    fn a_system_without_midi_or_ports_is_reported() {
        // On any machine: no panic, and either ports or a reason.
        let ports = PortFinder::default().list();
        assert!(ports.trouble.is_none() || ports.outputs.is_empty() || ports.inputs.is_empty());
        let error = MidiOut::open("no such port \u{1}").err().unwrap();
        assert!(
            matches!(error, MusicError::NoMidi | MusicError::NoSuchOutput { .. }),
            "{error}"
        );
    }
}
