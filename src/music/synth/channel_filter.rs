//! The channel's filter for sounds without a filter of their own: a lowpass that is bypassed until
//! a controller closes it.

use super::channel::FilterOffset;
use super::filter::{Svf, SvfShape};
use super::stereo::Stereo;

/// The cutoff when fully open, in hertz.
const OPEN: f32 = 20_000.0;

/// A stereo lowpass.
#[derive(Debug, Clone, Default)]
pub(super) struct ChannelFilter {
    closed: bool,
    shape: SvfShape,
    left: Svf,
    right: Svf,
}

impl ChannelFilter {
    /// Sets the cutoff and the resonance. Once closed, the filter stays in the path, so that
    /// nothing clicks.
    pub(super) fn update(&mut self, filter_offset: FilterOffset, sample_rate: f32) {
        self.closed |= filter_offset.octaves < 0.0 || filter_offset.resonance > 0.0;
        if self.closed {
            // At the bottom of its range only the lowest notes remain.
            let cutoff = OPEN * (2.0 * filter_offset.octaves.min(0.0)).exp2();
            let resonance = filter_offset.resonance.clamp(0.0, 0.9);
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
