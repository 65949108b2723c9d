//! A sounding note.

use super::analog::Analog;
use super::channel::FilterOffset;
use super::channel_filter::ChannelFilter;
use super::drum::{Choke, Drum, DrumSound};
use super::envelope::{Contour, Envelope};
use super::fm::Fm;
use super::modal::Modal;
use super::noise::Noise;
use super::organ::{Organ, Pipes};
use super::partials::Partials;
use super::pluck::{Pluck, String};
use super::recipe::{Insert, Recipe, Tone};
use super::stereo::{Stereo, TICK};
use crate::music::{Key, Velocity};

/// A voice below this level (-94 dB) for [`QUIET_TICKS`] is over.
const QUIET: f32 = 2e-5;
const QUIET_TICKS: u32 = 40;

/// What sustains a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    Nothing,
    Pedal,
    Key,
}

#[derive(Debug, Clone)]
// A voice starts in the audio callback, which must not allocate.
#[expect(clippy::large_enum_variant)]
enum Source {
    Pluck(Pluck),
    Fm(Fm),
    Analog(Analog),
    Organ(Organ),
    Modal(Modal),
    Drum(Drum),
}

/// The memory of a slot, which its voices use one after the other because it is large.
#[derive(Debug)]
pub(super) struct SlotMemory {
    string: String,
    partials: Partials,
}

impl SlotMemory {
    pub(super) fn new(sample_rate: f32) -> Self {
        Self {
            string: String::new(sample_rate),
            partials: Partials::new(),
        }
    }
}

/// What voices share while they render.
pub(super) struct VoiceContext<'a> {
    pub(super) pipes: &'a Pipes,
}

/// A sounding note.
#[derive(Debug, Clone)]
pub(super) struct Voice {
    pub(super) channel: usize,
    pub(super) key: Key,
    pub(super) held: Held,
    /// The sostenuto pedal sustains it.
    sostenuto: bool,
    /// Semitones to the pitch of its key, while it glides there, and the steps of a tick.
    glide: f32,
    glide_step: f32,
    /// The sequence number of the note, to find the oldest.
    pub(super) order: u64,
    pub(super) insert: Insert,
    pub(super) reverb: f32,
    pub(super) delay: f32,
    source: Source,
    filter: ChannelFilter,
    frequency: f32,
    envelope: Envelope,
    gain: f32,
    /// Falls from 1 to 0 while the voice fades out.
    fade: f32,
    fade_step: f32,
    since_control: usize,
    peak: f32,
    quiet: u32,
}

impl Voice {
    /// Starts a note of a patch. `bend` is the channel's frequency ratio; `times` are its factors for
    /// attack and release times.
    pub(super) fn note(
        recipe: &Recipe,
        (channel, key, velocity): (usize, Key, Velocity),
        memory: &mut SlotMemory,
        noise: &mut Noise,
        (bend, filter_offset, times): (f32, FilterOffset, (f32, f32)),
        sample_rate: f32,
    ) -> Self {
        let touch = f32::from(velocity.number()) / 127.0;
        let frequency = 440.0 * ((f32::from(key.number()) - 69.0) / 12.0).exp2();
        let sounding = frequency * bend;
        let mut contour = recipe.contour;
        contour.attack *= (1.0 + recipe.lazy * (1.0 - touch / 0.6)) * times.0;
        contour.release *= times.1;
        let source = match &recipe.tone {
            Tone::Pluck(setting) => Source::Pluck(Pluck::new(
                setting,
                &mut memory.string,
                touch,
                sounding,
                noise,
                sample_rate,
            )),
            Tone::Fm(setting) => Source::Fm(Fm::new(setting, touch, sounding, sample_rate)),
            Tone::Analog(setting) => {
                Source::Analog(Analog::new(setting, touch, noise, sample_rate, TICK as f32))
            }
            Tone::Organ(setting) => {
                Source::Organ(Organ::new(setting, key.number(), touch, noise, sample_rate))
            }
            Tone::Modal(setting) => Source::Modal(Modal::new(
                setting,
                &mut memory.partials,
                touch,
                sounding,
                noise,
                sample_rate,
            )),
        };
        let mut voice = Self {
            channel,
            key,
            held: Held::Key,
            sostenuto: false,
            glide: 0.0,
            glide_step: 0.0,
            order: 0,
            insert: recipe.insert,
            reverb: recipe.reverb,
            delay: recipe.delay,
            source,
            filter: ChannelFilter::default(),
            frequency,
            envelope: Envelope::new(contour, sample_rate),
            gain: recipe.gain * loudness(touch),
            fade: 1.0,
            fade_step: 0.0,
            since_control: 0,
            peak: 0.0,
            quiet: 0,
        };
        voice.control((bend, filter_offset), memory, sample_rate);
        voice
    }

    /// Starts a stroke on a drum.
    pub(super) fn drum(
        sound: &DrumSound,
        (channel, key, velocity): (usize, Key, Velocity),
        memory: &mut SlotMemory,
        noise: &mut Noise,
        sample_rate: f32,
    ) -> Self {
        let touch = f32::from(velocity.number()) / 127.0;
        let contour = Contour {
            attack: 0.000_2,
            decay: 1.0,
            sustain: 1.0,
            release: 0.05,
        };
        Self {
            channel,
            key,
            held: Held::Nothing,
            sostenuto: false,
            glide: 0.0,
            glide_step: 0.0,
            order: 0,
            insert: Insert::Direct,
            reverb: sound.reverb,
            delay: 0.0,
            filter: ChannelFilter::default(),
            source: Source::Drum(Drum::new(
                sound,
                &mut memory.partials,
                touch,
                noise,
                sample_rate,
            )),
            frequency: 0.0,
            envelope: Envelope::new(contour, sample_rate),
            gain: loudness(touch),
            fade: 1.0,
            fade_step: 0.0,
            since_control: 0,
            peak: 0.0,
            quiet: 0,
        }
    }

    /// The key was released; the pedal may still sustain the note.
    pub(super) fn key_up(&mut self, pedal: bool) {
        if self.held == Held::Key {
            self.held = Held::Pedal;
            if !pedal && !self.sostenuto {
                self.release();
            }
        }
    }

    /// The sustain pedal was lifted.
    pub(super) fn pedal_up(&mut self) {
        if self.held == Held::Pedal && !self.sostenuto {
            self.release();
        }
    }

    /// The sostenuto pedal was pressed: it sustains the notes whose keys are down.
    pub(super) fn sostenuto_down(&mut self) {
        self.sostenuto = self.held == Held::Key;
    }

    /// The sostenuto pedal was lifted.
    pub(super) fn sostenuto_up(&mut self, pedal: bool) {
        self.sostenuto = false;
        if !pedal {
            self.pedal_up();
        }
    }

    /// Glides from another pitch, that many semitones away, within a time.
    pub(super) fn glide(&mut self, from: f32, seconds: f32, sample_rate: f32) {
        let ticks = (seconds * sample_rate / TICK as f32).max(1.0);
        (self.glide, self.glide_step) = (from, from / ticks);
    }

    /// The frequency ratio of the glide. Moves it on by a tick.
    fn glided(&mut self) -> f32 {
        let next = self.glide - self.glide_step;
        self.glide = match next * self.glide > 0.0 {
            true => next,
            false => 0.0,
        };
        (self.glide / 12.0).exp2()
    }

    /// Starts the release, whatever sustained the note.
    pub(super) fn release(&mut self) {
        if self.held != Held::Nothing {
            self.held = Held::Nothing;
            self.envelope.release();
        }
    }

    /// Fades the voice out within that many seconds.
    pub(super) fn fade_out(&mut self, seconds: f32, sample_rate: f32) {
        let step = 1.0 / (seconds * sample_rate).max(1.0);
        self.fade_step = self.fade_step.max(step);
        self.held = Held::Nothing;
    }

    /// Whether it fades out to make room.
    pub(super) fn is_fading(&self) -> bool {
        self.fade_step > 0.0
    }

    /// The remaining level of a fade-out.
    pub(super) fn fade_level(&self) -> f32 {
        self.fade
    }

    /// Whether both are drums of the same choke group.
    pub(super) fn chokes(&self, other: &Self) -> bool {
        match (&self.source, &other.source) {
            (Source::Drum(a), Source::Drum(b)) => {
                a.choke() != Choke::Never && a.choke() == b.choke()
            }
            _ => false,
        }
    }

    /// Whether it has died away.
    pub(super) fn is_over(&self) -> bool {
        self.envelope.is_done() || self.fade <= 0.0 || self.quiet >= QUIET_TICKS
    }

    /// Updates the parameters that change at control rate, at a tick boundary.
    pub(super) fn control(
        &mut self,
        (bend, filter_offset): (f32, FilterOffset),
        memory: &mut SlotMemory,
        sample_rate: f32,
    ) {
        let glide = if self.glide == 0.0 {
            1.0
        } else {
            self.glided()
        };
        let frequency = self.frequency * bend * glide;
        match &mut self.source {
            Source::Pluck(pluck) => pluck.control(frequency, sample_rate),
            Source::Fm(fm) => fm.control(frequency, sample_rate),
            Source::Analog(analog) => {
                analog.control(frequency, filter_offset, sample_rate, self.since_control);
            }
            Source::Modal(modal) => modal.control(&mut memory.partials, frequency, sample_rate),
            Source::Organ(organ) => organ.control(frequency, sample_rate),
            Source::Drum(drum) => drum.control(&mut memory.partials, sample_rate),
        }
        // A sustained sound with a soft attack is not over.
        let dies_by_itself = matches!(
            self.source,
            Source::Pluck(_) | Source::Fm(_) | Source::Modal(_) | Source::Drum(_)
        );
        if !matches!(self.source, Source::Analog(_)) {
            self.filter.update(filter_offset, sample_rate);
        }
        if dies_by_itself && self.since_control > 0 {
            self.quiet = if self.peak < QUIET { self.quiet + 1 } else { 0 };
        }
        self.peak = 0.0;
        self.since_control = 0;
    }

    /// Renders the next frames, `from` frames into the tick, without the channel's gains.
    pub(super) fn render(
        &mut self,
        context: &VoiceContext<'_>,
        memory: &mut SlotMemory,
        out: &mut Stereo,
        from: usize,
        frames: usize,
    ) {
        match &mut self.source {
            Source::Pluck(pluck) => pluck.render(&mut memory.string, out, from, frames),
            Source::Fm(fm) => fm.render(out, from, frames),
            Source::Analog(analog) => analog.render(out, frames),
            Source::Organ(organ) => organ.render(context.pipes, out, frames),
            Source::Modal(modal) => modal.render(&mut memory.partials, out, frames),
            Source::Drum(drum) => drum.render(&mut memory.partials, out, frames),
        }
        self.filter.filter(out, frames);
        let mut gains = [0.0; TICK];
        let (gains, _) = gains.split_at_mut(frames.min(TICK));
        self.envelope.fill(gains);
        if self.fade_step > 0.0 {
            for gain in &mut *gains {
                *gain *= self.fade;
                self.fade = (self.fade - self.fade_step).max(0.0);
            }
        }
        // The bits of positive floats sort like the floats, and integers compare faster.
        let mut peak = self.peak.to_bits() as i32;
        for ((left, right), gain) in out.frames(frames).zip(gains) {
            *left *= self.gain * *gain;
            *right *= self.gain * *gain;
            peak = peak.max(left.abs().to_bits() as i32);
            peak = peak.max(right.abs().to_bits() as i32);
        }
        self.peak = f32::from_bits(peak as u32);
        self.since_control += frames;
    }
}

/// The gain of a velocity from 0 to 1; about 26 dB from piano to fortissimo.
fn loudness(touch: f32) -> f32 {
    touch.powf(1.5)
}
