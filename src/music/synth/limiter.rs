//! The master limiter: a short look-ahead lowers the gain before a peak arrives, so that nothing
//! clips, also between the samples.

use super::true_peak::{DELAY, TruePeak};

/// The highest sample value: 1 dB below full scale.
pub(super) const CEILING: f32 = 0.89;
/// The highest peak that the gain allows. A little below the ceiling: the peaks between samples are estimates, and
/// the gain moves.
const TARGET: f32 = 0.875;
/// The look-ahead in seconds.
const AHEAD: f32 = 0.0015;
const RELEASE: f32 = 0.12;
/// One in fixed point: sums of gains must not drift, so they are integers.
const ONE: f32 = 16_777_216.0;

/// A stereo peak limiter.
#[derive(Debug)]
pub(super) struct Limiter {
    /// The delayed sound.
    sound: Vec<(f32, f32)>,
    /// The place of the next frame in it.
    here: usize,
    peaks: [TruePeak; 2],
    /// The gains of the last frames after the sliding minimum, in fixed point, and their sum.
    gains: Vec<u32>,
    sum: u64,
    at: usize,
    /// Candidates for the sliding minimum, lowest first: (gain, frame at which it expires).
    minima: Vec<(f32, u64)>,
    first: usize,
    count: usize,
    frame: u64,
    held: f32,
    recovery: f32,
}

impl Limiter {
    pub(super) fn new(sample_rate: f32) -> Self {
        let frames = ((AHEAD * sample_rate) as usize).max(1);
        Self {
            sound: vec![(0.0, 0.0); frames + DELAY],
            here: 0,
            peaks: [TruePeak::new(), TruePeak::new()],
            gains: vec![ONE as u32; frames],
            sum: frames as u64 * ONE as u64,
            at: 0,
            minima: vec![(1.0, 0); frames + 2],
            first: 0,
            count: 0,
            frame: 0,
            held: 1.0,
            recovery: 1.0 - (-1.0 / (RELEASE * sample_rate)).exp(),
        }
    }

    /// The delay from input to output, in frames.
    pub(super) fn latency(&self) -> usize {
        self.sound.len()
    }

    /// Takes one frame and returns the frame of [`latency`](Self::latency) frames ago.
    #[inline(always)]
    pub(super) fn process(&mut self, left: f32, right: f32) -> (f32, f32) {
        let frames = self.gains.len();
        let [of_left, of_right] = &mut self.peaks;
        let peak = of_left.process(left).max(of_right.process(right));
        let wanted = if peak > TARGET { TARGET / peak } else { 1.0 };
        let lowest = self.slide(wanted, frames as u64);
        self.held = if lowest < self.held {
            lowest
        } else {
            self.held + (lowest - self.held) * self.recovery
        };
        let gain = (self.held * ONE) as u32;
        let (mut out_left, mut out_right) = (0.0, 0.0);
        if let Some(sound) = self.sound.get_mut(self.here) {
            (out_left, out_right) = std::mem::replace(sound, (left, right));
        }
        if let Some(g) = self.gains.get_mut(self.at) {
            self.sum = self.sum + u64::from(gain) - u64::from(std::mem::replace(g, gain));
        }
        self.here = if self.here + 1 >= self.sound.len() {
            0
        } else {
            self.here + 1
        };
        self.at = if self.at + 1 >= frames {
            0
        } else {
            self.at + 1
        };
        let gain = self.sum as f32 / (frames as f32 * ONE);
        (
            (out_left * gain).clamp(-CEILING, CEILING),
            (out_right * gain).clamp(-CEILING, CEILING),
        )
    }

    /// The lowest gain of this frame and the `frames` before it.
    #[inline(always)]
    fn slide(&mut self, wanted: f32, frames: u64) -> f32 {
        let size = self.minima.len();
        self.frame += 1;
        while self.count > 0 {
            let last = (self.first + self.count - 1) % size;
            match self.minima.get(last) {
                Some(&(gain, _)) if gain >= wanted => self.count -= 1,
                _ => break,
            }
        }
        let place = (self.first + self.count) % size;
        if let Some(slot) = self.minima.get_mut(place) {
            *slot = (wanted, self.frame + frames);
            self.count += 1;
        }
        while self.count > 1
            && self
                .minima
                .get(self.first)
                .is_some_and(|&(_, leaves)| leaves < self.frame)
        {
            self.first = (self.first + 1) % size;
            self.count -= 1;
        }
        self.minima
            .get(self.first)
            .map_or(wanted, |&(gain, _)| gain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loud_passages_are_turned_down_without_clipping() {
        let mut limiter = Limiter::new(48_000.0);
        let mut flat = 0;
        for frame in 0..48_000 {
            let x = 3.0 * (frame as f32 * 0.05).sin();
            let (left, right) = limiter.process(x, -x);
            assert!(left.abs() <= CEILING && right.abs() <= CEILING);
            flat += i32::from(left.abs() >= CEILING);
        }
        // A clipper would stay at the ceiling most of the time.
        assert!(flat < 4_800, "{flat} frames at the ceiling");
    }

    #[test]
    fn peaks_between_samples_stay_below_one_decibel_under_full_scale() {
        let mut limiter = Limiter::new(48_000.0);
        let mut meter = TruePeak::new();
        let mut peak = 0.0_f32;
        for frame in 0..48_000 {
            // Strokes of high tones whose samples miss their peaks.
            let decay = (-((frame % 4_800) as f32) / 1_200.0).exp();
            let phase = std::f32::consts::FRAC_PI_2 * (frame as f32 + 0.5);
            let x = 2.5 * decay * (phase.sin() + (frame as f32 * 0.9).sin());
            let (left, _) = limiter.process(x, -x);
            peak = peak.max(meter.process(left));
        }
        let decibels = 20.0 * peak.log10();
        assert!((-3.0..=-1.0).contains(&decibels), "{decibels}");
    }

    #[test]
    fn quiet_sound_passes_unchanged_with_the_lookahead_delay() {
        let mut limiter = Limiter::new(48_000.0);
        let latency = limiter.latency();
        let input: Vec<f32> = (0..1000).map(|f| 0.5 * (f as f32 * 0.1).sin()).collect();
        let output: Vec<f32> = input.iter().map(|&x| limiter.process(x, x).0).collect();
        assert_eq!(input[..1000 - latency], output[latency..]);
    }
}
