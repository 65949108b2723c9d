//! Two compared runs as they are drawn: aligned, ordered, and with every difference within reach.

use proptest::prelude::*;

use super::{
    tests::{happens, history},
    *,
};
use crate::{
    conductor::Direction,
    engine::{EventKind, Timestamp},
    view::{
        test_history::{TestHistory, s},
        timeline_entry::EntryKind,
        transport_view::TransportView,
    },
};

fn run(history: &TestHistory) -> RunHistory {
    RunHistory {
        name: history.id.to_string(),
        run: history.run,
        history: History {
            instance: history.id.clone(),
            events: history.events.clone(),
        },
    }
}

fn compared(one: &TestHistory, other: &TestHistory) -> ComparedRuns {
    ComparedRuns::of(run(one), run(other), TransportView::default()).unwrap()
}

/// When the notes of a lane begin.
fn notes(side: &ComparedSide) -> Vec<Timestamp> {
    let entries = side.lane.timeline.iter();
    entries
        .filter(|entry| matches!(entry.kind, EntryKind::Note { .. }))
        .map(|entry| entry.from)
        .collect()
}

/// `order-7`, and a rerun of it from event 7 on, ten minutes later, whose last note is another one.
fn order_and_rerun() -> (TestHistory, TestHistory) {
    let mut order = TestHistory::new("order-7");
    for (at, key) in [(1.0, 40), (2.0, 41), (3.0, 42), (4.0, 43)] {
        order.note(at, 0.5, key);
    }
    let mut rerun = TestHistory::new("order-7-rerun").fork_of("order-7", 7);
    for (at, key) in [(1.0, 40), (2.0, 41)] {
        rerun.note(at, 0.5, key);
    }
    rerun.pause(2.0);
    let reason = "forked".to_owned();
    rerun.add(602.5, EventKind::ExecutionResumed { reason });
    for (at, key) in [(603.0, 42), (604.0, 50)] {
        rerun.note(at, 0.5, key);
    }
    (order, rerun)
}

#[test]
fn a_rerun_is_drawn_below_its_source_and_what_is_the_same_is_at_the_same_place() {
    let (order, rerun) = order_and_rerun();
    // Whichever was selected.
    for runs in [compared(&order, &rerun), compared(&rerun, &order)] {
        assert_eq!(runs.title, "Two runs of order-7");
        let [first, second] = &runs.sides;
        assert_eq!((&*first.name, &*first.word), ("order-7", "as it was"));
        assert_eq!(
            (&*second.name, &*second.word),
            ("order-7-rerun", "rerun from event 7")
        );
        let (ours, theirs) = (notes(first), notes(second));
        assert_eq!(ours, [1.0, 2.0, 3.0, 4.0].map(s));
        assert_eq!(theirs[..3], ours[..3], "also after the pause");
        let off = theirs[3].0.abs_diff(ours[3].0);
        assert!(off < 20_000_000, "the other note is {off} ns off");
        assert!(runs.range.until.since(runs.range.from).as_secs() < 6);
        assert_eq!(runs.label(Some(0)), "first difference: walk");
    }
}

#[test]
fn two_runs_of_an_instance_are_named_by_their_numbers_and_others_by_their_order() {
    let mut first = TestHistory::new("vamp");
    first.note(1.0, 0.5, 40);
    let mut second = first.next_run(10.0);
    second.note(11.0, 0.5, 40);
    let words = |runs: &ComparedRuns| runs.sides.each_ref().map(|side| side.word.clone());
    assert_eq!(words(&compared(&second, &first)), ["run 1", "run 2"]);
    let mut other = TestHistory::new("other");
    other.note(1.0, 0.5, 40);
    other.events.iter_mut().for_each(|event| event.at = s(50.0));
    let runs = compared(&other, &first);
    assert_eq!(words(&runs), ["first run", "second run"]);
    assert_eq!(runs.sides[0].name, "vamp", "the earlier one");
}

#[test]
fn a_rerun_that_comes_from_a_file_is_known_by_what_it_shares() {
    let (mut order, rerun) = order_and_rerun();
    // Histories from files have made-up ids.
    order.id = crate::engine::InstanceId::new("file: order-7, a.json").unwrap();
    let runs = compared(&rerun, &order);
    assert_eq!(runs.sides[0].word, "as it was");
}

#[test]
fn histories_without_events_are_not_compared() {
    let whole = TestHistory::new("order-7");
    let mut empty = run(&whole);
    empty.history.events.clear();
    assert!(ComparedRuns::of(run(&whole), empty, TransportView::default()).is_none());
}

fn compared_any(left: &History, right: &History) -> ComparedRuns {
    let run = |history: &History| RunHistory {
        name: "any".to_owned(),
        run: 1,
        history: history.clone(),
    };
    ComparedRuns::of(run(left), run(right), TransportView::default()).unwrap()
}

/// The moments of the events of a side.
fn moments(side: &ComparedSide) -> Vec<Timestamp> {
    let events = side.lane.history.iter();
    events.map(|event| event.event.at).collect()
}

proptest! {
    #![proptest_config(crate::seed::cases(200))]

    #[test]
    fn what_is_the_same_is_at_the_same_moment_and_time_never_runs_back_or_fast(
        left in prop::collection::vec(happens(), 0..40),
        right in prop::collection::vec(happens(), 0..40),
    ) {
        let (left, right) = (history(&left), history(&right));
        let runs = compared_any(&left, &right);
        let [ours, theirs] = runs.sides.each_ref().map(moments);
        for (own, shared) in [(&left, &ours), (&right, &theirs)] {
            prop_assert!(shared.is_sorted());
            prop_assert_eq!(own.events.len(), shared.len(), "no event is lost");
            let pairs = own.events.windows(2).zip(shared.windows(2));
            for (own, shared) in pairs.filter(|(own, _)| operations::is_compared(&own[0].kind)) {
                let lasted = own[1].at.since(own[0].at).as_secs_f64();
                let lasts = shared[1].since(shared[0]).as_secs_f64();
                prop_assert!(lasts > lasted - 0.2, "{lasted} s last {lasts} s");
            }
        }
        for (l, r) in &runs.comparison.aligned {
            let is_end = sentences::is_end(&left.events[*l].kind);
            prop_assert!(is_end || ours[*l].0.abs_diff(theirs[*r].0) < 1_000, "{l} {r}");
        }
    }

    #[test]
    fn every_difference_can_be_reached_from_both_ends(
        left in prop::collection::vec(happens(), 0..40),
        right in prop::collection::vec(happens(), 0..40),
    ) {
        let runs = compared_any(&history(&left), &history(&right));
        let all = runs.comparison.differences.len();
        let walk = |from: Timestamp, direction| {
            let mut seen = Vec::new();
            let (mut at, mut shown) = (from, runs.difference_at(from));
            while let Some(next) = runs.next_difference(at, shown, direction) {
                seen.push(next);
                (at, shown) = (runs.moment(next).unwrap(), Some(next));
            }
            seen
        };
        let before = Timestamp(runs.range.from.0 - 1);
        let after = Timestamp(runs.range.until.0 + 1);
        prop_assert_eq!(walk(before, Direction::Forward), (0..all).collect::<Vec<_>>());
        prop_assert_eq!(walk(after, Direction::Backward), (0..all).rev().collect::<Vec<_>>());
    }
}
