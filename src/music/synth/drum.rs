//! A struck drum: up to four tones with falling pitch, filtered noise, a plate, and inharmonic metal.

use serde::Deserialize;

use super::envelope::decay_per_frame;
use super::filter::{OnePole, Svf, SvfShape, saturate};
use super::noise::{self, Noise};
use super::oscillator::{increment, sine};
use super::partials::Partials;
use super::plate::Plate;
use super::stereo::{Stereo, pan};
use super::units::{self, InlineVec};

/// The 60 dB decay of noise between its attacks, in seconds.
const GAP: f32 = 0.009_5;
/// The most tones of a drum.
const TONES: usize = 4;

/// A drum skin or bar: a sine with falling pitch.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tone {
    #[serde(deserialize_with = "units::level")]
    level: f32,
    /// The final pitch, in hertz.
    #[serde(deserialize_with = "units::hertz")]
    hertz: f32,
    /// The initial pitch as a multiple of the final one, and the time constant of its fall, in
    /// seconds.
    #[serde(deserialize_with = "units::ratio")]
    bend: f32,
    #[serde(deserialize_with = "units::fall")]
    bend_time: f32,
    /// Seconds to -60 dB.
    #[serde(deserialize_with = "units::ring")]
    decay: f32,
}

/// Noise: snare wires, hand claps, air.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoiseBurst {
    #[serde(deserialize_with = "units::level")]
    level: f32,
    band: Band,
    #[serde(deserialize_with = "units::hertz")]
    hertz: f32,
    #[serde(deserialize_with = "units::share")]
    resonance: f32,
    /// Attack and 60 dB decay, in seconds.
    #[serde(default, deserialize_with = "units::seconds")]
    attack: f32,
    #[serde(deserialize_with = "units::ring")]
    decay: f32,
    /// How many attacks there are, and the seconds between them, as in a hand clap.
    #[serde(default = "one")]
    repeats: u8,
    #[serde(default, deserialize_with = "units::seconds")]
    spacing: f32,
    /// How much softer each attack is than the one before, as a share.
    #[serde(default, deserialize_with = "units::share")]
    fade: f32,
}

fn one() -> u8 {
    1
}

/// The response of the noise filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Band {
    #[default]
    Bandpass,
    Highpass,
}

/// Six inharmonic squares through a highpass: hi-hats, cymbals, cowbell.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metal {
    #[serde(deserialize_with = "units::level")]
    level: f32,
    /// The lowest of the six frequencies, in hertz.
    #[serde(deserialize_with = "units::hertz")]
    hertz: f32,
    /// The frequencies as multiples of it.
    #[serde(default = "cymbal")]
    ratios: [f32; 6],
    #[serde(deserialize_with = "units::hertz")]
    highpass: f32,
    #[serde(deserialize_with = "units::ring")]
    decay: f32,
}

/// The frequency ratios of a cymbal: inharmonic.
fn cymbal() -> [f32; 6] {
    [1.0, 1.342, 1.231, 1.652, 1.953, 2.151]
}

/// A choke group: only one of its drums sounds at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Choke {
    #[default]
    Never,
    HiHat,
}

/// The parameters of a drum. It owns no memory.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DrumSound {
    #[serde(default)]
    tones: InlineVec<Tone, TONES>,
    noise: Option<NoiseBurst>,
    metal: Option<Metal>,
    plate: Option<Plate>,
    /// Gain into saturation; 0 leaves the drum clean.
    #[serde(default, deserialize_with = "units::level")]
    drive: f32,
    /// The cutoff of the final lowpass at full velocity, in hertz.
    #[serde(default = "open", deserialize_with = "units::hertz")]
    lowpass: f32,
    #[serde(default, deserialize_with = "units::side")]
    pan: f32,
    #[serde(deserialize_with = "units::level")]
    pub(super) gain: f32,
    #[serde(default, deserialize_with = "units::share")]
    pub(super) reverb: f32,
    #[serde(default)]
    choke: Choke,
}

/// The cutoff of a lowpass that is hardly heard.
fn open() -> f32 {
    17_000.0
}

#[derive(Debug, Clone, Copy, Default)]
struct Skin {
    phase: u32,
    hertz: f32,
    bend: f32,
    bend_decay: f32,
    level: f32,
    decay: f32,
}

/// A drum that sounds.
#[derive(Debug, Clone)]
pub(super) struct Drum {
    choke: Choke,
    band: Band,
    drive: f32,
    sample_rate: f32,
    skins: [Skin; TONES],
    noise: Noise,
    hiss: f32,
    hiss_peak: f32,
    hiss_rise: f32,
    hiss_decay: f32,
    /// The decay per frame between attacks.
    gap_decay: f32,
    /// The gain from attack to attack.
    keep: f32,
    repeats: u8,
    wait: u32,
    spacing: u32,
    hiss_filter: Svf,
    hiss_shape: SvfShape,
    metal: f32,
    metal_decay: f32,
    metal_phases: [u32; 6],
    metal_steps: [u32; 6],
    metal_filter: [Svf; 2],
    metal_shape: SvfShape,
    smooth: OnePole,
    smoothing: f32,
    left: f32,
    right: f32,
    /// The gains left and right of either half of the plate's partials.
    sides: Option<[(f32, f32); 2]>,
}

impl Drum {
    /// Starts a stroke; `velocity` from 0 to 1. Harder strokes are brighter and bend further.
    pub(super) fn new(
        sound: &DrumSound,
        partials: &mut Partials,
        velocity: f32,
        noise: &mut Noise,
        sample_rate: f32,
    ) -> Self {
        let mut skins = [Skin::default(); TONES];
        for (skin, tone) in skins.iter_mut().zip(sound.tones.as_slice()) {
            *skin = Skin {
                phase: 0,
                hertz: tone.hertz,
                bend: (tone.bend - 1.0) * (0.55 + 0.45 * velocity),
                bend_decay: (-1.0 / (tone.bend_time * sample_rate)).exp(),
                level: tone.level,
                decay: decay_per_frame(tone.decay * (0.8 + 0.2 * velocity), sample_rate),
            };
        }
        let hiss = sound.noise;
        let metal = sound.metal;
        let brighter = (0.9 * (velocity - 0.75)).exp2();
        let mut metal_steps = [0; 6];
        let mut metal_phases = [0; 6];
        if let Some(m) = metal {
            for ((step, phase), ratio) in
                metal_steps.iter_mut().zip(&mut metal_phases).zip(m.ratios)
            {
                *step = increment(m.hertz * ratio, sample_rate);
                *phase = noise.bits();
            }
        }
        let (left, right) = pan(sound.pan);
        let (left, right) = (left * sound.gain, right * sound.gain);
        let sides = sound.plate.map(|plate| {
            partials.start(
                plate.partials(velocity, noise, sample_rate),
                0.0,
                sample_rate,
            );
            let apart = 0.8 * plate.spread;
            [1.0 + apart, 1.0 - apart].map(|lean| (left * lean, right * (2.0 - lean)))
        });
        let density = noise::density(sample_rate);
        let frames = |seconds: f32| (seconds * sample_rate) as u32;
        Self {
            choke: sound.choke,
            band: hiss.map_or(Band::default(), |h| h.band),
            drive: sound.drive,
            sample_rate,
            skins,
            noise: Noise::new(noise.bits()),
            hiss: 0.0,
            hiss_peak: hiss.map_or(0.0, |h| h.level * (0.35 + 0.65 * velocity) * density),
            hiss_rise: hiss.map_or(0.0, |h| {
                h.level * density / (h.attack * sample_rate).max(1.0)
            }),
            hiss_decay: hiss.map_or(0.0, |h| decay_per_frame(h.decay, sample_rate)),
            gap_decay: decay_per_frame(GAP, sample_rate),
            keep: hiss.map_or(1.0, |h| 1.0 - h.fade),
            repeats: hiss.map_or(0, |h| h.repeats),
            wait: 0,
            spacing: hiss.map_or(0, |h| frames(h.spacing)),
            hiss_filter: Svf::default(),
            hiss_shape: hiss.map_or(SvfShape::default(), |h| {
                SvfShape::new(h.hertz * brighter, h.resonance, sample_rate)
            }),
            metal: metal.map_or(0.0, |m| m.level),
            metal_decay: metal.map_or(0.0, |m| decay_per_frame(m.decay, sample_rate)),
            metal_phases,
            metal_steps,
            metal_filter: Default::default(),
            metal_shape: metal.map_or(SvfShape::default(), |m| {
                SvfShape::new(m.highpass * brighter, 0.25, sample_rate)
            }),
            smooth: OnePole::default(),
            smoothing: OnePole::coefficient(sound.lowpass * (0.3 + 0.7 * velocity), sample_rate),
            left,
            right,
            sides,
        }
    }

    /// The choke group.
    pub(super) fn choke(&self) -> Choke {
        self.choke
    }

    /// Stops partials of the plate that have died away.
    pub(super) fn control(&mut self, partials: &mut Partials, sample_rate: f32) {
        if self.sides.is_some() {
            partials.control(0.0, sample_rate);
        }
    }

    /// Renders the next frames.
    pub(super) fn render(&mut self, partials: &mut Partials, out: &mut Stereo, frames: usize) {
        for (left, right) in out.frames(frames) {
            let mut wave = self.skins();
            if self.hiss_peak > 0.0 {
                wave += self.hiss();
            }
            if self.metal > 1e-6 {
                wave += self.metal();
            }
            if self.drive > 0.0 {
                wave = saturate(wave * self.drive);
            }
            let wave = self.smooth.low(wave, self.smoothing);
            *left = wave * self.left;
            *right = wave * self.right;
        }
        if let Some([(left_a, right_a), (left_b, right_b)]) = self.sides {
            let [first, second] = partials.render(frames);
            for ((left, right), (a, b)) in out.frames(frames).zip(first.iter().zip(&second)) {
                *left += a * left_a + b * left_b;
                *right += a * right_a + b * right_b;
            }
        }
    }

    #[inline(always)]
    fn skins(&mut self) -> f32 {
        let turn = 4_294_967_296.0 / self.sample_rate;
        let mut wave = 0.0;
        for skin in self.skins.iter_mut().filter(|skin| skin.level > 1e-6) {
            wave += skin.level * sine(skin.phase);
            let hertz = skin.hertz * (1.0 + skin.bend);
            skin.phase = skin.phase.wrapping_add((hertz * turn) as u32);
            skin.bend *= skin.bend_decay;
            skin.level *= skin.decay;
        }
        wave
    }

    #[inline(always)]
    fn hiss(&mut self) -> f32 {
        if self.wait > 0 {
            self.wait -= 1;
            self.hiss *= self.gap_decay;
        } else if self.repeats > 0 {
            self.hiss += self.hiss_rise;
            if self.hiss >= self.hiss_peak {
                self.hiss = self.hiss_peak;
                self.hiss_peak *= self.keep;
                self.repeats -= 1;
                self.wait = if self.repeats > 0 { self.spacing } else { 0 };
            }
        } else {
            self.hiss *= self.hiss_decay;
            if self.hiss < 1e-6 {
                self.hiss_peak = 0.0;
            }
        }
        let white = self.noise.white() * self.hiss;
        match self.band {
            Band::Highpass => self.hiss_filter.high(white, &self.hiss_shape),
            Band::Bandpass => self.hiss_filter.band(white, &self.hiss_shape),
        }
    }

    #[inline(always)]
    fn metal(&mut self) -> f32 {
        let mut clang = 0.0;
        for (phase, step) in self.metal_phases.iter_mut().zip(self.metal_steps) {
            clang += if *phase < 1 << 31 { 1.0 } else { -1.0 };
            *phase = phase.wrapping_add(step);
        }
        let [first, second] = &mut self.metal_filter;
        let bright = first.high(clang * (1.0 / 6.0), &self.metal_shape);
        let bright = second.high(bright, &self.metal_shape);
        let wave = bright * self.metal;
        self.metal *= self.metal_decay;
        wave
    }
}
