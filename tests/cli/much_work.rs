//! An expression of much work in one lane never stops the others.

use crate::harness::{Room, Sent};

/// 33,333 matches in a text of 100,000 bytes.
const WORK: &str = "set: { n: '${ \"ab \" * 33333 | gsub(\"\\\\s+\"; \"_\") | length }' }";

fn document(name: &str, tasks: &str) -> String {
    format!(
        "document:\n  dsl: 1.0.3\n  namespace: t\n  name: {name}\n  version: 1.0.0\n  metadata: \
         {{ fermata: {{ tempo: 120 }} }}\ndo:\n{tasks}"
    )
}

/// When each note is due, in beats, with its key.
fn notes(trace: &[Sent], instance: &str) -> Vec<(String, u8)> {
    let own = trace.iter().filter(|sent| {
        sent.is_on()
            && sent
                .instance
                .as_deref()
                .is_some_and(|id| id.starts_with(instance))
    });
    own.map(|sent| (format!("{:.6}", sent.beat), sent.bytes[1]))
        .collect()
}

#[test]
fn the_notes_of_another_score_are_in_time() {
    let room = Room::new();
    room.write(
        "beat.yaml",
        &document(
            "beat",
            "  - riff: { call: play, with: { pattern: \"c4*8\", repeat: 4 } }\n",
        ),
    );
    let busy = format!("  - wait: {{ wait: {{ seconds: 2 }} }}\n  - work: {{ {WORK} }}\n");
    room.write("busy.yaml", &document("busy", &busy));
    let played = |scores: &str, trace: &str| {
        room.succeed(&format!(
            "play {scores} --clock virtual --store :memory: --trace {trace}"
        ));
        notes(&room.trace(trace), "beat")
    };
    let alone = played("beat.yaml", "alone.jsonl");
    assert_eq!(alone.len(), 32);
    assert_eq!(played("busy.yaml beat.yaml", "both.jsonl"), alone);
}

#[test]
fn another_score_gets_its_turns_meanwhile() {
    let room = Room::new();
    let rounds = |count: u32, work: &str| {
        format!(
            "  - all:\n      for: {{ each: n, in: '${{ [range({count})] }}' }}\n      do:\n{work}        - \
             pause: {{ wait: {{ milliseconds: 1 }} }}\n"
        )
    };
    let work = format!("        - work: {{ {WORK} }}\n");
    room.write("busy.yaml", &document("busy", &rounds(16, &work)));
    room.write("idle.yaml", &document("idle", &rounds(8, "")));
    room.succeed("play busy.yaml idle.yaml --store s.redb");
    let list: serde_json::Value =
        serde_json::from_str(&room.succeed("list --store s.redb -o json")).unwrap();
    let closed = |name: &str| {
        let mut all = list.as_array().unwrap().iter();
        let found = all.find(|instance| instance["workflow"] == name).unwrap();
        found["closedAt"].as_str().unwrap().to_owned()
    };
    // Half as many rounds of waiting are over before all rounds of work are.
    assert!(closed("idle") < closed("busy"));
}
