//! Closing the window while pieces play.

use egui::{Key, Modifiers, ViewportEvent, ViewportId};
use egui_kittest::kittest::Queryable;
use fermata::view::{Leaving, Overlay};

use super::{TestWindow, concert::concert, empty};

impl TestWindow {
    /// The desktop closes the window.
    fn close(&mut self) {
        let input = self.harness.input_mut();
        let window = input.viewports.entry(ViewportId::ROOT).or_default();
        window.events.push(ViewportEvent::Close);
        self.harness.step();
        let input = self.harness.input_mut();
        input
            .viewports
            .entry(ViewportId::ROOT)
            .or_default()
            .events
            .clear();
        self.steps(1);
    }

    fn leaving(&self) -> Option<Leaving> {
        self.harness.state().state().leaving
    }

    fn asks(&self) -> bool {
        self.harness.state().state().overlay == Overlay::Closing
    }
}

const QUIT: (Modifiers, Key) = (Modifiers::COMMAND, Key::Q);

#[test]
fn without_pieces_the_window_closes_at_once() {
    let mut window = TestWindow::open(&empty());
    window.close();
    assert_eq!(window.leaving(), Some(Leaving::Quit));
}

#[test]
fn while_pieces_play_the_window_asks_and_each_answer_has_a_key_and_a_button() {
    let keep = "Keep playing without a window";
    for (answer, key, expected) in [
        (keep, Key::K, Some(Leaving::KeepPlaying)),
        ("Stop and quit", Key::Q, Some(Leaving::Quit)),
        ("Cancel", Key::Escape, None),
    ] {
        let mut by_button = TestWindow::open(&concert());
        by_button.close();
        assert!(by_button.asks() && by_button.leaving().is_none());
        by_button
            .harness
            .get_by_label_contains("pieces are playing");
        by_button.harness.get_by_label(answer).click();
        by_button.steps(2);
        let mut by_key = TestWindow::open(&concert());
        by_key.press_with(QUIT.0, QUIT.1);
        assert!(by_key.asks());
        by_key.press(key);
        for window in [by_button, by_key] {
            assert_eq!(window.leaving(), expected, "{answer}");
            assert!(!window.asks());
            assert_eq!(window.host.take(), [], "nothing else happens");
        }
    }
}

#[test]
fn a_second_request_is_the_answer() {
    let mut window = TestWindow::open(&concert());
    window.close();
    window.close();
    assert_eq!(window.leaving(), Some(Leaving::Quit));
    let mut window = TestWindow::open(&concert());
    window.press_with(QUIT.0, QUIT.1);
    window.press_with(QUIT.0, QUIT.1);
    assert_eq!(window.leaving(), Some(Leaving::Quit));
}
