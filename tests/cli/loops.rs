//! Scores that loop: repetitions without a gap, and changes that take effect on the bar line.

use std::{path::Path, sync::Arc, time::Duration};

use fermata::{
    conductor::{Conductor, Looping, upcoming_notes},
    engine::{InstanceId, Recovery, RedbStore, Status, Timestamp},
    music::{Beat, Beats, Journal, Trace},
    score::{Document, parse},
};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::harness::Room;
use crate::simulation::{BEGIN, Simulation};

/// A bar at 120 beats a minute.
const BAR: Duration = Duration::from_secs(2);

fn score(settings: &str, pattern: &str) -> Document {
    let text = format!(
        "document:\n  dsl: 1.0.0\n  namespace: test\n  name: vamp\n  version: 1.0.0\n  \
         metadata: {{ fermata: {{ {settings}, instruments: {{ bass: {{ patch: bass }} }} }} }}\n\
         do:\n  - riff: {{ call: play, with: {{ instrument: bass, pattern: \"{pattern}\" }} }}\n"
    );
    parse(&text, "vamp").unwrap_or_else(|errors| panic!("{errors}"))
}

/// Performs in simulated time on a store in a file.
fn simulate<T>(
    room: &Room,
    recovery: Recovery,
    begins: Timestamp,
    trace: &str,
    conduct: impl AsyncFnOnce(&Conductor) -> T,
) -> T {
    let mut journal = Journal::new();
    let names = journal.names();
    journal.add(Box::new(Trace::create(&room.path(trace), names).unwrap()));
    let simulation = Simulation {
        store: Arc::new(RedbStore::create(Path::new(&room.path("s.redb"))).unwrap()),
        recovery,
        begins,
        journal,
        looping: Looping::Endless,
        ..Simulation::default()
    };
    simulation.run(conduct)
}

fn id() -> InstanceId {
    InstanceId::new("vamp").unwrap()
}

async fn start(conductor: &Conductor, document: &Document) {
    conductor
        .perform(document, Some(id()), json!({}))
        .await
        .unwrap();
}

fn is_struck(line: &Value) -> bool {
    let bytes = line["bytes"].as_array().unwrap();
    bytes[0].as_u64().unwrap() >> 4 == 9 && bytes[2].as_u64() != Some(0)
}

/// `beat key` of each note that was struck.
fn notes(room: &Room, trace: &str) -> Vec<String> {
    let lines = room.json_lines(trace).into_iter();
    lines
        .filter(is_struck)
        .map(|line| format!("{} {}", line["beat"].as_f64().unwrap(), line["bytes"][1]))
        .collect()
}

#[test]
fn a_change_takes_effect_on_the_next_bar_line_without_a_gap() {
    let room = Room::new();
    let first = score("loop: true", "c2 d2");
    let second = score("loop: true", "e2 f2 g2 a2");
    let last = score("loop: false", "b2");
    let end = simulate(
        &room,
        Recovery::Nothing,
        BEGIN,
        "t.jsonl",
        async |conductor| {
            start(conductor, &first).await;
            sleep(BAR + BAR / 2).await;
            conductor.revise(&second);
            sleep(BAR).await;
            let runs = conductor.engine().archive().runs(&id()).unwrap();
            let texts: Vec<bool> = runs
                .iter()
                .map(|(_, events)| {
                    serde_json::to_string(&events[0].kind)
                        .unwrap()
                        .contains("c2 d2")
                })
                .collect();
            assert_eq!(
                texts,
                [true, true, false],
                "a round keeps the text that it began with"
            );
            conductor.revise(&last);
            let end = conductor.engine().until_closed(&id()).await.unwrap();
            conductor.player().until_silent().await;
            end
        },
    );
    assert_eq!((end.status, end.run), (Status::Completed, 4));
    assert_eq!(
        notes(&room, "t.jsonl"),
        [
            "0 36", "2 38", "4 36", "6 38", "8 40", "9 41", "10 43", "11 45", "12 47"
        ]
    );
}

#[test]
fn a_paused_loop_resumes_in_phase() {
    let room = Room::new();
    simulate(
        &room,
        Recovery::Nothing,
        BEGIN,
        "t.jsonl",
        async |conductor| {
            let engine = conductor.engine();
            start(conductor, &score("loop: true", "c2 d2")).await;
            // The rest of the first round is under way.
            sleep(BAR * 3 / 4).await;
            engine.suspend(&id(), "test").await.unwrap();
            sleep(BAR + BAR / 2).await;
            engine.resume(&id(), "test").await.unwrap();
            sleep(BAR * 2).await;
            engine.terminate(&id(), "test").await.unwrap();
            conductor.player().until_silent().await;
        },
    );
    let notes = notes(&room, "t.jsonl");
    assert_eq!(notes[..2], ["0 36", "2 38"]);
    assert_eq!(notes[2..5], ["12 36", "14 38", "16 36"], "{notes:?}");
}

#[test]
fn after_a_crash_a_loop_continues_from_its_repetition() {
    let room = Room::new();
    simulate(
        &room,
        Recovery::Nothing,
        BEGIN,
        "a.jsonl",
        async |conductor| {
            start(conductor, &score("loop: true", "c2 d2 e2 f2")).await;
            sleep(BAR * 2 + BAR / 2).await;
        },
    );
    let before = notes(&room, "a.jsonl");
    let later = BEGIN + Duration::from_secs(3600);
    simulate(
        &room,
        Recovery::OpenInstances,
        later,
        "b.jsonl",
        async |conductor| {
            sleep(BAR * 2).await;
            conductor.engine().terminate(&id(), "test").await.unwrap();
            conductor.player().until_silent().await;
        },
    );
    let mut notes: Vec<_> = before.into_iter().chain(notes(&room, "b.jsonl")).collect();
    notes.dedup();
    let keys = [36, 38, 40, 41];
    let whole: Vec<_> = (0..notes.len())
        .map(|n| format!("{n} {}", keys[n % 4]))
        .collect();
    assert_eq!(notes, whole);
    assert!(notes.len() > 16);
}

#[test]
fn a_loop_can_end_itself_and_a_loop_without_duration_is_an_error() {
    let room = Room::new();
    let head = "document:\n  dsl: 1.0.0\n  namespace: test\n  name: vamp\n  version: 1.0.0\n  \
                metadata: { fermata: { loop: true, instruments: { bass: { patch: bass } } } }\ndo:\n";
    let play = "call: play, with: { instrument: bass, pattern: c2 }";
    let ends = format!("{head}  - riff: {{ {play}, then: end }}\n");
    let never = format!("{head}  - riff: {{ if: \"${{ false }}\", {play} }}\n");
    for (name, text) in [("ends", ends), ("never", never)] {
        let document = parse(&text, name).unwrap();
        let end = simulate(
            &room,
            Recovery::Nothing,
            BEGIN,
            "t.jsonl",
            async |conductor| {
                let id = InstanceId::new(name).unwrap();
                conductor
                    .perform(&document, Some(id.clone()), json!({}))
                    .await
                    .unwrap();
                conductor.engine().until_closed(&id).await.unwrap()
            },
        );
        match name {
            "ends" => assert_eq!((end.status, end.run), (Status::Completed, 1)),
            _ => {
                let failure = end.failure.unwrap();
                assert!(failure.message.contains("took no time"), "{failure}");
            }
        }
    }
}

#[test]
fn in_virtual_time_a_loop_is_played_once() {
    let room = Room::new();
    let document = score("loop: true", "c2 d2");
    room.write("vamp.yaml", &document.source);
    room.succeed("play vamp.yaml --clock virtual --store s.redb --trace t.jsonl");
    assert_eq!(notes(&room, "t.jsonl"), ["0 36", "2 38"]);
}

#[test]
fn the_next_repetition_is_known_in_advance() {
    let room = Room::new();
    let upcoming = simulate(
        &room,
        Recovery::Nothing,
        BEGIN,
        "t.jsonl",
        async |conductor| {
            start(conductor, &score("loop: true", "c2 d2")).await;
            sleep(BAR / 4).await;
            let history = conductor.engine().archive().history(&id()).unwrap();
            upcoming_notes(&id(), &history, Beat(Beats::whole(12)), |at| at)
        },
    );
    let upcoming: Vec<_> = upcoming
        .iter()
        .map(|note| format!("{} {:?}", note.at.0, note.keys))
        .collect();
    assert_eq!(upcoming.len(), 5, "{upcoming:?}");
    assert!(upcoming[4].starts_with("10 "), "{upcoming:?}");
}

#[test]
fn patterns_continue_across_repetitions_and_a_new_tempo_starts_with_one() {
    let room = Room::new();
    simulate(
        &room,
        Recovery::Nothing,
        BEGIN,
        "t.jsonl",
        async |conductor| {
            start(conductor, &score("tempo: 120, loop: true", "<c2 d2 e2>")).await;
            sleep(BAR + BAR / 2).await;
            conductor.revise(&score("tempo: 60, loop: true", "<c2 d2 e2>"));
            sleep(BAR * 4).await;
            conductor.engine().terminate(&id(), "test").await.unwrap();
            conductor.player().until_silent().await;
        },
    );
    let notes = notes(&room, "t.jsonl");
    assert_eq!(notes[..4], ["0 36", "4 38", "8 40", "12 36"]);
    let due = |n: usize| {
        room.json_lines("t.jsonl")
            .into_iter()
            .filter(is_struck)
            .nth(n)
            .unwrap()["due_ns"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(
        (due(1) - due(0), due(3) - due(2)),
        (2_000_000_000, 4_000_000_000)
    );
}
