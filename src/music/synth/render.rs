//! Rendering: from voices to samples, tick by tick.

use super::Synth;
use super::recipe::Insert;
use super::stereo::{Stereo, TICK};
use super::voice::{Voice, VoiceContext};
use crate::music::Channel;

/// Below this (-100 dB) the output counts as silence.
const SILENCE: f32 = 1e-5;
/// The reverb send of a SoundFont.
const FONT_REVERB: f32 = 0.15;
/// The averaging time of the meters, in seconds.
const METER: f32 = 0.1;
/// The master gain.
const MASTER: f32 = 1.27;

impl Synth {
    /// Renders the next frames, between -0.89 and 0.89 (1 dB below full scale). If the two buffers
    /// differ in length, the rest of the longer one is left unchanged.
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

    /// A tick boundary: updates parameters, removes dead voices, and suspends a silent synth.
    fn tick(&mut self) {
        if self.resting {
            return;
        }
        // A channel on which nothing sounds settles when it plays again.
        let mut sounds = [false; Channel::PARTS];
        for voice in self.slots.iter().filter_map(|slot| slot.voice.as_ref()) {
            if let Some(sounds) = sounds.get_mut(voice.channel) {
                *sounds = true;
            }
        }
        let has_fonts = self.patch_queue.fonts.iter().any(Option::is_some);
        for (state, sounds) in self.channels.iter_mut().zip(sounds) {
            if sounds || has_fonts {
                state.tick(self.sample_rate);
            }
        }
        for slot in &mut self.slots {
            if slot.voice.as_ref().is_some_and(Voice::is_over) {
                slot.voice = None;
            }
            if let Some(voice) = &mut slot.voice
                && let Some(state) = self.channels.get(voice.channel)
            {
                let offsets = (state.bend_ratio(), state.filter_offset());
                voice.control(offsets, &mut slot.memory, self.sample_rate);
            }
        }
        for font in self.patch_queue.fonts() {
            font.control(&self.channels, self.sample_rate);
        }
        if self.is_over() {
            self.resting = true;
            if let Some(meters) = &self.meters {
                meters.silence();
            }
        }
    }

    /// Renders frames of one tick.
    fn render_part(&mut self, left: &mut [f32], right: &mut [f32], from: usize) {
        let frames = left.len();
        self.mix_voices(from, frames);
        let buses = &mut self.buses;
        self.chorus.process(&mut buses.chorus, frames);
        self.rotary.process(&mut buses.rotary, frames);
        buses.direct.add(&buses.chorus, 1.0);
        buses.direct.add(&buses.rotary, 1.0);
        self.delay.process(&buses.delay, &mut buses.direct, frames);
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

    /// Mixes the voices into the buses.
    fn mix_voices(&mut self, from: usize, frames: usize) {
        let buses = &mut self.buses;
        buses.clear();
        let context = VoiceContext { pipes: &self.pipes };
        let mut sound = Stereo::SILENCE;
        for slot in &mut self.slots {
            let Some(voice) = &mut slot.voice else {
                continue;
            };
            voice.render(&context, &mut slot.memory, &mut sound, from, frames);
            if let Some(channel) = self.channels.get(voice.channel) {
                let gains = |frame| channel.gains(from + frame);
                sound.scale(gains, frames);
                let own = (voice.reverb, voice.delay, voice.insert);
                buses.take(&sound, own, (voice.channel, channel), (from, frames));
            }
        }
        for font in self.patch_queue.fonts.iter_mut().flatten() {
            for (index, channel) in self.channels.iter().enumerate() {
                if font.render(index, &mut sound, frames) {
                    sound.scale(|frame| channel.mixed(from + frame), frames);
                    let own = (FONT_REVERB, 0.0, Insert::Direct);
                    buses.take(&sound, own, (index, channel), (from, frames));
                }
            }
        }
        if let Some(meters) = &self.meters {
            let memory = 1.0 - frames as f32 / (METER * self.sample_rate);
            for (index, sound) in buses.channels.iter().enumerate() {
                meters.feed(index, sound, frames, memory.max(0.0));
            }
        }
    }
}
