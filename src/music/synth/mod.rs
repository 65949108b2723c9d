//! The built-in synth: eight patches and a drum kit, no samples.
//!
//! It knows messages and frames, no clocks, devices or files. The caller renders up to the frame at
//! which a message is due, hands the message over and renders on. The same messages at the same
//! frames give the same samples, however the rendering is cut into blocks. [`Synth::handle`] and
//! [`Synth::render`] allocate nothing, so they may run in an audio callback.

mod analog;
mod channel;
mod chorus;
mod drum;
mod envelope;
mod filter;
mod fm;
mod kit;
mod limiter;
mod noise;
mod organ;
mod oscillator;
mod pluck;
mod reverb;
mod stereo;
#[cfg(test)]
mod tests;
mod voice;

use super::{Channel, Key, Message, Patch, Velocity};
use channel::{ChannelState, Effect};
use chorus::{Chorus, Rotary};
use filter::OnePole;
use limiter::Limiter;
use noise::Noise;
use organ::Pipes;
use reverb::Reverb;
use stereo::{Stereo, TICK};
use voice::{Held, Insert, Voice, Workshop};

/// Notes that may sound at once.
const POLYPHONY: usize = 64;
/// Places for notes, with those that fade out to make room.
const SLOTS: usize = 2 * POLYPHONY;
/// Seconds in which a stolen note fades.
const STEAL: f32 = 0.005;
/// Seconds in which an open hi-hat closes.
const CHOKE: f32 = 0.015;
/// Below this (-100 dB) the output counts as silence.
const SILENCE: f32 = 1e-5;
/// Seconds of silence after which the effects rest; longer than any echo in them.
const REST: f32 = 0.35;
/// The level of the whole.
const MASTER: f32 = 1.27;

/// A place for a note. The string is kept because it is large.
#[derive(Debug)]
struct Slot {
    voice: Option<Voice>,
    string: pluck::String,
}

/// What the voices are summed into.
#[derive(Debug)]
struct Buses {
    direct: Stereo,
    chorus: Stereo,
    rotary: Stereo,
    reverb: Stereo,
}

/// The built-in synth, sixteen channels in, stereo out.
#[derive(Debug)]
pub struct Synth {
    sample_rate: f32,
    frame: u64,
    channels: Vec<ChannelState>,
    slots: Vec<Slot>,
    notes: u64,
    noise: Noise,
    pipes: Pipes,
    buses: Buses,
    chorus: Chorus,
    rotary: Rotary,
    reverb: Reverb,
    offset: [OnePole; 2],
    offset_coefficient: f32,
    limiter: Limiter,
    quiet: u32,
    rest_after: u32,
    resting: bool,
}

impl Synth {
    /// A silent synth for so many frames a second. Rates below 8 kHz or above 384 kHz are taken as
    /// these.
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
            noise: Noise::new(0x0FE2_3A7A),
            pipes: Pipes::new(),
            buses: Buses {
                direct: Stereo::SILENCE,
                chorus: Stereo::SILENCE,
                rotary: Stereo::SILENCE,
                reverb: Stereo::SILENCE,
            },
            chorus: Chorus::new(sample_rate),
            rotary: Rotary::new(sample_rate),
            reverb: Reverb::new(sample_rate),
            offset: Default::default(),
            offset_coefficient: OnePole::coefficient(6.0, sample_rate),
            limiter: Limiter::new(sample_rate),
            quiet: rest_after,
            rest_after,
            resting: true,
        }
    }

    /// Takes a message, at the frame that is rendered next.
    pub fn handle(&mut self, message: Message) {
        match message {
            Message::NoteOn(channel, key, velocity) => self.note_on(channel, key, velocity),
            Message::NoteOff(channel, key) => self.note_off(channel, key),
            Message::Control(channel, number, value) => self.control(channel, number, value),
            Message::Program(channel, program) => {
                if let Some(state) = self.channels.get_mut(channel.index()) {
                    state.patch = Patch::nearest(program);
                }
            }
            // Its voices have nothing to press.
            Message::Pressure(..) => {}
            Message::Bend(channel, bend) => {
                if let Some(state) = self.channels.get_mut(channel.index()) {
                    state.bend(bend);
                }
            }
        }
    }

    /// Writes the next frames, between -0.89 and 0.89 (1 dB below full scale). Both sides should be of the same length; of
    /// a longer one the rest stays as it was.
    pub fn render(&mut self, left: &mut [f32], right: &mut [f32]) {
        let (mut left, mut right) = (left, right);
        while !left.is_empty() && !right.is_empty() {
            let from = (self.frame % TICK as u64) as usize;
            if from == 0 {
                self.tick();
            }
            let frames = (TICK - from).min(left.len()).min(right.len());
            let (now_left, later_left) = left.split_at_mut(frames);
            let (now_right, later_right) = right.split_at_mut(frames);
            if self.resting {
                now_left.fill(0.0);
                now_right.fill(0.0);
            } else {
                self.render_part(now_left, now_right, from);
            }
            self.frame += frames as u64;
            (left, right) = (later_left, later_right);
        }
    }

    /// Does nothing sound any more, the last echo included?
    pub fn is_silent(&self) -> bool {
        self.resting || (self.quiet >= self.rest_after && self.sounding() == 0)
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

    fn note_on(&mut self, channel: Channel, key: Key, velocity: Velocity) {
        let index = channel.index();
        self.resting = false;
        if !self.voices().any(|voice| voice.channel == index)
            && let Some(state) = self.channels.get_mut(index)
        {
            state.settle();
        }
        // A key struck again: its earlier note ends as if let go.
        for voice in self
            .voices_mut()
            .filter(|v| v.channel == index && v.key == key)
        {
            voice.let_go();
        }
        let place = self.make_room();
        self.notes += 1;
        let Self {
            slots,
            channels,
            noise,
            ..
        } = self;
        let (Some(slot), Some(state)) = (slots.get_mut(place), channels.get(index)) else {
            return;
        };
        let note = (index, key, velocity);
        let mut voice = if channel == Channel::DRUMS {
            Voice::stroke(note, noise, self.sample_rate)
        } else {
            let bend = state.bend_ratio();
            Voice::note(
                state.patch,
                note,
                &mut slot.string,
                noise,
                bend,
                self.sample_rate,
            )
        };
        voice.order = self.notes;
        slot.voice = None;
        let rate = self.sample_rate;
        for other in self.voices_mut().filter(|other| voice.chokes(other)) {
            other.give_way(CHOKE, rate);
        }
        if let Some(slot) = self.slots.get_mut(place) {
            slot.voice = Some(voice);
        }
    }

    fn note_off(&mut self, channel: Channel, key: Key) {
        let index = channel.index();
        let pedal = self.channels.get(index).is_some_and(|state| state.pedal);
        for voice in self
            .voices_mut()
            .filter(|v| v.channel == index && v.key == key)
        {
            voice.key_up(pedal);
        }
    }

    fn control(&mut self, channel: Channel, number: u8, value: u8) {
        let index = channel.index();
        let Some(state) = self.channels.get_mut(index) else {
            return;
        };
        let effect = state.control(number, value);
        let pedal = state.pedal;
        let rate = self.sample_rate;
        for voice in self.voices_mut().filter(|voice| voice.channel == index) {
            match effect {
                Effect::Nothing => {}
                Effect::PedalUp if voice.held == Held::Pedal => voice.let_go(),
                Effect::PedalUp => {}
                Effect::NotesOff => voice.key_up(pedal),
                Effect::SoundOff => voice.give_way(STEAL, rate),
            }
        }
    }

    /// The index of a place for one more note; an old note may have to go for it.
    fn make_room(&mut self) -> usize {
        let staying = self.voices().filter(|voice| !voice.gives_way()).count();
        if staying >= POLYPHONY {
            let rate = self.sample_rate;
            if let Some(oldest) = self
                .voices_mut()
                .filter(|voice| !voice.gives_way())
                .min_by_key(|voice| (voice.held, voice.order))
            {
                oldest.give_way(STEAL, rate);
            }
        }
        let remainder = |slot: &Slot| slot.voice.as_ref().map_or(-1.0, Voice::remainder);
        self.slots
            .iter()
            .enumerate()
            .min_by(|(_, a), (_, b)| remainder(a).total_cmp(&remainder(b)))
            .map_or(0, |(place, _)| place)
    }

    fn voices(&self) -> impl Iterator<Item = &Voice> {
        self.slots.iter().filter_map(|slot| slot.voice.as_ref())
    }

    fn voices_mut(&mut self) -> impl Iterator<Item = &mut Voice> {
        self.slots.iter_mut().filter_map(|slot| slot.voice.as_mut())
    }

    /// The border of a tick: parameters move, dead voices go, and the synth rests when all is over.
    fn tick(&mut self) {
        if self.resting {
            return;
        }
        for state in &mut self.channels {
            state.tick();
        }
        for slot in &mut self.slots {
            if slot.voice.as_ref().is_some_and(Voice::is_over) {
                slot.voice = None;
            }
            if let Some(voice) = &mut slot.voice {
                let bend = self
                    .channels
                    .get(voice.channel)
                    .map_or(1.0, ChannelState::bend_ratio);
                voice.control(bend, self.sample_rate);
            }
        }
        if self.quiet >= self.rest_after && self.sounding() == 0 {
            self.resting = true;
        }
    }

    /// Renders up to the next border at most.
    fn render_part(&mut self, left: &mut [f32], right: &mut [f32], from: usize) {
        let frames = left.len();
        self.gather(from, frames);
        let buses = &mut self.buses;
        self.chorus.process(&mut buses.chorus, frames);
        self.rotary.process(&mut buses.rotary, frames);
        buses.direct.add(&buses.chorus, 1.0);
        buses.direct.add(&buses.rotary, 1.0);
        self.reverb
            .process(&mut buses.reverb, &mut buses.direct, frames);
        let [offset_left, offset_right] = &mut self.offset;
        for ((out_left, out_right), (l, r)) in
            left.iter_mut().zip(right).zip(buses.direct.frames(frames))
        {
            let l = offset_left.high(*l * MASTER, self.offset_coefficient);
            let r = offset_right.high(*r * MASTER, self.offset_coefficient);
            let loud = l.abs() > SILENCE || r.abs() > SILENCE;
            self.quiet = if loud {
                0
            } else {
                self.quiet.saturating_add(1)
            };
            (*out_left, *out_right) = self.limiter.process(l, r);
        }
    }

    /// Sums the voices into the buses.
    fn gather(&mut self, from: usize, frames: usize) {
        let buses = &mut self.buses;
        buses.direct = Stereo::SILENCE;
        buses.chorus = Stereo::SILENCE;
        buses.rotary = Stereo::SILENCE;
        buses.reverb = Stereo::SILENCE;
        let workshop = Workshop { pipes: &self.pipes };
        let mut sound = Stereo::SILENCE;
        for slot in &mut self.slots {
            let Some(voice) = &mut slot.voice else {
                continue;
            };
            voice.render(&workshop, &mut slot.string, &mut sound, from, frames);
            if let Some(channel) = self.channels.get(voice.channel) {
                for (index, (left, right)) in sound.frames(frames).enumerate() {
                    let (gain_left, gain_right) = channel.gains(from + index);
                    *left *= gain_left;
                    *right *= gain_right;
                }
            }
            let bus = match voice.insert {
                Insert::Direct => &mut buses.direct,
                Insert::Chorus => &mut buses.chorus,
                Insert::Rotary => &mut buses.rotary,
            };
            bus.add(&sound, 1.0);
            buses.reverb.add(&sound, voice.reverb);
        }
    }
}
