use std::sync::Arc;

use super::*;
use crate::{
    engine::{EventKind, Payload},
    score::{self, TaskProgress},
    view::{TaskFacts, test_history::TestHistory},
};

const HEAD: &str = "document: { dsl: 1.0.0, namespace: test, name: game, version: 1.0.0 }\n";

/// A lane whose tasks report what happens to them. Before each report there is an event.
struct Game {
    history: TestHistory,
    lane: LaneModel,
}

impl Game {
    fn of(text: &str) -> Self {
        let document = score::parse(&format!("{HEAD}{text}"), "game").unwrap();
        let facts = Arc::new(ScoreFacts {
            tasks: TaskFacts::of(&document),
            source: document.source,
            ..ScoreFacts::default()
        });
        let history = TestHistory::new("game");
        let mut lane = LaneModel::new(history.id.clone(), 0);
        lane.committed(&history.commit());
        lane.history.performs(EventCount(0), Arc::clone(&facts));
        lane.facts = Some(facts);
        Self { history, lane }
    }

    fn facts(&self) -> &ScoreFacts {
        self.lane.facts.as_deref().unwrap()
    }

    fn report(&mut self, name: &str, happened: TaskEvent) {
        let at = self.history.events.len() as f64;
        let status = Payload::null();
        self.history.add(at, EventKind::CustomStatusSet { status });
        self.lane.committed(&self.history.commit());
        let task = self.facts().task_named(name).unwrap();
        let report = TaskProgress {
            task: task.pointer.to_string(),
            name: name.to_owned(),
            event: happened,
        };
        self.lane.report_tasks(&[report]);
    }

    fn starts(&mut self, names: &[&str]) {
        for name in names {
            self.report(name, TaskEvent::Started);
        }
    }

    fn ends(&mut self, names: &[&str]) {
        for name in names {
            self.report(name, TaskEvent::Completed);
        }
    }

    fn tokens_after(&self, count: EventCount) -> ScoreTokens {
        let facts = self.lane.facts.as_ref();
        Links::new(&self.lane, count, facts, None).tokens(&self.lane)
    }

    fn tokens(&self) -> ScoreTokens {
        self.tokens_after(self.lane.history.len())
    }

    /// The number on each token and its task.
    fn carets(&self) -> Vec<(u32, &str)> {
        let tokens = self.tokens().tokens.into_iter();
        let tokens = tokens.map(|token| {
            let task = &self.facts().tasks[token.task.unwrap()];
            (token.branch.on_token(), &*task.name)
        });
        tokens.collect()
    }

    /// The text that is lit, without the spaces around it.
    fn lit(&self) -> Vec<String> {
        let tokens = self.tokens();
        let lines = (1..).zip(self.facts().source.lines());
        let lit = lines.filter(|(line, _)| tokens.on(*line).next().is_some());
        lit.map(|(_, text)| text.trim().to_owned()).collect()
    }

    fn count(&self, name: &str) -> usize {
        let task = self.facts().tasks.iter().position(|t| &*t.name == name);
        self.tokens().finished(task.unwrap())
    }
}

const FORK: &str = "\
do:
  - both:
      fork:
        branches:
          - left: { wait: { seconds: 1 } }
          - middle:
              do:
                - deep:
                    fork:
                      branches:
                        - up: { wait: { seconds: 1 } }
                        - down: { wait: { seconds: 1 } }
          - right:
              do:
                - one: { wait: { seconds: 1 } }
                - two: { wait: { seconds: 1 } }
  - after: { wait: { seconds: 1 } }
";

#[test]
fn every_branch_of_a_fork_has_a_token_and_keeps_its_number() {
    let mut game = Game::of(FORK);
    game.starts(&[
        "both", "left", "middle", "deep", "up", "down", "right", "one",
    ]);
    let all = [(1, "left"), (2, "up"), (3, "down"), (4, "one")];
    assert_eq!(game.carets(), all);
    assert_eq!(game.tokens().branches, 4);

    game.ends(&["left", "down", "one"]);
    game.starts(&["two"]);
    assert_eq!(game.carets(), [(2, "up"), (4, "two")]);
    game.ends(&["up", "deep", "middle", "two", "right", "both"]);
    game.starts(&["after"]);
    assert_eq!(game.carets(), [(1, "after")]);
    let lines: Vec<_> = game.lit();
    assert_eq!(lines, ["- after: { wait: { seconds: 1 } }"]);
}

#[test]
fn inside_try_only_the_part_that_runs_is_lit() {
    let mut game = Game::of(
        "\
do:
  - tried:
      try:
        - risky:
            wait: { seconds: 1 }
      catch:
        retry: { delay: { seconds: 1 }, limit: { attempt: { count: 2 } } }
        do:
          - rescue: { wait: { seconds: 1 } }
",
    );
    game.starts(&["tried", "risky"]);
    assert_eq!(game.lit(), ["- risky:", "wait: { seconds: 1 }"]);
    // It waits before it is tried again.
    game.report("risky", TaskEvent::Faulted);
    assert_eq!(game.lit(), ["- tried:", "try:"]);
    game.starts(&["risky"]);
    game.report("risky", TaskEvent::Faulted);
    game.starts(&["rescue"]);
    assert_eq!(game.lit(), ["- rescue: { wait: { seconds: 1 } }"]);
    assert_eq!(game.count("risky"), 2);
}

const LOOP: &str = "\
do:
  - again:
      for: { in: \"${ [1, 2, 3] }\" }
      do:
        - step: { wait: { seconds: 1 } }
        - rest: { wait: { seconds: 1 } }
";

#[test]
fn in_a_loop_the_count_of_a_task_is_how_often_it_has_run() {
    let mut game = Game::of(LOOP);
    game.starts(&["again"]);
    for _ in 0..2 {
        game.starts(&["step"]);
        game.ends(&["step"]);
        game.starts(&["rest"]);
        game.ends(&["rest"]);
    }
    game.starts(&["step"]);
    let counts = ["again", "step", "rest"].map(|name| game.count(name));
    assert_eq!(counts, [0, 2, 2]);
    assert_eq!(game.carets(), [(1, "step")]);
}

#[test]
fn at_a_moment_of_the_past_the_tokens_and_counts_are_those_of_that_moment() {
    let mut game = Game::of(LOOP);
    game.starts(&["again", "step"]);
    let then = game.lane.history.len();
    let (now, lit) = (game.tokens(), game.lit());
    game.ends(&["step"]);
    game.starts(&["rest"]);
    assert_ne!(game.lit(), lit);
    assert_eq!(game.tokens_after(then), now);
}

#[test]
fn a_lane_that_has_ended_keeps_its_counts_and_has_no_token() {
    let mut game = Game::of(LOOP);
    game.starts(&["again", "step"]);
    game.ends(&["step"]);
    game.starts(&["rest"]);
    game.lane.status = crate::engine::Status::Terminated;
    assert_eq!(game.carets(), []);
    assert_eq!(game.count("step"), 1);
}

#[test]
fn a_function_that_two_branches_call_has_a_token_for_each() {
    let mut game = Game::of(
        "\
use:
  functions:
    greet:
      do:
        - hello: { wait: { seconds: 1 } }
do:
  - both:
      fork:
        branches:
          - first: { call: greet }
          - second: { call: greet }
",
    );
    game.starts(&[
        "both", "first", "greet", "hello", "second", "greet", "hello",
    ]);
    assert_eq!(game.carets(), [(1, "hello"), (2, "hello")]);
    game.ends(&["hello", "greet", "second"]);
    assert_eq!(game.carets(), [(1, "hello")]);

    // Both branches call it before its first body begins.
    game.ends(&["hello", "greet", "first", "both"]);
    game.starts(&[
        "both", "first", "second", "greet", "hello", "greet", "hello",
    ]);
    assert_eq!(game.carets(), [(1, "hello"), (2, "hello")]);
}

#[test]
fn where_no_task_has_reported_the_lines_that_are_known_are_lit() {
    let mut game = Game::of(LOOP);
    game.lane.progress = Some(LineRange { first: 3, last: 4 });
    let tokens = game.tokens();
    assert_eq!(tokens.tokens.len(), 1);
    assert_eq!(tokens.tokens[0].lines.first, 3);
}
