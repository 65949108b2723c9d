//! A piece that is interrupted sounds afterwards as it would have sounded.

use std::{collections::BTreeMap, fmt::Write, thread, time::Duration};

use crate::harness::{Room, Sent, eventually};

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
    for wait in [900, 2600] {
        let store = format!("s{wait}.redb");
        let mut playing = room.start(&format!("play piece.yaml --store {store} --trace t.jsonl"));
        eventually("notes sound", || {
            room.path("t.jsonl").exists() && room.trace("t.jsonl").iter().any(Sent::is_on)
        });
        thread::sleep(Duration::from_millis(wait));
        playing.kill().unwrap();
        playing.wait().unwrap();
        room.succeed(&format!(
            "play --resume {VIRTUAL} --store {store} --trace rest{wait}.jsonl"
        ));
        let rest = room.trace(&format!("rest{wait}.jsonl"));
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
        std::fs::remove_file(room.path("t.jsonl")).unwrap();
    }
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
