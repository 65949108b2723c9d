//! The clock of the audio device: when does a frame sound?

/// The bandwidth of the loop, in hertz.
const BANDWIDTH: f64 = 0.15;
/// An error of more than this many seconds resets the clock: the device paused.
const LOST: f64 = 0.1;

/// A delay-locked loop that turns the device's callbacks into a steady time base.
///
/// The times of callbacks jitter; the frames they request do not. The loop predicts when the next
/// block starts and corrects itself slowly, so that times within a block are steady to a few
/// microseconds and the true sample rate of the device is followed.
#[derive(Debug)]
pub(super) struct FrameClock {
    /// The start of the current block, in seconds.
    start: f64,
    /// The expected start of the next block, in seconds.
    next: f64,
    /// The measured duration of a frame, in seconds.
    frame: f64,
    nominal: f64,
    running: bool,
}

impl FrameClock {
    pub(super) fn new(sample_rate: u32) -> Self {
        let nominal = 1.0 / f64::from(sample_rate.max(1));
        Self {
            start: 0.0,
            next: 0.0,
            frame: nominal,
            nominal,
            running: false,
        }
    }

    /// A block of `frames` frames starts; the callback was called at `now` seconds.
    pub(super) fn block(&mut self, now: f64, frames: usize) {
        let length = frames as f64;
        let error = now - self.next;
        if !self.running || error.abs() > LOST {
            self.running = true;
            self.frame = self.nominal;
            self.start = now;
        } else {
            let omega = std::f64::consts::TAU * BANDWIDTH * length * self.nominal;
            self.start = self.next + std::f64::consts::SQRT_2 * omega * error;
            let trim = omega * omega * error / length.max(1.0);
            // No sound card deviates by more than a thousandth.
            self.frame = (self.frame + trim).clamp(self.nominal * 0.999, self.nominal * 1.001);
        }
        self.next = self.start + length * self.frame;
    }

    /// The offset of a time in seconds from the start of the current block, in frames; negative before
    /// it.
    pub(super) fn offset(&self, at: f64) -> f64 {
        (at - self.start) / self.frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_steady_although_callbacks_jitter() {
        let mut clock = FrameClock::new(48_000);
        let period = 256.0 / 47_990.0;
        let mut seed = 1_u32;
        let mut worst = 0.0_f64;
        let mut last = None;
        for block in 0..12_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let jitter = f64::from(seed >> 16) / 65_536.0 * 0.002;
            clock.block(f64::from(block) * period + jitter, 256);
            let start = clock.start - f64::from(block) * period;
            if let Some(last) = last
                && block > 6_000
            {
                worst = worst.max(f64::abs(start - last));
            }
            last = Some(start);
        }
        assert!(
            worst < 40e-6,
            "{worst} s from block to block, of 2 ms of jitter"
        );
        let late = last.unwrap();
        assert!(
            (0.0..0.002).contains(&late),
            "the drift of the rate is followed: {late}"
        );
    }

    #[test]
    fn after_a_pause_the_clock_starts_again() {
        let mut clock = FrameClock::new(48_000);
        clock.block(1.0, 480);
        clock.block(1.01, 480);
        clock.block(5.0, 480);
        assert!((clock.offset(5.001) - 48.0).abs() < 0.1);
    }
}
