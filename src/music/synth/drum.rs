//! A struck drum: up to two tones with falling pitch, filtered noise, and inharmonic metal.

use super::envelope::decay_per_frame;
use super::filter::{OnePole, Svf, SvfShape, saturate};
use super::noise::Noise;
use super::oscillator::{increment, sine};
use super::stereo::{Stereo, pan};

/// A drum skin or bar: a sine with falling pitch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tone {
    pub(super) level: f32,
    /// The final pitch, in hertz.
    pub(super) hertz: f32,
    /// The initial pitch as a multiple of the final one, and the time constant of its fall, in
    /// seconds.
    pub(super) bend: f32,
    pub(super) bend_time: f32,
    /// Seconds to -60 dB.
    pub(super) decay: f32,
}

/// Noise: snare wires, hand claps, air.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoiseBurst {
    pub(super) level: f32,
    pub(super) band: Band,
    pub(super) hertz: f32,
    pub(super) resonance: f32,
    /// Attack and 60 dB decay, in seconds.
    pub(super) attack: f32,
    pub(super) decay: f32,
    /// How often the attack repeats, and the seconds between the repeats, as in a hand clap.
    pub(super) repeats: u8,
    pub(super) spacing: f32,
}

/// The response of the noise filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Band {
    Bandpass,
    Highpass,
}

/// Six inharmonic squares through a highpass: hi-hats, cymbals, cowbell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metal {
    pub(super) level: f32,
    /// The lowest of the six frequencies, in hertz.
    pub(super) hertz: f32,
    pub(super) ratios: &'static [f32; 6],
    pub(super) highpass: f32,
    pub(super) decay: f32,
}

/// A choke group: only one of its drums sounds at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choke {
    Never,
    HiHat,
}

/// The parameters of a drum.
#[derive(Debug)]
pub(super) struct DrumSound {
    pub(super) tones: [Option<Tone>; 2],
    pub(super) hiss: Option<NoiseBurst>,
    pub(super) metal: Option<Metal>,
    /// Gain into saturation; 0 leaves the drum clean.
    pub(super) drive: f32,
    /// The cutoff of the final lowpass at full velocity, in hertz.
    pub(super) lowpass: f32,
    pub(super) pan: f32,
    pub(super) gain: f32,
    pub(super) reverb: f32,
    pub(super) choke: Choke,
}

/// The frequency ratios of a cymbal: inharmonic.
const CYMBAL: [f32; 6] = [1.0, 1.342, 1.231, 1.652, 1.953, 2.151];
/// The frequency ratios of a cowbell: two plates.
pub(super) const COWBELL: [f32; 6] = [1.0, 1.0, 1.0, 1.504, 1.504, 1.504];

impl DrumSound {
    /// No sound at all: the base of every drum.
    pub(super) const SILENT: Self = Self {
        tones: [None, None],
        hiss: None,
        metal: None,
        drive: 0.0,
        lowpass: 17_000.0,
        pan: 0.0,
        gain: 1.0,
        reverb: 0.1,
        choke: Choke::Never,
    };
}

/// A tone: level, final pitch, initial pitch as a multiple of it, time constant, decay.
pub(super) const fn tone(
    level: f32,
    hertz: f32,
    bend: f32,
    bend_time: f32,
    decay: f32,
) -> Option<Tone> {
    Some(Tone {
        level,
        hertz,
        bend,
        bend_time,
        decay,
    })
}

/// A single burst of noise without an attack.
pub(super) const fn hiss(
    level: f32,
    band: Band,
    hertz: f32,
    resonance: f32,
    decay: f32,
) -> Option<NoiseBurst> {
    Some(NoiseBurst {
        level,
        band,
        hertz,
        resonance,
        attack: 0.0,
        decay,
        repeats: 1,
        spacing: 0.0,
    })
}

/// The metal of a cymbal.
pub(super) const fn metal(level: f32, hertz: f32, highpass: f32, decay: f32) -> Option<Metal> {
    Some(Metal {
        level,
        hertz,
        ratios: &CYMBAL,
        highpass,
        decay,
    })
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
    sound: &'static DrumSound,
    sample_rate: f32,
    skins: [Skin; 2],
    noise: Noise,
    hiss: f32,
    hiss_peak: f32,
    hiss_rise: f32,
    hiss_decay: f32,
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
}

impl Drum {
    /// Starts a stroke; `velocity` from 0 to 1. Harder strokes are brighter and bend further.
    pub(super) fn new(
        sound: &'static DrumSound,
        velocity: f32,
        noise: &mut Noise,
        sample_rate: f32,
    ) -> Self {
        let skin = |tone: Option<Tone>| {
            tone.map_or(Skin::default(), |t| Skin {
                phase: 0,
                hertz: t.hertz,
                bend: (t.bend - 1.0) * (0.55 + 0.45 * velocity),
                bend_decay: (-1.0 / (t.bend_time * sample_rate)).exp(),
                level: t.level,
                decay: decay_per_frame(t.decay * (0.8 + 0.2 * velocity), sample_rate),
            })
        };
        let [first, second] = sound.tones;
        let hiss = sound.hiss;
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
        let frames = |seconds: f32| (seconds * sample_rate) as u32;
        Self {
            sound,
            sample_rate,
            skins: [skin(first), skin(second)],
            noise: Noise::new(noise.bits()),
            hiss: 0.0,
            hiss_peak: hiss.map_or(0.0, |h| h.level * (0.35 + 0.65 * velocity)),
            hiss_rise: hiss.map_or(0.0, |h| h.level / (h.attack * sample_rate).max(1.0)),
            hiss_decay: hiss.map_or(0.0, |h| decay_per_frame(h.decay, sample_rate)),
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
            left: left * sound.gain,
            right: right * sound.gain,
        }
    }

    /// The choke group.
    pub(super) fn choke(&self) -> Choke {
        self.sound.choke
    }

    /// Renders the next frames.
    pub(super) fn render(&mut self, out: &mut Stereo, frames: usize) {
        for (left, right) in out.frames(frames) {
            let mut wave = self.skins();
            if self.hiss_peak > 0.0 {
                wave += self.hiss();
            }
            if self.metal > 1e-6 {
                wave += self.metal();
            }
            if self.sound.drive > 0.0 {
                wave = saturate(wave * self.sound.drive);
            }
            let wave = self.smooth.low(wave, self.smoothing);
            *left = wave * self.left;
            *right = wave * self.right;
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
            self.hiss *= 0.985;
        } else if self.repeats > 0 {
            self.hiss += self.hiss_rise;
            if self.hiss >= self.hiss_peak {
                self.hiss = self.hiss_peak;
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
        match self.sound.hiss.map(|h| h.band) {
            Some(Band::Highpass) => self.hiss_filter.high(white, &self.hiss_shape),
            _ => self.hiss_filter.band(white, &self.hiss_shape),
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
