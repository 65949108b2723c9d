//! Reruns on the stage: the ghost of the original, and links in both directions.

use std::sync::Arc;

use egui::Key;
use egui_kittest::kittest::Queryable;
use fermata::{
    conductor::Conductor,
    engine::{Committed, Event, EventId, EventKind, Fork, InstanceId, InstanceSummary, Status},
    view::{Command, HistoryCommand, Projector},
};

use super::{TestWindow, concert::concert};

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

/// The event of the bass from which it is rerun.
const FROM: u64 = 301;

/// A rerun of the bass that waits for the next bar.
fn rerun(concert: &Projector, name: &str) -> Committed {
    let bass = concert.snapshot().lane(&id("ostinato-1")).unwrap().clone();
    let shared = bass.history.iter().take(FROM as usize);
    let mut events: Vec<Event> = shared.map(|event| Event::clone(&event.event)).collect();
    let from = Fork {
        instance: bass.id.clone(),
        run: 1,
        from: EventId(FROM),
        source: None,
        seed: None,
    };
    if let EventKind::ExecutionStarted { fork, .. } = &mut events[0].kind {
        *fork = Some(Box::new(from.clone()));
    }
    let at = events.last().unwrap().at;
    events.push(Event {
        id: EventId(FROM),
        at,
        kind: EventKind::ExecutionSuspended {
            reason: Conductor::UNTIL_NEXT_BAR.to_owned(),
            freeze_time: true,
        },
    });
    Committed {
        instance: InstanceSummary {
            status: Status::Suspended,
            started_at: events[0].at,
            fork: Some(from),
            ..InstanceSummary::new(id(name), "ostinato")
        },
        events,
        annotations: Vec::new(),
        log: Vec::new(),
    }
}

impl TestWindow {
    fn follow(&mut self, link: &str) {
        let link = self.harness.get_all_by_label_contains(link).next();
        link.expect("there is no such link").click();
        self.steps(3);
    }

    fn look_at(&mut self, projector: &Projector) {
        *self.host.snapshot.lock().unwrap() = projector.snapshot();
        self.steps(2);
    }
}

#[test]
fn a_rerun_waits_for_the_bar_beside_the_ghost_of_its_original_and_both_are_linked() {
    let mut projector = concert();
    let rerun = rerun(&projector, "ostinato-2");
    projector.committed(&rerun);
    let mut window = TestWindow::open(&projector);
    let waits = "Pending, begins at the next bar";
    window.harness.get_by_label_contains(waits);
    let ghost = format!("Ghost of ostinato-1, from event {FROM}");
    window.harness.get_by_label(&ghost);
    window.follow("rerun as ostinato-2");
    assert_eq!(window.selected(), "ostinato-2");
    window.follow(&format!("rerun of ostinato-1 from event {FROM}"));
    assert_eq!(window.selected(), "ostinato-1");
    assert!(window.host.take().is_empty(), "both are on the stage");
    let state = window.harness.state().state();
    assert!(
        !state.is_replay(),
        "a link does not leave the moment that is shown"
    );
}

#[test]
fn the_original_is_opened_if_it_is_not_on_the_stage_and_so_is_a_rerun() {
    let concert = concert();
    let rerun = rerun(&concert, "ostinato-2");
    let mut projector = Projector::new();
    projector.committed(&rerun);
    let mut window = TestWindow::open(&projector);
    window.follow(&format!("rerun of ostinato-1 from event {FROM}"));
    let open = |name: &str| [Command::History(HistoryCommand::Open(id(name)))];
    assert_eq!(window.host.take(), open("ostinato-1"));
    // The other way round: only the store has the rerun.
    let mut projector = self::concert();
    projector.stored(&rerun.instance);
    let mut window = TestWindow::open(&projector);
    window.follow("rerun as ostinato-2");
    assert_eq!(window.host.take(), open("ostinato-2"));
}

#[test]
fn the_lane_of_a_new_rerun_is_selected_when_it_is_there() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    let bass = Arc::clone(
        window
            .host
            .snapshot
            .lock()
            .unwrap()
            .lane(&id("ostinato-1"))
            .unwrap(),
    );
    let digit = window
        .host
        .snapshot
        .lock()
        .unwrap()
        .lanes
        .iter()
        .position(|l| l.id == bass.id);
    assert_eq!(digit, Some(0));
    window.press(Key::Num1);
    window.press(Key::ArrowLeft);
    window.press(Key::Enter);
    assert_eq!(window.selected(), "ostinato-1");
    projector.committed(&rerun(&projector, "ostinato-2"));
    window.look_at(&projector);
    assert_eq!(window.selected(), "ostinato-2");
}
