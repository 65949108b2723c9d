//! Operations that are open at the same time never share a sub-row.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::{
    engine::{EventId, EventKind, Payload, TimerOrigin},
    score::timeout_timer,
    view::{
        lane::LaneModel,
        sub_rows::Slot,
        test_history::{TestHistory, s},
        timeline_entry::{EntryKind, TimelineEntry},
    },
};

/// What may happen next to one of the open operations.
#[derive(Debug, Clone, Copy)]
enum Step {
    Schedule,
    Child,
    Retry,
    Wait,
    Start(usize),
    Fail(usize),
    Complete(usize),
    Cancel(usize),
    Fire(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let which = 0usize..64;
    prop::collection::vec(
        prop_oneof![
            4 => Just(Step::Schedule),
            1 => Just(Step::Child),
            1 => Just(Step::Retry),
            1 => Just(Step::Wait),
            4 => which.clone().prop_map(Step::Start),
            2 => which.clone().prop_map(Step::Fail),
            3 => which.clone().prop_map(Step::Complete),
            1 => which.clone().prop_map(Step::Cancel),
            1 => which.prop_map(Step::Fire),
        ],
        1..120,
    )
}

/// A history of these steps, a tenth of a second apart.
fn history_of(steps: &[Step]) -> TestHistory {
    let mut history = TestHistory::new("fleet");
    let (mut tasks, mut children, mut timers) = (Vec::new(), Vec::new(), Vec::new());
    let pick = |open: &mut Vec<EventId>, which: usize| match open.len() {
        0 => None,
        n => Some(open.remove(which % n)),
    };
    for (place, step) in steps.iter().enumerate() {
        let at = 1.0 + place as f64 / 10.0;
        let result = Payload::null();
        match *step {
            Step::Schedule => tasks.push(history.schedule(at, "region", Payload::null())),
            Step::Child => children.push(history.child(at, "child", &format!("child-{place}"))),
            Step::Retry => {
                let (name, attempt) = ("region".to_owned(), 2);
                let origin = TimerOrigin::Retry { name, attempt };
                let fire_at = Some(s(at + 5.0));
                timers.push(history.add(at, EventKind::TimerCreated { fire_at, origin }));
            }
            Step::Wait => {
                let name = "vm".to_owned();
                let origin = TimerOrigin::Wait { name };
                let fire_at = Some(s(at + 5.0));
                timers.push(history.add(at, EventKind::TimerCreated { fire_at, origin }));
            }
            Step::Start(which) if !tasks.is_empty() => {
                let (scheduled, attempt) = (tasks[which % tasks.len()], 2);
                history.add(at, EventKind::TaskStarted { scheduled, attempt });
            }
            Step::Fail(which) => {
                if let Some(task) = pick(&mut tasks, which) {
                    let retry = (which % 2 == 0).then_some(at + 1.0);
                    history.fail(at, task, 1, retry);
                    tasks.extend(retry.map(|_| task));
                }
            }
            Step::Complete(which) => {
                if let Some(scheduled) = pick(&mut tasks, which) {
                    history.add(at, EventKind::TaskCompleted { scheduled, result });
                } else if let Some(created) = pick(&mut children, which) {
                    let kind = EventKind::ChildWorkflowInstanceCompleted { created, result };
                    history.add(at, kind);
                }
            }
            Step::Cancel(which) => {
                if let Some(scheduled) = pick(&mut tasks, which) {
                    history.add(at, EventKind::TaskCanceled { scheduled });
                }
            }
            Step::Fire(which) => {
                if let Some(timer) = pick(&mut timers, which) {
                    history.add(at, EventKind::TimerFired { timer });
                }
            }
            Step::Start(_) => {}
        }
    }
    history
}

fn lane_of(history: &TestHistory) -> LaneModel {
    let mut lane = LaneModel::new(history.id.clone(), 0);
    lane.committed(&history.commit());
    lane
}

fn is_work(entry: &&TimelineEntry) -> bool {
    matches!(
        entry.kind,
        EntryKind::Queued { .. }
            | EntryKind::Attempt { .. }
            | EntryKind::Backoff { .. }
            | EntryKind::Child { .. }
            | EntryKind::Wait { .. }
    )
}

proptest! {
    #![proptest_config(crate::seed::cases(128))]
    #[test]
    fn what_is_in_one_sub_row_never_overlaps(steps in steps()) {
        let lane = lane_of(&history_of(&steps));
        let mut rows: BTreeMap<Slot, Vec<&TimelineEntry>> = BTreeMap::new();
        for entry in lane.timeline.iter().filter(is_work) {
            rows.entry(entry.slot).or_default().push(entry);
        }
        for (slot, entries) in rows {
            for pair in entries.windows(2) {
                let end = pair[0].until;
                prop_assert!(end.is_some_and(|end| end <= pair[1].from), "{slot:?}: {pair:?}");
            }
        }
        // No row is wasted: there are never more than there are operations.
        let scheduled = steps.iter().filter(|step| {
            matches!(step, Step::Schedule | Step::Child | Step::Retry | Step::Wait)
        });
        prop_assert!(lane.sub_rows() as usize <= scheduled.count());
    }
}

#[test]
fn branches_have_rows_from_the_fork_to_the_join_and_a_sequence_has_one() {
    let mut history = TestHistory::new("regions");
    let first = history.schedule(1.0, "plan", Payload::null());
    let result = Payload::null();
    let done = |history: &mut TestHistory, at, scheduled| {
        let result = result.clone();
        history.add(at, EventKind::TaskCompleted { scheduled, result });
    };
    done(&mut history, 2.0, first);
    let branch = |history: &mut TestHistory, name: &str| {
        let kind = EventKind::TaskScheduled {
            name: name.to_owned(),
            input: Payload::null(),
            retry: None,
            timeouts: crate::engine::Timeouts::default(),
        };
        history.add(2.0, kind)
    };
    let [a, b, c] = ["a", "b", "c"].map(|name| branch(&mut history, name));
    done(&mut history, 4.0, b);
    done(&mut history, 5.0, a);
    done(&mut history, 7.0, c);
    let last = history.schedule(7.0, "report", Payload::null());
    let lane = lane_of(&history);
    let row_of = |scheduled: EventId| {
        let entry = lane
            .timeline
            .iter()
            .find(|e| e.event == scheduled && is_work(e));
        entry.map(|entry| entry.slot.0)
    };
    let rows = [first, a, b, c, last].map(row_of);
    assert_eq!(rows, [0, 0, 1, 2, 0].map(Some));
    let forks: Vec<_> = lane
        .timeline
        .iter()
        .filter_map(|entry| match entry.kind {
            EntryKind::Branches { rows } => Some((rows, entry.from, entry.until)),
            _ => None,
        })
        .collect();
    assert_eq!(forks, [(3, s(2.0), Some(s(7.0)))]);
}

#[test]
fn a_retry_made_by_the_score_stays_in_its_row_and_its_fork_joins_after_it() {
    let mut history = TestHistory::new("regions");
    let schedule = |history: &mut TestHistory, at| {
        let kind = EventKind::TaskScheduled {
            name: "create".to_owned(),
            input: Payload::null(),
            retry: None,
            timeouts: crate::engine::Timeouts::default(),
        };
        history.add(at, kind)
    };
    let [quick, failing] = [1.0, 1.0].map(|at| schedule(&mut history, at));
    let done = |history: &mut TestHistory, at, scheduled| {
        let result = Payload::null();
        history.add(at, EventKind::TaskCompleted { scheduled, result });
    };
    done(&mut history, 2.0, quick);
    history.fail(3.0, failing, 1, None);
    let (name, attempt) = ("region".to_owned(), 2);
    let origin = TimerOrigin::Retry { name, attempt };
    let fire_at = Some(s(4.0));
    let timer = history.add(3.0, EventKind::TimerCreated { fire_at, origin });
    history.add(4.0, EventKind::TimerFired { timer });
    let again = schedule(&mut history, 4.0);
    done(&mut history, 6.0, again);
    let lane = lane_of(&history);
    let rows = [quick, failing, timer, again].map(|event| {
        let entry = lane
            .timeline
            .iter()
            .find(|e| e.event == event && is_work(e));
        entry.map(|entry| entry.slot.0)
    });
    assert_eq!(rows, [0, 1, 1, 1].map(Some));
    let fork = lane
        .timeline
        .iter()
        .find(|e| matches!(e.kind, EntryKind::Branches { .. }));
    assert_eq!(fork.and_then(|fork| fork.until), Some(s(6.0)));
}

#[test]
fn forty_waits_of_a_fork_have_rows_of_their_own_and_a_timeout_has_none() {
    let mut history = TestHistory::new("fleet");
    let mut timer = |at, name: String| {
        let (origin, fire_at) = (TimerOrigin::Wait { name }, Some(s(9.0)));
        history.add(at, EventKind::TimerCreated { fire_at, origin })
    };
    timer(1.0, timeout_timer("/do/0/fleet"));
    let waits: Vec<_> = (1..=40).map(|vm| timer(1.0, format!("vm-{vm}"))).collect();
    for (place, timer) in waits.iter().enumerate() {
        let at = 2.0 + place as f64 / 10.0;
        history.add(at, EventKind::TimerFired { timer: *timer });
    }
    let next = history.schedule(7.0, "report", Payload::null());
    let lane = lane_of(&history);
    let row_of = |event: EventId| {
        let mut entries = lane.timeline.iter();
        let entry = entries.find(|e| e.event == event && is_work(e));
        entry.map(|entry| entry.slot.0)
    };
    let rows: Vec<_> = waits.iter().filter_map(|wait| row_of(*wait)).collect();
    assert_eq!(rows, (0..40).collect::<Vec<_>>());
    assert_eq!(lane.sub_rows(), 40);
    assert_eq!(
        row_of(next),
        Some(0),
        "what follows is no retry of the last"
    );
    let fork = lane.timeline.iter().find_map(|entry| match entry.kind {
        EntryKind::Branches { rows } => Some((rows, entry.until.is_some())),
        _ => None,
    });
    assert_eq!(fork, Some((40, true)));
}
