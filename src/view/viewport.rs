//! The window of time that the timeline shows.

use super::time_map::{shifted, signed_ns};
use crate::engine::Timestamp;

/// Position of the playhead while the view follows, as a part of the width.
pub const PLAYHEAD: f32 = 0.70;

/// A window of time and its width on the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    /// The moment at the left edge.
    pub from: Timestamp,
    /// Nanoseconds per point.
    pub ns_per_point: f64,
    /// Width in points.
    pub width: f32,
}

impl Viewport {
    /// The closest zoom, in nanoseconds per point.
    const MIN_SCALE: f64 = 50_000.0;
    /// The farthest zoom: some days on one screen.
    const MAX_SCALE: f64 = 200e9;

    /// A window of `seconds` from a moment on, `width` points wide.
    pub fn new(from: Timestamp, seconds: f64, width: f32) -> Self {
        let width = width.max(1.0);
        Self {
            from,
            ns_per_point: (seconds * 1e9 / f64::from(width))
                .clamp(Self::MIN_SCALE, Self::MAX_SCALE),
            width,
        }
    }

    /// The moment at the right edge.
    pub fn until(&self) -> Timestamp {
        self.time_at(self.width)
    }

    /// Points from the left edge to a moment; may be outside.
    pub fn x(&self, at: Timestamp) -> f32 {
        (signed_ns(self.from, at) / self.ns_per_point) as f32
    }

    /// The moment at `x` points from the left edge.
    pub fn time_at(&self, x: f32) -> Timestamp {
        shifted(self.from, f64::from(x) * self.ns_per_point)
    }

    /// Zooms in by `factor`; the moment at `x` stays in place.
    pub fn zoom_at(&mut self, x: f32, factor: f64) {
        let fixed = self.time_at(x);
        if factor.is_finite() && factor > 0.0 {
            self.ns_per_point =
                (self.ns_per_point / factor).clamp(Self::MIN_SCALE, Self::MAX_SCALE);
        }
        self.from = shifted(fixed, -f64::from(x) * self.ns_per_point);
    }

    /// Moves the content to the right by `points`: earlier moments come into view.
    pub fn pan(&mut self, points: f32) {
        self.from = shifted(self.from, -f64::from(points) * self.ns_per_point);
    }

    /// Puts a moment at the playhead.
    pub fn follow(&mut self, now: Timestamp) {
        self.center(now, PLAYHEAD);
    }

    /// Puts a moment at a part of the width, 0 to 1.
    pub fn center(&mut self, at: Timestamp, part: f32) {
        self.from = shifted(at, -f64::from(self.width * part) * self.ns_per_point);
    }

    /// Changes the width and keeps the scale.
    pub fn resize(&mut self, width: f32) {
        self.width = width.max(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(crate::seed::cases(256))]

        #[test]
        fn zoom_keeps_the_time_under_the_cursor(
            x in 0.0f32..1500.0,
            factors in prop::collection::vec(0.2f64..5.0, 1..12),
            seconds in 0.5f64..5000.0,
        ) {
            let mut view = Viewport::new(Timestamp(1_800_000_000_000_000_000), seconds, 1500.0);
            let before = view.time_at(x);
            for factor in factors {
                view.zoom_at(x, factor);
            }
            let moved = signed_ns(before, view.time_at(x)).abs();
            prop_assert!(moved <= view.ns_per_point, "{moved} ns");
        }

        #[test]
        fn x_and_time_are_inverse(x in -2000.0f32..2000.0, seconds in 0.5f64..5000.0) {
            let view = Viewport::new(Timestamp(1_800_000_000_000_000_000), seconds, 1500.0);
            prop_assert!((view.x(view.time_at(x)) - x).abs() < 0.05);
        }
    }

    #[test]
    fn following_puts_now_at_the_playhead() {
        let mut view = Viewport::new(Timestamp(0), 20.0, 1000.0);
        view.follow(Timestamp(500_000_000_000));
        assert!((view.x(Timestamp(500_000_000_000)) - 700.0).abs() < 0.01);
    }

    #[test]
    fn dragging_to_the_right_shows_earlier_moments() {
        let mut view = Viewport::new(Timestamp(100_000_000_000), 10.0, 1000.0);
        view.pan(100.0);
        assert_eq!(view.from, Timestamp(99_000_000_000));
    }
}
