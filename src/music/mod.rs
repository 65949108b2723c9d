//! Beats, notes, transport, player, ports, synth. Knows nothing of workflows.

mod beat;
mod midi;
mod patch;

pub use beat::{Beat, Beats};
pub use midi::{Bytes, Channel, Key, Message, Velocity};
pub use patch::Patch;
