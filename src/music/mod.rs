//! Beats, notes, transport, player, ports, synth. Knows nothing of workflows.

mod audio;
mod beat;
mod channel_memory;
mod clock;
pub mod clock_in;
mod device_search;
mod error;
#[cfg(target_os = "linux")]
mod jack;
mod journal;
mod ledger;
mod meter_map;
mod midi;
mod midi_file;
mod names;
mod patch;
mod patches;
pub mod player;
mod ports;
mod real_time;
mod record;
mod sink;
mod sound;
mod synth;
mod tap;
mod tempo;
mod trace;
mod transport;
mod volume;
mod wav;

pub use audio::{AudioError, AudioHandle, AudioLine, AudioOutput, audio_devices};
pub use beat::{Beat, Beats};
pub use channel_memory::ChannelMemory;
pub use clock::Nanos;
pub use error::MusicError;
#[cfg(target_os = "linux")]
pub use jack::wait_for_crashed_clients;
pub use journal::{Journal, JournalHandle, Take};
pub use meter_map::MeterMap;
pub use midi::{Bytes, Channel, ClockMessage, Key, Message, Velocity};
pub use midi_file::{
    ChangeTo, FaultKind, FileChannel, LeftOut, MidiChange, MidiFault, MidiFile, MidiFileError,
    MidiNote, MidiTrack,
};
pub use names::{LaneId, Names, PartId, PortId};
pub use patch::Patch;
pub use patches::{Bank, FontWarning, PatchSelection, SoundError};
pub use player::{
    ClockOut, GrantedBy, HORIZON, KeyPress, LatePolicy, Meters, Note, Offset, Pace, Player,
    PortInfo, PortOptions, Priority, Simulation, When,
};
#[cfg(unix)]
pub use ports::VirtualOut;
pub use ports::{
    IN_NAME, InputMessage, MidiIn, MidiOut, NAME, PortFinder, PortMemory, PortNames, PortWatch,
    matches as port_matches,
};
pub use record::Recorder;
pub use sink::{Closed, Null, Sent, Sink, SinkError};
pub use sound::{BuiltIn, Sound, SoundState};
pub use synth::{ChannelMeters, Font, FontFault, Kit, Level, Synth, ZoneFault};
pub use tap::Tap;
pub use tempo::{Meter, Tempo};
pub use trace::Trace;
pub use transport::Transport;
pub use volume::Volume;
pub use wav::{WavError, WavFile, WavRender, WavStats};
