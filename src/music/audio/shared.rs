//! The state that the audio callback shares with the rest of the program.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst},
    thread::sleep,
    time::{Duration, Instant},
};

/// How long closing waits for the block that is rendered at that moment.
const LAST_BLOCK: Duration = Duration::from_secs(1);

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
    /// The callback renders a block.
    rendering: AtomicBool,
    /// The output is being closed: nothing is rendered any more.
    closing: AtomicBool,
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
            rendering: AtomicBool::new(false),
            closing: AtomicBool::new(false),
        }
    }

    /// Runs what renders a block; `None` once the output is being closed.
    pub fn render<T>(&self, block: impl FnOnce() -> T) -> Option<T> {
        // Both sides write before they read: at least one of them sees the other.
        self.rendering.store(true, SeqCst);
        let rendered = (!self.closing.load(SeqCst)).then(block);
        self.rendering.store(false, SeqCst);
        rendered
    }

    /// Lets the callback render nothing any more, and waits until it has ended its block.
    pub fn close(&self) {
        self.closing.store(true, SeqCst);
        let begun = Instant::now();
        while self.rendering.load(SeqCst) && begun.elapsed() < LAST_BLOCK {
            sleep(Duration::from_millis(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread::scope};

    use super::*;

    #[test]
    fn closing_waits_for_the_block_that_is_rendered_and_no_other_follows() {
        let shared = Shared::new();
        let (begun, rendering) = mpsc::channel();
        scope(|scope| {
            let block = scope.spawn(|| {
                shared.render(|| {
                    begun.send(()).unwrap();
                    sleep(Duration::from_millis(100));
                    Instant::now()
                })
            });
            rendering.recv().unwrap();
            shared.close();
            let closed = Instant::now();
            assert!(block.join().unwrap().unwrap() <= closed);
        });
        assert_eq!(shared.render(|| "a block"), None);
    }
}
