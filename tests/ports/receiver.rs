//! A device that keeps count of what it receives.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fermata::music::{Message, Sent, Sink, SinkError};

/// What a device has heard. Copies are the same device.
#[derive(Clone, Default)]
pub struct Receiver(Arc<Mutex<Heard>>);

#[derive(Default)]
pub struct Heard {
    /// All messages in their order, each with its time in milliseconds.
    pub messages: Vec<(u64, Message)>,
    /// Keys that sound: channel and key.
    pub down: BTreeSet<(u8, u8)>,
    /// Keys that came up under a pedal and sound on.
    pub held: BTreeSet<(u8, u8)>,
    /// Channels whose pedal is down.
    pedals: BTreeSet<u8>,
}

impl Receiver {
    pub fn is_silent(&self) -> bool {
        let heard = self.heard();
        heard.down.is_empty() && heard.held.is_empty()
    }

    pub fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes bytes as they come over a wire.
    pub fn take_bytes(&self, at: u64, bytes: &[u8]) {
        let channel = |status: u8| fermata::music::Channel::from_number((status & 15) + 1).unwrap();
        let key = |key: u8| fermata::music::Key::new(key).unwrap();
        let message = match *bytes {
            [s, k, v] if s >> 4 == 9 => match fermata::music::Velocity::new(v) {
                Some(v) => Message::NoteOn(channel(s), key(k), v),
                None => Message::NoteOff(channel(s), key(k)),
            },
            [s, k, _] if s >> 4 == 8 => Message::NoteOff(channel(s), key(k)),
            [s, n, v] if s >> 4 == 11 => Message::Control(channel(s), n, v),
            [s, p] if s >> 4 == 12 => Message::Program(channel(s), p),
            _ => return,
        };
        self.heard().take(at, message);
    }

    /// The keys that were struck, each with its time in milliseconds.
    pub fn strikes(&self) -> Vec<(u64, u8)> {
        let heard = self.heard();
        let strikes = heard
            .messages
            .iter()
            .filter_map(|(at, message)| match message {
                Message::NoteOn(_, key, _) => Some((*at, key.number())),
                _ => None,
            });
        strikes.collect()
    }
}

impl Heard {
    pub fn take(&mut self, at: u64, message: Message) {
        self.messages.push((at, message));
        match message {
            Message::NoteOn(channel, key, _) => {
                self.down.insert((channel.number(), key.number()));
            }
            Message::NoteOff(channel, key) => {
                let key = (channel.number(), key.number());
                if self.down.remove(&key) && self.pedals.contains(&key.0) {
                    self.held.insert(key);
                }
            }
            Message::Control(channel, Message::SUSTAIN, 0) => {
                self.pedals.remove(&channel.number());
                self.held.retain(|(of, _)| *of != channel.number());
            }
            Message::Control(channel, Message::SUSTAIN, _) => {
                self.pedals.insert(channel.number());
            }
            Message::Control(channel, Message::ALL_NOTES_OFF | Message::ALL_SOUND_OFF, _) => {
                self.down.retain(|(of, _)| *of != channel.number());
                self.held.retain(|(of, _)| *of != channel.number());
            }
            _ => {}
        }
    }
}

/// A cable to the device.
pub struct Cable {
    pub receiver: Receiver,
    /// Whether anything comes through. Like a real one it says Ok either way.
    pub plugged: Arc<std::sync::atomic::AtomicBool>,
}

impl Sink for Cable {
    fn send(&mut self, sent: &Sent) -> Result<(), SinkError> {
        if self.plugged.load(std::sync::atomic::Ordering::SeqCst) {
            let at = sent.sent.0 / 1_000_000;
            self.receiver.heard().take(at, sent.message);
        }
        Ok(())
    }
}
