//! The reverb: a feedback delay network of eight lines after a short diffusion.

use super::filter::OnePole;
use super::oscillator::{increment, sine};
use super::stereo::Stereo;

const LINES: usize = 8;
/// Lengths in frames at 48 kHz, all prime, so that their echoes never coincide.
const LENGTHS: [f32; LINES] = [
    1433.0, 1601.0, 1867.0, 2053.0, 2251.0, 2399.0, 2617.0, 2797.0,
];
const DIFFUSERS: [f32; 4] = [142.0, 107.0, 379.0, 277.0];
const PREDELAY: f32 = 0.016;
/// The 60 dB decay of the lows in seconds; highs decay faster.
const TIME: f32 = 2.1;
/// The wet level at a send of 1.
const WET: f32 = 0.85;
const DAMPING: f32 = 5200.0;
/// The low cut of the input, in hertz.
const LOW_CUT: f32 = 160.0;
/// A constant far below audibility that keeps the feedback out of denormal numbers.
const BIAS: f32 = 1e-16;

/// A delay of fixed length.
#[derive(Debug, Clone)]
struct Delay {
    line: Vec<f32>,
    at: usize,
}

impl Delay {
    fn new(frames: f32) -> Self {
        Self {
            line: vec![0.0; (frames as usize).max(1)],
            at: 0,
        }
    }

    #[inline(always)]
    fn oldest(&self) -> f32 {
        self.line.get(self.at).copied().unwrap_or(0.0)
    }

    /// The sample that was written `back` frames after the oldest.
    #[inline(always)]
    fn younger(&self, back: usize) -> f32 {
        let place = self.at + back;
        let size = self.line.len();
        self.line
            .get(if place >= size { place - size } else { place })
            .copied()
            .unwrap_or(0.0)
    }

    #[inline(always)]
    fn push(&mut self, x: f32) {
        if let Some(slot) = self.line.get_mut(self.at) {
            *slot = x;
        }
        self.at = if self.at + 1 >= self.line.len() {
            0
        } else {
            self.at + 1
        };
    }

    /// Processes a sample as an allpass, which diffuses without coloring.
    #[inline(always)]
    fn diffuse(&mut self, x: f32, gain: f32) -> f32 {
        let old = self.oldest();
        let fed = x - gain * old;
        self.push(fed);
        old + gain * fed
    }
}

/// A stereo reverb.
#[derive(Debug)]
pub(super) struct Reverb {
    predelay: [Delay; 2],
    cut: [OnePole; 2],
    diffusers: [[Delay; 4]; 2],
    lines: [Delay; LINES],
    gains: [f32; LINES],
    damping: [OnePole; LINES],
    damp: f32,
    cut_coefficient: f32,
    sway: u32,
    sway_step: u32,
    depth: f32,
}

impl Reverb {
    pub(super) fn new(sample_rate: f32) -> Self {
        let scale = sample_rate / 48_000.0;
        let lengths = LENGTHS.map(|l| l * scale);
        let diffusers = |offset: f32| DIFFUSERS.map(|l| Delay::new((l + offset) * scale));
        Self {
            predelay: [
                Delay::new(PREDELAY * sample_rate),
                Delay::new(PREDELAY * 1.09 * sample_rate),
            ],
            cut: Default::default(),
            diffusers: [diffusers(0.0), diffusers(13.0)],
            lines: lengths.map(Delay::new),
            gains: lengths.map(|l| (-6.907_755 * l / (TIME * sample_rate)).exp()),
            damping: Default::default(),
            damp: OnePole::coefficient(DAMPING, sample_rate),
            cut_coefficient: OnePole::coefficient(LOW_CUT, sample_rate),
            sway: 0,
            sway_step: increment(0.61, sample_rate),
            depth: 9.0 * scale,
        }
    }

    /// Adds the reverb of `input` to `out`.
    pub(super) fn process(&mut self, input: &mut Stereo, out: &mut Stereo, frames: usize) {
        for ((left, right), (out_left, out_right)) in input.frames(frames).zip(out.frames(frames)) {
            let mut fed = [*left, *right];
            for (side, x) in fed.iter_mut().enumerate() {
                if let (Some(predelay), Some(cut), Some(diffusers)) = (
                    self.predelay.get_mut(side),
                    self.cut.get_mut(side),
                    self.diffusers.get_mut(side),
                ) {
                    let late = predelay.oldest();
                    predelay.push(*x + BIAS);
                    *x = cut.high(late, self.cut_coefficient) + BIAS;
                    for diffuser in diffusers {
                        *x = diffuser.diffuse(*x, 0.62);
                    }
                }
            }
            let wet = self.circulate(fed);
            *out_left += wet[0];
            *out_right += wet[1];
        }
    }

    #[inline(always)]
    fn circulate(&mut self, fed: [f32; 2]) -> [f32; 2] {
        let mut taps = [0.0_f32; LINES];
        let sway = self.sway;
        self.sway = self.sway.wrapping_add(self.sway_step);
        for (index, (tap, line)) in taps.iter_mut().zip(&self.lines).enumerate() {
            // A slow modulation of the lengths keeps long tails from ringing at fixed pitches.
            let shift = (1.0 + sine(sway.wrapping_add((index as u32) << 29))) * self.depth;
            let whole = shift as usize;
            let fraction = shift - whole as f32;
            let near = line.younger(whole);
            *tap = near + (line.younger(whole + 1) - near) * fraction;
        }
        for (index, tap) in taps.iter_mut().enumerate() {
            if let (Some(damping), Some(gain)) =
                (self.damping.get_mut(index), self.gains.get(index))
            {
                *tap = damping.low(*tap, self.damp) * gain;
            }
        }
        let [a, b, c, d, e, f, g, h] = taps;
        let wet = [(a - c + e - g) * WET, (b - d + f - h) * WET];
        let mixed = hadamard(taps);
        for (index, (line, back)) in self.lines.iter_mut().zip(mixed).enumerate() {
            line.push(back + if index % 2 == 0 { fed[0] } else { fed[1] } * 0.5);
        }
        wet
    }
}

/// An orthogonal 8x8 mix: it keeps the energy, and every line feeds every line.
#[inline(always)]
fn hadamard(x: [f32; LINES]) -> [f32; LINES] {
    let [a, b, c, d, e, f, g, h] = x;
    let (a, b, c, d) = (a + e, b + f, c + g, d + h);
    let (e, f, g, h) = (x[0] - e, x[1] - f, x[2] - g, x[3] - h);
    let (a, b, c, d) = (a + c, b + d, a - c, b - d);
    let (e, f, g, h) = (e + g, f + h, e - g, f - h);
    let scale = 0.353_553_4;
    [
        (a + b) * scale,
        (a - b) * scale,
        (c + d) * scale,
        (c - d) * scale,
        (e + f) * scale,
        (e - f) * scale,
        (g + h) * scale,
        (g - h) * scale,
    ]
}
