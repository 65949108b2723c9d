//! The rig: which devices stand on this stage, and how they are played and listened to.
//!
//! Scores name instruments and ports; the rig is about this room's machines. It is a file of TOML
//! that people write and that the stage completes when it learns a control.

mod controls;
mod entry;
mod file;
mod ports;

pub use controls::{ClockFrom, Controls, Notes, Thru};
pub use entry::EntryError;
pub use file::RigError;
pub use ports::PortRig;

/// What a rig file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rig {
    /// How ports are played to.
    pub ports: Vec<PortRig>,
    /// What pads, faders and keys do.
    pub controls: Controls,
}
