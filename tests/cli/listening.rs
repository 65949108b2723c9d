//! Any workflow can be heard: on the command line, by the built-in listening score or one's own.

use serde_json::Value;

use crate::harness::{Room, eventually, hanging, is_filled, score};

/// Steps that play nothing.
const STEPS: &str = "  - charge: { emit: { event: { with: { type: charged } } } }\n  - pack: { wait: { seconds: 2 } }\n  \
                     - ship: { emit: { event: { with: { type: shipped } } } }\n";

fn room() -> Room {
    let room = Room::new();
    room.write(
        "order.yaml",
        &format!(
            "document: {{ dsl: 1.0.3, namespace: t, name: order, version: 1.0.0 }}\ndo:\n{STEPS}"
        ),
    );
    room.write(
        "mine.yaml",
        "listening: 1\nkey: c4:major pentatonic\ntempo: 120\n",
    );
    room
}

/// The keys that go down in virtual time.
fn keys(room: &Room, args: &str) -> Vec<u8> {
    let play = "play order.yaml --clock virtual --store s.redb --trace t.jsonl --force";
    room.succeed(&format!("{play} {args}"));
    let trace = room.trace("t.jsonl");
    assert!(hanging(&trace).values().all(|down| *down == 0));
    trace
        .iter()
        .filter(|sent| sent.is_on())
        .map(|sent| sent.key())
        .collect()
}

#[test]
fn a_workflow_that_plays_nothing_is_heard_unless_listening_is_off() {
    let room = room();
    let usual = keys(&room, "--id a");
    assert!(usual.len() > 8, "{usual:?}");
    let mine = keys(&room, "--id b --listen mine.yaml");
    assert!(
        mine.iter().all(|key| [0, 2, 4, 7, 9].contains(&(key % 12))),
        "{mine:?}"
    );
    assert!(keys(&room, "--id c --listen off").is_empty());
}

#[test]
fn its_history_is_rendered_with_the_same_notes() {
    let room = room();
    let live = keys(&room, "--id a");
    let out = room.succeed("render a --store s.redb -o a.mid");
    assert!(out.contains(&format!("with {} notes", live.len())), "{out}");
    room.succeed("export a --store s.redb -o a.json");
    let again = room.succeed("render a.json -o b.mid");
    assert!(
        again.contains(&format!("with {} notes", live.len())),
        "{again}"
    );
    let off = room.run("render a --store s.redb -o c.mid --listen off");
    assert_eq!(off.code, Some(1));
    assert!(off.err.contains("has played no note"), "{off:#?}");
}

#[test]
fn a_score_names_its_listening_score_which_is_kept_in_the_history() {
    let room = room();
    room.write(
        "named.yaml",
        &format!(
            "document: {{ dsl: 1.0.3, namespace: t, name: order, version: 1.0.0, metadata: {{ fermata: {{ listen: \
             mine.yaml }} }} }}\ndo:\n{STEPS}"
        ),
    );
    let play = "play named.yaml --clock virtual --store s.redb --trace t.jsonl --id n";
    room.succeed(play);
    let trace = room.trace("t.jsonl");
    let mut live = trace.iter().filter(|sent| sent.is_on());
    assert!(live.all(|sent| [0, 2, 4, 7, 9].contains(&(sent.key() % 12))));
    std::fs::remove_file(room.path("mine.yaml")).unwrap();
    let notes = trace.iter().filter(|sent| sent.is_on()).count();
    let out = room.succeed("render n --store s.redb -o n.mid");
    assert!(out.contains(&format!("with {notes} notes")), "{out}");
    let gone = room.run("check named.yaml");
    assert!(gone.err.contains("named.yaml:1:"), "{gone:#?}");
}

#[test]
fn a_wrong_listening_score_is_refused_with_its_line_before_anything_is_created() {
    let room = room();
    room.write(
        "wrong.yaml",
        "listening: 1\nrules:\n  - { on: [TaskFaild], play: false }\n",
    );
    let found = "wrong.yaml:3:12: no history event named `TaskFaild`";
    for args in [
        "check wrong.yaml",
        "play order.yaml --clock virtual --store no.redb --listen wrong.yaml",
    ] {
        let outcome = room.run(args);
        assert_eq!(outcome.code, Some(1), "{args}: {outcome:#?}");
        assert!(outcome.err.contains(found), "{args}: {outcome:#?}");
    }
    assert!(!room.path("no.redb").exists());
    let fine = room.succeed("check mine.yaml order.yaml");
    assert!(
        fine.contains("mine.yaml: ok (a listening score, 0 rules)"),
        "{fine}"
    );
}

#[test]
fn the_schema_of_listening_scores_is_printed_for_editors() {
    let room = Room::new();
    let schema: Value = serde_json::from_str(&room.succeed("schema listening")).unwrap();
    assert_eq!(schema["title"], "Listening score of Fermata");
}

#[test]
fn a_score_with_music_sounds_as_it_did() {
    let room = Room::new();
    let line = "  - line: { call: play, with: { instrument: a, pattern: \"c4 d4 e4\" } }\n";
    room.write("tune.yaml", &score("tune", 120, line));
    let trace = |id: &str, args: &str| {
        let play = "play tune.yaml --clock virtual --store s.redb --force --trace t.jsonl";
        room.succeed(&format!("{play} --id {id} {args}"));
        let all = room.trace("t.jsonl");
        all.iter()
            .filter(|sent| sent.is_on())
            .map(|sent| sent.key())
            .collect::<Vec<_>>()
    };
    assert_eq!(trace("a", ""), [60, 62, 64]);
    assert_eq!(trace("b", "--listen off"), [60, 62, 64]);
}

/// It waits for what nobody sends by itself.
const WAIT: &str = "document: { dsl: 1.0.3, namespace: t, name: wait, version: 1.0.0 }\ndo:\n  - ask:\n      try:\n        \
                    - approval: { listen: { to: { one: { with: { type: approved } } } }, timeout: { after: { seconds: 90 } } }\n      \
                    catch: { do: [{ remind: { emit: { event: { with: { type: reminded } } } } }] }\n";

#[test]
fn after_a_kill_the_drone_of_a_workflow_that_waits_returns_and_no_note_hangs() {
    let room = Room::new();
    room.write("wait.yaml", WAIT);
    let mut playing = room.start("play wait.yaml --store s.redb --id w --trace first.jsonl");
    let drones = |trace: &str| {
        let sent = room.trace(trace);
        let low = sent.iter().filter(|sent| sent.is_on() && sent.key() < 60);
        low.map(|sent| sent.key()).collect::<Vec<_>>()
    };
    eventually("it drones", || {
        is_filled(&room.path("first.jsonl")) && drones("first.jsonl").len() >= 4
    });
    playing.kill().unwrap();
    playing.wait().unwrap();
    let resumed = room.start("play --resume --store s.redb --trace second.jsonl");
    eventually("it drones again", || {
        is_filled(&room.path("second.jsonl")) && drones("second.jsonl").len() >= 2
    });
    room.succeed("raise w approved --store s.redb");
    let ended = resumed.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let trace = room.trace("second.jsonl");
    assert!(hanging(&trace).values().all(|down| *down == 0));
    // The drone comes before anything else that is new.
    let first: Vec<u8> = drones("first.jsonl");
    let held = &first[first.len() - 2..];
    assert_eq!(drones("second.jsonl")[..2], *held);
}

#[test]
fn a_render_of_an_exported_history_takes_a_listening_score() {
    let room = room();
    keys(&room, "--id a");
    room.succeed("export a --store s.redb -o a.json");
    room.succeed("render a.json -o usual.mid");
    room.succeed("render a.json -o mine.mid --listen mine.yaml");
    let notes = |name: &str| {
        let file = room.read(name);
        let smf = midly::Smf::parse(&file).unwrap();
        let events = smf.tracks.iter().flatten();
        let keys = events.filter_map(|event| match event.kind {
            midly::TrackEventKind::Midi {
                message: midly::MidiMessage::NoteOn { key, vel },
                ..
            } if vel.as_int() > 0 => Some(key.as_int()),
            _ => None,
        });
        keys.collect::<Vec<_>>()
    };
    let pentatonic = |key: &u8| [0, 2, 4, 7, 9].contains(&(key % 12));
    assert!(notes("mine.mid").len() > 8 && notes("mine.mid").iter().all(pentatonic));
    assert!(!notes("usual.mid").iter().all(pentatonic));
}
