//! The queue from the player to the current audio device. It outlives the devices.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::music::{Bank, ChannelMemory, Message};

/// The capacity of the queue to the device, in messages.
pub(super) const QUEUE: usize = 4096;

/// A message and its due time.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimedMessage {
    /// When it should sound, not counting the constant latency of the output.
    pub due: Instant,
    pub message: Message,
}

/// The sending end of the line, with or without a device.
pub struct AudioHandle {
    queue: rtrb::Producer<TimedMessage>,
    /// Whether there is a device.
    plugged: Arc<AtomicBool>,
}

impl AudioHandle {
    /// Sends a message that is due at an instant (now, or up to a second ahead). Never waits. `false`
    /// if the device does not keep up and the message is lost. Without a device nothing counts as
    /// lost.
    pub fn send(&mut self, due: Instant, message: Message) -> bool {
        let taken = self.queue.push(TimedMessage { due, message }).is_ok();
        taken || !self.plugged.load(Ordering::Relaxed)
    }
}

/// The receiving end of the line, used by one device at a time.
///
/// The sending end is an [`AudioHandle`] that never changes. While there is no device, the line is
/// stored here. The lock is taken when a device comes or goes, never in its callback.
#[derive(Clone)]
pub struct AudioLine {
    line: Arc<Mutex<Option<Line>>>,
    /// Whether a device has the line.
    plugged: Arc<AtomicBool>,
    bank: Bank,
    /// A second line into the same devices, with voices of its own.
    beside: Option<Box<AudioLine>>,
}

/// Pending messages, and the settings of the channels so far.
pub(super) struct Line {
    pub messages: rtrb::Consumer<TimedMessage>,
    pub memory: ChannelMemory,
}

impl AudioLine {
    /// A line without a device, and its sending end. Devices play the sounds of `bank`.
    pub fn new(bank: &Bank) -> (AudioHandle, Self) {
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
        let receiver = Self {
            line: Arc::new(Mutex::new(Some(line))),
            plugged,
            bank: bank.clone(),
            beside: None,
        };
        (handle, receiver)
    }

    /// Adds a second line into the same devices, and returns its sending end. It has a synth of its own:
    /// neither line changes what the other one sounds like.
    pub fn with_second(self) -> (AudioHandle, Self) {
        let (handle, second) = Self::new(&self.bank);
        let beside = Some(Box::new(second));
        (handle, Self { beside, ..self })
    }

    /// The second line, if there is one.
    pub(super) fn second(&self) -> Option<&AudioLine> {
        self.beside.as_deref()
    }

    /// While there is no device: drops the messages that were due by `now` and remembers the settings
    /// of the channels.
    pub fn skip(&self, now: Instant) {
        if let Some(line) = &mut *self.lock() {
            line.skip(now);
        }
        if let Some(second) = self.second() {
            second.skip(now);
        }
    }

    /// Takes the line for a device; `None` while another one has it.
    pub(super) fn take(&self) -> Option<Line> {
        let line = self.lock().take()?;
        self.plugged.store(true, Ordering::Relaxed);
        Some(line)
    }

    pub(super) fn bank(&self) -> &Bank {
        &self.bank
    }

    pub(super) fn put_back(&self, line: Line) {
        self.plugged.store(false, Ordering::Relaxed);
        *self.lock() = Some(line);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Line>> {
        // Moving a line in or out cannot panic halfway.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn skip(&mut self, now: Instant) {
        while self.messages.peek().is_ok_and(|next| next.due <= now) {
            if let Ok(skipped) = self.messages.pop() {
                self.memory.update(skipped.message);
            }
        }
    }
}

impl std::fmt::Debug for AudioHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AudioHandle").finish_non_exhaustive()
    }
}
