//! Subtractive voices: detuned saws or squares through a moving lowpass, with breath noise and
//! formants. Basses, leads, pads, strings, brass, flute and choir are settings of it.

use serde::Deserialize;

use super::breath::{Blowing, Breath};
use super::channel::FilterOffset;
use super::filter::{Row, Svf, SvfShape, saturate};
use super::noise::Noise;
use super::oscillator::{increment, saw, sine};
use super::stereo::{Stereo, pan};
use super::strokes::Strokes;
use super::units::{self, Detune, InlineVec};

/// The most saws of one voice.
const SAWS: usize = 6;

/// The most formants of one voice.
const FORMANTS: usize = 4;

/// A formant: frequency in hertz, resonance from 0 to 1, level.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Formant(
    #[serde(deserialize_with = "units::hertz")] f32,
    #[serde(deserialize_with = "units::share")] f32,
    #[serde(deserialize_with = "units::level")] f32,
);

/// The parameters of a subtractive voice.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    /// Detuning in cents, one value for each saw.
    detune: InlineVec<Detune, SAWS>,
    /// The waveform, from saw (0) to square (1).
    #[serde(default, deserialize_with = "units::share")]
    square: f32,
    /// The stereo spread of the saws, 0 to 1.
    #[serde(default, deserialize_with = "units::share")]
    width: f32,
    /// The level of a sine, and its frequency as a multiple of the key's.
    #[serde(default, deserialize_with = "units::level")]
    sine: f32,
    #[serde(default = "one", deserialize_with = "units::ratio")]
    sine_ratio: f32,
    /// The base cutoff: a multiple of the fundamental plus a fixed frequency in hertz.
    #[serde(deserialize_with = "units::ratio")]
    cutoff_ratio: f32,
    #[serde(deserialize_with = "units::hertz")]
    cutoff: f32,
    /// How far velocity raises the cutoff, in octaves from the softest to the hardest note.
    #[serde(default, deserialize_with = "units::octaves")]
    touch: f32,
    /// The filter envelope: octaves above the base cutoff at the start (negative values start below
    /// it), the time constant in seconds, and how much of it velocity controls.
    #[serde(default, deserialize_with = "units::octaves")]
    sweep: f32,
    #[serde(default = "one", deserialize_with = "units::ring")]
    sweep_time: f32,
    #[serde(default, deserialize_with = "units::share")]
    sweep_touch: f32,
    #[serde(default, deserialize_with = "units::share")]
    resonance: f32,
    /// A slow random-like movement of the cutoff: octaves and hertz.
    #[serde(default, deserialize_with = "units::octaves")]
    drift: f32,
    #[serde(default, deserialize_with = "units::slow_hertz")]
    drift_rate: f32,
    /// Vibrato: depth in cents, rate in hertz, and its delay in seconds.
    #[serde(default, deserialize_with = "units::cents")]
    vibrato: f32,
    #[serde(default, deserialize_with = "units::slow_hertz")]
    vibrato_rate: f32,
    #[serde(default, deserialize_with = "units::seconds")]
    vibrato_delay: f32,
    /// The independent pitch drift of each saw, in cents.
    #[serde(default, deserialize_with = "units::cents")]
    ensemble: f32,
    /// Breath noise: a steady level, extra level at the attack, and the center of its band as a
    /// multiple of the key's frequency.
    #[serde(default, deserialize_with = "units::level")]
    breath: f32,
    #[serde(default, deserialize_with = "units::level")]
    chiff: f32,
    #[serde(default = "one", deserialize_with = "units::ratio")]
    breath_ratio: f32,
    /// The air at the lips, which the filter does not take away: level, and center in hertz.
    #[serde(default, deserialize_with = "units::level")]
    air: f32,
    #[serde(default = "high", deserialize_with = "units::hertz")]
    air_hertz: f32,
    /// The formants, and the share of the sound that goes through them.
    #[serde(default)]
    formants: InlineVec<Formant, FORMANTS>,
    #[serde(default, deserialize_with = "units::share")]
    vowel: f32,
    /// How often the sound is struck again, in hertz, as by rotor blades or clapping hands; 0 strikes it
    /// once. With its time constant in seconds, and how irregular the strokes are.
    #[serde(default, deserialize_with = "units::hertz")]
    strokes: f32,
    #[serde(default = "short", deserialize_with = "units::fall")]
    stroke_fall: f32,
    #[serde(default, deserialize_with = "units::share")]
    strokes_uneven: f32,
    /// Gain into the saturation; 0 leaves the voice clean.
    #[serde(default, deserialize_with = "units::level")]
    drive: f32,
    #[serde(deserialize_with = "units::level")]
    gain: f32,
}

fn one() -> f32 {
    1.0
}

fn high() -> f32 {
    5_000.0
}

fn short() -> f32 {
    0.05
}

impl Setting {
    fn blowing(&self) -> Blowing {
        Blowing {
            breath: self.breath,
            chiff: self.chiff,
            ratio: self.breath_ratio,
            air: self.air,
            air_hertz: self.air_hertz,
        }
    }

    fn strokes(&self, noise: &mut Noise, sample_rate: f32) -> Option<Strokes> {
        let (fall, uneven) = (self.stroke_fall, self.strokes_uneven);
        (self.strokes > 0.0).then(|| Strokes::new(self.strokes, fall, uneven, noise, sample_rate))
    }
}

/// One saw of the voice.
#[derive(Debug, Clone, Copy, Default)]
struct Saw {
    phase: u32,
    increment: u32,
    detune: f32,
    left: f32,
    right: f32,
    wander: u32,
    wander_step: u32,
}

/// A subtractive voice that sounds.
#[derive(Debug, Clone)]
pub(super) struct Analog {
    setting: Setting,
    saws: [Saw; SAWS],
    count: usize,
    sub: u32,
    sub_increment: u32,
    vibrato: u32,
    drift: u32,
    /// Seconds since the note started.
    age: f32,
    touch: f32,
    sweep: f32,
    shape: SvfShape,
    drive: f32,
    left: Svf,
    right: Svf,
    breath_noise: Breath,
    vowel_filter: Formants,
    strokes: Option<Strokes>,
}

/// The formants, for both sides.
#[derive(Debug, Clone)]
struct Formants {
    open: bool,
    left: Row<FORMANTS>,
    right: Row<FORMANTS>,
}

impl Formants {
    fn new(setting: &Setting, sample_rate: f32) -> Self {
        let formants = setting.formants.as_slice();
        let mut shapes = [SvfShape::default(); FORMANTS];
        let mut levels = [0.0; FORMANTS];
        for ((shape, level), formant) in shapes.iter_mut().zip(&mut levels).zip(formants) {
            *shape = SvfShape::new(formant.0, formant.1, sample_rate);
            *level = formant.2;
        }
        let row = Row::new(&shapes, &levels);
        Self {
            open: setting.vowel > 0.0 && !formants.is_empty(),
            left: row.clone(),
            right: row,
        }
    }
}

impl Analog {
    /// Starts a voice; `velocity` from 0 to 1.
    pub(super) fn new(
        setting: &Setting,
        velocity: f32,
        noise: &mut Noise,
        sample_rate: f32,
        tick: f32,
    ) -> Self {
        let detune = setting.detune.as_slice();
        let count = detune.len();
        let level = 1.0 / (count.max(1) as f32).sqrt();
        let mut saws = [Saw::default(); SAWS];
        for (index, (saw, detune)) in saws.iter_mut().zip(detune).enumerate() {
            // Left and right alternate from the center outward, so that both sides have flat and
            // sharp saws.
            let side = if index % 2 == 0 { -1.0 } else { 1.0 };
            let (left, right) =
                pan(side * setting.width * (index / 2 + 1) as f32 * 2.0 / (count + 1) as f32);
            *saw = Saw {
                // The first saw starts in phase with the sine, so that the two never cancel.
                phase: if index == 0 { 1 << 31 } else { noise.bits() },
                increment: 0,
                detune: detune.0,
                left: left * level,
                right: right * level,
                wander: noise.bits(),
                wander_step: increment(
                    (0.35 + 0.25 * noise.white().abs() + 0.13 * index as f32) * tick,
                    sample_rate,
                ),
            };
        }
        Self {
            setting: *setting,
            saws,
            count,
            sub: 0,
            sub_increment: 0,
            vibrato: 0,
            drift: noise.bits(),
            age: 0.0,
            touch: setting.touch * (velocity - 0.7),
            sweep: setting.sweep * (1.0 + setting.sweep_touch * (velocity - 1.0)),
            shape: SvfShape::default(),
            drive: 0.0,
            left: Svf::default(),
            right: Svf::default(),
            breath_noise: Breath::new(setting.blowing(), velocity, noise, sample_rate),
            vowel_filter: Formants::new(setting, sample_rate),
            strokes: setting.strokes(noise, sample_rate),
        }
    }

    /// Updates the parameters that change at control rate; `elapsed` is the number of frames since
    /// the last call.
    pub(super) fn control(
        &mut self,
        frequency: f32,
        filter_offset: FilterOffset,
        sample_rate: f32,
        elapsed: usize,
    ) {
        let setting = &self.setting;
        let seconds = elapsed as f32 / sample_rate;
        self.age += seconds;
        self.vibrato = self.vibrato.wrapping_add(increment(
            setting.vibrato_rate * elapsed as f32,
            sample_rate,
        ));
        self.drift = self
            .drift
            .wrapping_add(increment(setting.drift_rate * elapsed as f32, sample_rate));
        let depth = setting.vibrato * ((self.age - setting.vibrato_delay) * 2.5).clamp(0.0, 1.0);
        let bent = depth * sine(self.vibrato);
        for saw in self.saws.iter_mut().take(self.count) {
            if elapsed > 0 {
                saw.wander = saw.wander.wrapping_add(saw.wander_step);
            }
            let cents = saw.detune + bent + setting.ensemble * sine(saw.wander);
            let wanted = frequency * (cents / 1200.0).exp2();
            saw.increment = increment(wanted.min(0.45 * sample_rate), sample_rate);
        }
        if setting.sine > 0.0 {
            let fundamental = frequency * setting.sine_ratio * (bent / 1200.0).exp2();
            self.sub_increment = increment(fundamental.min(0.45 * sample_rate), sample_rate);
        }
        // Saturation adds harmonics; on high keys they would alias.
        let room = 1.5 - frequency / (0.025 * sample_rate);
        self.drive = setting.drive * room.clamp(0.0, 1.0);
        let octaves = self.touch
            + self.sweep * (-self.age / setting.sweep_time).exp()
            + setting.drift * sine(self.drift)
            + filter_offset.octaves;
        let cutoff = (setting.cutoff_ratio * frequency + setting.cutoff) * octaves.exp2();
        let resonance = (setting.resonance + filter_offset.resonance).clamp(0.0, 0.97);
        self.shape = SvfShape::new(cutoff.max(40.0), resonance, sample_rate);
        let age = self.age;
        self.breath_noise.control(frequency, age, sample_rate);
        if let Some(strokes) = &mut self.strokes {
            strokes.control(age);
        }
    }

    /// Renders the next frames.
    pub(super) fn render(&mut self, out: &mut Stereo, frames: usize) {
        *out = Stereo::SILENCE;
        self.saws(out, frames);
        let Self {
            setting,
            shape,
            drive,
            breath_noise,
            vowel_filter,
            strokes,
            ..
        } = self;
        let drive = *drive;
        let is_blown = breath_noise.is_blown();
        for (left, right) in out.frames(frames) {
            let mut middle = 0.0;
            if setting.sine > 0.0 {
                middle = setting.sine * sine(self.sub);
                self.sub = self.sub.wrapping_add(self.sub_increment);
            }
            let mut air = 0.0;
            if is_blown {
                let (band, above) = breath_noise.next();
                middle += band;
                air = above;
            }
            let mut l = self.left.low(*left + middle, shape);
            let mut r = self.right.low(*right + middle, shape);
            if vowel_filter.open {
                l += setting.vowel * (vowel_filter.left.band(l) - l);
                r += setting.vowel * (vowel_filter.right.band(r) - r);
            }
            if drive > 0.0 {
                l = saturate(l * drive) / drive;
                r = saturate(r * drive) / drive;
            }
            let gain = match strokes {
                Some(strokes) => strokes.next() * setting.gain,
                None => setting.gain,
            };
            *left = (l + air) * gain;
            *right = (r + air) * gain;
        }
    }

    /// Adds the saws. A square is a saw minus the same saw half a period later.
    fn saws(&mut self, out: &mut Stereo, frames: usize) {
        let square = self.setting.square;
        for one in self.saws.iter_mut().take(self.count) {
            let (phase, step) = (one.phase, one.increment);
            let (left, right) = (one.left, one.right);
            saw(out, frames, (phase, step), (left, right));
            if square > 0.0 {
                let half = phase.wrapping_add(1 << 31);
                saw(out, frames, (half, step), (-square * left, -square * right));
            }
            one.phase = phase.wrapping_add(step.wrapping_mul(frames as u32));
        }
    }
}
