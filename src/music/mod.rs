//! Beats, notes, transport, player, ports, synth. Knows nothing of workflows.

mod audio;
mod beat;
mod midi;
mod patch;
mod synth;
mod wav;

pub use audio::{AudioError, AudioHandle, AudioOutput};
pub use beat::{Beat, Beats};
pub use midi::{Bytes, Channel, Key, Message, Velocity};
pub use patch::Patch;
pub use synth::Synth;
pub use wav::{WavError, WavRender, WavStats};
