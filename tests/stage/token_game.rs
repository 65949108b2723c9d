//! The score as a token game: what runs, in which branch, and what has run.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};
use fermata::{
    conductor::ScoreRun,
    engine::History,
    view::{EventPlace, Explanation, Projector},
};
use serde_json::json;

use super::{TestWindow, performed::performed};

/// Three branches, one of which repeats; they are far apart.
const SCORE: &str = "\
document: { dsl: 1.0.0, namespace: test, name: game, version: 1.0.0, title: Game }
do:
  - first: { wait: { seconds: 1 } }
  - both:
      fork:
        branches:
          - left: { wait: { seconds: 60 } }
          - again:
              for: { in: \"${ [1, 2, 3, 4, 5] }\" }
              do:
                - step: { wait: { seconds: 2 } }
          - tried:
              try:
                - risky: { wait: { seconds: 50 } }
              catch:
                do:
                  - rescue: { wait: { seconds: 1 } }
";

/// The window with one lane that performs the score for `seconds`, replayed.
fn game(score: &str, seconds: u64) -> TestWindow {
    let committed = performed(score, json!({}), Duration::from_secs(seconds));
    let last = committed.events.last().unwrap().at;
    let mut projector = Projector::new();
    projector.committed(&committed);
    let mut window = TestWindow::open(&projector);
    let now = last + Duration::from_millis(500);
    window.host.now.store(now.0, Ordering::Relaxed);
    let snapshot = window.host.snapshot.lock().unwrap().clone();
    let lane = &snapshot.lanes[0];
    let place = EventPlace(lane.history.len().0 - 1);
    let run = ScoreRun::of(&lane.id, &lane.run_around(place));
    *window.host.score_run.lock().unwrap() = Some(Arc::new(run));
    window.steps(2);
    window
}

/// The same score, with many lines before one of the branches.
pub fn far_apart(branch: &str) -> TestWindow {
    let begin = format!("          - {branch}:");
    let gap = "# nothing\n".repeat(90);
    game(&SCORE.replace(&begin, &format!("{gap}{begin}")), 6)
}

impl TestWindow {
    /// What the lines of the score say, beyond their text.
    fn score_lines(&self) -> Vec<String> {
        let lines = self.harness.query_all_by_label_contains("Line ");
        let names = lines.filter_map(|node| {
            let node = node.accesskit_node();
            node.label().or(node.value())
        });
        let names = names.filter(|name| name.contains("runs now") || name.contains("has run"));
        names
            .map(|name| name.split(": ").skip(1).collect::<Vec<_>>().join(": "))
            .collect()
    }
}

impl TestWindow {
    /// Whether the line that begins so says this, and nothing more.
    fn says(&self, begin: &str, words: &str) -> bool {
        let lines = self.score_lines();
        let mut lines = lines.iter().filter(|line| line.starts_with(begin));
        lines.any(|line| line.ends_with(words))
    }
}

#[test]
fn every_branch_has_a_token_and_finished_tasks_say_how_often_they_have_run() {
    let window = game(SCORE, 6);
    for (begin, words) in [
        ("- left:", ", runs now as token 1"),
        ("- step:", ", runs now as token 2, has run 2 times"),
        ("- risky:", ", runs now as token 3"),
    ] {
        assert!(window.says(begin, words), "{:?}", window.score_lines());
    }
    let tasks = window.score_lines().into_iter();
    let tasks = tasks.filter(|line| line.starts_with("- ")).count();
    assert_eq!(tasks, 3, "neither the fork nor the try around them is lit");
}

#[test]
fn the_explained_replay_shows_the_same_tokens() {
    let mut window = game(SCORE, 6);
    let snapshot = window.host.snapshot.lock().unwrap().clone();
    let lane = &snapshot.lanes[0];
    let place = EventPlace(lane.history.len().0 - 1);
    let explanation = Explanation::of_score(History {
        instance: lane.id.clone(),
        events: lane.run_around(place),
    });
    *window.host.explanation.lock().unwrap() = Some(Arc::new(explanation));
    window.press(Key::E);
    for (begin, words) in [
        ("- left:", ", runs now as token 1"),
        ("- step:", ", 2 from history, runs now as token 2"),
    ] {
        assert!(window.says(begin, words), "{:?}", window.score_lines());
    }
}

#[test]
fn in_replay_tokens_and_counts_are_those_of_the_moment() {
    let mut window = game(SCORE, 6);
    for _ in 0..2 {
        window.press(Key::ArrowLeft);
    }
    let words = ", runs now as token 2, has run once";
    assert!(window.says("- step:", words), "{:?}", window.score_lines());
    window.press(Key::Home);
    let words = ", runs now as token 1";
    assert!(window.says("- first:", words), "{:?}", window.score_lines());
    assert!(!window.says("- step:", ""), "{:?}", window.score_lines());
}

#[test]
fn with_tokens_far_apart_the_map_shows_them_and_a_click_follows_one() {
    let mut window = far_apart("tried");
    let shown = |window: &TestWindow, line: &str| {
        let mut lines = window.score_lines().into_iter();
        lines.any(|name| name.contains(line))
    };
    assert!(shown(&window, "left") && !shown(&window, "risky"));
    window
        .harness
        .get_by_label_contains("Follow token 1 at left");
    window
        .harness
        .get_by_label_contains("Follow token 3 at risky")
        .click();
    window.steps(3);
    window.harness.hover_at(egui::pos2(900.0, 40.0));
    window.steps(3);
    assert!(!shown(&window, "left") && shown(&window, "risky"));
}
