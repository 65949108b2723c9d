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
        let sounds = |trace: &[Sent], name: &str| {
            let is_of = |id: &String| id.starts_with(name);
            let mut notes = trace.iter().filter(|sent| sent.is_on());
            notes.any(|note| note.instance.as_ref().is_some_and(is_of))
        };
        eventually("notes sound", || {
            room.path(&file).exists() && {
                let trace = room.trace(&file);
                ["one", "two", "three"]
                    .iter()
                    .all(|name| sounds(&trace, name))
            }
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

/// A score with one instrument and these tasks.
fn solo(name: &str, sound: &str, tasks: &str) -> String {
    format!(
        "document:\n  dsl: 1.0.0\n  namespace: test\n  name: {name}\n  version: 1.0.0\n  metadata:\n    fermata:\n      tempo: 120\n      instruments:\n        v: {{ {sound} }}\ndo:\n{tasks}"
    )
}

/// The notes of a recording: part, key, length in beats; and the channel.
fn notes(room: &Room, file: &str) -> Vec<(String, u8, f64, u8)> {
    let bytes = room.read(file);
    let smf = midly::Smf::parse(&bytes).unwrap();
    let midly::Timing::Metrical(ticks) = smf.header.timing else {
        panic!("no ticks")
    };
    let mut notes = Vec::new();
    for track in &smf.tracks {
        let (mut now, mut down, mut name) = (0, BTreeMap::new(), String::new());
        for event in track {
            now += event.delta.as_int();
            match event.kind {
                midly::TrackEventKind::Meta(midly::MetaMessage::TrackName(text)) => {
                    name = String::from_utf8_lossy(text).into_owned();
                }
                midly::TrackEventKind::Midi { channel, message } => match message {
                    midly::MidiMessage::NoteOn { key, .. } => {
                        down.insert(key, now);
                    }
                    midly::MidiMessage::NoteOff { key, .. } => {
                        let begun = down.remove(&key).unwrap();
                        let length = f64::from(now - begun) / f64::from(ticks.as_int());
                        notes.push((name.clone(), key.as_int(), length, channel.as_int()));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }
    notes
}

const VIRTUAL: &str = "--clock virtual --store :memory:";

#[test]
fn runs_with_the_same_sound_do_not_cut_or_mute_each_other() {
    let room = Room::new();
    let long =
        "  - a: { call: play, with: { instrument: v, notes: [{ at: 0, note: c4, length: 4 }] } }\n";
    let late = "  - r: { call: rest, with: { beats: 2 } }\n  - m: { call: control, with: { instrument: v, cc: volume, value: 0 } }\n  - a: { call: play, with: { instrument: v, notes: [{ at: 0, note: c4, length: 4 }] } }\n";
    room.write("one.yaml", &solo("one", "patch: pad", long));
    room.write("two.yaml", &solo("two", "patch: pad", late));
    room.succeed(&format!("play one.yaml two.yaml {VIRTUAL} --record o.mid"));
    let notes = notes(&room, "o.mid");
    let lengths: Vec<f64> = notes.iter().map(|note| note.2).collect();
    assert_eq!(lengths, [4.0, 4.0], "{notes:?}");
    assert_ne!(notes[0].3, notes[1].3, "{notes:?}");
}

#[test]
fn the_built_in_synth_has_a_channel_for_every_instrument() {
    let room = Room::new();
    let mut text = solo("many", "patch: pad", "").replace("        v: { patch: pad }\n", "");
    let (mut instruments, mut branches) = (String::new(), String::new());
    for number in 0..40 {
        instruments += &format!("        i{number}: {{ program: {} }}\n", number * 3);
        branches += &format!(
            "          - b{number}: {{ call: play, with: {{ instrument: i{number}, notes: [{{ at: {number}, note: {}, length: 1 }}] }} }}\n",
            40 + number
        );
    }
    text = text.replace(
        "do:\n",
        &format!("{instruments}do:\n  - all:\n      fork:\n        branches:\n{branches}"),
    );
    room.write("many.yaml", &text);
    room.succeed(&format!("play many.yaml {VIRTUAL} --record o.mid"));
    // Also a reader that knows no ports hears every note with its own program.
    let bytes = room.read("o.mid");
    let smf = midly::Smf::parse(&bytes).unwrap();
    let mut events = Vec::new();
    for (place, track) in smf.tracks.iter().enumerate() {
        let mut now = 0;
        for event in track {
            now += event.delta.as_int();
            if let midly::TrackEventKind::Midi { channel, message } = event.kind {
                events.push((now, place, channel.as_int(), message));
            }
        }
    }
    events.sort_by_key(|(now, place, ..)| (*now, *place));
    let (mut programs, mut heard) = ([0; 16], BTreeMap::new());
    for (_, _, channel, message) in events {
        match message {
            midly::MidiMessage::ProgramChange { program } => {
                programs[usize::from(channel)] = program.as_int();
            }
            midly::MidiMessage::NoteOn { key, .. } => {
                heard.insert(key.as_int(), programs[usize::from(channel)]);
            }
            _ => {}
        }
    }
    let expected: BTreeMap<u8, u8> = (0..40).map(|number| (40 + number, number * 3)).collect();
    assert_eq!(heard, expected);
}
