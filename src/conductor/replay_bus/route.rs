//! Where the bus sounds.

use serde::Deserialize;

use crate::conductor::BUILT_IN;

/// Where the replay of histories sounds: `[replay]` in the rig.
///
/// ```toml
/// [replay]
/// to = "Volca"    # part of an output's name, "synth" (the default) or "off"
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "ReplayTable")]
pub enum ReplayRoute {
    /// On voices of its own of the built-in synth.
    #[default]
    Synth,
    /// On the MIDI output whose name contains this text.
    Port(String),
    /// Nowhere.
    Off,
}

/// The table in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplayTable {
    to: String,
}

impl From<ReplayTable> for ReplayRoute {
    fn from(table: ReplayTable) -> Self {
        match table.to.trim() {
            BUILT_IN | "" => Self::Synth,
            "off" => Self::Off,
            name => Self::Port(name.to_owned()),
        }
    }
}
