//! Devices that come and go: what is played on them, what falls back, what returns, and that no
//! note is left sounding.
//!
//! Three tiers: devices of our own in virtual time; the real player against a receiver of its own;
//! and, where asked for, MIDI systems: a JACK server (feature `jack`) and an ALSA sequencer in a
//! virtual machine (`alsa-vm/run`).
#![cfg(feature = "instrument")]

#[cfg(all(target_os = "linux", not(feature = "jack")))]
mod alsa;
mod cable;
#[path = "../common/mod.rs"]
mod common;
#[cfg(all(target_os = "linux", not(feature = "jack")))]
mod control_surface;
mod house;
#[cfg(all(target_os = "linux", feature = "jack"))]
mod jack;
mod mix;
mod receiver;
mod silence;

use common::paused_time;
