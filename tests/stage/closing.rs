//! Closing the window while pieces play.

use egui::{Key, Modifiers, ViewportEvent, ViewportId};
use egui_kittest::kittest::Queryable;
use fermata::view::{Leaving, Overlay, SaveOutcome, ScoreTextCommand};

use super::{TestWindow, concert::concert, editing::Editing, empty};

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

/// A score was edited and not saved while pieces play, and the window is to be closed.
fn unsaved() -> Editing {
    let mut editing = Editing::open("do: 3\n");
    editing.write("x");
    editing.sent();
    editing.window.close();
    assert!(asks_about_text(&editing) && editing.window.leaving().is_none());
    editing
}

fn asks_about_text(editing: &Editing) -> bool {
    let question = "bass.yaml has unsaved changes";
    editing.window.harness.query_by_label(question).is_some()
}

/// Answers by key, or by button.
fn answer(editing: &mut Editing, by: Result<Key, &str>) {
    match by {
        Ok(key) => editing.window.press(key),
        Err(button) => editing.window.harness.get_by_label(button).click(),
    }
    editing.window.steps(2);
}

#[test]
fn a_text_that_was_not_saved_is_saved_before_the_window_closes() {
    for by in [Ok(Key::S), Err("Save and close")] {
        let mut editing = unsaved();
        answer(&mut editing, by);
        let sent = editing.sent();
        let [ScoreTextCommand::Save { text, .. }] = sent.as_slice() else {
            panic!("{sent:?}");
        };
        assert_eq!(&**text, "xdo: 3\n");
        assert!(!editing.window.asks() && editing.window.leaving().is_none());
        editing.edited.disk = Some("xdo: 3\n".into());
        editing.saved(1, SaveOutcome::Saved);
        assert!(editing.window.asks(), "pieces play");
        editing.window.press(Key::Q);
        assert_eq!(editing.window.leaving(), Some(Leaving::Quit));
    }
}

#[test]
fn a_text_that_cannot_be_saved_keeps_the_window_open() {
    let mut editing = unsaved();
    editing.window.press(Key::S);
    editing.sent();
    editing.saved(1, SaveOutcome::Failed("the disk is full".into()));
    assert!(!asks_about_text(&editing) && !editing.window.asks());
    assert_eq!(editing.window.leaving(), None);
    assert_eq!(editing.text(), "xdo: 3\n");
}

#[test]
fn discarded_changes_are_lost_only_when_the_window_closes() {
    for by in [Ok(Key::D), Err("Discard the changes")] {
        let mut editing = unsaved();
        answer(&mut editing, by);
        assert!(editing.window.asks(), "pieces play");
        editing.window.press(Key::Escape);
        assert_eq!(editing.window.leaving(), None);
        assert_eq!(editing.text(), "xdo: 3\n");
        assert_eq!(editing.sent(), []);
    }
}

#[test]
fn neither_keys_nor_a_second_request_discard_what_was_typed() {
    for by in [Ok(Key::Escape), Err("Keep the window open")] {
        let mut editing = unsaved();
        editing.window.close();
        editing.write("typed at the question");
        editing.window.press(Key::Backspace);
        assert!(asks_about_text(&editing) && editing.window.leaving().is_none());
        answer(&mut editing, by);
        assert!(!asks_about_text(&editing) && !editing.window.asks());
        assert_eq!(
            (editing.sent(), editing.text()),
            (vec![], "xdo: 3\n".into())
        );
        editing.write("y");
        assert!(editing.text().contains('y'), "the text has the keys again");
    }
}
