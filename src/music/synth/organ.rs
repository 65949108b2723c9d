//! A drawbar organ: nine pipes per key in precomputed wavetables, key click, and second-harmonic
//! percussion.

use serde::Deserialize;

use super::envelope::decay_per_frame;
use super::filter::{Svf, SvfShape};
use super::noise::Noise;
use super::oscillator::{increment, sine};
use super::stereo::Stereo;
use super::units::{self, Levels};

const BITS: u32 = 11;
const SIZE: usize = 1 << BITS;
/// The highest key of each wavetable; higher tables fold more pipes down an octave.
const BANDS: [u8; 5] = [72, 84, 96, 108, 127];
/// Frequencies of the pipes as multiples of half the key's: 16', 5 1/3', 8', 4', 2 2/3', 2', 1
/// 3/5', 1 1/3', 1'.
const PIPES: [u32; 9] = [1, 3, 2, 4, 6, 8, 10, 12, 16];
/// Drawbar levels, 0 to 8, for a soft and a hard touch.
const MELLOW: [f32; 9] = [4.0, 2.0, 8.0, 4.0, 1.0, 1.0, 0.0, 0.0, 0.0];
const BRIGHT: [f32; 9] = [5.0, 4.0, 8.0, 7.0, 4.0, 5.0, 2.0, 2.0, 4.0];
/// The highest frequency of a pipe, in hertz.
const MAX_PIPE: f32 = 6000.0;
/// What leaks from other pipes and the amplifier: frequencies as multiples of half the key's, and
/// levels.
const LEAKS: [(u32, f32); 6] = [
    (20, 0.009),
    (24, 0.007),
    (32, 0.005),
    (40, 0.004),
    (48, 0.003),
    (64, 0.002),
];
/// The highest frequency of a leak, in hertz.
const MAX_LEAK: f32 = 14_000.0;

/// The parameters of the organ.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    /// The crossfade from the mellow to the bright drawbars, at the softest and the hardest touch.
    bright: Levels,
    /// The level of the second-harmonic percussion at the hardest touch, and its 60 dB decay in
    /// seconds.
    #[serde(default, deserialize_with = "units::level")]
    percussion: f32,
    #[serde(deserialize_with = "units::ring")]
    percussion_decay: f32,
    /// The level of the key click.
    click: Levels,
    #[serde(deserialize_with = "units::level")]
    gain: f32,
}

/// The wavetables, computed once.
#[derive(Debug)]
pub(super) struct Pipes {
    mellow: Vec<Vec<f32>>,
    bright: Vec<Vec<f32>>,
}

impl Pipes {
    pub(super) fn new() -> Self {
        let bands = |drawbars: [f32; 9]| BANDS.iter().map(|&top| wave(drawbars, top)).collect();
        Self {
            mellow: bands(MELLOW),
            bright: bands(BRIGHT),
        }
    }
}

/// One period (of half the key's frequency) for keys up to `top`, with a guard sample at the end.
fn wave(drawbars: [f32; 9], top: u8) -> Vec<f32> {
    let key = 440.0 * ((f32::from(top) - 69.0) / 12.0).exp2();
    let mut wave = vec![0.0; SIZE + 1];
    for (pipe, level) in PIPES.into_iter().zip(drawbars) {
        let mut pipe = pipe;
        while pipe % 2 == 0 && pipe > 1 && pipe as f32 * 0.5 * key > MAX_PIPE {
            pipe /= 2;
        }
        // A drawbar step is 3 dB. The phases of the pipes are spread so that their peaks do not add
        // up.
        let gain = if level > 0.0 {
            ((level - 8.0) * 0.345).exp()
        } else {
            0.0
        };
        add(&mut wave, pipe, gain);
    }
    for (multiple, gain) in LEAKS {
        if multiple as f32 * 0.5 * key <= MAX_LEAK {
            add(&mut wave, multiple, gain);
        }
    }
    wave
}

/// Adds a sine with that many periods.
fn add(wave: &mut [f32], periods: u32, gain: f32) {
    for (index, sample) in (0_u32..).zip(wave) {
        let phase = index.wrapping_mul(periods) << (32 - BITS);
        *sample += gain * sine(phase.wrapping_add(periods.wrapping_mul(0x3A00_0000)));
    }
}

/// An organ note that sounds.
#[derive(Debug, Clone)]
pub(super) struct Organ {
    band: usize,
    gain: f32,
    brightness: f32,
    phase: u32,
    step: u32,
    percussion: f32,
    percussion_decay: f32,
    click: f32,
    click_decay: f32,
    click_filter: Svf,
    click_shape: SvfShape,
    noise: Noise,
}

impl Organ {
    /// Starts a note; `velocity` from 0 to 1.
    pub(super) fn new(
        setting: &Setting,
        key: u8,
        velocity: f32,
        noise: &mut Noise,
        sample_rate: f32,
    ) -> Self {
        Self {
            band: BANDS
                .iter()
                .position(|&top| key <= top)
                .unwrap_or(BANDS.len() - 1),
            gain: setting.gain,
            brightness: setting.bright.at(velocity * velocity).min(1.0),
            phase: noise.bits(),
            step: 0,
            percussion: setting.percussion * velocity,
            percussion_decay: decay_per_frame(setting.percussion_decay, sample_rate),
            click: setting.click.at(velocity),
            click_decay: decay_per_frame(0.016, sample_rate),
            click_filter: Svf::default(),
            click_shape: SvfShape::new(2600.0, 0.3, sample_rate),
            noise: Noise::new(noise.bits()),
        }
    }

    pub(super) fn control(&mut self, frequency: f32, sample_rate: f32) {
        self.step = increment((0.5 * frequency).min(0.2 * sample_rate), sample_rate);
        // Spent levels become zero instead of denormal numbers.
        for level in [&mut self.click, &mut self.percussion] {
            if *level < 1e-6 {
                *level = 0.0;
            }
        }
    }

    /// Renders the next frames.
    pub(super) fn render(&mut self, pipes: &Pipes, out: &mut Stereo, frames: usize) {
        let (Some(mellow), Some(bright)) =
            (pipes.mellow.get(self.band), pipes.bright.get(self.band))
        else {
            return;
        };
        for (left, right) in out.frames(frames) {
            let index = (self.phase >> (32 - BITS)) as usize;
            let fraction = (self.phase << BITS) as f32 * (1.0 / 4_294_967_296.0);
            let read = |wave: &[f32]| match wave.get(index..index + 2) {
                Some(&[a, b]) => a + (b - a) * fraction,
                _ => 0.0,
            };
            let soft = read(mellow);
            let mut tone = soft + (read(bright) - soft) * self.brightness;
            tone += self.percussion * sine(self.phase.wrapping_mul(4));
            let click = self
                .click_filter
                .band(self.noise.white(), &self.click_shape);
            tone += self.click * click;
            self.phase = self.phase.wrapping_add(self.step);
            self.percussion *= self.percussion_decay;
            self.click *= self.click_decay;
            let wave = tone * self.gain;
            (*left, *right) = (wave, wave);
        }
    }
}
