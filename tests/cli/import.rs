//! Imported music: played and recorded, it is the same as the original.

use std::collections::BTreeMap;

use midly::{
    Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind,
    num::{u4, u7, u15, u24, u28},
};

use crate::harness::Room;

/// What a file plays, however it is put: notes by channel, with their program, onset and length in
/// ticks, and the tempi.
#[derive(Debug, PartialEq)]
struct Heard {
    ticks: u16,
    /// Channel, program, onset, key, length, velocity.
    notes: Vec<(u8, u8, u32, u8, u32, u8)>,
    tempi: Vec<(u32, u32)>,
}

fn heard(bytes: &[u8]) -> Heard {
    let smf = Smf::parse(bytes).unwrap();
    let Timing::Metrical(ticks) = smf.header.timing else {
        panic!("no ticks")
    };
    let (mut notes, mut tempi) = (Vec::new(), Vec::new());
    for track in &smf.tracks {
        let (mut now, mut programs, mut down) = (0, [0; 16], BTreeMap::new());
        for event in track {
            now += event.delta.as_int();
            match event.kind {
                TrackEventKind::Meta(MetaMessage::Tempo(micros)) => {
                    tempi.push((now, micros.as_int()));
                }
                TrackEventKind::Midi { channel, message } => match message {
                    MidiMessage::ProgramChange { program } => {
                        programs[usize::from(channel.as_int())] = program.as_int();
                    }
                    MidiMessage::NoteOn { key, vel } if vel > 0 => {
                        down.insert((channel, key), (now, vel.as_int()));
                    }
                    MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                        if let Some((begin, velocity)) = down.remove(&(channel, key)) {
                            let program = programs[usize::from(channel.as_int())];
                            let (channel, key) = (channel.as_int(), key.as_int());
                            notes.push((channel, program, begin, key, now - begin, velocity));
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }
    notes.sort_unstable();
    tempi.sort_unstable();
    let ticks = ticks.as_int();
    Heard {
        ticks,
        notes,
        tempi,
    }
}

const VIRTUAL: &str = "--clock virtual --store :memory:";

/// A source of numbers; equal seeds give equal numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(end)) as u32
    }
}

/// A file of notes in four tracks, with all kinds of odd lengths and positions, in `ticks` per beat.
fn large_file(notes: u32, ticks: u16) -> Vec<u8> {
    let mut dice = Dice(crate::seed::seed_of(7));
    let mut smf = Smf::new(Header::new(
        Format::Parallel,
        Timing::Metrical(u15::new(ticks)),
    ));
    let meta = |message| TrackEvent {
        delta: u28::new(0),
        kind: TrackEventKind::Meta(message),
    };
    let tempo = MetaMessage::Tempo(u24::new(413_793));
    smf.tracks
        .push(vec![meta(tempo), meta(MetaMessage::EndOfTrack)]);
    for (channel, program) in [(0, 0), (1, 33), (4, 56), (9, 0)] {
        let mut events: Vec<(u32, bool, u8, u8)> = Vec::new();
        let (mut now, mut free) = (0, [0; 128]);
        for _ in 0..notes / 4 {
            now += dice.below(300);
            let Some(key) = (0..9)
                .map(|_| dice.below(128) as usize)
                .find(|key| free[*key] <= now)
            else {
                panic!("every key is down")
            };
            let end = now + 2 + dice.below(2000);
            free[key] = end;
            events.push((now, true, key as u8, 1 + dice.below(127) as u8));
            events.push((end, false, key as u8, 0));
        }
        // A key comes up before it goes down again.
        events.sort_by_key(|(at, on, ..)| (*at, *on));
        let channel = u4::new(channel);
        let program = MidiMessage::ProgramChange {
            program: u7::new(program),
        };
        let mut track = vec![TrackEvent {
            delta: u28::new(0),
            kind: TrackEventKind::Midi {
                channel,
                message: program,
            },
        }];
        let mut before = 0;
        for (at, _, key, velocity) in events {
            let (key, vel) = (u7::new(key), u7::new(velocity));
            let message = MidiMessage::NoteOn { key, vel };
            track.push(TrackEvent {
                delta: u28::new(at - before),
                kind: TrackEventKind::Midi { channel, message },
            });
            before = at;
        }
        track.push(meta(MetaMessage::EndOfTrack));
        smf.tracks.push(track);
    }
    let mut bytes = Vec::new();
    smf.write_std(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_recording_of_every_bundled_score_can_be_imported_unchanged() {
    let scores = concat!(env!("CARGO_MANIFEST_DIR"), "/scores/studies");
    for name in [
        "arpeggio",
        "four-voices",
        "rounds",
        "answer",
        "missed-strokes",
        "loose-cable",
    ] {
        let room = Room::new();
        let mut player = room.start(&format!(
            "play {scores}/{name}.yaml {VIRTUAL} --record first.mid"
        ));
        assert!(player.wait().unwrap().success(), "{name}");
        room.succeed("import first.mid -o again.yaml");
        room.succeed("check again.yaml");
        room.succeed(&format!("play again.yaml {VIRTUAL} --record second.mid"));
        let (first, second) = (
            heard(&room.read("first.mid")),
            heard(&room.read("second.mid")),
        );
        assert!(!first.notes.is_empty());
        assert_eq!(first, second, "{name}");
    }
}

#[test]
fn ten_thousand_notes_are_imported_exactly_to_the_tick() {
    let room = Room::new();
    let bytes = large_file(10_000, 960);
    std::fs::write(room.path("large.mid"), &bytes).unwrap();
    let begun = std::time::Instant::now();
    room.succeed("import large.mid -o large.yaml");
    println!("imported in {:?}", begun.elapsed());
    room.succeed(&format!("play large.yaml {VIRTUAL} --record back.mid"));
    println!("played in {:?}", begun.elapsed());
    let (given, back) = (heard(&bytes), heard(&room.read("back.mid")));
    assert_eq!(given.notes.len(), 10_000);
    assert!(given == back, "not the same notes");
}

#[test]
fn files_with_other_resolutions_are_imported_exactly_to_the_tick() {
    for ticks in [96, 384, 1000, 1024] {
        let room = Room::new();
        let bytes = large_file(200, ticks);
        std::fs::write(room.path("given.mid"), &bytes).unwrap();
        room.succeed(&format!("play given.mid {VIRTUAL} --record back.mid"));
        let (given, back) = (heard(&bytes), heard(&room.read("back.mid")));
        let times = u32::from(back.ticks / ticks);
        assert_eq!(back.ticks % ticks, 0);
        let finer = |note: &(u8, u8, u32, u8, u32, u8)| {
            let (channel, program, at, key, length, velocity) = *note;
            (channel, program, at * times, key, length * times, velocity)
        };
        let given: Vec<_> = given.notes.iter().map(finer).collect();
        assert!(given == back.notes, "{ticks} ticks: not the same notes");
    }
}

#[test]
fn midi_files_are_scores() {
    let room = Room::new();
    std::fs::write(room.path("Small Song.mid"), large_file(40, 960)).unwrap();
    std::fs::write(room.path("small.mid"), large_file(40, 960)).unwrap();
    assert!(
        room.succeed("check small.mid")
            .contains("small.mid: ok (small)")
    );
    let out = room.succeed(&format!("play small.mid {VIRTUAL} --record back.mid"));
    assert!(out.starts_with("small-1: Completed"), "{out}");
    assert_eq!(heard(&room.read("back.mid")), heard(&large_file(40, 960)));
    let mut command = room.command("import");
    command.arg("Small Song.mid");
    let printed = crate::harness::Outcome::of(command).out;
    assert!(
        printed.starts_with("# Imported from Small Song.mid."),
        "{printed}"
    );
}

#[test]
fn tempo_changes_are_imported_with_their_notes() {
    let room = Room::new();
    room.write(
        "a.yaml",
        "document:
  dsl: 1.0.0
  namespace: test
  name: rubato
  version: 1.0.0
  metadata: { fermata: { tempo: 97, instruments: { bass: { patch: bass } } } }
do:
  - together:
      fork:
        branches:
          - line: { call: play, with: { instrument: bass, pattern: \"c2 d2 [e2 f2 g2] ~\", repeat: 4 } }
          - pace:
              do:
                - a: { call: rest, with: { beats: 4 } }
                - b: { call: tempo, with: { bpm: 140.5 } }
                - c: { call: rest, with: { beats: 5/2 } }
                - d: { call: tempo, with: { bpm: 60, over: 3 } }
",
    );
    room.succeed(&format!("play a.yaml {VIRTUAL} --record a.mid"));
    let first = heard(&room.read("a.mid"));
    assert!(first.tempi.len() > 10, "{:?}", first.tempi);
    room.succeed("import a.mid -o b.yaml");
    room.succeed(&format!("play b.yaml {VIRTUAL} --record b.mid"));
    assert_eq!(heard(&room.read("b.mid")), first);
}

#[test]
fn broken_midi_files_are_refused_with_an_error() {
    let room = Room::new();
    let whole = large_file(8, 96);
    for end in [4, 9, 14, 20] {
        std::fs::write(room.path("cut.mid"), &whole[..end]).unwrap();
        for args in [
            "import cut.mid -o x.yaml",
            "check cut.mid",
            "play cut.mid --clock virtual",
        ] {
            let outcome = room.run(args);
            assert_eq!(outcome.code, Some(1), "{args}, {end} bytes: {outcome:?}");
            assert!(outcome.err.contains("cut.mid"), "{outcome:?}");
            assert!(
                outcome.err.contains("MIDI File") || outcome.err.contains("MIDI file"),
                "{outcome:?}"
            );
            assert!(!outcome.err.contains("panicked"), "{outcome:?}");
        }
    }
    assert_eq!(room.files(), ["cut.mid"]);
}

#[test]
fn lists_of_notes_are_imported() {
    let room = Room::new();
    room.write(
        "list.json",
        r#"{"Title": "List", "Bpm": 150, "Repeats": 2, "Notes": [
            {"NoteName": "C4", "NoteLength": "1/4", "Interval": "1/4"},
            {"NoteName": "Eb4", "NoteLength": "1/8.", "Interval": "1/8"}]}"#,
    );
    room.succeed("import list.json -o list.yaml");
    for file in ["list.json", "list.yaml"] {
        room.succeed(&format!("play {file} {VIRTUAL} --record {file}.mid"));
    }
    assert_eq!(
        heard(&room.read("list.json.mid")),
        heard(&room.read("list.yaml.mid"))
    );
    room.write("song.yaml", "document: {}\n");
    assert!(room.run("import song.yaml").err.contains("unknown format"));
}
