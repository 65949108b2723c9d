//! The recovery sweep: after a return from a crash, a soft light goes once over what was answered from
//! history, from the start of each recovered run to the seam.
//!
//! It only computes where the light is. It goes one way, once, and is dark at both ends, so that nothing
//! flashes; afterwards nothing moves.

use std::time::Duration;

use super::{
    event_table::EventPlace, lane::LaneModel, outage::Outage, playhead::TimeRange,
    viewport::Viewport,
};
use crate::engine::Timestamp;

/// A light that goes over the recovered lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoverySweep {
    outage: Outage,
    /// The wall clock at its start.
    began: Timestamp,
}

/// The light on a lane at one moment, in points from the left edge of the timeline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SweepLight {
    /// The dark end behind it.
    pub tail: f32,
    /// Where it is brightest.
    pub head: f32,
    /// The dark end before it.
    pub front: f32,
    /// How bright it is there, 0 to 1.
    pub strength: f32,
}

impl RecoverySweep {
    /// How long it takes.
    pub const LENGTH: Duration = Duration::from_millis(1200);
    /// The length of the light behind its head, in points.
    const TAIL: f32 = 260.0;
    /// The length of the light before its head, in points.
    const FRONT: f32 = 40.0;

    /// A sweep that begins now.
    pub fn new(outage: Outage, wall: Timestamp) -> Self {
        let began = wall;
        Self { outage, began }
    }

    /// Whether it has ended.
    pub fn is_over(&self, wall: Timestamp) -> bool {
        wall.since(self.began) >= Self::LENGTH
    }

    /// The light on a lane. `None`: there is none, or nothing of what it goes over is in view.
    pub fn light(&self, lane: &LaneModel, view: &Viewport, wall: Timestamp) -> Option<SweepLight> {
        if self.is_over(wall) {
            return None;
        }
        let answered = lane.answered_from_history(&self.outage)?;
        let left = view.x(answered.from).max(0.0);
        let seam = view.x(answered.until).min(view.width);
        if seam <= left {
            return None;
        }
        let part = wall.since(self.began).as_secs_f32() / Self::LENGTH.as_secs_f32();
        // At the end the tail has passed the seam.
        let head = left + (seam - left + Self::TAIL) * part;
        Some(SweepLight {
            tail: (head - Self::TAIL).clamp(left, seam),
            head: head.min(seam),
            front: (head + Self::FRONT).clamp(left, seam),
            strength: (std::f32::consts::PI * part).sin(),
        })
    }
}

impl LaneModel {
    /// The time of the steps that were answered from history when the process was back: those of the run
    /// that was open. `None`: the lane was not recovered.
    pub fn answered_from_history(&self, outage: &Outage) -> Option<TimeRange> {
        if self.closed_at.is_some_and(|closed| closed < outage.until) {
            return None;
        }
        let last = self.history.count_at(outage.from).0.checked_sub(1)?;
        let first = self.history.run_start(EventPlace(last))?;
        let first = self.history.get(first.0)?;
        Some(TimeRange::between(first.event.at, outage.from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventKind, Payload},
        view::test_history::{TestHistory, s},
    };

    fn lane_of(history: &TestHistory) -> LaneModel {
        let mut lane = LaneModel::new(history.id.clone(), 0);
        lane.committed(&history.commit());
        lane
    }

    fn bass() -> LaneModel {
        let mut history = TestHistory::new("bass");
        for second in 1..10 {
            history.note(f64::from(second), 0.5, 40);
        }
        lane_of(&history)
    }

    fn outage() -> Outage {
        Outage {
            from: s(10.0),
            until: s(12.0),
            workflows: 1,
            events: 28,
        }
    }

    fn view() -> Viewport {
        Viewport::new(s(0.0), 20.0, 1000.0)
    }

    #[test]
    fn a_light_goes_once_from_the_start_to_the_seam_and_is_gone_after_a_second() {
        let sweep = RecoverySweep::new(outage(), s(13.0));
        let lane = bass();
        let (start, seam) = (view().x(s(0.0)), view().x(s(10.0)));
        let mut lights = Vec::new();
        for step in 0..120 {
            let wall = s(13.0 + f64::from(step) / 100.0);
            lights.push(sweep.light(&lane, &view(), wall).unwrap());
        }
        assert_eq!(lights[0].head, start);
        assert_eq!(lights[119].head, seam);
        assert!(lights.is_sorted_by(|a, b| a.head <= b.head && a.tail <= b.tail));
        let inside = |x: f32| (start..=seam).contains(&x);
        assert!(lights.iter().all(|l| inside(l.tail) && inside(l.front)));
        assert_eq!(sweep.light(&lane, &view(), s(14.2)), None);
        assert!(sweep.is_over(s(14.2)) && !sweep.is_over(s(14.1)));
    }

    #[test]
    fn the_light_grows_and_fades_once_so_that_nothing_flashes() {
        let sweep = RecoverySweep::new(outage(), s(13.0));
        let strength = |ms: u32| {
            let wall = s(13.0 + f64::from(ms) / 1e3);
            let light = sweep.light(&bass(), &view(), wall);
            light.map_or(0.0, |light| light.strength)
        };
        assert!(strength(0) < 0.01 && strength(1200) < 0.01);
        let all: Vec<_> = (0..=120).map(|step| strength(step * 10)).collect();
        let turns = all
            .windows(3)
            .filter(|w| (w[1] - w[0]).signum() != (w[2] - w[1]).signum());
        assert_eq!(turns.count(), 1, "it is brightest once");
    }

    #[test]
    fn only_the_run_that_was_open_is_lit_and_only_in_recovered_lanes() {
        let mut first = TestHistory::new("vamp");
        first.note(1.0, 0.5, 40);
        let input = Payload::null();
        let keep_version = false;
        let next = EventKind::ContinuedAsNew {
            input,
            keep_version,
        };
        first.add(4.0, next);
        let mut second = first.next_run(4.0);
        second.note(5.0, 0.5, 41);
        let mut lane = lane_of(&first);
        lane.committed(&second.commit());
        let lit = lane.answered_from_history(&outage()).unwrap();
        assert_eq!((lit.from, lit.until), (s(4.0), s(10.0)));

        let output = Payload::null();
        let mut ended = TestHistory::new("ended");
        ended.add(3.0, EventKind::ExecutionCompleted { output });
        assert_eq!(lane_of(&ended).answered_from_history(&outage()), None);
        let mut later = TestHistory::new("later");
        for event in &mut later.events {
            event.at = s(11.0);
        }
        assert_eq!(lane_of(&later).answered_from_history(&outage()), None);
    }

    #[test]
    fn what_is_out_of_view_is_not_lit() {
        let sweep = RecoverySweep::new(outage(), s(100.0));
        let later = Viewport::new(s(90.0), 20.0, 1000.0);
        assert_eq!(sweep.light(&bass(), &later, s(100.5)), None);
    }
}
