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
    stage.start_score("1");
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

#[test]
fn a_safe_start_neither_uses_nor_changes_the_settings() {
    let Some(screen) = Screen::open() else { return };
    let file = screen.file("config/fermata/settings.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let unusable = "{\"version\": 1, \"window\": {\"size\": [900, 500]}}";
    fs::write(&file, unusable).unwrap();
    let stage = screen.start_safe();
    // The usual size is larger than this screen.
    assert_eq!(stage.first_size(), (1280, 720));
    stage.key("m");
    stage.terminate();
    assert_eq!(fs::read_to_string(&file).unwrap(), unusable);
    let stage = screen.start();
    assert_eq!(stage.first_size(), (900, 500), "usually they are used");
    stage.terminate();
}
