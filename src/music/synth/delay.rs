//! The echo: it alternates between left and right, and each repeat is darker than the one before.

use super::filter::OnePole;
use super::stereo::Stereo;

/// The echo time in seconds until a tempo or a controller sets it: three sixteenths at 120 BPM.
const TIME: f32 = 0.375;
/// The range of the echo time, in seconds.
const MIN_TIME: f32 = 0.06;
const MAX_TIME: f32 = 1.5;
/// The feedback gain.
const FEEDBACK: f32 = 0.42;
/// The level of the first echo at a send of 1.
const WET: f32 = 0.8;
/// The band that each repeat keeps, in hertz.
const DAMPING: f32 = 3600.0;
const LOW_CUT: f32 = 180.0;
/// A constant far below audibility that keeps the feedback out of denormal numbers.
const BIAS: f32 = 1e-16;
/// Below this (-100 dB) the echo counts as silent.
const SILENCE: f32 = 1e-5;
/// The time constant, in frames, of a change of the echo time.
const GLIDE: f32 = 9_000.0;

/// A stereo echo with a variable time.
#[derive(Debug)]
pub(super) struct Delay {
    left: Vec<f32>,
    right: Vec<f32>,
    at: usize,
    /// The echo time in frames: current and target.
    now: f32,
    wanted: f32,
    damping: [OnePole; 2],
    damp: f32,
    cut: [OnePole; 2],
    cut_coefficient: f32,
    sample_rate: f32,
    /// Frames since the input or the output was last audible.
    quiet: usize,
}

impl Delay {
    pub(super) fn new(sample_rate: f32) -> Self {
        let size = (MAX_TIME * sample_rate) as usize + 4;
        Self {
            left: vec![0.0; size],
            right: vec![0.0; size],
            at: 0,
            now: TIME * sample_rate,
            wanted: TIME * sample_rate,
            damping: Default::default(),
            damp: OnePole::coefficient(DAMPING, sample_rate),
            cut: Default::default(),
            cut_coefficient: OnePole::coefficient(LOW_CUT, sample_rate),
            sample_rate,
            quiet: size,
        }
    }

    /// Whether the last echo has died away.
    pub(super) fn is_over(&self) -> bool {
        self.quiet >= self.left.len()
    }

    /// Sets the echo time in seconds, from 0.06 to 1.5.
    pub(super) fn set_time(&mut self, seconds: f32) {
        if seconds.is_finite() {
            self.wanted = seconds.clamp(MIN_TIME, MAX_TIME) * self.sample_rate;
        }
    }

    /// Adds the echoes of `input` to `out`.
    pub(super) fn process(&mut self, input: &Stereo, out: &mut Stereo, frames: usize) {
        let size = self.left.len();
        let sides = input.left.iter().chain(&input.right);
        let fed = sides.fold(0.0_f32, |peak, x| peak.max(x.abs())) > SILENCE;
        if self.is_over() && !fed {
            return;
        }
        self.quiet = if fed { 0 } else { self.quiet + frames };
        let inputs = input.left.iter().zip(&input.right);
        for ((&x, &y), (out_left, out_right)) in inputs.zip(out.frames(frames)) {
            let way = self.wanted - self.now;
            self.now = if way.abs() < 0.01 {
                self.wanted
            } else {
                self.now + way / GLIDE
            };
            let whole = (self.now as usize).min(size - 3);
            let fraction = self.now - whole as f32;
            let read = |line: &[f32]| {
                let ago = |back: usize| {
                    let place = self.at + size - back;
                    let place = if place >= size { place - size } else { place };
                    line.get(place).copied().unwrap_or(0.0)
                };
                let near = ago(whole);
                near + (ago(whole + 1) - near) * fraction
            };
            let (l, r) = (read(&self.left), read(&self.right));
            let [damp_left, damp_right] = &mut self.damping;
            let [cut_left, cut_right] = &mut self.cut;
            let l = cut_left.high(damp_left.low(l, self.damp), self.cut_coefficient);
            let r = cut_right.high(damp_right.low(r, self.damp), self.cut_coefficient);
            if l.abs() > SILENCE || r.abs() > SILENCE {
                self.quiet = 0;
            }
            *out_left += l * WET;
            *out_right += r * WET;
            // The repeats change sides.
            let mono = (x + y) * 0.5;
            let places = (self.left.get_mut(self.at), self.right.get_mut(self.at));
            if let (Some(to_left), Some(to_right)) = places {
                *to_left = mono + r * FEEDBACK + BIAS;
                *to_right = (y - x) * 0.25 + l * (0.5 + FEEDBACK) + BIAS;
            }
            self.at = if self.at + 1 >= size { 0 } else { self.at + 1 };
        }
    }
}
