//! Scores that continue as new when their history is long: nothing that is played, received or returned
//! depends on where that happens.

use std::{sync::Arc, time::Duration};

use fermata::{
    conductor::Conductor,
    engine::{
        Archive, EventKind, InstanceId, InstanceSummary, Limits, Recovery, RedbStore, Status,
        Timestamp,
    },
    music::{Journal, Trace},
    score::{Document, parse},
};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::harness::{Room, Sent, hanging};
use crate::simulation::{BEGIN, Simulation};

/// Histories that are never long.
const NEVER: u64 = 90_000;

fn document(tasks: &str) -> Document {
    document_with("", tasks)
}

/// A score at 120 beats a minute in 4/4. `more`: further members of the document.
fn document_with(more: &str, tasks: &str) -> Document {
    let text = format!(
        "document:
  dsl: 1.0.0
  namespace: test
  name: piece
  version: 1.0.0
  metadata:
    fermata:
      tempo: 120
      meter: 4/4
      instruments:
        high: {{ patch: bell }}
        low: {{ patch: bass }}
        faulty: {{ patch: pluck, fault: {{ fail: 3, bar: 3 }} }}
        loose: {{ patch: pluck, fault: {{ unplug: 3, bar: 3 }} }}
{more}
do:
{tasks}"
    );
    parse(&text, "piece").unwrap_or_else(|errors| panic!("{text}\n{errors}"))
}

fn id() -> InstanceId {
    InstanceId::new("piece").unwrap()
}

/// The result of a performance.
struct Played {
    trace: Vec<Sent>,
    end: InstanceSummary,
    /// The name, input and result of each completed activity, over all runs.
    activities: Vec<String>,
}

impl Played {
    fn output(&self) -> Option<Value> {
        let output = self.end.output.as_ref()?;
        Some(output.decode().unwrap())
    }

    /// What ports received: when, at which beat and what. Simultaneous messages in order of their bytes.
    fn messages(&self) -> Vec<(u64, String, Vec<u8>)> {
        let messages = self.trace.iter();
        let mut messages: Vec<_> = messages
            .map(|sent| (sent.due, format!("{:.9}", sent.beat), sent.bytes.clone()))
            .collect();
        messages.sort();
        messages
    }
}

/// A conductor in simulated time, on a store in a file. `history_hint`: the length at which histories
/// are long.
fn simulate<T>(
    room: &Room,
    history_hint: u64,
    recovery: Recovery,
    begins: Timestamp,
    trace: &str,
    conduct: impl AsyncFnOnce(&Conductor) -> T,
) -> T {
    let store = RedbStore::create(&room.path("s.redb")).unwrap();
    let limits = long_from(history_hint);
    simulate_on(store, room, limits, recovery, begins, trace, conduct)
}

fn simulate_on<T>(
    store: RedbStore,
    room: &Room,
    limits: Limits,
    recovery: Recovery,
    begins: Timestamp,
    trace: &str,
    conduct: impl AsyncFnOnce(&Conductor) -> T,
) -> T {
    let mut journal = Journal::new();
    let names = journal.names();
    journal.add(Box::new(Trace::create(&room.path(trace), names).unwrap()));
    let simulation = Simulation {
        store: Arc::new(store),
        recovery,
        begins,
        journal,
        limits,
        ..Simulation::default()
    };
    simulation.run(conduct)
}

/// A conductor in simulated time, on a store in memory.
fn in_memory<T>(
    room: &Room,
    history_hint: u64,
    trace: &str,
    conduct: impl AsyncFnOnce(&Conductor) -> T,
) -> T {
    let store = RedbStore::in_memory().unwrap();
    let (limits, none) = (long_from(history_hint), Recovery::Nothing);
    simulate_on(store, room, limits, none, BEGIN, trace, conduct)
}

/// Histories are long from this number of events on.
fn long_from(history_hint: u64) -> Limits {
    Limits {
        history_hint,
        ..Limits::default()
    }
}

/// Performs a score to its end.
fn perform(document: &Document, history_hint: u64, meanwhile: impl AsyncFn(&Conductor)) -> Played {
    let room = Room::new();
    let (end, activities) = in_memory(&room, history_hint, "t", async |conductor| {
        let start = conductor.perform(document, Some(id()), json!({}));
        start.await.unwrap();
        let id = id();
        let closed = conductor.engine().until_closed(&id);
        let (end, ()) = tokio::join!(closed, meanwhile(conductor));
        conductor.player().until_silent().await;
        (end.unwrap(), activities(conductor.engine().archive()))
    });
    let trace = room.trace("t");
    assert!(hanging(&trace).is_empty());
    Played {
        trace,
        end,
        activities,
    }
}

/// The completed activities of the instance over all its runs. Rests and the random ids of events are
/// left out.
fn activities(archive: &Archive) -> Vec<String> {
    let mut activities = Vec::new();
    for (_, events) in archive.runs(&id()).unwrap() {
        for event in &events {
            let EventKind::TaskCompleted { scheduled, result } = &event.kind else {
                continue;
            };
            let EventKind::TaskScheduled { name, input, .. } =
                &events[usize::try_from(scheduled.0).unwrap()].kind
            else {
                panic!("the event {scheduled} schedules no activity");
            };
            if name != "rest" && name != "emit" {
                let (input, result): (Value, Value) =
                    (input.decode().unwrap(), result.decode().unwrap());
                activities.push(format!("{name} {input} {}", result["at"]));
            }
        }
    }
    activities.sort();
    activities
}

/// Performs a score with long and with short histories, and compares them.
fn compare(document: &Document, meanwhile: impl AsyncFn(&Conductor)) -> Played {
    let whole = perform(document, NEVER, &meanwhile);
    assert_eq!(whole.end.run, 1);
    for history_hint in [20, 45, 111] {
        let renewed = perform(document, history_hint, &meanwhile);
        let what = format!(
            "histories of {history_hint} events, {} runs",
            renewed.end.run
        );
        assert!(renewed.end.run > 2, "{what}");
        assert_eq!(renewed.end.status, whole.end.status, "{what}");
        assert_eq!(renewed.output(), whole.output(), "{what}");
        assert_eq!(renewed.activities, whole.activities, "{what}");
        let (now, before) = (renewed.messages(), whole.messages());
        let differs = now
            .iter()
            .zip(&before)
            .position(|(now, before)| now != before);
        assert!(
            now == before,
            "{what}: {} messages rather than {}, the first difference is {:?}",
            now.len(),
            before.len(),
            differs.map(|at| (&now[at], &before[at]))
        );
    }
    whole
}

async fn nothing(_: &Conductor) {}

#[test]
fn branches_with_phrases_of_chance_loops_rests_and_controllers() {
    let document = document(
        r#"  - together:
      fork:
        branches:
          - melody: { call: play, with: { instrument: high, pattern: "<c5 [d5 e5]>? [g5|a5|b5] e5*2? <c6 ~>", repeat: 24 } }
          - ground:
              for: { each: bar, in: "${ [range(24)] }", at: n }
              do:
                - choose: { switch: [{ even: { when: "${ $bar % 2 == 0 }", then: low-note } }, { odd: { then: walk } }] }
                - low-note: { call: play, with: { instrument: low, pattern: "c2@3 ~" }, then: swell }
                - walk: { call: play, with: { instrument: low, pattern: "${ if $n % 3 == 0 then \"g2 f2\" else \"<e2 d2>\" end }", bars: 1/2, repeat: 2 } }
                - swell: { call: control, with: { instrument: low, cc: pan, from: 0, to: 100, over: 1 } }
                - breath: { call: rest, with: { beats: 1/3 } }
          - pedal:
              for: { each: n, in: "${ [range(6)] }" }
              do:
                - long: { call: rest, with: { bars: 3 } }
                - bell: { call: play, with: { instrument: high, pattern: "c7", bars: 1/4 } }
  - amen: { call: play, with: { instrument: high, pattern: "c6" } }
"#,
    );
    let played = compare(&document, nothing);
    assert!(played.trace.iter().filter(|sent| sent.is_on()).count() > 100);
}

#[test]
fn variables_context_and_functions() {
    let document = document_with(
        r#"use:
  functions:
    step:
      do:
        - note: { call: play, with: { instrument: high, pattern: "${ .pattern }", velocity: "${ .velocity }", bars: 1/4 } }
        - pause: { call: rest, with: { beats: "${ .beats }" } }
        - count: { set: { steps: 1, of: "${ $input.pattern }" } }
output: { as: "${ { count: $context.count, list: $context.list, last: . , started: $workflow.startedAt.epoch.milliseconds } }" }"#,
        r#"  - begin: { set: { count: 0, list: [] }, export: { as: "${ . }" } }
  - together:
      fork:
        branches:
          - counting:
              for: { each: n, in: "${ [range(30)] }" }
              do:
                - add: { set: { count: "${ $context.count + 1 }", list: "${ $context.list + [$n] }" }, export: { as: "${ . }" } }
                - step: { call: step, with: { pattern: "${ \"c\\($n % 3 + 4)\" }", velocity: "${ 60 + $context.count }", beats: 1 } }
          - reading: { call: play, with: { instrument: low, pattern: "${ \"c2*\\($context.count + 3)\" }", velocity: "${ 40 + $context.count }", repeat: 15 } }
          - late:
              do:
                - half: { call: rest, with: { beats: 29 } }
                - read: { call: play, with: { instrument: low, pattern: "${ \"g2*\\($context.count)\" }", repeat: 5 } }
"#,
    );
    let played = compare(&document, nothing);
    let output = played.output().unwrap();
    assert_eq!(output["count"], 30);
    assert_eq!(output["started"], 1000);
}

#[test]
fn attempts_that_fail_and_are_caught() {
    let document = document(
        r#"  - together:
      fork:
        branches:
          - beat: { call: play, with: { instrument: low, pattern: "c2*4", repeat: 24 } }
          - guarded:
              for: { each: n, in: "${ [range(5)] }" }
              do:
                - attempt:
                    try:
                      - sing: { call: play, with: { instrument: faulty, pattern: "c5*3", repeat: 2 } }
                      - sometimes: { if: "${ $n % 2 == 1 }", raise: { error: { type: "https://example.org/x", status: 400, title: Oh } } }
                    catch:
                      as: problem
                      retry: { delay: { milliseconds: 1700 }, limit: { attempt: { count: 2, duration: { seconds: 30 } } } }
                      do:
                        - lament: { call: play, with: { instrument: high, pattern: "${ if $problem.status == 400 then \"c3 b2\" else \"a2*5\" end }", repeat: 2 } }
"#,
    );
    let played = compare(&document, nothing);
    assert_eq!(played.end.status, Status::Completed);
    let caught = played.activities.iter();
    assert!(caught.filter(|text| text.contains("lament")).count() >= 8);
}

#[test]
fn waits_and_time_limits() {
    let document = document(
        r#"  - together:
      fork:
        branches:
          - beat: { call: play, with: { instrument: low, pattern: "c2*4", repeat: 20 } }
          - waiting:
              for: { each: n, in: "${ [range(6)] }" }
              do:
                - pause: { wait: { milliseconds: 4321 } }
                - mark: { call: play, with: { instrument: high, at: now, pattern: "c6", bars: 1/4 } }
          - limited:
              try:
                - endless:
                    timeout: { after: { seconds: 21 } }
                    for: { each: n, in: "${ [range(1000)] }" }
                    do:
                      - note: { call: play, with: { instrument: high, pattern: "e5*3" } }
              catch:
                errors: { with: { status: 408 } }
                do:
                  - over: { call: play, with: { instrument: high, at: beat, pattern: "c4" } }
"#,
    );
    let played = compare(&document, nothing);
    assert_eq!(played.end.status, Status::Completed);
    assert!(played.activities.iter().any(|text| text.contains("over")));
}

#[test]
fn a_pause_with_frozen_time_does_not_shorten_what_the_next_run_waits_for() {
    let document = document(
        r#"  - together:
      fork:
        branches:
          - beat: { call: play, with: { instrument: low, pattern: "c2*8", repeat: 30 } }
          - waiting:
              do:
                - pause: { wait: { seconds: 50 } }
                - mark: { call: play, with: { instrument: high, at: now, pattern: "c6", bars: 1/4 } }
          - limited:
              try:
                - hear: { listen: { to: { one: { with: { type: never } } } }, timeout: { after: { seconds: 40 } } }
              catch:
                do:
                  - over: { call: play, with: { instrument: high, at: beat, pattern: "c4" } }
"#,
    );
    compare(&document, async |conductor| {
        sleep(Duration::from_millis(8100)).await;
        let engine = conductor.engine();
        engine.suspend(&id(), "intermission").await.unwrap();
        sleep(Duration::from_secs(30)).await;
        engine.resume(&id(), "").await.unwrap();
    });
}

#[test]
fn events_that_a_score_collects_and_handles() {
    let document = document_with(
        "output: { as: \"${ .[0:5] }\" }",
        r#"  - together:
      fork:
        branches:
          - beat: { call: play, with: { instrument: low, pattern: "c2*4", repeat: 24 } }
          - collecting: { listen: { to: { any: [{ with: { type: n } }], until: "${ length == 9 }" } }, output: { as: "${ map(.n) }" } }
          - all: { listen: { to: { all: [{ with: { type: n, data: "${ .n == 3 }" } }, { with: { type: m } }, { with: { type: n, data: "${ .n == 7 }" } }] } }, output: { as: "${ map(.n) }" } }
          - correlated:
              listen:
                to:
                  all:
                    - { with: { type: n }, correlate: { parity: { from: "${ .data.n % 2 }" } } }
                    - { with: { type: m }, correlate: { parity: { from: "${ .data.n % 2 }" } } }
              output: { as: "${ map(.n) }" }
          - handling:
              listen: { to: { any: [{ with: { type: n } }], until: { one: { with: { type: stop } } } } }
              foreach:
                item: event
                at: i
                do:
                  - answer: { call: play, with: { instrument: high, at: bar, pattern: "${ \"c5*\\($event.n + 1)\" }" } }
                  - result: { set: { n: "${ [$event.n, $i] }" } }
                output: { as: "${ .n }" }
          - emitting:
              for: { each: n, in: "${ [range(9)] }" }
              do:
                - pause: { call: rest, with: { beats: 9 } }
                - call: { emit: { event: { with: { source: "http://a", type: n, data: { n: "${ $n }" } } } } }
                - third: { if: "${ $n == 6 }", emit: { event: { with: { source: "http://a", type: m, data: { n: 6 } } } } }
          - stopping:
              do:
                - long: { call: rest, with: { bars: 23 } }
                - stop: { emit: { event: { with: { source: "http://a", type: stop } } } }
"#,
    );
    let played = compare(&document, async |conductor| {
        sleep(Duration::from_secs(11)).await;
        let data = json!({ "n": 100 });
        conductor.raise(&id(), "m", data).await.unwrap();
    });
    let output = played.output().unwrap();
    assert_eq!(output[1], json!([0, 1, 2, 3, 4, 5, 6, 7, 8]));
    assert_eq!(output[4].as_array().unwrap().len(), 9);
}

#[test]
fn changes_of_the_tempo() {
    let document = document(
        r#"  - together:
      fork:
        branches:
          - beat: { call: play, with: { instrument: low, pattern: "c2*4", repeat: 24 } }
          - pace:
              for: { each: n, in: "${ [range(4)] }" }
              do:
                - rest: { call: rest, with: { bars: 1 } }
                - faster: { call: tempo, with: { bpm: "${ 140 + 10 * $n }", over: 7 } }
                - slower: { call: tempo, with: { bpm: 90 } }
                - bend: { call: control, with: { instrument: low, bend: { from: 0, to: -1, over: 6 } } }
"#,
    );
    compare(&document, nothing);
}

#[test]
fn rounds_of_a_schedule_begin_their_patterns_again() {
    let document = document_with(
        "schedule: { after: { seconds: 3 } }",
        "  - riff: { call: play, with: { instrument: low, pattern: \"<c2 d2 e2>*4\", repeat: 10 } }\n",
    );
    let played = |history_hint| {
        let room = Room::new();
        in_memory(&room, history_hint, "t", async |conductor| {
            let start = conductor.launch(&document, Some(id()), json!({}), Some(3));
            start.await.unwrap();
            conductor.engine().until_closed(&id()).await.unwrap();
            conductor.player().until_silent().await;
        });
        let trace = room.trace("t");
        let notes = trace.iter().filter(|sent| sent.is_on());
        notes.map(|sent| (sent.due, sent.key())).collect::<Vec<_>>()
    };
    let whole = played(NEVER);
    assert_eq!(whole.len(), 3 * 40);
    assert_eq!(played(30), whole);
}

#[test]
fn a_score_that_only_waits_continues_as_new() {
    let text = r#"
document: { dsl: 1.0.0, namespace: test, name: piece, version: 1.0.0 }
do:
  - rounds:
      for: { each: n, in: "${ [range(200)] }" }
      do:
        - pause: { wait: { seconds: 1 } }
        - count: { set: { n: "${ $n }" } }
"#;
    let played = compare(&parse(text, "piece").unwrap(), nothing);
    assert_eq!(played.output(), Some(json!({ "n": 199 })));
}

#[test]
fn a_piece_longer_than_a_history_may_be_is_played_to_its_end() {
    let document = document(
        "  - riff: { call: play, with: { instrument: low, pattern: \"c2*8\", repeat: 400 } }\n",
    );
    let limits = Limits {
        history: 2_000,
        ..long_from(200)
    };
    assert!(3 * 3_200 > limits.history);
    let room = Room::new();
    let store = RedbStore::in_memory().unwrap();
    let none = Recovery::Nothing;
    let end = simulate_on(store, &room, limits, none, BEGIN, "t", async |conductor| {
        let start = conductor.perform(&document, Some(id()), json!({}));
        start.await.unwrap();
        conductor.engine().until_closed(&id()).await.unwrap()
    });
    assert_eq!(end.status, Status::Completed);
}

/// Performs a score, and cuts it off and resumes it each time that it has lasted that long. Returns the
/// number of starts.
fn cut_off(room: &Room, document: &Document, lasts: Duration) -> u32 {
    let mut begins = BEGIN;
    let mut starts = 0;
    loop {
        starts += 1;
        let recovery = match starts {
            1 => Recovery::Nothing,
            _ => Recovery::OpenInstances,
        };
        let (end, last) = simulate(room, 30, recovery, begins, "t", async |conductor| {
            if starts == 1 {
                let start = conductor.perform(document, Some(id()), json!({}));
                start.await.unwrap();
            }
            let id = id();
            let closed = conductor.engine().until_closed(&id);
            let end = tokio::time::timeout(lasts, closed).await.ok();
            let history = conductor.engine().archive().history(&id).unwrap();
            (end, history.last().unwrap().at)
        });
        begins = last;
        if let Some(end) = end {
            let end = end.unwrap();
            assert_eq!(end.status, Status::Completed);
            assert!(end.run > 4, "{} runs", end.run);
            return starts;
        }
        assert!(starts < 100, "it does not get on");
    }
}

#[test]
fn a_performance_that_is_cut_off_continues_where_it_was_in_any_run() {
    let document = document(
        r#"  - together:
      fork:
        branches:
          - beat: { call: play, with: { instrument: low, pattern: "c2*4", repeat: 20 } }
          - song:
              for: { each: n, in: "${ [range(10)] }" }
              do:
                - sing: { call: play, with: { instrument: high, pattern: "<c5 d5>*3? e5", repeat: 2 } }
  - amen: { call: play, with: { instrument: high, pattern: "c6" } }
"#,
    );
    let whole = perform(&document, NEVER, nothing);
    let notes = |activities: &[String]| {
        let plays = activities.iter().filter(|text| text.starts_with("play "));
        plays.cloned().collect::<Vec<_>>()
    };
    for lasts in [2_300, 3_940, 4_000, 4_060, 5_555, 7_990] {
        let room = Room::new();
        let lasts = Duration::from_millis(lasts);
        let starts = cut_off(&room, &document, lasts);
        assert!(starts > 2, "{starts} starts");
        let store = RedbStore::create(&room.path("s.redb")).unwrap();
        let archive = Archive::new(Arc::new(store));
        assert_eq!(notes(&activities(&archive)), notes(&whole.activities));
    }
}

#[test]
fn an_injected_fault_is_over_after_its_attempts_in_any_run() {
    let document = document(
        "  - riff: { call: play, with: { instrument: loose, pattern: \"c4*4\", repeat: 24 } }\n",
    );
    let room = Room::new();
    cut_off(&room, &document, Duration::from_millis(7_100));
    let store = RedbStore::create(&room.path("s.redb")).unwrap();
    let runs = Archive::new(Arc::new(store)).runs(&id()).unwrap();
    let events = runs.iter().flat_map(|(_, events)| events);
    let faults = events.filter(|event| match &event.kind {
        EventKind::TaskFailed { failure, .. } => failure.message.ends_with("on purpose"),
        _ => false,
    });
    assert_eq!(faults.count(), 3);
}
