//! A piece that is interrupted sounds afterwards as it would have sounded.

use std::{collections::BTreeMap, fmt::Write, sync::Arc, thread, time::Duration};

use fermata::{
    conductor::Looping,
    engine::{InstanceId, Limits, Recovery, RedbStore},
    music::{Journal, Trace},
    score::parse,
};
use serde_json::json;

use crate::harness::{Room, Sent, eventually, in_time, was_late};
use crate::simulation::{BEGIN, Simulation};

const VIRTUAL: &str = "--clock virtual";

/// A piece in which every beat changes something, in two voices, for 64 beats.
fn piece() -> String {
    let mut text = "document:
  dsl: 1.0.0
  namespace: test
  name: piece
  version: 1.0.0
  metadata:
    fermata:
      tempo: 300
      instruments:
        a: { patch: organ, volume: 0.8 }
        b: { program: 33 }
do:
  - range:
      call: control
      with:
        instrument: a
        changes:
          - { at: 0, cc: 101, value: 0 }
          - { at: 0, cc: 100, value: 0 }
          - { at: 0, cc: 6, value: 12 }
          - { at: 0, cc: 10, value: 3 }
          - { at: 0, cc: sustain, value: 127 }
          - { at: 0, bank: 300 }
          - { at: 0, program: 40 }
  - all:
      fork:
        branches:
          - sing: { call: play, with: { instrument: a, pattern: \"c4 d4 e4 f4\", repeat: 16 } }
          - walk: { call: play, with: { instrument: b, pattern: \"c2 g2\", repeat: 16 } }
          - fade: { call: control, with: { instrument: b, cc: volume, from: 127, to: 10, over: 64 } }
          - move:
              call: control
              with:
                instrument: a
                changes:
"
    .to_owned();
    for beat in 0..64 {
        let (value, bend) = (beat * 2, f64::from(beat) / 64.0);
        let _ = writeln!(
            text,
            "                  - {{ at: {beat}, cc: expression, value: {value} }}"
        );
        let _ = writeln!(text, "                  - {{ at: {beat}.5, bend: {bend} }}");
        if beat % 8 == 7 {
            let _ = writeln!(
                text,
                "                  - {{ at: {beat}.75, program: {beat} }}"
            );
        }
    }
    text
}

/// The last value of everything that messages set, by channel: controllers, programs, bends.
type State = BTreeMap<(u8, u8), Vec<u8>>;

fn set(state: &mut State, message: &Sent) {
    let bytes = &message.bytes;
    let (kind, channel) = (bytes[0] >> 4, bytes[0] & 15);
    match kind {
        // A parameter is what was selected; here there is only one.
        0xB if [100, 101].contains(&bytes[1]) => {}
        0xB if bytes[1] == 64 && bytes[2] == 0 => {
            state.remove(&(channel, 64));
        }
        0xB => {
            state.insert((channel, bytes[1]), bytes[2..].to_vec());
        }
        0xC => {
            state.insert((channel, 200), bytes[1..].to_vec());
        }
        0xE => {
            state.insert((channel, 201), bytes[1..].to_vec());
        }
        _ => {}
    }
}

/// Beat and bytes of the messages of a piece, the note-offs left out: a note that sounds at the interruption ends
/// with it.
fn music(trace: &[Sent], from: f64) -> Vec<(i64, Vec<u8>)> {
    let is_music = |sent: &&Sent| sent.instance.is_some() && !sent.is_off() && sent.beat >= from;
    let all = trace.iter().filter(is_music);
    let mut all: Vec<_> = all
        .map(|sent| ((sent.beat * 960.0).round() as i64, sent.bytes.clone()))
        .collect();
    all.sort();
    all
}

#[test]
fn after_a_crash_the_channels_are_as_they_were_and_the_rest_is_the_same() {
    let room = Room::new();
    room.write("piece.yaml", &piece());
    room.succeed(&format!(
        "play piece.yaml {VIRTUAL} --store :memory: --trace whole.jsonl"
    ));
    let whole = room.trace("whole.jsonl");
    for wait in [900, 2600].map(Duration::from_millis) {
        let rest = in_time(|| interrupted_after(wait));
        let first = rest.iter().position(Sent::is_on).unwrap();
        let from = rest[first].beat;
        assert!(from > 1.0, "it was interrupted at beat {from}");
        let (mut chased, mut expected) = (State::new(), State::new());
        rest[..first]
            .iter()
            .for_each(|message| set(&mut chased, message));
        // The sound of the instrument is set before the program of the piece.
        for message in whole.iter().filter(|sent| sent.beat <= from) {
            set(&mut expected, message);
        }
        assert_eq!(chased, expected, "from beat {from}");
        assert_eq!(
            music(&rest, from + 0.01),
            music(&whole, from + 0.01),
            "from beat {from}"
        );
    }
}

/// What a piece plays after a crash; `None`: the machine was too busy to play in time before it.
fn interrupted_after(wait: Duration) -> Option<Vec<Sent>> {
    let room = Room::new();
    room.write("piece.yaml", &piece());
    let mut playing = room.start("play piece.yaml --store s.redb --trace t.jsonl");
    eventually("notes sound", || {
        room.path("t.jsonl").exists() && room.trace("t.jsonl").iter().any(Sent::is_on)
    });
    thread::sleep(wait);
    playing.kill().unwrap();
    playing.wait().unwrap();
    let was_late = was_late(&room.history("s.redb", "piece-1"));
    room.succeed(&format!(
        "play --resume {VIRTUAL} --store s.redb --trace rest.jsonl"
    ));
    (!was_late).then(|| room.trace("rest.jsonl"))
}

/// The messages of a trace before its first note, on any channel.
fn before_the_first_note(trace: &[Sent]) -> Vec<Vec<u8>> {
    let before = trace.iter().take_while(|sent| !sent.is_on());
    before.map(|sent| sent.bytes.clone()).collect()
}

#[test]
fn a_rerun_starts_with_the_channels_as_they_were() {
    let room = Room::new();
    room.write("piece.yaml", &piece());
    room.succeed(&format!("play piece.yaml {VIRTUAL} --store s.redb"));
    let history = room.history("s.redb", "piece-1");
    let late = history.len() / 2;
    let completed = |event: &&serde_json::Value| event["type"] == "TaskCompleted";
    let event = history[late..].iter().find(completed).unwrap()["eventId"]
        .as_u64()
        .unwrap();
    let outcome = room.run(&format!("rerun piece-1 --from {event} --store s.redb"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    room.succeed(&format!(
        "play --resume {VIRTUAL} --store s.redb --trace again.jsonl"
    ));
    let sent = before_the_first_note(&room.trace("again.jsonl"));
    let has = |status: u8, data: &[u8]| {
        sent.iter()
            .any(|bytes| bytes[0] >> 4 == status && &bytes[1..] == data)
    };
    assert!(
        has(0xB, &[64, 127]) && has(0xB, &[6, 12]) && has(0xB, &[10, 3]),
        "{sent:?}"
    );
    assert!(sent.iter().any(|bytes| bytes[0] >> 4 == 0xE), "{sent:?}");
}

/// The channels as they are before the first note of a trace, and its beat.
fn at_the_first_note(trace: &[Sent]) -> (State, f64) {
    let first = trace.iter().position(Sent::is_on).unwrap();
    let mut state = State::new();
    trace[..first]
        .iter()
        .for_each(|message| set(&mut state, message));
    (state, trace[first].beat)
}

/// The channels as an uninterrupted performance has set them before a beat.
fn until(trace: &[Sent], beat: f64) -> State {
    let mut state = State::new();
    let before = trace.iter().take_while(|sent| sent.beat <= beat);
    before.for_each(|message| set(&mut state, message));
    state
}

/// Performs a score for a time in simulated time, on a store in a file. The first time it begins, later it is
/// resumed, as after a crash. `history_hint`: the length at which a run continues as another one.
fn perform(room: &Room, text: &str, begins: u64, history_hint: u64, time: Duration) -> Vec<Sent> {
    let name = format!("{begins}.jsonl");
    let mut journal = Journal::new();
    let names = journal.names();
    journal.add(Box::new(Trace::create(&room.path(&name), names).unwrap()));
    let path = room.path("simulated.redb");
    let recovery = match path.exists() {
        true => Recovery::OpenInstances,
        false => Recovery::Nothing,
    };
    let simulation = Simulation {
        store: Arc::new(RedbStore::create(&path).unwrap()),
        begins: BEGIN + Duration::from_secs(begins),
        limits: Limits {
            history_hint,
            ..Limits::default()
        },
        looping: Looping::Endless,
        recovery: recovery.clone(),
        journal,
        ..Simulation::default()
    };
    simulation.run(async |conductor| {
        let id = InstanceId::new("piece").unwrap();
        if recovery == Recovery::Nothing {
            let document = parse(text, "piece").unwrap_or_else(|errors| panic!("{errors}"));
            let begun = conductor.perform(&document, Some(id.clone()), json!({}));
            begun.await.unwrap();
        }
        tokio::time::sleep(time).await;
        let summary = conductor.engine().archive().summary(&id).unwrap();
        let is_first = recovery == Recovery::Nothing && history_hint > 1_000;
        assert!(is_first || summary.run > 1, "one run only");
    });
    room.trace(&name)
}

#[test]
fn a_run_that_continues_another_one_sounds_the_same_also_after_a_crash() {
    // A run of about 20 events is a few beats long.
    const SHORT: u64 = 20;
    let whole = perform(&Room::new(), &piece(), 0, 90_000, Duration::from_secs(20));
    for milliseconds in [3_100, 7_300] {
        let room = Room::new();
        let until_crash = Duration::from_millis(milliseconds);
        perform(&room, &piece(), 0, SHORT, until_crash);
        let rest = perform(&room, &piece(), 3_600, SHORT, Duration::from_secs(20));
        let (chased, from) = at_the_first_note(&rest);
        assert!(from > 8.0, "it was interrupted at beat {from}");
        assert_eq!(chased, until(&whole, from), "from beat {from}");
        assert_eq!(
            music(&rest, from + 0.01),
            music(&whole, from + 0.01),
            "from beat {from}"
        );
    }
}

/// A loop of one bar that sets everything after its first note.
const ROUNDS: &str = "document:
  dsl: 1.0.0
  namespace: test
  name: piece
  version: 1.0.0
  metadata:
    fermata:
      tempo: 120
      loop: true
      instruments:
        a: { program: 4, volume: 0.5 }
do:
  - first: { call: play, with: { instrument: a, pattern: c4, bars: 1/4 } }
  - shape:
      call: control
      with: { instrument: a, cc: volume, value: 90, program: 33, bend: 0.5 }
  - place: { call: control, with: { instrument: a, cc: pan, value: 20 } }
  - pedal: { call: control, with: { instrument: a, cc: sustain, value: 127 } }
  - rest: { call: rest, with: { beats: 3 } }
";

#[test]
fn the_next_round_of_a_loop_begins_as_the_last_one_ended_also_after_a_crash() {
    let room = Room::new();
    // The third round has played its first note, and set nothing yet.
    let before = perform(&room, ROUNDS, 0, 90_000, Duration::from_millis(4_250));
    let notes: Vec<f64> = before
        .iter()
        .filter(|sent| sent.is_on())
        .map(|sent| sent.beat)
        .collect();
    assert_eq!(notes, [0.0, 4.0, 8.0]);
    let second = until(&before, 4.0);
    let channel = *second.keys().map(|(channel, _)| channel).next().unwrap();
    for (setting, value) in [
        (7, vec![90]),
        (10, vec![20]),
        (64, vec![127]),
        (200, vec![33]),
    ] {
        assert_eq!(second.get(&(channel, setting)), Some(&value), "{setting}");
    }
    assert!(second.contains_key(&(channel, 201)), "the bend");
    assert_eq!(until(&before, 8.0), second);
    let rest = perform(&room, ROUNDS, 3_600, 90_000, Duration::from_secs(5));
    let (chased, from) = at_the_first_note(&rest);
    assert_eq!((chased, from % 4.0), (second, 0.0));
}
