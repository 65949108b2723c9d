//! Someone who has never seen Fermata starts it.

use egui::Key;
use egui_kittest::kittest::Queryable;
use fermata::view::{EngineCommand, PlayerCommand, ScoreId, UiState};

use super::{TestWindow, concert::concert, empty};

#[test]
fn one_key_starts_the_first_piece_and_three_hints_come_with_its_lane() {
    let mut window = TestWindow::open(&empty());
    window.harness.get_by_label("Play Ostinato");
    assert!(window.harness.query_by_label("Start Ostinato").is_none());
    window.press(Key::Space);
    let start = EngineCommand::StartScore(ScoreId("ostinato".into()));
    assert_eq!(window.host.take(), [start.into()]);
    *window.host.snapshot.lock().unwrap() = concert().snapshot();
    window.steps(2);
    for hint in ["A workflow: ", "Its history: ", "Pause: "] {
        window.harness.get_by_label_contains(hint);
    }
    // A hint that was followed goes. Escape leads back from the past, and then closes the others.
    window.press(Key::Space);
    assert!(window.harness.query_by_label_contains("Pause: ").is_none());
    window.press(Key::ArrowLeft);
    assert!(
        window
            .harness
            .query_by_label_contains("Its history: ")
            .is_none()
    );
    assert!(window.harness.state().state().is_replay());
    let is_shown = |window: &TestWindow| {
        let hint = window.harness.query_by_label_contains("A workflow: ");
        hint.is_some()
    };
    assert!(!is_shown(&window), "it is about what plays");
    window.press(Key::Escape);
    assert!(!window.harness.state().state().is_replay());
    assert!(is_shown(&window));
    window.host.pass(UiState::DOUBLE_PRESS * 2);
    window.press(Key::Escape);
    assert!(!is_shown(&window));
}

#[test]
fn the_invitation_is_for_newcomers_only() {
    let mut projector = empty();
    projector.show(Some(fermata::engine::Timestamp(1)));
    let mut window = TestWindow::open(&projector);
    window.harness.get_by_label("Start Ostinato");
    window.press(Key::Space);
    assert_eq!(window.host.take(), []);
    let window = TestWindow::open(&concert());
    assert!(
        window
            .harness
            .query_by_label_contains("Its history: ")
            .is_none()
    );
}

#[test]
fn escape_twice_is_a_panic_even_while_hints_are_shown() {
    let mut window = TestWindow::open(&empty());
    window.press(Key::Space);
    *window.host.snapshot.lock().unwrap() = concert().snapshot();
    window.steps(2);
    window.host.take();
    window.press(Key::Escape);
    window.press(Key::Escape);
    assert_eq!(window.host.take(), [PlayerCommand::Panic.into()]);
}
