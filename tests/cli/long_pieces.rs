//! Pieces that last longer than a history may grow: the score continues as new by itself.

use serde_json::Value;

use crate::harness::{Room, Sent, hanging};

/// Two voices for 200 bars of 4/4, some 4,000 notes and changes: three events each, more than one history holds.
const PIECE: &str = r#"
document:
  dsl: 1.0.0
  namespace: test
  name: night
  version: 1.0.0
  metadata:
    fermata:
      tempo: 120
      meter: 4/4
      instruments:
        high: { patch: bell }
        low: { patch: bass }
do:
  - remember: { set: { x: 7 }, export: { as: "${ . }" } }
  - together:
      fork:
        branches:
          - melody:
              try:
                - sing:
                    call: play
                    with: { instrument: high, pattern: "<c5 d5 e5>*16", repeat: 200 }
              catch:
                retry: { limit: { attempt: { count: 2 } } }
          - ground:
              for: { each: bar, in: "${ [range(200)] }" }
              do:
                - walk:
                    call: play
                    with: { instrument: low, pattern: "${ if $bar % 2 == 0 then \"c2 g2\" else \"f2 f1\" end }", bars: "1/2" }
                - swell: { call: control, with: { instrument: low, cc: pan, value: "${ $bar % 128 }" } }
                - breath: { call: rest, with: { beats: 2 } }
  - amen: { call: play, with: { instrument: high, pattern: "c6" } }
output: { as: "${ { x: $context.x } }" }
"#;

/// The beats of the notes with a key in a range.
fn beats(trace: &[Sent], keys: std::ops::RangeInclusive<u8>) -> Vec<f64> {
    let notes = trace
        .iter()
        .filter(|sent| sent.is_on() && keys.contains(&sent.key()));
    notes.map(|sent| sent.beat).collect()
}

fn evenly(beats: &[f64], step: f64) {
    for pair in beats.windows(2) {
        assert!((pair[1] - pair[0] - step).abs() < 1e-6, "{pair:?}");
    }
}

#[test]
fn a_piece_of_any_length_is_played_without_a_gap_or_a_doubled_note() {
    let room = Room::new();
    room.write("night.yaml", PIECE);
    room.succeed("play night.yaml --clock virtual --store s.redb --trace t.jsonl");
    let trace = room.trace("t.jsonl");
    assert!(hanging(&trace).is_empty());
    let high = beats(&trace, 72..=76);
    assert_eq!(high.len(), 200 * 16);
    evenly(&high, 0.25);
    let low = beats(&trace, 0..=48);
    assert_eq!(low.len(), 200 * 2);
    let (firsts, seconds): (Vec<_>, Vec<_>) = low.chunks(2).map(|pair| (pair[0], pair[1])).unzip();
    evenly(&firsts, 4.0);
    evenly(&seconds, 4.0);
    let amen = beats(&trace, 84..=84);
    assert_eq!(amen.len(), 1);
    assert!((amen[0] - high[0] - 800.0).abs() < 1e-6, "{amen:?}");

    let list: Value = serde_json::from_str(&room.succeed("list --store s.redb -o json")).unwrap();
    let id = list[0]["id"].as_str().unwrap().to_owned();
    let history = room.history("s.redb", &id);
    assert!(history.len() < 11_000, "{} events", history.len());
    assert!(
        history[0]["input"]["position"].is_object(),
        "a run after the first"
    );
    let last = history.last().unwrap();
    assert_eq!(last["type"], "ExecutionCompleted");
    assert_eq!(last["output"]["x"], 7);

    let programs = trace.iter().filter(|sent| sent.bytes[0] >> 4 == 12).count();
    assert_eq!(programs, 2, "instruments are set up once");
    std::fs::write(
        room.path("h.json"),
        room.succeed(&format!("export {id} --store s.redb")),
    )
    .unwrap();
    room.succeed("replay h.json");
}
