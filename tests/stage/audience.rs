//! The audience's window: lanes and captions, and nothing that could be pressed by mistake.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;

use super::{TestWindow, concert::concert};

fn has(window: &TestWindow, name: &str) -> bool {
    let mut nodes = window.harness.query_all_by_label_contains(name);
    nodes.next().is_some()
}

#[test]
fn the_audience_sees_lanes_and_captions_or_black_and_the_operator_is_told() {
    let mut window = TestWindow::open(&concert());
    let lane = |window: &TestWindow| has(window, "Drummer, Retrying");
    let lanes = |window: &TestWindow| {
        let nodes = window
            .harness
            .query_all_by_label_contains("Drummer, Retrying");
        nodes.count()
    };
    assert!(lane(&window));
    let before = lanes(&window);
    window.press(Key::F9);
    assert!(has(&window, "no audience's window is open: F10 opens it"));
    window.press(Key::F10);
    assert!(has(&window, "F10 · the audience sees the lanes"));
    assert_eq!(lanes(&window), before + 1);
    window.press(Key::F9);
    assert!(has(&window, "F9 · the audience sees black"));
    assert!(has(&window, "The audience sees black"));
    assert_eq!(lanes(&window), before);
    window.press_with(Modifiers::SHIFT, Key::F10);
    assert!(has(&window, "audience text: larger"));
    window.press(Key::F10);
    assert!(has(&window, "the audience's window is closed"));
    assert_eq!(lanes(&window), before);
    assert_eq!(window.host.take(), []);
}
