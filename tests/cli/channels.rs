//! MIDI channels of instruments, also after a restart.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::Duration,
};

use crate::harness::{Room, Sent, eventually};

/// A score whose voices play for a minute, one in each branch of a fork.
fn voices(name: &str, instruments: &[(&str, &str)]) -> String {
    let mut text = format!(
        "document:\n  dsl: 1.0.0\n  namespace: test\n  name: {name}\n  version: 1.0.0\n  metadata:\n    fermata:\n      tempo: 240\n      instruments:\n"
    );
    for (instrument, sound) in instruments {
        text += &format!("        {instrument}: {{ {sound} }}\n");
    }
    text += "do:\n  - together:\n      fork:\n        branches:\n";
    for (instrument, _) in instruments {
        text += &format!(
            "          - {instrument}: {{ call: play, with: {{ instrument: {instrument}, pattern: \"36*4\", repeat: 60 }} }}\n"
        );
    }
    text
}

/// The channels of each instance, by the programs that it chose.
fn channels(trace: &[Sent]) -> BTreeMap<String, BTreeSet<u8>> {
    let mut channels = BTreeMap::<String, BTreeSet<u8>>::new();
    for message in trace.iter().filter(|sent| sent.bytes[0] >> 4 == 12) {
        if let Some(instance) = &message.instance {
            let of = channels.entry(instance.clone()).or_default();
            of.insert(message.bytes[0] & 15);
        }
    }
    channels
}

#[test]
fn every_restart_gives_the_instruments_the_same_channels() {
    let room = Room::new();
    room.write("one.yaml", &voices("one", &[("g", "patch: pluck")]));
    let strings = ["sop", "alt", "ten", "bas"].map(|name| (name, "patch: strings"));
    room.write("two.yaml", &voices("two", &strings));
    let duo = [("p", "patch: pluck"), ("q", "patch: bass")];
    room.write("three.yaml", &voices("three", &duo));
    let mut first = None;
    for start in 0..6_u64 {
        let what = if start == 0 {
            "one.yaml two.yaml three.yaml"
        } else {
            "--resume"
        };
        let file = format!("t{start}.jsonl");
        let mut playing = room.start(&format!("play {what} --store s.redb --trace {file}"));
        eventually("notes sound", || {
            room.path(&file).exists() && room.trace(&file).iter().any(Sent::is_on)
        });
        thread::sleep(Duration::from_millis(300 + 40 * start));
        playing.kill().unwrap();
        playing.wait().unwrap();
        let now = channels(&room.trace(&file));
        let before = first.get_or_insert_with(|| now.clone());
        assert_eq!(*before, now, "start {start}");
    }
    let first = first.unwrap();
    let of = |name: &str| {
        let mut all = first.iter();
        all.find(|(id, _)| id.starts_with(name)).unwrap().1.clone()
    };
    assert_eq!(
        of("two").len(),
        4,
        "each voice of a score has a channel of its own: {first:?}"
    );
    assert!(of("one").is_disjoint(&of("two")), "{first:?}");
}
