//! Lists of notes in the Concerto format.

use midly::{MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};

use crate::harness::Room;

const LIST: &str = r##"{
  "Title": "Four notes", "Bpm": 150, "Repeats": 3,
  "Notes": [
    { "NoteName": "C4",  "NoteLength": "1/4",  "Interval": "1/4" },
    { "NoteName": "Eb4", "NoteLength": "1/8.", "Interval": "1/8" },
    { "NoteName": "G4",  "NoteLength": "1/2",  "Interval": "3/16" },
    { "NoteName": "F#2", "NoteLength": "1/16", "Interval": "1/4." }
  ]
}"##;

/// Key, onset and length in beats, worked out by hand: onsets are the sums of the intervals, and
/// each round begins where the intervals of the one before end, at 15/4 beats.
const EXPECTED: [(u8, f64, f64); 12] = [
    (60, 1.0, 1.0),
    (63, 1.5, 0.75),
    (67, 2.25, 2.0),
    (42, 3.75, 0.25),
    (60, 4.75, 1.0),
    (63, 5.25, 0.75),
    (67, 6.0, 2.0),
    (42, 7.5, 0.25),
    (60, 8.5, 1.0),
    (63, 9.0, 0.75),
    (67, 9.75, 2.0),
    (42, 11.25, 0.25),
];

#[test]
fn a_concerto_plays_its_pitches_onsets_and_lengths_in_every_repetition() {
    let room = Room::new();
    room.write("four.json", LIST);
    let out = room.succeed("play four.json --clock virtual --store :memory: --record four.mid");
    assert!(out.starts_with("four-notes-1: Completed"), "{out}");

    let bytes = room.read("four.mid");
    let recording = Smf::parse(&bytes).unwrap();
    let Timing::Metrical(ticks) = recording.header.timing else {
        panic!("no ticks")
    };
    let ticks = f64::from(ticks.as_int());
    let (mut notes, mut tempi) = (Vec::new(), Vec::new());
    for track in &recording.tracks {
        let mut at = 0;
        for event in track {
            at += event.delta.as_int();
            let beat = f64::from(at) / ticks;
            match event.kind {
                TrackEventKind::Meta(MetaMessage::Tempo(tempo)) => tempi.push(tempo.as_int()),
                TrackEventKind::Midi {
                    message: MidiMessage::NoteOn { key, vel },
                    ..
                } if vel > 0 => {
                    notes.push((key.as_int(), beat, f64::NAN));
                }
                TrackEventKind::Midi {
                    message: MidiMessage::NoteOff { key, .. } | MidiMessage::NoteOn { key, .. },
                    ..
                } => {
                    let begun =
                        |note: &&mut (u8, f64, f64)| note.0 == key.as_int() && note.2.is_nan();
                    let note = notes.iter_mut().rev().find(begun).expect("it had begun");
                    note.2 = beat - note.1;
                }
                _ => {}
            }
        }
    }
    notes.sort_by(|a, b| a.1.total_cmp(&b.1));
    assert_eq!(notes, EXPECTED);
    assert!(
        tempi.iter().all(|micros| *micros == 400_000) && !tempi.is_empty(),
        "{tempi:?}"
    );
}
