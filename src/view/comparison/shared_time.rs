//! One axis of time for two histories. Pure.
//!
//! Both start at the same moment, and events that are the same are at the same moment. Time never runs
//! slower or faster for that: between two such events, the history that was faster waits for the other.
//! Only differences that nobody sees or hears are evened out. Pauses take no time: they are not compared,
//! and a rerun is paused from the moment at which it left its source.

use std::time::Duration;

use super::operations::is_compared;
use crate::{
    engine::{Event, EventKind, Timestamp},
    view::time_map::shifted,
};

/// A difference between two stretches of time that is evened out: that of commits and of small waits.
const SLACK: Duration = Duration::from_millis(150);

/// Both histories on one axis.
#[derive(Debug, Clone)]
pub(super) struct SharedTime {
    pub left: Course,
    pub right: Course,
}

/// From the moments of one history to the shared ones. It never moves back.
#[derive(Debug, Clone)]
pub(super) struct Course {
    pauses: Stretches,
    stretches: Stretches,
}

/// A moment and where it goes, and how fast time runs from there on: 1, or close to it, or 0.
#[derive(Debug, Clone, Copy)]
struct Knot {
    /// The place of the event at that moment.
    place: usize,
    from: Timestamp,
    to: Timestamp,
    rate: f64,
}

/// Knots in the order of time.
#[derive(Debug, Clone)]
struct Stretches(Vec<Knot>);

impl SharedTime {
    /// The axis of two histories. `same`: the places of events that are the same, rising in both.
    pub fn of(left: &[Event], right: &[Event], same: &[(usize, usize)]) -> Self {
        let pauses = [left, right].map(Stretches::without_pauses);
        let at = |side: usize, events: &[Event], place: usize| {
            let at = events.get(place).map(|event| event.at);
            let at = pauses.get(side).zip(at).map(|(cut, at)| cut.at(at))?;
            Some(Anchor { place, at })
        };
        let is_anchor = |(ours, _): &&(usize, usize)| {
            // An end says nothing about when; runs of different lengths may end alike.
            left.get(*ours)
                .is_some_and(|event| !super::sentences::is_end(&event.kind))
        };
        let same = same.iter().filter(is_anchor);
        let anchors = std::iter::once((0, 0)).chain(same.copied());
        let anchors = anchors.filter_map(|(l, r)| Some([at(0, left, l)?, at(1, right, r)?]));
        let [ours, theirs] = stretches(anchors);
        let [cut_ours, cut_theirs] = pauses;
        let course = |pauses, stretches| Course { pauses, stretches };
        Self {
            left: course(cut_ours, ours),
            right: course(cut_theirs, theirs),
        }
    }
}

impl Course {
    /// The shared moment of a moment.
    pub fn at(&self, moment: Timestamp) -> Timestamp {
        self.stretches.at(self.pauses.at(moment))
    }

    /// The shared moment of the event at a place. Of events at one moment, some may wait for the other history.
    pub fn of_event(&self, place: usize, moment: Timestamp) -> Timestamp {
        let knots = &self.stretches.0;
        let after = knots.partition_point(|knot| knot.place <= place);
        self.stretches.after(after, self.pauses.at(moment))
    }
}

/// An event of one history that belongs to one of the other.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    place: usize,
    at: Timestamp,
}

impl Stretches {
    fn at(&self, moment: Timestamp) -> Timestamp {
        let after = self.0.partition_point(|knot| knot.from <= moment);
        self.after(after, moment)
    }

    /// A moment that comes after that many knots.
    fn after(&self, after: usize, moment: Timestamp) -> Timestamp {
        let knots = &self.0;
        let next = knots.get(after).map(|next| next.to);
        let to = match after.checked_sub(1).and_then(|place| knots.get(place)) {
            Some(knot) => {
                let ns = moment.since(knot.from).as_nanos() as f64;
                shifted(knot.to, ns * knot.rate)
            }
            // Before the first event.
            None => match knots.first() {
                Some(first) => {
                    let before = first.from.since(moment).as_nanos() as f64;
                    shifted(first.to, -before)
                }
                None => moment,
            },
        };
        next.map_or(to, |next| to.min(next))
    }

    /// Time that stands still during pauses.
    fn without_pauses(events: &[Event]) -> Self {
        let mut knots = Vec::new();
        let mut left_out = 0;
        let mut paused: Option<Timestamp> = None;
        for (place, event) in events.iter().enumerate() {
            let to = |at: Timestamp| Timestamp(at.0.saturating_sub(left_out));
            match (&event.kind, paused) {
                (EventKind::ExecutionSuspended { .. }, None) => {
                    paused = Some(event.at);
                    let (from, to, rate) = (event.at, to(event.at), 0.0);
                    knots.push(Knot {
                        place,
                        from,
                        to,
                        rate,
                    });
                }
                // Something that happens meanwhile ends it as well.
                (kind, Some(since)) if is_resumed(kind) || is_compared(kind) => {
                    paused = None;
                    let (from, rate) = (event.at.max(since), 1.0);
                    let to = to(since);
                    left_out += from.0 - since.0;
                    knots.push(Knot {
                        place,
                        from,
                        to,
                        rate,
                    });
                }
                _ => {}
            }
        }
        Self(knots)
    }
}

impl Anchor {
    fn knot(self, to: Timestamp, rate: f64) -> Knot {
        Knot {
            place: self.place,
            from: self.at,
            to,
            rate,
        }
    }
}

fn is_resumed(kind: &EventKind) -> bool {
    matches!(kind, EventKind::ExecutionResumed { .. })
}

/// The courses of both histories through moments that belong together.
fn stretches(anchors: impl Iterator<Item = [Anchor; 2]>) -> [Stretches; 2] {
    let mut knots = [Vec::new(), Vec::new()];
    let mut last: Option<[Anchor; 2]> = None;
    let mut shared = Timestamp(0);
    for moments in anchors {
        let Some(before) = last else {
            shared = moments[0].at;
            last = Some(moments);
            continue;
        };
        // A file may contain moments that run back.
        let ([here, there], [ours, theirs]) = (before, moments);
        let [ours, theirs] = [(here, ours), (there, theirs)].map(|(from, to)| to.at.since(from.at));
        let evened = ours.abs_diff(theirs) <= SLACK;
        let length = match evened {
            true => ours,
            false => ours.max(theirs),
        };
        let rate = |own: Duration| match evened && !own.is_zero() {
            true => length.as_secs_f64() / own.as_secs_f64(),
            false => 1.0,
        };
        let of_sides = [rate(ours), rate(theirs)];
        for ((knots, from), rate) in knots.iter_mut().zip(before).zip(of_sides) {
            knots.push(from.knot(shared, rate));
        }
        shared = shared + length;
        let [mut here, mut there] = moments;
        (here.at, there.at) = (before[0].at + ours, before[1].at + theirs);
        last = Some([here, there]);
    }
    if let Some(last) = last {
        for (knots, from) in knots.iter_mut().zip(last) {
            knots.push(from.knot(shared, 1.0));
        }
    }
    knots.map(Stretches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::Payload,
        view::test_history::{TestHistory, s},
    };

    /// Tasks that are scheduled at these moments.
    fn tasks(at: &[f64]) -> TestHistory {
        let mut history = TestHistory::new("any");
        for (number, at) in at.iter().enumerate() {
            history.schedule(*at, &format!("task {number}"), Payload::null());
        }
        history
    }

    fn axis(left: &TestHistory, right: &TestHistory, same: &[(usize, usize)]) -> SharedTime {
        SharedTime::of(&left.events, &right.events, same)
    }

    /// The places of the events that schedule the first tasks.
    fn all(count: usize) -> Vec<(usize, usize)> {
        (0..count).map(|n| (1 + 2 * n, 1 + 2 * n)).collect()
    }

    #[test]
    fn what_is_the_same_is_at_the_same_moment_and_the_faster_run_waits() {
        let (left, right) = (tasks(&[1.0, 4.0, 5.0]), tasks(&[1.0, 2.0, 9.0]));
        let axis = axis(&left, &right, &all(3));
        let shared = [1.0, 4.0, 11.0].map(s);
        assert_eq!([1.0, 4.0, 5.0].map(|at| axis.left.at(s(at))), shared);
        assert_eq!([1.0, 2.0, 9.0].map(|at| axis.right.at(s(at))), shared);
        // Time runs as it ran; then it stands still until the other is there.
        assert_eq!(axis.left.at(s(4.5)), s(4.5));
        assert_eq!(axis.right.at(s(1.5)), s(1.5));
        assert_eq!(axis.right.at(s(8.0)), s(10.0));
        assert_eq!(
            axis.left.at(s(6.0)),
            s(12.0),
            "after the last one it goes on"
        );
    }

    #[test]
    fn small_differences_are_evened_out_and_do_not_add_up() {
        let (left, right) = (tasks(&[1.0, 2.0, 3.0, 4.0]), tasks(&[1.1, 2.05, 3.1, 4.0]));
        let axis = axis(&left, &right, &all(4));
        for (ours, theirs) in [(1.0, 1.1), (2.0, 2.05), (3.0, 3.1), (4.0, 4.0)] {
            assert_eq!(axis.left.at(s(ours)), s(ours));
            let off = axis.right.at(s(theirs)).0.abs_diff(s(ours).0);
            assert!(off < 1000, "{theirs}: {off} ns");
        }
    }

    #[test]
    fn the_pause_between_a_run_and_its_rerun_takes_no_time() {
        let left = tasks(&[1.0, 2.0]);
        let mut right = tasks(&[1.0]);
        right.pause(1.5);
        let reason = "forked".to_owned();
        right.add(601.5, EventKind::ExecutionResumed { reason });
        let axis = axis(&left, &right, &all(1));
        assert_eq!(axis.right.at(s(1.2)), s(1.2));
        assert_eq!(axis.right.at(s(300.0)), s(1.5));
        assert_eq!(axis.right.at(s(602.0)), s(2.0));
    }
}
