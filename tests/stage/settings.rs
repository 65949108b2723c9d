//! What the window remembers.

use egui::Key;
use fermata::view::{Panel, ReadingDistance, Settings};

use super::{TestWindow, concert::concert};

#[test]
fn panels_and_text_size_are_as_they_were_the_last_time() {
    let mut window = TestWindow::open(&concert());
    assert!(window.harness.state().state().inspector);
    window.press(Key::I);
    let kept = window.host.settings.lock().unwrap().clone();
    assert_eq!(kept.inspector, Panel::Closed);
    let again = Settings {
        reading_distance: ReadingDistance::Hall,
        ..kept
    };
    let window = TestWindow::open_with(&concert(), |host| {
        *host.settings.lock().unwrap() = again.clone();
    });
    let state = window.harness.state().state();
    assert!(!state.inspector);
    assert_eq!(state.reading_distance, ReadingDistance::Hall);
    assert_eq!(*window.host.settings.lock().unwrap(), again, "nothing new");
}
