//! Importing files.

use midly::{
    Format, Header, MetaMessage, MidiMessage, PitchBend, Smf, Timing, TrackEvent, TrackEventKind,
    num::{u4, u7, u14, u15, u24, u28},
};

use super::*;
use crate::{
    music::Beats,
    score::{Argument, Document, Music, TaskKind, Voice, calls::Controller, parse},
};

fn event(delta: u32, kind: TrackEventKind<'static>) -> TrackEvent<'static> {
    let delta = u28::new(delta);
    TrackEvent { delta, kind }
}

fn midi(delta: u32, channel: u8, message: MidiMessage) -> TrackEvent<'static> {
    let channel = u4::new(channel);
    event(delta, TrackEventKind::Midi { channel, message })
}

fn on(delta: u32, channel: u8, key: u8, velocity: u8) -> TrackEvent<'static> {
    let (key, vel) = (u7::new(key), u7::new(velocity));
    midi(delta, channel, MidiMessage::NoteOn { key, vel })
}

fn meta(delta: u32, message: MetaMessage<'static>) -> TrackEvent<'static> {
    event(delta, TrackEventKind::Meta(message))
}

fn file(ticks: u16, tracks: Vec<Vec<TrackEvent<'static>>>) -> Vec<u8> {
    let mut smf = Smf::new(Header::new(
        Format::Parallel,
        Timing::Metrical(u15::new(ticks)),
    ));
    for mut track in tracks {
        track.push(meta(0, MetaMessage::EndOfTrack));
        smf.tracks.push(track);
    }
    let mut bytes = Vec::new();
    smf.write_std(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_file_becomes_a_score_that_people_can_read() {
    let tempo = |micros| MetaMessage::Tempo(u24::new(micros));
    let bytes = file(
        96,
        vec![
            vec![
                meta(0, MetaMessage::TrackName(b"Two: \"hands\"\n")),
                meta(0, tempo(641_711)),
                meta(0, MetaMessage::TimeSignature(3, 2, 24, 8)),
                meta(96 * 3, tempo(600_000)),
                meta(0, MetaMessage::TimeSignature(4, 2, 24, 8)),
            ],
            vec![
                meta(0, MetaMessage::TrackName(b"Left Hand")),
                midi(
                    0,
                    2,
                    MidiMessage::ProgramChange {
                        program: u7::new(33),
                    },
                ),
                midi(
                    0,
                    2,
                    MidiMessage::Controller {
                        controller: u7::new(7),
                        value: u7::new(90),
                    },
                ),
                on(13, 2, 37, 80),
                on(0, 2, 40, 80),
                on(96, 2, 37, 0),
                on(0, 2, 40, 0),
                on(300, 2, 36, 81),
                midi(
                    1,
                    2,
                    MidiMessage::PitchBend {
                        bend: PitchBend(u14::new(4096)),
                    },
                ),
                on(4, 2, 36, 0),
            ],
            vec![
                on(0, 9, 36, 99),
                on(24, 9, 36, 0),
                on(0, 9, 90, 99),
                on(1, 9, 90, 0),
            ],
        ],
    );
    let imported = import(&bytes, "songs/Two Hands.mid").unwrap();
    let expected = r#"# Imported from songs/Two Hands.mid.
# Voices: 2, each a branch with its own cursor. Notes and chords: 4.
# Every note is one durable activity. `at` and `length` are exact fractions of a beat.
document:
  dsl: 1.0.0
  namespace: imported
  name: "two-hands"
  version: 1.0.0
  title: "Two: \"hands\""
  summary: "Imported: 4 notes and chords, 2 voices."
  metadata:
    fermata:
      tempo: 93.5
      meter:
        - 3/4
        - { at: 3, meter: 4/4 }
      instruments:
        left-hand: { program: 33, channel: 3 }
        drums: { kit: studio, channel: 10 }
do:
  - music:
      fork:
        branches:
          - left-hand-controls:
              call: control
              with:
                instrument: left-hand
                changes: [
                  { at: 0, cc: 7, value: 90 },
                  { at: 205/48, bend: -0.5 }
                ]
          - tempo:
              do:
                - rest-1: { call: rest, with: { beats: 3 } }
                - tempo-1: { call: tempo, with: { bpm: 100 } }
          - left-hand:
              call: play
              with:
                instrument: left-hand
                notes:
                  # Bar 1
                  - { at: 13/96, note: [c#2, e2], length: 1, velocity: 80 }
                  # Bar 2
                  - { at: 409/96, note: c2, length: 5/96, velocity: 81 }
          - drums:
              call: play
              with:
                instrument: drums
                velocity: 99
                notes:
                  # Bar 1
                  - { at: 0, note: bd, length: 1/4 }
                  - { at: 1/4, note: f#6, length: 1/96 }
"#;
    assert_eq!(imported.score, expected);
    assert_eq!((imported.left_out, imported.faults), (vec![], vec![]));
}

#[test]
fn every_tempo_survives_to_the_microsecond() {
    for micros in (1..6_000_000)
        .step_by(997)
        .chain([2, 3, 500_000, 0xFF_FFFF])
    {
        let bytes = file(
            96,
            vec![vec![
                meta(0, MetaMessage::Tempo(u24::new(micros))),
                on(0, 0, 60, 9),
                on(9, 0, 60, 0),
            ]],
        );
        let score = import(&bytes, "x.mid").unwrap().score;
        let document = parse(&score, "x").unwrap();
        let back = (document.tempo.beat_nanos() / 1000.0).round() as u32;
        assert_eq!(back, micros, "{score}");
    }
}

#[test]
fn voices_get_unique_names() {
    let named = |name: &'static [u8]| {
        vec![
            meta(0, MetaMessage::TrackName(name)),
            on(0, 0, 60, 9),
            on(9, 0, 60, 0),
        ]
    };
    let names: [&[u8]; 7] = [
        b"12",
        b"null",
        b"Horn",
        b"horn!",
        b"",
        b"\xff\x01",
        b"tempo",
    ];
    let bytes = file(96, names.map(named).to_vec());
    let score = import(&bytes, "\u{1}\n.mid").unwrap().score;
    let document = parse(&score, "x").unwrap_or_else(|errors| panic!("{errors}"));
    let names: Vec<&str> = document
        .instruments
        .iter()
        .map(|i| i.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "part-12",
            "part-null",
            "horn",
            "horn-2",
            "piano",
            "piano-2",
            "tempo-2"
        ]
    );
    assert_eq!(document.name, "imported");
    assert_eq!(document.instruments[0].voice, Voice::Program(0));
}

#[test]
fn a_channel_is_one_voice_whose_program_may_change() {
    let program = |delta, program| {
        midi(
            delta,
            0,
            MidiMessage::ProgramChange {
                program: u7::new(program),
            },
        )
    };
    let bytes = file(
        96,
        vec![vec![
            program(0, 5),
            on(0, 0, 60, 9),
            program(96, 40),
            on(0, 0, 60, 0),
            on(0, 0, 62, 9),
            on(96, 0, 62, 0),
        ]],
    );
    let document = parse(&import(&bytes, "x.mid").unwrap().score, "x").unwrap();
    let voices: Vec<Voice> = document
        .instruments
        .iter()
        .map(|i| i.voice.clone())
        .collect();
    assert_eq!(voices, [Voice::Program(5)]);
    let TaskKind::Fork(fork) = &document.tasks[0].kind else {
        panic!("no fork")
    };
    let TaskKind::Control(control) = &fork.branches[0].kind else {
        panic!("no automation")
    };
    let point = control.points[0];
    assert_eq!((point.after, point.value), (Beats::whole(1), 40));
    assert_eq!(point.controller, Controller::Program);
}

#[test]
fn a_list_of_notes_keeps_its_notes_its_repeats_and_its_length() {
    let list = r#"{"Title": "Four", "Bpm": 150.5, "Repeats": 3, "Notes": [
        {"NoteName": "C4", "NoteLength": "1/8.", "Interval": "1/16"},
        {"NoteName": "F#2", "NoteLength": "1/2", "Interval": "1/4"}]}"#;
    let given = parse(list, "x").unwrap();
    let score = import(list.as_bytes(), "four.json").unwrap().score;
    let document = parse(&score, "x").unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(
        (document.name.as_str(), document.title.as_str()),
        ("four", "Four")
    );
    assert_eq!(document.tempo, given.tempo);
    let play = |document: &Document| match &document.tasks[0].kind {
        TaskKind::Play(play) => play.clone(),
        other => panic!("{other:?}"),
    };
    let (given, made) = (play(&given), play(&document));
    assert_eq!((&made.bars, &made.repeat), (&given.bars, &given.repeat));
    let notes = |music: &Music| match music {
        Music::Notes(Argument::Fixed(notes)) => notes
            .iter()
            .map(|n| (n.at, n.length, n.keys.clone()))
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(notes(&made.music), notes(&given.music));
}

#[test]
fn files_that_cannot_be_imported_are_refused_with_a_reason() {
    let refused = |bytes: &[u8], words: &str| {
        let error = import(bytes, "x").unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    refused(b"document: {}", "unknown format");
    refused(&[0xff, 0xfe], "unknown format");
    refused(b"MThd", "not a Standard MIDI File");
    refused(br#"{"Notes": [{"NoteName": "H9"}]}"#, "H9");
    refused(&file(96, vec![vec![]]), "no notes");
    let many = (0..100_000).flat_map(|_| [on(0, 0, 60, 9), on(9, 0, 60, 0)]);
    refused(&file(96, vec![many.collect()]), "has 100000 notes");
    let late = vec![on(40_001, 0, 60, 9), on(9, 0, 60, 0)];
    refused(&file(1, vec![late]), "longer than 40000 beats");
}

#[test]
fn a_damaged_position_costs_only_what_lies_after_it() {
    let track = vec![
        on(0, 0, 60, 9),
        on(1, 0, 60, 0),
        on(1, 0, 62, 9),
        on(90_000, 0, 62, 0),
        on(0, 0, 64, 9),
        midi(
            0,
            0,
            MidiMessage::ProgramChange {
                program: u7::new(3),
            },
        ),
        on(1, 0, 64, 0),
    ];
    let imported = import(&file(1, vec![track]), "x.mid").unwrap();
    let sentence = "1 notes and 1 other messages after beat 40000";
    assert_eq!(imported.left_out, [sentence]);
    assert!(
        imported
            .score
            .contains("{ at: 2, note: d4, length: 39998 }")
    );
    parse(&imported.score, "x").unwrap();
}

#[test]
fn the_longest_importable_file_gives_a_readable_score() {
    // Every note of another velocity and at an odd place, so that the text is as long as it gets.
    let notes = (0..44_000_u32).flat_map(|n| {
        let (key, velocity) = ((n % 127) as u8, (n % 100 + 20) as u8);
        [on(1201, 0, key, velocity), on(1093, 0, key, 0)]
    });
    let bytes = file(9973, vec![notes.collect()]);
    let score = import(&bytes, "x.mid").unwrap().score;
    let document = parse(&score, "x").unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(document.instruments.len(), 1);
    let limit = crate::engine::Limits::default().payload;
    let size = serde_json::Value::from(score).to_string().len();
    assert!(size < limit, "{size} bytes of {limit}");
}
