//! Audio output through cpal.
//!
//! The player has an [`AudioHandle`] and sends messages with the instants at which they are due. The
//! audio callback owns the synth; it does not allocate, lock or log. It maps each instant to a frame
//! with a constant short latency, so that the rhythm that sounds is exactly the rhythm that was sent.
//! Devices come and go; the [`AudioLine`] between both stays, and restores the channel settings on
//! the synth of the next device.

mod callback;
mod clock;
mod error;
mod jack;
mod line;
mod output;
mod shared;

#[cfg(all(test, target_os = "linux"))]
mod tests;

pub use error::AudioError;
pub use line::{AudioHandle, AudioLine};
pub use output::{AudioOutput, audio_devices};
