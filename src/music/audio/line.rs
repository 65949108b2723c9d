//! The line from the player to whichever device is there. It outlives the devices.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::{AudioHandle, QUEUE, TimedMessage};
use crate::music::ChannelMemory;

/// The end of the line that devices are plugged into, one at a time.
///
/// The player's end is an [`AudioHandle`], the same for ever. Between two devices the line is
/// nobody's; it then lies in here. The lock is taken when a device comes or goes, and never in its
/// callback.
#[derive(Clone)]
pub struct AudioLine {
    place: Arc<Mutex<Option<Line>>>,
    /// A device has the line.
    plugged: Arc<AtomicBool>,
}

/// Messages on their way, and what the channels have been told so far.
pub(super) struct Line {
    pub messages: rtrb::Consumer<TimedMessage>,
    pub memory: ChannelMemory,
}

impl AudioLine {
    /// A line that no device is plugged into yet, and the player's end of it.
    pub fn new() -> (AudioHandle, Self) {
        let (producer, messages) = rtrb::RingBuffer::new(QUEUE);
        let line = Line {
            messages,
            memory: ChannelMemory::default(),
        };
        let plugged = Arc::new(AtomicBool::new(false));
        let handle = AudioHandle {
            queue: producer,
            plugged: plugged.clone(),
        };
        let place = Arc::new(Mutex::new(Some(line)));
        (handle, Self { place, plugged })
    }

    /// While there is no device: lets go of the notes that were due by `now`, keeps in mind how
    /// channels were set.
    pub fn pass_by(&self, now: Instant) {
        if let Some(line) = &mut *self.lock() {
            line.pass_by(now);
        }
    }

    /// For a device; `None` while another one has it.
    pub(super) fn take(&self) -> Option<Line> {
        let line = self.lock().take()?;
        self.plugged.store(true, Ordering::Relaxed);
        Some(line)
    }

    pub(super) fn put_back(&self, line: Line) {
        self.plugged.store(false, Ordering::Relaxed);
        *self.lock() = Some(line);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Line>> {
        // Moving a line in or out cannot panic halfway.
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn pass_by(&mut self, now: Instant) {
        while self.messages.peek().is_ok_and(|next| next.due <= now) {
            if let Ok(passed) = self.messages.pop() {
                self.memory.follow(passed.message);
            }
        }
    }
}
