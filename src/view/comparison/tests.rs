use proptest::prelude::*;

use super::*;
use crate::view::row::RowStatus;
use crate::{
    engine::{EventId, InstanceId, Payload},
    view::test_history::TestHistory,
};

fn text(text: &str) -> Payload {
    Payload::encode(text).unwrap()
}

fn exported(history: TestHistory) -> History {
    History {
        instance: history.id,
        events: history.events,
    }
}

/// Two clusters, of which Ankara fails first. `second`: what becomes of its second attempt.
fn order(id: &str, second: Result<&str, ()>) -> History {
    let mut history = TestHistory::new(id);
    let istanbul = history.schedule(1.0, "Istanbul", Payload::null());
    let ankara = history.schedule(1.0, "Ankara", Payload::null());
    history.fail(2.0, ankara, 1, Some(3.0));
    let result = text("ist-1");
    history.add(
        2.5,
        EventKind::TaskCompleted {
            scheduled: istanbul,
            result,
        },
    );
    let (scheduled, attempt) = (ankara, 2);
    history.add(3.0, EventKind::TaskStarted { scheduled, attempt });
    match second {
        Ok(result) => {
            let result = text(result);
            history.add(4.0, EventKind::TaskCompleted { scheduled, result });
            history.schedule(4.0, "Replication", Payload::null());
        }
        Err(()) => history.fail(4.0, ankara, 2, None),
    }
    exported(history)
}

#[test]
fn the_first_difference_is_the_task_that_ended_in_another_way() {
    let was = order("order-7", Err(()));
    let rerun = order("order-7-rerun", Ok("ank-1"));
    let compared = Comparison::of(&was, &rerun);
    let difference = compared.first_difference().cloned().unwrap();
    assert_eq!(difference.label, "Ankara, attempt 2");
    assert_eq!(difference.left.unwrap().status, RowStatus::Failed);
    let right = difference.right.unwrap();
    assert_eq!(
        (right.status, &*right.payload),
        (RowStatus::Completed, "ank-1")
    );
    assert_eq!(compared.shared, 8);
    assert_eq!(
        compared.sentence,
        "Both runs share their first 8 events; then Ankara failed (attempt 2: the service is down) \
         in the first and completed (ank-1) in the second."
    );
    let kinds: Vec<_> = compared
        .sections
        .iter()
        .map(|section| section.kind)
        .collect();
    assert_eq!(kinds, [SectionKind::Same, SectionKind::Different]);
    assert_eq!(compared.sections[0].left, 0..8);
    assert_eq!(compared.sections[1].right, 8..11);
}

#[test]
fn an_attempt_that_was_started_again_after_the_process_was_gone_is_the_same() {
    let whole = order("order-7", Ok("ank-1"));
    let mut killed = TestHistory::new("order-8");
    let again = whole.events[2].kind.clone();
    for event in whole.events.iter().skip(1) {
        let mut kind = event.kind.clone();
        // Later events refer to those that now have other numbers.
        if let EventKind::TaskStarted { scheduled, .. }
        | EventKind::TaskFailed { scheduled, .. }
        | EventKind::TaskCompleted { scheduled, .. } = &mut kind
            && scheduled.0 > 2
        {
            scheduled.0 += 1;
        }
        killed.add(5.0, kind);
        if killed.events.len() == 3 {
            killed.add(5.0, again.clone());
        }
    }
    let compared = Comparison::of(&whole, &exported(killed));
    assert_eq!(compared.first_difference(), None);
    assert_eq!(compared.sections.len(), 1, "{:?}", compared.sections);
}

#[test]
fn concurrent_tasks_that_end_in_another_order_are_the_same() {
    let ends = |order: [usize; 2]| {
        let mut history = TestHistory::new("pair");
        let both = ["Istanbul", "Ankara"].map(|name| history.schedule(1.0, name, Payload::null()));
        for (n, place) in order.into_iter().enumerate() {
            let (scheduled, result) = (both[place], text("done"));
            history.add(
                2.0 + n as f64,
                EventKind::TaskCompleted { scheduled, result },
            );
        }
        exported(history)
    };
    let compared = Comparison::of(&ends([0, 1]), &ends([1, 0]));
    assert_eq!(compared.first_difference(), None);
    assert_eq!(compared.sections.len(), 1, "{:?}", compared.sections);
    assert_eq!(
        compared.sentence,
        "Both runs are the same, in all 7 events."
    );
}

#[test]
fn a_run_that_is_still_open_has_not_left_anything_out() {
    let whole = order("order-7", Ok("ank-1"));
    let mut open = order("order-8", Ok("ank-1"));
    open.events.truncate(8);
    let compared = Comparison::of(&whole, &open);
    let end = "then Ankara completed (ank-1) in the first, and not yet in the second.";
    assert!(compared.sentence.ends_with(end), "{}", compared.sentence);
}

#[test]
fn notes_are_compared_without_the_moments_at_which_they_sounded() {
    let notes = |shift: f64| {
        let mut history = TestHistory::new("bass");
        for n in 0..4u8 {
            history.note(shift + f64::from(n), 1.0, 40 + n);
        }
        exported(history)
    };
    assert_eq!(
        Comparison::of(&notes(1.0), &notes(9.0)).first_difference(),
        None
    );
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Happens {
    Begins(u8),
    Ends(usize),
    Fails(usize),
    Pauses,
}

pub(super) fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => (0..3u8).prop_map(Happens::Begins),
        3 => any::<usize>().prop_map(Happens::Ends),
        2 => any::<usize>().prop_map(Happens::Fails),
        1 => Just(Happens::Pauses),
    ]
}

/// A history in which this happens.
pub(super) fn history(all: &[Happens]) -> History {
    let mut history = TestHistory::new("any");
    let mut open: Vec<(EventId, u32)> = Vec::new();
    for (n, happens) in all.iter().enumerate() {
        let at = n as f64;
        match *happens {
            Happens::Begins(task) => {
                let name = ["a", "b", "c"][usize::from(task)];
                open.push((history.schedule(at, name, Payload::null()), 1));
            }
            Happens::Ends(which) if !open.is_empty() => {
                let (scheduled, _) = open.remove(which % open.len());
                let result = text(&which.to_string());
                history.add(at, EventKind::TaskCompleted { scheduled, result });
            }
            Happens::Fails(which) if !open.is_empty() => {
                let which = which % open.len();
                let (scheduled, attempt) = &mut open[which];
                history.fail(at, *scheduled, *attempt, Some(at + 0.5));
                *attempt += 1;
            }
            Happens::Pauses => history.pause(at),
            _ => {}
        }
    }
    exported(history)
}

/// The sections cover both histories, one after the other, and take turns.
fn covers(compared: &Comparison, left: usize, right: usize) {
    let mut end = (0, 0);
    for section in &compared.sections {
        assert_eq!((section.left.start, section.right.start), end);
        end = (section.left.end, section.right.end);
    }
    assert_eq!(end, (left, right), "{compared:?}");
    let kinds: Vec<_> = compared
        .sections
        .iter()
        .map(|section| section.kind)
        .collect();
    assert!(kinds.windows(2).all(|two| two[0] != two[1]), "{kinds:?}");
}

proptest! {
    #![proptest_config(crate::seed::cases(200))]

    #[test]
    fn a_history_compared_with_itself_has_no_difference(
        all in prop::collection::vec(happens(), 0..40),
    ) {
        let history = history(&all);
        let compared = Comparison::of(&history, &history);
        prop_assert_eq!(compared.first_difference(), None);
        prop_assert_eq!(compared.sections.len(), 1);
        covers(&compared, history.events.len(), history.events.len());
        for place in 0..history.events.len() {
            let is_compared = operations::is_compared(&history.events[place].kind);
            prop_assert!(!is_compared || compared.counterpart(place) == place);
        }
    }

    #[test]
    fn a_fork_differs_from_its_source_at_the_fork_or_later(
        before in prop::collection::vec(happens(), 0..20),
        source in prop::collection::vec(happens(), 0..20),
        fork in prop::collection::vec(happens(), 0..20),
    ) {
        let common = history(&before).events.len();
        let left = history(&[before.clone(), source].concat());
        let mut right = history(&[before, fork].concat());
        right.instance = InstanceId::new("fork").unwrap();
        let compared = Comparison::of(&left, &right);
        covers(&compared, left.events.len(), right.events.len());
        if let Some(difference) = compared.first_difference() {
            prop_assert!(compared.shared >= common, "{compared:?}");
            for row in [&difference.left, &difference.right].into_iter().flatten() {
                prop_assert!(row.event.0 as usize >= common, "{compared:?}");
            }
        }
    }

    #[test]
    fn the_alignment_of_two_histories_never_moves_back(
        left in prop::collection::vec(happens(), 0..40),
        right in prop::collection::vec(happens(), 0..40),
    ) {
        let (left, right) = (history(&left), history(&right));
        let compared = Comparison::of(&left, &right);
        covers(&compared, left.events.len(), right.events.len());
        let places: Vec<_> = (0..left.events.len()).map(|at| compared.counterpart(at)).collect();
        prop_assert!(places.is_sorted(), "{places:?}");
        prop_assert!(places.iter().all(|place| *place < right.events.len()));
        // Seen from the other side, the same events are the same.
        let mirrored = Comparison::of(&right, &left);
        prop_assert_eq!(compared.shared, mirrored.shared);
        prop_assert_eq!(compared.differences.len(), mirrored.differences.len());
    }
}
