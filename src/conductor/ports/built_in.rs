//! The built-in port.

/// Name of the port that the built-in synth is behind.
pub const BUILT_IN: &str = "synth";
