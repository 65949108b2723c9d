//! A tour: a set list that performs itself, until its end or until somebody takes over.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::screen::{self, Screen};

/// Two pieces with all that a tour does. The second one would play for minutes.
const TOUR: &str = "\
title: A tour
pieces:
  - score: round.yaml
    tour:
      - { say: A piece begins. }
      - { after: 1, press: Space, say: It pauses. }
      - { after: 1, press: Space }
      - { after: 0.5, press: [Left, Left, Left], say: This is the past. }
      - { after: 1, press: [U, Esc] }
      - { after: 0.5, press: Esc, say: '' }
      - { after: end, say: It has ended. }
  - score: song.yaml
    previous: terminate
    tour:
      - { after: 1, press: [E, Right] }
      - { after: 1, press: E, say: That was all. }
";

fn score(name: &str, bars: u32) -> String {
    format!(
        "document: {{ dsl: 1.0.0, namespace: test, name: {name}, version: 1.0.0, metadata: \
         {{ fermata: {{ tempo: 300, instruments: {{ bass: {{ patch: bass }} }} }} }} }}\n\
         do:\n  - on: {{ call: play, with: {{ instrument: bass, pattern: \"c2*4\", repeat: {bars} }} }}\n"
    )
}

fn write(screen: &Screen) -> PathBuf {
    std::fs::write(screen.file("round.yaml"), score("round", 8)).unwrap();
    std::fs::write(screen.file("song.yaml"), score("song", 800)).unwrap();
    let tour = screen.file("tour.yaml");
    std::fs::write(&tour, TOUR).unwrap();
    tour
}

#[test]
fn a_tour_performs_itself_to_its_end_and_closes_the_window() {
    let Some(screen) = Screen::open() else { return };
    let stage = screen.start_tour(&[], &write(&screen));
    stage.until_ended();
    let told = screen.told();
    // What was pressed, in order, and the pieces in between.
    let acts: Vec<_> = told
        .lines()
        .filter_map(|line| line.split(": tour act=").nth(1))
        .collect();
    let is = |act: &&str, what: &str| act.starts_with(what);
    assert_eq!(
        acts.iter().filter(|act| is(act, "Go(Next)")).count(),
        2,
        "{told}"
    );
    assert_eq!(
        acts.iter().filter(|act| is(act, "Select(")).count(),
        2,
        "{told}"
    );
    assert_eq!(
        acts.iter().filter(|act| is(act, "Press(")).count(),
        11,
        "{told}"
    );
    assert_eq!(acts.last(), Some(&"Leave"), "{told}");
}

/// The tour of the whole programme, if it is asked for: it takes ten minutes.
#[test]
fn the_tour_of_the_programme_runs_unattended_to_its_end() {
    if std::env::var("FERMATA_TOUR").as_deref() != Ok("whole") {
        println!("skipped: FERMATA_TOUR=whole performs it");
        return;
    }
    let Some(screen) = Screen::open() else { return };
    let tour = concat!(env!("CARGO_MANIFEST_DIR"), "/scores/tour.yaml");
    let stage = screen.start_tour(&[], Path::new(tour));
    stage.until_ended_within(Duration::from_secs(1_200));
    let told = screen.told();
    assert_eq!(told.matches("tour act=Select(").count(), 11, "{told}");
    assert!(told.contains("tour act=Leave"), "{told}");
}

#[test]
fn whoever_touches_a_key_takes_over_from_a_tour() {
    let Some(screen) = Screen::open() else { return };
    let stage = screen.start_tour(&["--repeat"], &write(&screen));
    screen::until("a piece begins", || {
        screen.told().contains("tour act=Select")
    });
    stage.key("Shift");
    screen::until("it stops", || {
        screen.told().contains("takes over from the tour")
    });
    // The window is the user's now, and the piece goes on.
    let before = screen.told().matches("tour act=").count();
    stage.key("question");
    screen::until("the help is shown", || {
        screen.told().contains("action Help")
    });
    assert_eq!(screen.told().matches("tour act=").count(), before);
}
