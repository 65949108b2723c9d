//! The state at a moment is the fold of the events up to it.

use std::sync::Arc;

use super::{EventCount, LaneHistory, RunEvent};
use crate::{
    engine::{
        Committed, Event, EventKind, History, InstanceId, InstanceSummary, Payload, Status,
        Timestamp,
    },
    view::{
        lane::LaneModel,
        moment::Moment,
        test_history::{TestHistory, s},
    },
};

/// Everything of a lane except its history.
fn content(lane: &LaneModel) -> String {
    let history = LaneHistory::default();
    let (facts, progress) = (None, None);
    let lane = LaneModel {
        history,
        facts,
        progress,
        version: 0,
        ..lane.clone()
    };
    format!("{lane:?}")
}

/// The plain fold of the first events.
fn folded(id: &InstanceId, events: &[RunEvent]) -> LaneModel {
    let mut lane = LaneModel::new(id.clone(), 0);
    for event in events {
        lane.apply(event, &mut Vec::new());
    }
    lane
}

/// A lane that saw these events one by one.
fn lane_of(id: &InstanceId, runs: &[Vec<Event>]) -> (LaneModel, Vec<RunEvent>) {
    let mut lane = LaneModel::new(id.clone(), 0);
    let mut all = Vec::new();
    for (run, events) in (1..).zip(runs) {
        for event in events {
            lane.committed(&Committed {
                instance: InstanceSummary {
                    run,
                    in_flight: 1,
                    ..InstanceSummary::new(id.clone(), "w")
                },
                events: vec![event.clone()],
                annotations: Vec::new(),
                log: Vec::new(),
            });
            let event = Arc::new(event.clone());
            all.push(RunEvent { run, event });
        }
    }
    (lane, all)
}

/// A history of more than a thousand events with retries, pauses, waits and children, in two runs.
fn long_history() -> (InstanceId, Vec<Vec<Event>>) {
    let mut first = TestHistory::new("drummer");
    for n in 0..150 {
        let at = f64::from(n) * 4.0;
        first.note(at + 1.0, 0.5, 40 + (n % 20) as u8);
        let strike = first.schedule(at + 1.5, "strike", Payload::null());
        first.fail(at + 2.0, strike, 1, (n % 3 == 0).then_some(at + 3.0));
        if n % 7 == 0 {
            first.pause(at + 2.2);
            let reason = String::new();
            first.add(at + 2.4, EventKind::ExecutionResumed { reason });
        }
        let timer = first.wait_for(at + 2.5, "cue", Some(at + 3.5));
        first.add(at + 3.5, EventKind::TimerFired { timer });
        first.child(at + 3.6, "voice", &format!("drummer/{n}"));
    }
    let input = Payload::null();
    let keep_version = false;
    let next = EventKind::ContinuedAsNew {
        input,
        keep_version,
    };
    first.add(610.0, next);
    let mut second = first.next_run(610.0);
    second.note(612.0, 1.0, 50);
    (first.id.clone(), vec![first.events, second.events])
}

#[test]
fn the_state_at_every_event_is_the_fold_of_the_events_up_to_it() {
    let (id, runs) = long_history();
    let (lane, events) = lane_of(&id, &runs);
    assert!(lane.history.checkpoints.len() > 3, "checkpoints are used");
    let mut step = LaneModel::new(id.clone(), 0);
    for (index, event) in events.iter().enumerate() {
        step.apply(event, &mut Vec::new());
        if index % 17 == 0 || index + 3 > events.len() {
            let there = lane.after(EventCount(index + 1), None);
            assert_eq!(content(&there), content(&step), "after event {index}");
        }
    }
}

#[test]
fn the_golden_histories_can_be_seen_at_every_event() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engine/golden");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let Ok(history) = History::read(&std::fs::read(&path).unwrap_or_default()) else {
            continue;
        };
        let (lane, events) = lane_of(&history.instance, &[history.events]);
        for count in 1..=events.len() {
            let there = lane.after(EventCount(count), None);
            let plain = folded(&lane.id, &events[..count]);
            assert_eq!(content(&there), content(&plain), "{path:?}, event {count}");
            let last = events[count - 1].event.id;
            let known = there.timeline.iter().all(|entry| entry.event <= last);
            assert!(known, "{path:?}: entries of the future at event {count}");
        }
        seen += 1;
    }
    assert!(seen >= 5, "{seen} golden histories");
}

#[test]
fn seeking_backward_shows_the_same_as_seeking_forward() {
    let (id, runs) = long_history();
    let (lane, events) = lane_of(&id, &runs);
    let moments: Vec<_> = (0..620).step_by(13).map(|n| s(f64::from(n))).collect();
    let mut near: Option<(EventCount, Arc<LaneModel>)> = None;
    let mut forward = Vec::new();
    for at in &moments {
        let count = lane.count_at(&Moment::new(*at));
        let near_by = near.as_ref().map(|(count, lane)| (*count, lane));
        let there = lane.after(count, near_by);
        forward.push(content(&there));
        near = Some((count, there));
    }
    for (at, shown) in moments.iter().zip(&forward).rev() {
        let there = lane.at(&Moment::new(*at)).unwrap();
        assert_eq!(content(&there), *shown);
        let up_to: Vec<_> = events
            .iter()
            .filter(|event| event.event.at <= *at)
            .cloned()
            .collect();
        assert_eq!(content(&there), content(&folded(&id, &up_to)));
    }
}

#[test]
fn the_status_at_a_moment_is_the_one_of_that_moment() {
    let (id, runs) = long_history();
    let (lane, _) = lane_of(&id, &runs);
    assert_eq!(lane.status, Status::Running);
    assert!(lane.at(&Moment::new(Timestamp(0))).is_none());
    let status = |at: f64| {
        lane.at(&Moment::new(s(at)))
            .map(|lane| (lane.status, lane.run))
    };
    assert_eq!(status(2.3), Some((Status::Suspended, 1)));
    assert_eq!(status(2.45), Some((Status::Running, 1)));
    assert_eq!(status(700.0), Some((Status::Running, 2)));
    let step = Some((id, EventCount(lane.history.len().0 - 3)));
    let at = s(700.0);
    let then = lane.at(&Moment { at, step }).unwrap();
    assert_eq!(then.run, 2, "the events of one time can be told apart");
}
