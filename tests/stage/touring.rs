//! A tour in the window: its captions and keys are seen, and whoever touches a key takes over.

use std::time::Duration;

use egui::{Event, Key, MouseWheelSource, MouseWheelUnit, TouchPhase};
use egui_kittest::kittest::Queryable as _;
use fermata::{
    conductor::setlist::{Setlist, TourStep},
    engine::InstanceId,
    view::{Command, PieceNumber, SetlistCommand, TourMode, wrong_keys},
};

use crate::{
    TestWindow,
    concert::{BEGIN, concert},
    setlist,
};

const TOUR: &str = "\
pieces:
- score: prelude
  tour:
  - say: Each note is a step.
  - { after: 2, press: [Left, Left], say: This is the past. }
  - { after: 2, press: Esc, say: '' }
  - { after: 60 }
";

fn steps() -> Vec<TourStep> {
    let list = Setlist::parse(TOUR, std::path::Path::new("tour.yaml"), wrong_keys);
    list.unwrap().pieces.remove(0).tour
}

/// A tour that has not begun.
fn window() -> TestWindow {
    let mut list = setlist::list();
    let mut pieces = list.pieces.to_vec();
    pieces[0].tour = steps().into();
    list.pieces = pieces.into();
    list.position = Default::default();
    let mut projector = concert();
    projector.setlist(list);
    TestWindow::open_with(&projector, |host| {
        *host.tour.lock().unwrap() = TourMode::Once;
    })
}

/// Its first piece has begun.
fn begun() -> TestWindow {
    let mut window = window();
    assert!(
        window
            .host
            .take()
            .contains(&Command::from(SetlistCommand::Next))
    );
    let mut list = setlist::list();
    let mut pieces = list.pieces.to_vec();
    pieces[0].tour = steps().into();
    list.pieces = pieces.into();
    let bass = InstanceId::new("ostinato-1").unwrap();
    list.position.start(PieceNumber::FIRST, Some(bass), BEGIN);
    let mut projector = concert();
    projector.setlist(list);
    *window.host.snapshot.lock().unwrap() = projector.snapshot();
    window.steps(3);
    window
}

fn pass(window: &mut TestWindow, seconds: u64) {
    window.host.pass(Duration::from_secs(seconds));
    window.steps(3);
}

#[test]
fn it_starts_the_first_piece_selects_its_lane_and_shows_its_captions_and_keys() {
    let mut window = begun();
    assert_eq!(window.selected(), "ostinato-1");
    window.harness.get_by_label("Each note is a step.");
    assert!(window.harness.query_by_label("Left").is_none());
    pass(&mut window, 2);
    window.harness.get_by_label("This is the past.");
    window.harness.get_by_label("Left");
    assert!(window.harness.state().state().is_replay());
    pass(&mut window, 2);
    assert!(window.harness.query_by_label("This is the past.").is_none());
    window.harness.get_by_label("Esc");
    assert!(!window.harness.state().state().is_replay());
    pass(&mut window, 3);
    assert!(
        window.harness.query_by_label("Esc").is_none(),
        "it was shown long enough"
    );
}

#[test]
fn a_key_a_click_or_a_scroll_ends_it() {
    let touches: [fn(&mut TestWindow); 3] = [
        |window| window.press(Key::ArrowDown),
        |window| {
            let lane = egui::pos2(700.0, 500.0);
            window.harness.hover_at(lane);
            window.harness.drag_at(lane);
            window.harness.drop_at(lane);
        },
        |window| {
            window.harness.event(Event::MouseWheel {
                unit: MouseWheelUnit::Line,
                delta: egui::vec2(0.0, 1.0),
                modifiers: egui::Modifiers::NONE,
                phase: TouchPhase::Move,
                source: MouseWheelSource::Wheel,
            });
            window.steps(2);
        },
    ];
    for touch in touches {
        let mut window = begun();
        touch(&mut window);
        window.steps(2);
        assert!(
            window
                .harness
                .query_by_label("Each note is a step.")
                .is_none()
        );
        pass(&mut window, 10);
        assert!(
            !window.harness.state().state().is_replay(),
            "it presses nothing more"
        );
    }
}
