//! How much an engine takes upon itself.

/// How much an engine takes upon itself. The default is generous for one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest input, output or event in bytes of JSON: 4 MiB.
    pub payload: usize,
    /// From this many events on a workflow is advised to continue as new: 10,000.
    pub history_hint: u64,
    /// An instance whose history reaches this many events fails: 100,000.
    pub history: u64,
    /// The most activities under way at once; the others wait: 10,000.
    pub activities: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload: 4 << 20,
            history_hint: 10_000,
            history: 100_000,
            activities: 10_000,
        }
    }
}
