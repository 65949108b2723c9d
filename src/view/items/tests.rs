//! Items that are painted for a lane.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Item, ItemKind, NotePhase, SubRows, Upcoming, visible_items};
use crate::{
    engine::{EventKind, Payload},
    view::{
        lane::LaneModel,
        sub_rows::ShownRows,
        test_history::{TestHistory, s},
        timeline_entry::Outcome,
        transport_view::TransportView,
        viewport::Viewport,
    },
};

fn lane_of(history: &TestHistory) -> LaneModel {
    let mut lane = LaneModel::new(history.id.clone(), 0);
    lane.committed(&history.commit());
    lane
}

fn busy(notes: u32) -> LaneModel {
    let mut history = TestHistory::new("busy");
    for n in 0..notes {
        let at = 1.0 + f64::from(n) * 0.25;
        history.note(at, 0.2, 36 + (n % 24) as u8);
        if n % 97 == 0 {
            let task = history.schedule(at, "pay", crate::engine::Payload::null());
            history.fail(at + 0.1, task, 1, None);
        }
    }
    lane_of(&history)
}

fn all(lane: &LaneModel, seconds: f64, width: f32) -> Vec<Item> {
    let view = Viewport::new(s(0.0), seconds, width);
    let rows = ShownRows::new(lane.sub_rows(), 6);
    let transport = TransportView::default();
    let upcoming = Upcoming::Predicted(&transport);
    visible_items(lane, &view, upcoming, s(seconds), rows)
}

proptest! {
    #![proptest_config(crate::seed::cases(24))]
    #[test]
    fn at_every_zoom_the_counts_sum_to_the_pieces(power in 3.0f32..8.3) {
        let lane = busy(2000);
        let width = power.exp();
        let items = all(&lane, 600.0, width);
        let count: u32 = items.iter().map(|item| item.count).sum();
        prop_assert_eq!(count as usize, lane.timeline.len());
    }

    #[test]
    fn no_failure_is_ever_lost(power in 3.0f32..8.3) {
        let lane = busy(2000);
        let width = power.exp();
        let failures: u32 = all(&lane, 600.0, width)
            .iter()
            .filter(|item| matches!(item.kind, ItemKind::Failure { .. }))
            .map(|item| item.count)
            .sum();
        prop_assert_eq!(failures, 21);
    }
}

/// A history with a child, a compensation and one mark of each kind.
fn mixed_history() -> LaneModel {
    let mut history = TestHistory::new("tour").fork_of("other", 1);
    let created = history.child(1.0, "concert", "tour/1");
    let (name, target) = ("cue".to_owned(), history.id.clone());
    let input = Payload::null();
    history.add(
        2.0,
        EventKind::EventSent {
            target,
            name,
            input,
        },
    );
    let name = "cancel the hall".to_owned();
    let registered = history.add(2.0, EventKind::CompensationRegistered { name });
    let result = Payload::null();
    history.add(
        3.0,
        EventKind::ChildWorkflowInstanceCompleted { created, result },
    );
    let scheduled = history.schedule(3.5, "upload", Payload::null());
    let details = Payload::null();
    history.add(4.0, EventKind::TaskHeartbeat { scheduled, details });
    let reason = "enough".to_owned();
    history.add(
        5.0,
        EventKind::ExecutionCancelRequested {
            reason,
            waits_for_children: true,
        },
    );
    history.add(6.0, EventKind::CompensationStarted { registered });
    let failure = None;
    history.add(
        8.0,
        EventKind::CompensationEnded {
            registered,
            failure,
        },
    );
    lane_of(&history)
}

#[test]
fn every_kind_of_entry_is_painted_and_counted() {
    let lane = mixed_history();
    let items: Vec<_> = all(&lane, 10.0, 1000.0);
    let has = |kind: &ItemKind| items.iter().any(|item| item.kind == *kind);
    assert!(has(&ItemKind::Forked) && has(&ItemKind::CancelRequested) && has(&ItemKind::Heartbeat));
    let name: Arc<str> = "cue".into();
    assert!(has(&ItemKind::Sent { name }));
    let (outcome, name) = (Outcome::Completed, Arc::from("concert"));
    let child = items.iter().find(|i| {
        i.kind
            == ItemKind::Child {
                outcome,
                name: Arc::clone(&name),
            }
    });
    let span = |item: &Item| (item.left.round(), item.right.round());
    assert_eq!(child.map(span), Some((100.0, 300.0)));
    let undo = items.iter().find(|i| {
        let ItemKind::Compensation { words, .. } = &i.kind else {
            return false;
        };
        **words == *"undo: cancel the hall" || **words == *"undoes concert"
    });
    assert_eq!(undo.map(span), Some((600.0, 800.0)));
    for width in [3.0, 30.0, 1000.0] {
        let count: u32 = all(&lane, 10.0, width).iter().map(|item| item.count).sum();
        assert_eq!(count as usize, lane.timeline.len(), "at a width of {width}");
    }
}

#[test]
fn zoomed_out_there_are_few_items_to_paint() {
    let lane = busy(20_000);
    let items = all(&lane, 5200.0, 1000.0);
    assert!(items.len() < 1500, "{}", items.len());
}

#[test]
fn a_note_is_upcoming_then_sounding_then_played() {
    let mut history = TestHistory::new("bass");
    history.note(2.0, 1.0, 40);
    let lane = lane_of(&history);
    let view = Viewport::new(s(0.0), 10.0, 1000.0);
    let phase = |now: f64| {
        let rows = ShownRows::new(lane.sub_rows(), 6);
        let transport = TransportView::default();
        let items = visible_items(&lane, &view, Upcoming::Predicted(&transport), s(now), rows);
        items.iter().find_map(|item| match item.kind {
            ItemKind::Note { phase, .. } => Some((phase, item.left.round(), item.right.round())),
            _ => None,
        })
    };
    assert_eq!(phase(1.97), Some((NotePhase::Upcoming, 200.0, 300.0)));
    assert_eq!(phase(2.5), Some((NotePhase::Sounding, 200.0, 300.0)));
    assert_eq!(phase(3.5), Some((NotePhase::Played, 200.0, 300.0)));
}

#[test]
fn a_wait_shows_its_deadline_and_grows_until_it_ends() {
    let mut history = TestHistory::new("oboe");
    let wait = history.wait_for(1.0, "applause", Some(9.0));
    let view = Viewport::new(s(0.0), 10.0, 1000.0);
    let wait_at = |lane: &LaneModel, now: f64| {
        let rows = ShownRows::new(lane.sub_rows(), 6);
        let transport = TransportView::default();
        visible_items(lane, &view, Upcoming::Predicted(&transport), s(now), rows)
            .into_iter()
            .find(|item| matches!(item.kind, ItemKind::Wait { .. }))
    };
    let item = wait_at(&lane_of(&history), 4.0).unwrap();
    assert_eq!(item.right.round(), 400.0);
    assert!(
        matches!(item.kind, ItemKind::Wait { deadline: Some(x), open: true, .. } if x.round() == 900.0)
    );
    history.add(5.0, crate::engine::EventKind::TimerCanceled { timer: wait });
    let item = wait_at(&lane_of(&history), 8.0).unwrap();
    assert_eq!(item.right.round(), 500.0);
    assert!(matches!(item.kind, ItemKind::Wait { open: false, .. }));
}

#[test]
fn operations_without_a_sub_row_of_their_own_are_merged_and_counted() {
    let mut history = TestHistory::new("fleet");
    let begin = |n: u32| 1.0 + f64::from(n) * 0.001;
    let tasks: Vec<_> = (0..1000)
        .map(|n| history.schedule(begin(n), "region", Payload::null()))
        .collect();
    for scheduled in tasks.into_iter().step_by(4) {
        let result = Payload::null();
        history.add(5.0, EventKind::TaskCompleted { scheduled, result });
    }
    let lane = lane_of(&history);
    assert_eq!((lane.sub_rows(), lane.open_operations()), (1000, 750));
    for width in [30.0, 300.0, 1000.0] {
        let items = all(&lane, 10.0, width);
        assert!(
            items.len() < 40,
            "{} items at a width of {width}",
            items.len()
        );
        let open = items.iter().filter_map(|item| match item.kind {
            ItemKind::Open { all } => Some((all, item.rows)),
            _ => None,
        });
        let last = SubRows { first: 5, last: 5 };
        assert_eq!(open.collect::<Vec<_>>(), [(750, last)]);
        let count: u32 = items.iter().map(|item| item.count).sum();
        assert_eq!(count as usize, lane.timeline.len(), "at a width of {width}");
    }
}

#[test]
fn a_compensation_knows_where_the_bar_is_that_it_undoes_even_if_it_takes_no_time() {
    let mut history = TestHistory::new("trip");
    let scheduled = history.schedule(1.0, "book", Payload::null());
    let result = Payload::null();
    history.add(3.0, EventKind::TaskCompleted { scheduled, result });
    let name = "book".to_owned();
    let registered = history.add(3.0, EventKind::CompensationRegistered { name });
    history.add(6.0, EventKind::CompensationStarted { registered });
    let failure = None;
    history.add(
        6.001,
        EventKind::CompensationEnded {
            registered,
            failure,
        },
    );
    let items = all(&lane_of(&history), 10.0, 1000.0);
    let found = items.iter().find_map(|item| match &item.kind {
        ItemKind::Compensation { words, undone, .. } => Some((item, words, undone)),
        _ => None,
    });
    let (item, words, undone) = found.unwrap();
    assert_eq!(&**words, "undoes book");
    assert_eq!(item.left.round(), 600.0);
    assert_eq!((undone.left.round(), undone.right.round()), (101.0, 300.0));
    assert_eq!(undone.row, Some(0));
}
