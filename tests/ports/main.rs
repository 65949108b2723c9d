//! Devices that are plugged in and unplugged: fallback, reconnection, and no note left sounding.
//!
//! Three tiers: simulated devices in virtual time; the real player with a simulated receiver; and, if asked
//! for, real MIDI systems: a JACK server (feature `jack`) and an ALSA sequencer in a virtual machine
//! (`alsa-vm/run`).
#![cfg(feature = "instrument")]

#[cfg(all(target_os = "linux", not(feature = "jack")))]
mod alsa;
mod cable;
#[path = "../common/mod.rs"]
mod common;
#[cfg(all(target_os = "linux", not(feature = "jack")))]
mod control_surface;
#[cfg(all(target_os = "linux", feature = "jack"))]
mod jack;
mod mix;
mod rack;
mod receiver;
#[cfg(all(target_os = "linux", feature = "jack", feature = "stage"))]
#[allow(dead_code)]
#[path = "../window/screen.rs"]
mod screen;
mod silence;
mod volume;

use common::simulation;
