//! Subtractive voices: detuned saws through a lowpass that moves. Bass, lead, pad and strings are
//! four settings of it.

use super::filter::{Svf, SvfShape, saturate};
use super::noise::Noise;
use super::oscillator::{increment, saw, sine};
use super::stereo::{Stereo, pan};

/// The most saws that one voice has.
const SAWS: usize = 6;

/// How a subtractive voice is set.
#[derive(Debug)]
pub(super) struct Setting {
    /// Detuning in cents, one saw for each.
    detune: &'static [f32],
    /// How far the outer saws stand from the middle, 0 to 1.
    width: f32,
    /// Level of a sine at the fundamental.
    sine: f32,
    /// Cutoff at rest: so many times the fundamental, plus a fixed part in hertz.
    cutoff_ratio: f32,
    cutoff: f32,
    /// How much of the cutoff follows the velocity, in octaves from softest to hardest.
    touch: f32,
    /// The filter's own contour: octaves above rest at the start (may be negative: it opens), and
    /// the seconds in which it goes to a third of that.
    sweep: f32,
    sweep_time: f32,
    resonance: f32,
    /// A slow wander of the cutoff: octaves and hertz.
    drift: f32,
    drift_rate: f32,
    /// Vibrato: cents, hertz, and the seconds before it comes.
    vibrato: f32,
    vibrato_rate: f32,
    vibrato_delay: f32,
    /// Each saw wanders by itself by so many cents.
    ensemble: f32,
    /// Gain into the saturation; at 0 the voice stays clean.
    drive: f32,
    gain: f32,
}

/// A round electric bass.
pub(super) const BASS: Setting = Setting {
    detune: &[0.0],
    width: 0.0,
    sine: 0.9,
    cutoff_ratio: 2.0,
    cutoff: 160.0,
    touch: 2.2,
    sweep: 2.4,
    sweep_time: 0.11,
    resonance: 0.22,
    drift: 0.0,
    drift_rate: 0.1,
    vibrato: 0.0,
    vibrato_rate: 5.0,
    vibrato_delay: 1.0,
    ensemble: 0.0,
    drive: 0.9,
    gain: 0.45,
};

/// A bright solo voice.
pub(super) const LEAD: Setting = Setting {
    detune: &[-5.5, 5.5],
    width: 0.45,
    sine: 0.25,
    cutoff_ratio: 3.0,
    cutoff: 900.0,
    touch: 2.0,
    sweep: 1.3,
    sweep_time: 0.18,
    resonance: 0.30,
    drift: 0.0,
    drift_rate: 0.1,
    vibrato: 9.0,
    vibrato_rate: 5.4,
    vibrato_delay: 0.35,
    ensemble: 0.0,
    drive: 0.7,
    gain: 0.28,
};

/// A slow, wide carpet.
pub(super) const PAD: Setting = Setting {
    detune: &[0.0, 3.5, -8.0, 8.0, -13.0, 12.0],
    width: 0.9,
    sine: 0.5,
    cutoff_ratio: 2.0,
    cutoff: 380.0,
    touch: 1.6,
    sweep: -1.0,
    sweep_time: 1.1,
    resonance: 0.12,
    drift: 0.45,
    drift_rate: 0.17,
    vibrato: 0.0,
    vibrato_rate: 4.0,
    vibrato_delay: 1.0,
    ensemble: 2.0,
    drive: 0.0,
    gain: 0.3,
};

/// A string section.
pub(super) const STRINGS: Setting = Setting {
    detune: &[-9.0, -4.0, 1.0, 5.0, 10.0],
    width: 0.7,
    sine: 0.0,
    cutoff_ratio: 1.6,
    cutoff: 1500.0,
    touch: 1.7,
    sweep: -0.9,
    sweep_time: 0.14,
    resonance: 0.05,
    drift: 0.08,
    drift_rate: 0.6,
    vibrato: 5.0,
    vibrato_rate: 5.1,
    vibrato_delay: 0.3,
    ensemble: 4.5,
    drive: 0.0,
    gain: 0.3,
};

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

/// A sounding subtractive voice.
#[derive(Debug, Clone)]
pub(super) struct Analog {
    setting: &'static Setting,
    saws: [Saw; SAWS],
    count: usize,
    sub: u32,
    sub_increment: u32,
    vibrato: u32,
    drift: u32,
    /// Seconds since the note began.
    age: f32,
    touch: f32,
    shape: SvfShape,
    drive: f32,
    left: Svf,
    right: Svf,
}

impl Analog {
    /// A voice about to begin; `velocity` from 0 to 1.
    pub(super) fn new(
        setting: &'static Setting,
        velocity: f32,
        noise: &mut Noise,
        sample_rate: f32,
        tick: f32,
    ) -> Self {
        let count = setting.detune.len().min(SAWS);
        let level = 1.0 / (count as f32).sqrt();
        let mut saws = [Saw::default(); SAWS];
        for (index, (saw, &detune)) in saws.iter_mut().zip(setting.detune).enumerate() {
            // Left and right take turns going outward, so that both sides have flat and sharp saws.
            let side = if index % 2 == 0 { -1.0 } else { 1.0 };
            let (left, right) =
                pan(side * setting.width * (index / 2 + 1) as f32 * 2.0 / (count + 1) as f32);
            *saw = Saw {
                // The first is in step with the sine, so that the two never cancel.
                phase: if index == 0 { 1 << 31 } else { noise.bits() },
                increment: 0,
                detune,
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
            setting,
            saws,
            count,
            sub: 0,
            sub_increment: 0,
            vibrato: 0,
            drift: noise.bits(),
            age: 0.0,
            touch: setting.touch * (velocity - 0.7),
            shape: SvfShape::default(),
            drive: 0.0,
            left: Svf::default(),
            right: Svf::default(),
        }
    }

    /// Sets what moves slowly; `elapsed` is the frames since the last call.
    pub(super) fn control(&mut self, frequency: f32, sample_rate: f32, elapsed: usize) {
        let setting = self.setting;
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
            saw.increment = increment(frequency * (cents / 1200.0).exp2(), sample_rate);
        }
        self.sub_increment = increment(frequency * (bent / 1200.0).exp2(), sample_rate);
        // Saturation makes new harmonics; on high keys they would fold back at Nyquist.
        let room = 1.5 - frequency / (0.025 * sample_rate);
        self.drive = setting.drive * room.clamp(0.0, 1.0);
        let octaves = self.touch
            + setting.sweep * (-self.age / setting.sweep_time).exp()
            + setting.drift * sine(self.drift);
        let cutoff = (setting.cutoff_ratio * frequency + setting.cutoff) * octaves.exp2();
        self.shape = SvfShape::new(cutoff.max(40.0), setting.resonance, sample_rate);
    }

    /// The next frames.
    pub(super) fn render(&mut self, out: &mut Stereo, frames: usize) {
        let setting = self.setting;
        let Self {
            saws, shape, drive, ..
        } = self;
        let drive = *drive;
        for (left, right) in out.frames(frames) {
            let fundamental = setting.sine * sine(self.sub);
            self.sub = self.sub.wrapping_add(self.sub_increment);
            let (mut l, mut r) = (fundamental, fundamental);
            for one in saws.iter_mut().take(self.count) {
                let wave = saw(one.phase, one.increment);
                one.phase = one.phase.wrapping_add(one.increment);
                l += wave * one.left;
                r += wave * one.right;
            }
            let (mut l, mut r) = (self.left.low(l, shape), self.right.low(r, shape));
            if drive > 0.0 {
                l = saturate(l * drive) / drive;
                r = saturate(r * drive) / drive;
            }
            *left = l * setting.gain;
            *right = r * setting.gain;
        }
    }
}
