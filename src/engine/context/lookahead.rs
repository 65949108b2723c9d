//! Lookahead of a replay.

/// The commands of the current turn that the history already contains.
#[derive(Default)]
pub(in crate::engine) struct Lookahead {
    /// Their number, without version markers.
    pub commands: usize,
    /// Version markers: change and version.
    pub versions: Vec<(String, u32)>,
    /// The history continues after them: it contains all commands of this turn.
    pub is_over: bool,
    /// The history ends with a failure by a panic, as earlier versions recorded it.
    pub panicked: bool,
}
