//! The channel's filter for sounds that have none of their own: a lowpass that is out of the way
//! until a controller closes it.

use super::channel::Shade;
use super::filter::{Svf, SvfShape};
use super::stereo::Stereo;

/// Where it stands open, in hertz.
const OPEN: f32 = 20_000.0;

/// A lowpass on both sides.
#[derive(Debug, Clone, Default)]
pub(super) struct ChannelFilter {
    closed: bool,
    shape: SvfShape,
    left: Svf,
    right: Svf,
}

impl ChannelFilter {
    /// Opens or closes it; once closed it stays in the way, so that nothing clicks.
    pub(super) fn turn(&mut self, shade: Shade, sample_rate: f32) {
        self.closed |= shade.octaves < 0.0 || shade.resonance > 0.0;
        if self.closed {
            // All the way down is low enough to take everything but the lowest notes away.
            let cutoff = OPEN * (2.0 * shade.octaves.min(0.0)).exp2();
            let resonance = shade.resonance.clamp(0.0, 0.9);
            self.shape = SvfShape::new(cutoff, 0.3 + resonance * 0.6, sample_rate);
        }
    }

    /// Filters the first `frames` frames.
    pub(super) fn filter(&mut self, sound: &mut Stereo, frames: usize) {
        if !self.closed {
            return;
        }
        for (left, right) in sound.frames(frames) {
            *left = self.left.low(*left, &self.shape);
            *right = self.right.low(*right, &self.shape);
        }
    }
}
