//! The state that the audio callback shares with the rest of the program.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

/// What the callback reports to the rest of the program.
#[derive(Debug)]
pub(super) struct Shared {
    pub alive: AtomicBool,
    /// The peak since the meter was last read, as the bits of an `f32`.
    pub peak: AtomicU32,
    /// The constant latency, in nanoseconds.
    pub latency: AtomicU64,
    pub dropouts: AtomicU64,
    /// The callback was refused real-time priority.
    pub denied: AtomicBool,
    /// Blocks that the device has requested.
    pub blocks: AtomicU64,
}

impl Shared {
    pub fn new() -> Self {
        Self {
            alive: AtomicBool::new(true),
            peak: AtomicU32::new(0),
            latency: AtomicU64::new(0),
            dropouts: AtomicU64::new(0),
            denied: AtomicBool::new(false),
            blocks: AtomicU64::new(0),
        }
    }
}
