//! Beats, notes, transport, player, ports, synth. Knows nothing of workflows.

mod audio;
mod beat;
mod clock;
mod error;
mod journal;
mod ledger;
mod midi;
mod midi_file;
mod names;
mod patch;
pub mod player;
mod ports;
mod record;
mod sink;
mod sound;
mod synth;
mod tempo;
mod trace;
mod transport;
mod wav;

pub use audio::{AudioError, AudioHandle, AudioOutput, audio_devices};
pub use beat::{Beat, Beats};
pub use clock::Nanos;
pub use error::MusicError;
pub use journal::Journal;
pub use midi::{Bytes, Channel, Key, Message, Velocity};
pub use midi_file::{ChangeTo, MidiChange, MidiFile, MidiFileError, MidiNote, MidiTrack};
pub use names::{LaneId, Names, PartId, PortId};
pub use patch::Patch;
pub use player::{HORIZON, Meters, Note, Player, Priority, Simulation, When};
#[cfg(unix)]
pub use ports::VirtualOut;
pub use ports::{MidiOut, NAME, PortFinder, PortNames};
pub use record::Recorder;
pub use sink::{Null, Sent, Sink, SinkError};
pub use sound::{BuiltIn, Sound, SoundState};
pub use synth::Synth;
pub use tempo::{Meter, Tempo};
pub use trace::Trace;
pub use transport::Transport;
pub use wav::{WavError, WavFile, WavRender, WavStats};
