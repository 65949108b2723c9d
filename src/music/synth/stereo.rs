//! A short block of stereo samples.

/// The synth's control period in frames: parameters change at its boundaries, and no block crosses
/// one. The boundaries lie at fixed frames, so the caller's block size changes nothing.
pub(super) const TICK: usize = 32;

/// Up to one tick of stereo samples.
#[derive(Debug, Clone)]
pub(super) struct Stereo {
    pub(super) left: [f32; TICK],
    pub(super) right: [f32; TICK],
}

impl Stereo {
    pub(super) const SILENCE: Self = Self {
        left: [0.0; TICK],
        right: [0.0; TICK],
    };

    /// The first `frames` frames.
    #[inline(always)]
    pub(super) fn frames(&mut self, frames: usize) -> impl Iterator<Item = (&mut f32, &mut f32)> {
        // Split before they are zipped, so that the compiler vectorizes the loop.
        let (left, _) = self.left.split_at_mut(frames.min(TICK));
        let (right, _) = self.right.split_at_mut(frames.min(TICK));
        left.iter_mut().zip(right)
    }

    /// Multiplies the first `frames` frames by gains left and right.
    #[inline(always)]
    pub(super) fn scale(&mut self, gains: impl Fn(usize) -> (f32, f32), frames: usize) {
        for (frame, (left, right)) in self.frames(frames).enumerate() {
            let (gain_left, gain_right) = gains(frame);
            *left *= gain_left;
            *right *= gain_right;
        }
    }

    /// Adds the first `frames` frames of another block.
    #[inline(always)]
    pub(super) fn add_first(&mut self, other: &Self, frames: usize) {
        let theirs = other.left.iter().zip(&other.right);
        for ((left, right), (l, r)) in self.frames(frames).zip(theirs) {
            *left += l;
            *right += r;
        }
    }

    /// Adds another block, scaled.
    #[inline(always)]
    pub(super) fn add(&mut self, other: &Self, gain: f32) {
        for (mine, theirs) in self.left.iter_mut().zip(&other.left) {
            *mine += theirs * gain;
        }
        for (mine, theirs) in self.right.iter_mut().zip(&other.right) {
            *mine += theirs * gain;
        }
    }
}

/// A value that moves linearly to a target within one tick.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ramp {
    value: f32,
    step: f32,
    target: f32,
}

impl Ramp {
    /// At rest.
    pub(super) fn new(value: f32) -> Self {
        Self {
            value,
            step: 0.0,
            target: value,
        }
    }

    /// Sets the target. To be called at a tick boundary.
    pub(super) fn toward(&mut self, target: f32) {
        self.value = self.target;
        self.target = target;
        self.step = (target - self.value) / TICK as f32;
    }

    /// The value at a frame of the tick.
    #[inline(always)]
    pub(super) fn at(&self, frame: usize) -> f32 {
        // A frame within a tick is small, and a `u16` converts to `f32` quickly.
        self.value + self.step * f32::from(frame as u16)
    }

    /// The target.
    pub(super) fn target(&self) -> f32 {
        self.target
    }
}

/// Equal-power gains left and right for a position from -1 (left) to 1 (right).
pub(super) fn pan(place: f32) -> (f32, f32) {
    let angle = (place.clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4;
    let scale = std::f32::consts::SQRT_2;
    (angle.cos() * scale, angle.sin() * scale)
}
