//! The window of time that the timeline shows, and where each moment is on the screen.
//!
//! On request the axis folds idle times: a fold is always as wide, and the moments in it are spread over
//! its width. Everything that is drawn or hit goes through [`Viewport::x`] and [`Viewport::time_at`], and
//! every move of the window through the same two steps: how many points are between two moments, and which
//! moment is some points further.

use super::{
    idle_time::IdleTimes,
    playhead::TimeRange,
    time_map::{shifted, signed_ns},
};
use crate::engine::Timestamp;

/// Position of the playhead while the view follows, as a part of the width.
pub const PLAYHEAD: f32 = 0.70;

/// The width of a fold, in points.
const FOLD: f64 = 48.0;
/// An idle time is folded if it would take more than this part of the width.
const FOLDED_FROM: f64 = 0.1;

/// A window of time and its width on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Viewport {
    /// The moment at the left edge.
    pub from: Timestamp,
    /// Nanoseconds per point, outside of folds.
    pub ns_per_point: f64,
    /// Width in points.
    pub width: f32,
    /// The idle times that may be folded.
    idle: IdleTimes,
    /// Those that are, at this scale.
    folded: IdleTimes,
}

impl Viewport {
    /// The most steps in which folded time is fitted into the window.
    const FIT_STEPS: usize = 40;
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
            idle: IdleTimes::default(),
            folded: IdleTimes::default(),
        }
    }

    /// The window that shows a range of time as a whole, with its folds.
    pub fn showing(&self, range: TimeRange) -> Self {
        let seconds = (range.length().as_secs_f64() * 1.04).max(1.0);
        let mut view = Self::new(range.from, seconds, self.width);
        view.idle = self.idle.clone();
        view.fold();
        // Each step folds what was too short at the scale before. Folds have a width of their own, so the
        // rest comes near to its own only step by step.
        for _ in 0..Self::FIT_STEPS {
            let points = view.points(range.from, range.until).max(1.0);
            let part = points / f64::from(view.width);
            if (0.94..=1.0).contains(&part) {
                break;
            }
            let scale = view.ns_per_point * points * 1.04 / f64::from(view.width);
            view.set_scale(scale.max(1e9 / f64::from(view.width)));
        }
        if view.points(range.from, range.until) > f64::from(view.width) {
            view.set_scale(seconds * 1e9 / f64::from(view.width));
        }
        view
    }

    /// The moment at the right edge.
    pub fn until(&self) -> Timestamp {
        self.time_at(self.width)
    }

    /// Points from the left edge to a moment; may be outside.
    #[inline]
    pub fn x(&self, at: Timestamp) -> f32 {
        self.points(self.from, at) as f32
    }

    /// The moment at `x` points from the left edge.
    pub fn time_at(&self, x: f32) -> Timestamp {
        self.further(self.from, f64::from(x))
    }

    /// Zooms in by `factor`; the moment at `x` stays in place.
    pub fn zoom_at(&mut self, x: f32, factor: f64) {
        let fixed = self.time_at(x);
        if factor.is_finite() && factor > 0.0 {
            self.set_scale(self.ns_per_point / factor);
        }
        self.put(fixed, x);
    }

    /// Sets the nanoseconds per point; the left edge stays in place.
    pub fn set_scale(&mut self, ns_per_point: f64) {
        self.ns_per_point = ns_per_point.clamp(Self::MIN_SCALE, Self::MAX_SCALE);
        self.fold();
    }

    /// Sets the idle times to fold; the moment at `x` stays in place.
    pub fn set_idle(&mut self, idle: IdleTimes, x: f32) {
        if idle == self.idle {
            return;
        }
        let fixed = self.time_at(x);
        self.idle = idle;
        self.fold();
        self.put(fixed, x);
    }

    /// Moves the content to the right by `points`: earlier moments come into view.
    pub fn pan(&mut self, points: f32) {
        self.from = self.time_at(-points);
    }

    /// Puts a moment at the playhead.
    pub fn follow(&mut self, now: Timestamp) {
        self.center(now, PLAYHEAD);
    }

    /// Puts a moment at a part of the width, 0 to 1.
    pub fn center(&mut self, at: Timestamp, part: f32) {
        self.put(at, self.width * part);
    }

    /// Changes the width and keeps the scale.
    pub fn resize(&mut self, width: f32) {
        let width = width.max(1.0);
        if (self.width - width).abs() > f32::EPSILON {
            self.width = width;
            self.fold();
        }
    }

    /// The same window with another clock: the same places, `ns` nanoseconds later.
    pub(super) fn moved_by(&self, ns: f64) -> Self {
        Self {
            from: shifted(self.from, ns),
            idle: self.idle.moved_by(ns),
            folded: self.folded.moved_by(ns),
            ..*self
        }
    }

    /// The idle times that are folded.
    pub(super) fn folded(&self) -> &IdleTimes {
        &self.folded
    }

    /// Puts a moment at `x` points from the left edge.
    fn put(&mut self, at: Timestamp, x: f32) {
        self.from = self.further(at, -f64::from(x));
    }

    /// Chooses the idle times that are folded at this scale.
    fn fold(&mut self) {
        let least = f64::from(self.width) * self.ns_per_point * FOLDED_FROM;
        let least = least.max(FOLD * self.ns_per_point);
        self.folded = self.idle.longer_than(least);
    }

    /// The points between two moments, negative if `to` is the earlier one.
    #[inline]
    fn points(&self, from: Timestamp, to: Timestamp) -> f64 {
        let points = signed_ns(from, to) / self.ns_per_point;
        match self.folded.is_empty() {
            true => points,
            false if to < from => -self.points_with_folds(to, from, -points),
            false => self.points_with_folds(from, to, points),
        }
    }

    /// The points between two moments, if there were so many without folds.
    fn points_with_folds(&self, from: Timestamp, to: Timestamp, mut points: f64) -> f64 {
        let folds = self.folded.ending_after(from);
        for fold in folds.take_while(|fold| fold.from < to) {
            let part = signed_ns(fold.from.max(from), fold.until.min(to));
            points += FOLD * part / signed_ns(fold.from, fold.until) - part / self.ns_per_point;
        }
        points
    }

    /// The moment that is some points later, or earlier if they are negative.
    fn further(&self, from: Timestamp, points: f64) -> Timestamp {
        match points >= 0.0 {
            true => self.later(from, points),
            false => self.earlier(from, -points),
        }
    }

    fn later(&self, from: Timestamp, mut points: f64) -> Timestamp {
        let mut here = from;
        for fold in self.folded.ending_after(from) {
            let before = signed_ns(here, fold.from).max(0.0) / self.ns_per_point;
            if points <= before {
                break;
            }
            here = here.max(fold.from);
            points -= before;
            let scale = signed_ns(fold.from, fold.until) / FOLD;
            let inside = signed_ns(here, fold.until) / scale;
            if points <= inside {
                return shifted(here, points * scale);
            }
            here = fold.until;
            points -= inside;
        }
        shifted(here, points * self.ns_per_point)
    }

    fn earlier(&self, from: Timestamp, mut points: f64) -> Timestamp {
        let mut here = from;
        for fold in self.folded.starting_before(from) {
            let after = signed_ns(fold.until, here).max(0.0) / self.ns_per_point;
            if points <= after {
                break;
            }
            here = here.min(fold.until);
            points -= after;
            let scale = signed_ns(fold.from, fold.until) / FOLD;
            let inside = signed_ns(fold.from, here) / scale;
            if points <= inside {
                return shifted(here, -points * scale);
            }
            here = fold.from;
            points -= inside;
        }
        shifted(here, -points * self.ns_per_point)
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

    /// Idle times that do not overlap, from gaps and lengths in seconds.
    fn idle(parts: &[(f64, f64)]) -> IdleTimes {
        let mut at = BEGIN;
        let times = parts.iter().map(|(gap, length)| {
            let from = shifted(at, gap * 1e9);
            at = shifted(from, length * 1e9);
            TimeRange { from, until: at }
        });
        IdleTimes::new(times.collect())
    }

    const BEGIN: Timestamp = Timestamp(1_800_000_000_000_000_000);

    fn folded() -> impl Strategy<Value = Viewport> {
        let parts = prop::collection::vec((0.01f64..60.0, 4.0f64..4000.0), 0..12);
        (parts, 0.5f64..500.0, -100.0f64..400.0).prop_map(|(parts, seconds, from)| {
            let mut view = Viewport::new(shifted(BEGIN, from * 1e9), seconds, 1500.0);
            view.set_idle(idle(&parts), 0.0);
            view
        })
    }

    proptest! {
        #![proptest_config(crate::seed::cases(256))]

        #[test]
        fn zoom_keeps_the_time_under_the_cursor_between_and_in_folds(
            view in folded(),
            x in 0.0f32..1500.0,
            factors in prop::collection::vec(0.2f64..5.0, 1..12),
        ) {
            let mut view = view;
            let before = view.time_at(x);
            for factor in factors {
                view.zoom_at(x, factor);
                prop_assert!((view.x(before) - x).abs() < 0.1, "{} is not {x}", view.x(before));
            }
        }

        #[test]
        fn with_folds_x_and_time_are_inverse_and_time_never_runs_backward(
            view in folded(),
            xs in prop::collection::vec(-2000.0f32..4000.0, 2..20),
        ) {
            let mut xs = xs;
            xs.sort_by(f32::total_cmp);
            let times: Vec<_> = xs.iter().map(|x| view.time_at(*x)).collect();
            prop_assert!(times.is_sorted());
            for (x, at) in xs.iter().zip(&times) {
                prop_assert!((view.x(*at) - x).abs() < 0.1, "{} is not {x}", view.x(*at));
            }
        }

        #[test]
        fn a_moment_in_a_fold_is_inside_of_it(view in folded(), part in 0.0f64..1.0) {
            for fold in view.shown_folds() {
                prop_assert!((f64::from(fold.right - fold.left) - FOLD).abs() < 0.1);
            }
            for fold in view.folded().iter() {
                let at = shifted(fold.from, signed_ns(fold.from, fold.until) * part);
                let (left, x, right) = (view.x(fold.from), view.x(at), view.x(fold.until));
                prop_assert!(left <= x && x <= right);
            }
        }

        #[test]
        fn a_range_is_shown_as_a_whole(view in folded(), seconds in 1.0f64..10_000.0) {
            let range = TimeRange::between(BEGIN, shifted(BEGIN, seconds * 1e9));
            let whole = view.showing(range);
            prop_assert!(whole.x(range.from).abs() < 0.1);
            prop_assert!(whole.x(range.until) <= whole.width + 0.1);
        }
    }

    #[test]
    fn a_long_wait_takes_no_room_and_a_short_one_does() {
        let mut view = Viewport::new(BEGIN, 20.0, 1000.0);
        view.set_idle(idle(&[(5.0, 300.0), (5.0, 1.9), (1.0, 5.0)]), 0.0);
        let labels: Vec<_> = view.shown_folds().into_iter().map(|f| f.label).collect();
        assert_eq!(labels, ["5 min", "5 s"]);
        let shown: f64 = view
            .unfolded()
            .iter()
            .map(|time| time.length().as_secs_f64())
            .sum();
        assert!(
            (shown - 20.0 * (1000.0 - 2.0 * FOLD) / 1000.0).abs() < 0.01,
            "{shown}"
        );
        // Zoomed out, only the long one is folded.
        view.set_scale(100e9 / 1000.0);
        let labels: Vec<_> = view.shown_folds().into_iter().map(|f| f.label).collect();
        assert_eq!(labels, ["5 min"]);
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
