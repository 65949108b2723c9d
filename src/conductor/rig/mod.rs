//! The rig: the devices of one stage, and how they are used.
//!
//! Scores name instruments and ports; the rig describes the devices in a room. It is a TOML file that
//! people write, and to which the window adds the controls that it learns.

mod controls;
mod entry;
mod entry_error;
mod file;
mod ports;

pub use controls::{ClockFrom, Controls, Notes, Thru};
pub use entry_error::EntryError;
pub use file::RigError;
pub use ports::PortRig;

use super::ReplayRoute;

/// The content of a rig file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rig {
    /// Options of ports.
    pub ports: Vec<PortRig>,
    /// Bindings, keyboards, MIDI thru and clock.
    pub controls: Controls,
    /// Where the replay of histories sounds.
    pub replay: ReplayRoute,
}
