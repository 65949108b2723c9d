//! The built-in synth: patches and drum kits that are data, and SoundFonts.
//!
//! It works with messages and frames and knows no clocks, devices or files. The caller renders up to
//! the frame at which a message is due, passes the message to the synth and renders on. The same
//! messages at the same frames give the same samples, whatever the block size. [`Synth::handle`] and
//! [`Synth::render`] do not allocate, so they may run in an audio callback.

mod analog;
mod breath;
mod buses;
mod channel;
mod channel_filter;
mod chorus;
mod delay;
mod drum;
mod envelope;
mod filter;
mod fm;
mod font;
#[cfg(test)]
mod golden;
mod kit;
mod limiter;
mod messages;
mod meters;
mod modal;
mod noise;
mod organ;
mod oscillator;
mod parameters;
mod partials;
mod patch_queue;
mod plate;
mod pluck;
mod recipe;
mod render;
mod reverb;
mod stereo;
mod strokes;
#[cfg(test)]
mod tests;
mod tine;
mod true_peak;
mod units;
mod voice;

use std::sync::Arc;

use super::Channel;
use buses::Buses;
use channel::ChannelState;
use chorus::{Chorus, Rotary};
use delay::Delay;
use filter::OnePole;
pub use font::{Font, FontFault, ZoneFault};
pub(super) use font::{FontPlayer, LoadedFont};
pub use kit::Kit;
use kit::Kits;
use limiter::Limiter;
pub use meters::{ChannelMeters, Level};
use noise::Noise;
use organ::Pipes;
#[cfg(test)]
pub(super) use patch_queue::QUEUE;
pub(super) use patch_queue::{PatchQueue, PatchSender, PatchUpdate};
pub(super) use recipe::Recipe;
use reverb::Reverb;
use voice::{SlotMemory, Voice};

/// The most notes that sound at once.
const POLYPHONY: usize = 64;
/// Voice slots: the notes, and those that fade out because they were stolen.
const SLOTS: usize = 2 * POLYPHONY;
/// Seconds of silence after which the effects are suspended; longer than any delay in them.
const REST: f32 = 0.35;

/// A voice slot.
#[derive(Debug)]
struct Slot {
    voice: Option<Voice>,
    memory: SlotMemory,
}

/// The built-in synth: many channels in, stereo out.
#[derive(Debug)]
pub struct Synth {
    sample_rate: f32,
    frame: u64,
    channels: Vec<ChannelState>,
    slots: Vec<Slot>,
    notes: u64,
    /// The frame of the last MIDI clock tick, and the smoothed interval between ticks in frames.
    last_pulse: u64,
    pulse: f32,
    noise: Noise,
    pipes: Pipes,
    buses: Buses,
    chorus: Chorus,
    rotary: Rotary,
    reverb: Reverb,
    delay: Delay,
    patch_queue: PatchQueue,
    kits: &'static Kits,
    meters: Option<Arc<ChannelMeters>>,
    offset: [OnePole; 2],
    offset_coefficient: f32,
    limiter: Limiter,
    quiet: u32,
    rest_after: u32,
    resting: bool,
}

impl Synth {
    /// A silent synth with the built-in sounds. Sample rates are limited to 8 to 384 kHz.
    pub fn new(sample_rate: u32) -> Self {
        Self::playing(sample_rate, PatchQueue::built_in())
    }

    /// The sample rate that is used for this one.
    pub(super) fn supported(sample_rate: u32) -> f32 {
        sample_rate.clamp(8_000, 384_000) as f32
    }

    /// A silent synth with these sounds, and those that arrive in the queue.
    pub(super) fn playing(sample_rate: u32, patch_queue: PatchQueue) -> Self {
        let sample_rate = Self::supported(sample_rate);
        let rest_after = (REST * sample_rate) as u32;
        Self {
            sample_rate,
            frame: 0,
            channels: Channel::parts().map(|_| ChannelState::new()).collect(),
            slots: (0..SLOTS)
                .map(|_| Slot {
                    voice: None,
                    memory: SlotMemory::new(sample_rate),
                })
                .collect(),
            notes: 0,
            last_pulse: 0,
            pulse: 0.0,
            noise: Noise::new(0x0FE2_3A7A),
            pipes: Pipes::new(),
            buses: Buses::new(),
            chorus: Chorus::new(sample_rate),
            rotary: Rotary::new(sample_rate),
            reverb: Reverb::new(sample_rate),
            delay: Delay::new(sample_rate),
            patch_queue,
            kits: Kits::all(),
            meters: None,
            offset: Default::default(),
            offset_coefficient: OnePole::coefficient(6.0, sample_rate),
            limiter: Limiter::new(sample_rate),
            quiet: rest_after,
            rest_after,
            resting: true,
        }
    }

    /// Adds level meters for the channels.
    pub fn metered(self, meters: Arc<ChannelMeters>) -> Self {
        Self {
            meters: Some(meters),
            ..self
        }
    }

    /// Whether everything has died away, including the effects.
    pub fn is_silent(&self) -> bool {
        self.resting || self.is_over()
    }

    fn is_over(&self) -> bool {
        self.quiet >= self.rest_after
            && self.sounding() == 0
            && self.delay.is_over()
            && !self
                .patch_queue
                .fonts
                .iter()
                .flatten()
                .any(|font| font.is_playing())
    }

    /// The number of sounding voices, including those in their release.
    pub fn sounding(&self) -> usize {
        self.slots
            .iter()
            .filter(|slot| slot.voice.is_some())
            .count()
    }

    /// The delay from a message to its sound in frames: the limiter's look-ahead.
    pub fn latency_frames(&self) -> usize {
        self.limiter.latency()
    }

    fn voices(&self) -> impl Iterator<Item = &Voice> {
        self.slots.iter().filter_map(|slot| slot.voice.as_ref())
    }

    fn voices_mut(&mut self) -> impl Iterator<Item = &mut Voice> {
        self.slots.iter_mut().filter_map(|slot| slot.voice.as_mut())
    }
}
