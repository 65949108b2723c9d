//! A short stretch of stereo sound.

/// The synth's control period in frames: parameters move at its borders, and no stretch of sound
/// crosses one. The borders lie at fixed frames, so the size of the caller's blocks changes nothing.
pub(super) const TICK: usize = 32;

/// Up to one tick of stereo sound.
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
        self.left.iter_mut().zip(&mut self.right).take(frames)
    }

    /// Adds another stretch, scaled.
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

/// A value on its way to a new one: it moves in a straight line for one tick.
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

    /// Starts the way to `target`. To be called at the border of a tick.
    pub(super) fn toward(&mut self, target: f32) {
        self.value = self.target;
        self.target = target;
        self.step = (target - self.value) / TICK as f32;
    }

    /// The value so many frames after the border.
    #[inline(always)]
    pub(super) fn at(&self, frame: usize) -> f32 {
        self.value + self.step * frame as f32
    }

    /// Where the way ends.
    pub(super) fn target(&self) -> f32 {
        self.target
    }
}

/// Gains left and right for a place from -1 (left) to 1 (right), of equal power.
pub(super) fn pan(place: f32) -> (f32, f32) {
    let angle = (place.clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4;
    let scale = std::f32::consts::SQRT_2;
    (angle.cos() * scale, angle.sin() * scale)
}
