//! Repeated crashes: the piece continues where it was.

use std::{
    collections::{BTreeMap, HashMap},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    harness::{Room, Sent, eventually, hanging, in_time, is_filled, score, was_late},
    seed::seed_of,
};

/// A loop, a fork, a rest, and a drummer with two failed attempts that are retried.
fn piece() -> String {
    score(
        "piece",
        400,
        r#"  - bars:
      for: { each: bar, in: "${ [range(4)] }" }
      do:
        - together:
            fork:
              branches:
                - high:
                    call: play
                    with: { instrument: a, pattern: "<[c4 d4 e4 f4*2] [g4 a4 [b4,d5] c5]>" }
                - low:
                    do:
                      - breath: { call: rest, with: { beats: 1 } }
                      - walk:
                          call: play
                          with: { instrument: b, notes: [{ at: 0, note: c2 }, { at: 1.5, note: g2, length: 0.5 }], bars: "3/4" }
                - beat:
                    try:
                      - hit:
                          call: play
                          with: { instrument: drums, pattern: "bd hh sn hh" }
                    catch:
                      retry:
                        delay: { milliseconds: 1 }
                        limit: { attempt: { count: 9 } }
  - amen:
      call: play
      with: { instrument: a, pattern: "[c4,e4,g4]" }
"#,
    )
}

/// What was played, by instrument, beat since the instance came in, length and keys; and how often.
type Notes = BTreeMap<String, usize>;

/// Every note that a history says was played.
fn notes(history: &[Value]) -> Notes {
    let mut scheduled = HashMap::new();
    let mut entered = 0.0;
    let mut notes = Notes::new();
    for event in history {
        match event["type"].as_str().unwrap() {
            "TaskScheduled" => {
                scheduled.insert(event["eventId"].as_u64().unwrap(), event);
            }
            "TaskCompleted" => {
                let opened = event["scheduled"].as_u64().unwrap();
                let opened = scheduled.remove(&opened).expect("closed exactly once");
                let at = beat(&event["result"]["at"]);
                match opened["name"].as_str().unwrap() {
                    "enter" => entered = at,
                    "play" => {
                        let note = &opened["input"];
                        let line = format!(
                            "{} at {:.6} for {:.6}: {}",
                            note["instrument"],
                            at - entered,
                            beat(&note["length"]),
                            note["keys"]
                        );
                        *notes.entry(line).or_default() += 1;
                    }
                    _ => {}
                }
            }
            "TaskFailed" if event["failure"]["errorType"] == "Interrupted" => {
                assert!(!event["retryAt"].is_null(), "{event}");
            }
            "TaskFailed" => {
                assert!(event["failure"]["errorType"] == "Trouble", "{event}");
                scheduled.remove(&event["scheduled"].as_u64().unwrap());
            }
            _ => {}
        }
    }
    assert!(scheduled.is_empty(), "left open: {scheduled:?}");
    notes
}

/// A beat, as it is written: `3` or `3/2`.
fn beat(value: &Value) -> f64 {
    let text = value.as_str().unwrap();
    let (n, d) = text.split_once('/').unwrap_or((text, "1"));
    n.parse::<f64>().unwrap() / d.parse::<f64>().unwrap()
}

/// Numbers that are the same in every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[test]
fn a_piece_killed_at_any_moment_continues_to_the_same_end() {
    let room = Room::new();
    room.write("piece.yaml", &piece());
    room.succeed("play piece.yaml --clock virtual --store whole.redb");
    let whole = notes(&room.history("whole.redb", "piece-1"));
    assert_eq!(
        whole.values().sum::<usize>(),
        2 * 5 + 2 * 4 + 4 * 2 + 4 * 4 + 1
    );

    thread::scope(|scope| {
        for source in 1..=4 {
            let seed = seed_of(source);
            let whole = &whole;
            scope.spawn(move || in_time(|| pull_the_plug(seed, whole)));
        }
    });
}

/// `None`: the machine was too busy to play in time.
fn pull_the_plug(seed: u64, whole: &Notes) -> Option<()> {
    let mut random = Seeded(seed);
    let room = Room::new();
    room.write("piece.yaml", &piece());
    let mut kills = 0;
    let mut before: Vec<Value> = Vec::new();
    loop {
        // The first trace of a run appears when it is ready to play; the moment is counted from there.
        let trace = format!("trace-{kills}.jsonl");
        let score = if before.is_empty() {
            "piece.yaml"
        } else {
            "--resume"
        };
        let args = format!("play {score} --store s.redb --trace {trace}");
        let mut run = room.start(&args);
        eventually("it plays", || is_filled(&room.path(&trace)));
        // Five kills, of which the moments between commits are the interesting ones.
        let moment = Duration::from_micros(random.below(700_000));
        if kills < 5 {
            thread::sleep(moment);
            run.kill().unwrap();
            kills += 1;
        }
        let ended = run.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
        let history = room.history("s.redb", "piece-1");
        is_one_history(&history, &before);
        before = history;
        let closed = before
            .last()
            .is_some_and(|event| event["type"] == "ExecutionCompleted");
        if closed {
            let hanging = hanging(&room.trace(&trace));
            assert!(
                ended.status.code().is_none() || hanging.is_empty(),
                "{hanging:?}"
            );
            break;
        }
        assert!(
            ended.status.code().is_none(),
            "seed {seed}: ended without an end: {stderr}"
        );
    }
    let notes = notes(&before);
    if notes != *whole && was_late(&before) {
        return None;
    }
    assert_eq!(&notes, whole, "seed {seed}");
    Some(())
}

/// Ids follow each other from 0, and what was there before is there still.
fn is_one_history(history: &[Value], before: &[Value]) {
    let ids: Vec<u64> = history
        .iter()
        .map(|event| event["eventId"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, (0..history.len() as u64).collect::<Vec<_>>());
    assert_eq!(&history[..before.len()], before, "what has happened stays");
}

#[test]
fn the_piece_continues_where_it_stopped_and_not_bars_later() {
    in_time(stop_and_continue);
}

/// `None`: the machine was too busy to play in time.
fn stop_and_continue() -> Option<()> {
    let room = Room::new();
    let tick = r#"  - tick: { call: play, with: { instrument: a, pattern: "c4*4", repeat: 8 } }"#;
    room.write("ticks.yaml", &score("ticks", 240, &format!("{tick}\n")));
    let mut run = room.start("play ticks.yaml --store s.redb --trace first.jsonl");
    let ons = |trace: &str| -> Vec<Sent> {
        let sent = room.trace(trace).into_iter();
        sent.filter(Sent::is_on).collect()
    };
    eventually("twelve notes sound", || {
        room.path("first.jsonl").exists() && ons("first.jsonl").len() >= 12
    });
    run.kill().unwrap();
    run.wait_with_output().unwrap();
    let was_late_before = was_late(&room.history("s.redb", "ticks-1"));
    let begun = Instant::now();
    room.succeed("list --store s.redb");
    let opening = begun.elapsed();
    room.succeed("play --resume --store s.redb --trace second.jsonl");
    let (first, second) = (ons("first.jsonl"), ons("second.jsonl"));
    let gap = second[0].beat - first.last().unwrap().beat;
    if was_late_before {
        return None;
    }
    assert!((0.0..=2.0).contains(&gap), "{gap} beats are missing");
    // It comes in at once: within the lead and a beat, and what this machine takes to open a store.
    let most = Duration::from_millis(1500) + 3 * opening;
    let silence = Duration::from_nanos(second[0].due);
    assert!(
        silence < most,
        "{silence:?} of silence; {opening:?} to open"
    );
    let last = second.last().unwrap().beat;
    if last != 31.0 && was_late(&room.history("s.redb", "ticks-1")) {
        return None;
    }
    assert_eq!(last, 31.0);
    Some(())
}
