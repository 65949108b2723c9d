//! Motion that means something: a retry trembles once, a termination closes like a shutter, a resume sweeps
//! over the lane, and a note glows while it sounds.
//!
//! Everything is a function of how long ago it happened, so that nothing has to be remembered. Nothing
//! flashes more than three times a second, however fast the music or the workflow is.

use std::{f32::consts::PI, time::Duration};

use serde::{Deserialize, Serialize};

use super::{lane::LaneModel, sub_rows::Slot};
use crate::engine::{Status, Timestamp};

/// Whether changes are shown with motion. A setting of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Motion {
    /// They are.
    #[default]
    On,
    /// Nothing moves but time.
    Off,
}

impl Motion {
    /// The other one.
    pub fn next(self) -> Self {
        match self {
            Self::On => Self::Off,
            Self::Off => Self::On,
        }
    }

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::On => "motion on",
            Self::Off => "motion off",
        }
    }
}

/// The latest changes of a lane that are shown with motion.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moves {
    /// When an operation was last tried again, and its sub-row.
    pub retried: Option<(Timestamp, Slot)>,
    /// When it was last resumed.
    pub resumed: Option<Timestamp>,
}

/// The bar of a retry that trembles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tremble {
    /// The sub-row of what is retried.
    pub slot: Slot,
    /// When the attempt began; earlier bars stand still.
    pub since: Timestamp,
    /// How far it is moved down, in points.
    pub offset: f32,
}

/// A shutter over a lane that was terminated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shutter {
    /// How far it is closed, 0 to 1.
    pub closed: f32,
    /// Its opacity, 0 to 1.
    pub opacity: f32,
}

/// A light over a lane that was resumed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResumeLight {
    /// Where it is on its way to the playhead, 0 to 1.
    pub place: f32,
    /// How bright it is, 0 to 1.
    pub strength: f32,
}

/// What moves in a lane at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LaneMotion {
    /// A retry trembles.
    pub tremble: Option<Tremble>,
    /// A termination closes.
    pub shutter: Option<Shutter>,
    /// A resume sweeps.
    pub resume: Option<ResumeLight>,
}

impl LaneMotion {
    /// Whether nothing moves.
    pub fn is_still(&self) -> bool {
        *self == Self::default()
    }
}

/// How long a retry trembles.
const TREMBLE: Duration = Duration::from_millis(400);
/// How far, in points.
const AMPLITUDE: f32 = 2.5;
/// How long the shutter takes to close, and to fade away then.
const CLOSES: Duration = Duration::from_millis(260);
const FADES: Duration = Duration::from_millis(240);
/// How long a resume sweeps.
const SWEEP: Duration = Duration::from_millis(600);
/// The shortest time between two flashes.
const FLASH: f64 = 1.0 / 3.0;
/// How strongly a note glows that is shorter than that: too weak for a flash.
const FAINT: f32 = 0.15;

impl LaneModel {
    /// What moves in it at a moment.
    pub fn motion(&self, now: Timestamp) -> LaneMotion {
        let retried = self.moves.retried.filter(|_| !self.status.is_closed());
        let tremble = retried.and_then(|(since, slot)| {
            let offset = tremble(age(since, now)?)?;
            Some(Tremble {
                slot,
                since,
                offset,
            })
        });
        let terminated = self.closed_at.filter(|_| self.status == Status::Terminated);
        LaneMotion {
            tremble,
            shutter: terminated.and_then(|at| shutter(age(at, now)?)),
            resume: self.moves.resumed.and_then(|at| resume(age(at, now)?)),
        }
    }
}

/// `None`: it has not happened yet.
fn age(since: Timestamp, now: Timestamp) -> Option<Duration> {
    (since <= now).then(|| now.since(since))
}

/// The part of a length that has passed; `None` when it is over.
fn part(age: Duration, length: Duration) -> Option<f32> {
    (age < length).then(|| age.as_secs_f32() / length.as_secs_f32())
}

/// How far a bar is moved down so long after its retry began, in points: three small swings that die away.
fn tremble(age: Duration) -> Option<f32> {
    let part = part(age, TREMBLE)?;
    let rest = 1.0 - part;
    Some(AMPLITUDE * rest * rest * (part * 6.0 * PI).sin())
}

/// The shutter so long after a termination: it closes fast, then slower, and fades away.
fn shutter(age: Duration) -> Option<Shutter> {
    if let Some(part) = part(age, CLOSES) {
        let rest = 1.0 - part;
        return Some(Shutter {
            closed: 1.0 - rest * rest * rest,
            opacity: 1.0,
        });
    }
    let part = part(age - CLOSES, FADES)?;
    Some(Shutter {
        closed: 1.0,
        opacity: 1.0 - part,
    })
}

/// The light so long after a resume. It is dark at both ends.
fn resume(age: Duration) -> Option<ResumeLight> {
    let part = part(age, SWEEP)?;
    Some(ResumeLight {
        place: part,
        strength: (part * PI).sin(),
    })
}

/// How strongly a note of that many seconds glows while it sounds, 0 to 1. Short notes may follow each
/// other faster than anything may flash.
pub fn glow(seconds: f64) -> f32 {
    match seconds >= FLASH {
        true => 1.0,
        false => FAINT,
    }
}

/// Whether one of so many beats may light up at a tempo, in beats a minute.
pub fn lights_beats(tempo: f64, beats: u32) -> bool {
    60.0 / tempo.max(1.0) * f64::from(beats.max(1)) >= FLASH
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

    fn millis(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_retry_trembles_once_and_its_bar_alone() {
        let mut history = TestHistory::new("pay");
        let task = history.schedule(1.0, "charge", Payload::null());
        assert!(
            lane_of(&history).motion(s(1.01)).is_still(),
            "a first attempt"
        );
        history.fail(2.0, task, 1, Some(3.0));
        let (scheduled, attempt) = (task, 2);
        history.add(3.0, EventKind::TaskStarted { scheduled, attempt });
        let lane = lane_of(&history);
        assert!(lane.motion(s(2.9)).is_still(), "it waits");
        let trembles = lane.motion(s(3.05)).tremble.unwrap();
        assert_eq!((trembles.slot, trembles.since), (Slot(0), s(3.0)));
        assert!(trembles.offset.abs() > 0.5 && trembles.offset.abs() <= AMPLITUDE);
        assert!(lane.motion(s(3.41)).is_still(), "it is over");
    }

    #[test]
    fn a_termination_closes_and_a_resume_sweeps_and_then_all_is_still() {
        let mut history = TestHistory::new("vamp");
        history.pause(1.0);
        let reason = String::new();
        history.add(5.0, EventKind::ExecutionResumed { reason });
        let lane = lane_of(&history);
        assert!(lane.motion(s(4.9)).is_still());
        let [early, late] = [5.1, 5.5].map(|at| lane.motion(s(at)).resume.unwrap());
        assert!(early.place < late.place && late.place < 1.0);
        assert!(lane.motion(s(5.7)).is_still());

        let reason = String::new();
        history.add(
            7.0,
            EventKind::ExecutionTerminated {
                reason,
                output: None,
            },
        );
        history.status = Status::Terminated;
        let lane = lane_of(&history);
        let [begins, shut] = [7.02, 7.25].map(|at| lane.motion(s(at)).shutter.unwrap());
        assert!(begins.closed < 0.5 && shut.closed > 0.95);
        assert!(lane.motion(s(7.501)).is_still());
    }

    /// How often a brightness goes up and down again in a second, each by a tenth or more.
    fn flashes(brightness: impl Fn(f64) -> f32) -> usize {
        let (mut turns, mut low, mut high, mut rises) = (0, f32::MAX, f32::MIN, None);
        for step in 0..4_000 {
            let now = brightness(f64::from(step) / 1_000.0);
            (low, high) = (low.min(now), high.max(now));
            let turned = match rises {
                Some(true) => high - now >= 0.1,
                Some(false) => now - low >= 0.1,
                None => high - low >= 0.1,
            };
            if turned {
                turns += 1;
                rises = Some(now == high);
                (low, high) = (now, now);
            }
        }
        turns / 2
    }

    #[test]
    fn nothing_flashes_more_than_three_times_a_second() {
        let light = |age: Duration| resume(age).map_or(0.0, |light| light.strength);
        let dark = |age: Duration| shutter(age).map_or(0.0, |s| s.closed * s.opacity);
        let once = |curve: &dyn Fn(Duration) -> f32| {
            flashes(|seconds| curve(Duration::from_secs_f64(seconds)))
        };
        assert_eq!((once(&light), once(&dark)), (1, 1));
        // Four seconds of notes of any length, one after the other with short gaps.
        for length in [0.03, 0.06, 0.125, 0.25, 0.33, 0.34, 0.5, 1.0] {
            let notes = |seconds: f64| match seconds % (length * 1.02) < length {
                true => glow(length) * 0.55,
                false => 0.0,
            };
            assert!(flashes(notes) <= 12, "notes of {length} s");
        }
        assert!(lights_beats(120.0, 4) && lights_beats(400.0, 3));
        assert!(!lights_beats(400.0, 2) && !lights_beats(200.0, 1));
    }

    #[test]
    fn a_tremble_ends_where_it_began_and_is_short() {
        assert_eq!(tremble(millis(0)), Some(0.0));
        assert!(tremble(millis(399)).unwrap().abs() < 0.1);
        assert_eq!(tremble(millis(400)), None);
        assert!(CLOSES + FADES <= millis(500));
    }
}
