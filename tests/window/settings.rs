//! What the window remembers from one time to the next.

use std::fs;

use super::screen::{Screen, until};

#[test]
fn the_window_remembers_its_size_and_panels_and_survives_a_damaged_file() {
    let Some(screen) = Screen::open() else { return };
    let file = screen.file("config/fermata/settings.json");
    let kept = || fs::read_to_string(&file).unwrap_or_default();
    let is_kept = |part: &str| kept().contains(part);
    let stage = screen.start();
    stage.key("1");
    stage.until("it plays", super::plays);
    stage.key("i");
    until("it is written while the window is open", || {
        is_kept("\"inspector\": \"closed\"")
    });
    assert!(is_kept("1280") && is_kept("720"), "{}", kept());
    stage.key("m");
    // At once: the last change is not lost.
    stage.terminate();
    assert!(is_kept("\"meters\": \"open\""), "{}", kept());
    fs::write(&file, "{\"version\":").unwrap();
    let stage = screen.start();
    let damaged = screen.file("config/fermata/settings.json.damaged");
    assert_eq!(fs::read_to_string(damaged).unwrap(), "{\"version\":");
    stage.key("m");
    until("there are new settings", || is_kept("\"meters\": \"open\""));
    assert!(is_kept("\"inspector\": \"open\""), "{}", kept());
    stage.terminate();
}
