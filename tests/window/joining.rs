//! Closing the window and getting it back while a piece plays.

use std::fs;

use fermata::engine::{InstanceSummary, Status};

use super::{
    completed, plays,
    screen::{Screen, until},
};

const OSTINATO: &str = include_str!("../../scores/studies/rounds.yaml");

#[test]
fn the_window_is_closed_and_opened_again_while_the_piece_plays() {
    let Some(screen) = Screen::open() else { return };
    let mut stage = screen.start();
    stage.start_score("3");
    stage.until("it plays", plays);
    stage.until_asked();
    assert!(stage.has_window(), "it asks first");
    // Cancel, and ask again.
    stage.key("Escape");
    until("it stays open", || screen.told().contains("stays open"));
    stage.until_asked();
    stage.key("k");
    until("the window is closed", || !stage.has_window());
    until("the terminal says how to get it back", || {
        screen
            .told()
            .contains("`fermata` with the same store opens it again")
    });
    let before = screen
        .history_so_far()
        .map_or(0, |(_, events)| completed(&events));
    stage.until("it plays on", |_, events| completed(events) > before + 4);
    let (said, code) = screen.run(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("already running on") && said.contains("opens again"),
        "{said}"
    );
    stage.until_window();
    stage.key("space");
    stage.until("the window takes keys", |status, _| {
        status == Status::Suspended
    });
    let (said, code) = screen.run(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("brought to the front"), "{said}");
    // A paused piece asks no question.
    stage.key("space");
    stage.until("it continues", |status, _| status == Status::Running);
    stage.close();
    assert_eq!(
        screen.history().0,
        Status::Running,
        "it goes on the next time"
    );
}

#[test]
fn scores_of_a_second_program_start_in_the_window_of_the_first() {
    let Some(screen) = Screen::open() else { return };
    fs::write(screen.file("late.yaml"), OSTINATO).unwrap();
    let stage = screen.start();
    // A relative path: the second program runs in another folder.
    let (said, code) = screen.run(&["late.yaml"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("already running on"), "{said}");
    stage.until("it plays in the first program", plays);
    let (said, code) = screen.run(&["missing.yaml"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("missing.yaml"), "{said}");
    let only = |instances: &[InstanceSummary]| instances.len() == 1;
    stage.until_instances("one instance", only);
    stage.terminate();
}

#[test]
fn a_signal_ends_a_program_without_a_window() {
    let Some(screen) = Screen::open() else { return };
    let stage = screen.start();
    stage.start_score("3");
    stage.until("it plays", plays);
    stage.until_asked();
    stage.key("k");
    until("the window is closed", || !stage.has_window());
    stage.terminate();
    assert_eq!(screen.history().0, Status::Running);
}

const CUED: &str = "document:\n  dsl: 1.0.0\n  namespace: test\n  name: cued\n  version: 1.0.0\n\
    do:\n  - wait: { listen: { to: { one: { with: { type: go } } } } }\n";

#[test]
fn list_and_raise_work_beside_a_window() {
    let Some(screen) = Screen::open() else { return };
    let file = screen.file("cued.yaml");
    fs::write(&file, CUED).unwrap();
    let stage = screen.start_with(&[&file]);
    stage.until_instances("it waits", |instances| instances.len() == 1);
    let (said, code) = screen.command(&["list"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("cued-1") && said.contains("Running"),
        "{said}"
    );
    let (said, code) = screen.command(&["raise", "cued-1", "go"]);
    assert_eq!(code, Some(0), "{said}");
    stage.until("it goes on", |status, _| status == Status::Completed);
    stage.terminate();
}
