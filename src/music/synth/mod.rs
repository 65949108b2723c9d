//! The built-in synth: patches that are data, two drum kits, and SoundFonts.
//!
//! It knows messages and frames, no clocks, devices or files. The caller renders up to the frame at
//! which a message is due, hands the message over and renders on. The same messages at the same
//! frames give the same samples, however the rendering is cut into blocks. [`Synth::handle`] and
//! [`Synth::render`] allocate nothing, so they may run in an audio callback.

mod analog;
mod bank;
mod buses;
mod channel;
mod channel_filter;
mod chorus;
mod delay;
mod drum;
mod electronic;
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
mod patch_file;
mod patch_queue;
mod pluck;
mod recipe;
mod render;
mod reverb;
mod stereo;
#[cfg(test)]
mod tests;
mod units;
mod voice;

pub use bank::Bank;
use buses::Buses;
use channel::ChannelState;
use chorus::{Chorus, Rotary};
use delay::Delay;
use filter::OnePole;
pub use font::{Font, FontError};
pub use kit::Kit;
use limiter::Limiter;
pub use meters::{ChannelMeters, Level};
use noise::Noise;
use organ::Pipes;
pub use patch_file::PatchError;
use patch_queue::PatchQueue;
use reverb::Reverb;
use voice::Voice;

/// Notes that may sound at once.
const POLYPHONY: usize = 64;
/// Places for notes, with those that fade out to make room.
const SLOTS: usize = 2 * POLYPHONY;
/// Seconds of silence after which the effects rest; longer than any echo in them.
const REST: f32 = 0.35;

/// A place for a note. The string is kept because it is large.
#[derive(Debug)]
struct Slot {
    voice: Option<Voice>,
    string: pluck::String,
}

/// The built-in synth, sixteen channels in, stereo out.
#[derive(Debug)]
pub struct Synth {
    sample_rate: f32,
    frame: u64,
    channels: Vec<ChannelState>,
    slots: Vec<Slot>,
    notes: u64,
    /// The frame of the last tick of a clock, and the frames between ticks, smoothed.
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
    meters: Option<&'static ChannelMeters>,
    offset: [OnePole; 2],
    offset_coefficient: f32,
    limiter: Limiter,
    quiet: u32,
    rest_after: u32,
    resting: bool,
}

impl Synth {
    /// A silent synth for so many frames a second, with the sounds that Fermata brings. Rates below
    /// 8 kHz or above 384 kHz are taken as these.
    pub fn new(sample_rate: u32) -> Self {
        let sample_rate = sample_rate.clamp(8_000, 384_000) as f32;
        let rest_after = (REST * sample_rate) as u32;
        Self {
            sample_rate,
            frame: 0,
            channels: (0..16).map(|_| ChannelState::new()).collect(),
            slots: (0..SLOTS)
                .map(|_| Slot {
                    voice: None,
                    string: pluck::String::new(sample_rate),
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
            patch_queue: PatchQueue::own(),
            meters: None,
            offset: Default::default(),
            offset_coefficient: OnePole::coefficient(6.0, sample_rate),
            limiter: Limiter::new(sample_rate),
            quiet: rest_after,
            rest_after,
            resting: true,
        }
    }

    /// A silent synth with every sound of a bank, those that come into it later included.
    pub fn with(sample_rate: u32, bank: &Bank) -> Self {
        Self {
            patch_queue: bank.patch_queue(sample_rate.clamp(8_000, 384_000) as f32),
            ..Self::new(sample_rate)
        }
    }

    /// The same synth, which tells these meters how loud its channels are.
    pub fn metered(self, meters: &'static ChannelMeters) -> Self {
        Self {
            meters: Some(meters),
            ..self
        }
    }

    /// Does nothing sound any more, the last echo included?
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

    /// How many notes sound, those dying away included.
    pub fn sounding(&self) -> usize {
        self.slots
            .iter()
            .filter(|slot| slot.voice.is_some())
            .count()
    }

    /// By how many frames sound comes after its message: the limiter's look-ahead.
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
