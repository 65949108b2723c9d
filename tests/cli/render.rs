//! `fermata render`: the music of a history as a file, without performing anything.

use std::collections::HashSet;

use midly::{MetaMessage, MidiMessage, Smf, TrackEventKind};

use crate::harness::{Room, score};

/// Two voices, a slur of controllers, a long chord, a tempo ramp and a jump.
const PIECE: &str = r#"  - voices:
      fork:
        branches:
          - one:
              do:
                - a: { call: play, with: { instrument: a, pattern: "c4 [e4 g4] ~ [c4,e4,g4]", repeat: 2 } }
                - swell: { call: control, with: { instrument: a, cc: volume, from: 10, to: 90, over: 2 } }
                - ramp: { call: tempo, with: { bpm: 180, over: 4 } }
                - b: { call: play, with: { instrument: a, pattern: "<c5 d5> g4 e4", repeat: 3 } }
          - two:
              do:
                - program: { call: control, with: { instrument: b, program: 33 } }
                - bend: { call: control, with: { instrument: b, bend: 0.5 } }
                - long: { call: play, with: { instrument: b, pattern: "[c2,g2]", bars: 4 } }
                - line: { call: play, with: { instrument: b, pattern: "c3(3,8)", repeat: 2 } }
"#;

/// A note of a file: track, channel, key, velocity, ticks of its start and end.
type Note = (usize, u8, u8, u8, u32, u32);

struct MidiFile {
    /// Ticks per beat.
    ticks: u32,
    notes: Vec<Note>,
    /// Tick and microseconds a beat.
    tempi: Vec<(u32, u32)>,
    /// Track, tick and bytes of everything else.
    settings: Vec<(usize, u32, String)>,
}

impl MidiFile {
    /// Reads a file, in which no note may hang.
    fn read(bytes: &[u8]) -> Self {
        let file = Smf::parse(bytes).unwrap();
        let midly::Timing::Metrical(ticks) = file.header.timing else {
            panic!("no ticks per beat");
        };
        let mut read = Self {
            ticks: u32::from(ticks.as_int()),
            notes: Vec::new(),
            tempi: Vec::new(),
            settings: Vec::new(),
        };
        for (track, events) in file.tracks.iter().enumerate() {
            let mut now = 0;
            let mut down: Vec<(u8, u8, u8, u32)> = Vec::new();
            for event in events {
                now += event.delta.as_int();
                match event.kind {
                    TrackEventKind::Meta(MetaMessage::Tempo(micros)) => {
                        read.tempi.push((now, micros.as_int()));
                    }
                    TrackEventKind::Midi { channel, message } => match message {
                        MidiMessage::NoteOn { key, vel } if vel > 0 => {
                            down.push((channel.as_int(), key.as_int(), vel.as_int(), now));
                        }
                        MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                            let place = (channel.as_int(), key.as_int());
                            let ends = down.iter().position(|on| (on.0, on.1) == place);
                            let (channel, key, velocity, began) = down.remove(ends.unwrap());
                            read.notes.push((track, channel, key, velocity, began, now));
                        }
                        other => read.settings.push((track, now, format!("{other:?}"))),
                    },
                    _ => {}
                }
            }
            assert_eq!(down, [], "notes hang in track {track}");
        }
        read.notes.sort_unstable();
        read
    }

    /// The keys that are down at a tick: track, channel and key.
    fn down_at(&self, tick: u32) -> HashSet<(usize, u8, u8)> {
        let down = self
            .notes
            .iter()
            .filter(|note| note.4 <= tick && tick < note.5);
        down.map(|note| (note.0, note.1, note.2)).collect()
    }
}

/// A room with a performance of [`PIECE`] in `s.redb`, recorded as `played.mid`.
fn performed() -> Room {
    let room = Room::new();
    room.write("piece.yaml", &score("piece", 120, PIECE));
    room.succeed("play piece.yaml --clock virtual --store s.redb --record played.mid");
    room
}

fn rendered(room: &Room, args: &str) -> MidiFile {
    room.succeed(&format!("render {args} -o rendered.mid --force"));
    MidiFile::read(&room.read("rendered.mid"))
}

#[test]
fn a_rendered_history_is_what_was_recorded_while_it_played() {
    let room = performed();
    let played = MidiFile::read(&room.read("played.mid"));
    let again = rendered(&room, "piece-1 --store s.redb");
    assert_eq!(again.ticks, played.ticks);
    assert_eq!(again.notes, played.notes);
    assert_eq!(again.tempi, played.tempi);
    assert!(again.tempi.len() > 10, "{:?}", again.tempi);
    assert_eq!(again.settings, played.settings);
}

#[test]
fn a_whole_recording_without_changes_is_the_same_file() {
    let room = Room::new();
    // The last one has sounds of events.
    for name in ["arpeggio", "rounds", "missed-strokes"] {
        let bundled = format!("{}/scores/studies/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        room.succeed(&format!(
            "play {bundled} --clock virtual --store {name}.redb --id i --record {name}.mid"
        ));
        room.succeed(&format!(
            "render i --store {name}.redb -o again.mid --force"
        ));
        assert_eq!(
            room.read("again.mid"),
            room.read(&format!("{name}.mid")),
            "{name}"
        );
    }
}

#[test]
fn a_passage_is_exactly_that_part_with_the_state_of_its_start() {
    let room = performed();
    let whole = rendered(&room, "piece-1 --store s.redb");
    let bar = 4 * whole.ticks;
    for (from, to) in [(1, 3), (2, 4), (3, 4), (4, 7)] {
        let part = rendered(
            &room,
            &format!("piece-1 --store s.redb --from {from} --to {to}"),
        );
        let fine = part.ticks / whole.ticks.min(part.ticks);
        assert_eq!((part.ticks, fine), (whole.ticks, 1));
        let (begin, end) = ((from - 1) * bar, (to - 1) * bar);
        for tick in begin..end {
            let expected = whole.down_at(tick);
            assert_eq!(
                part.down_at(tick - begin),
                expected,
                "tick {tick} of {from} to {to}"
            );
        }
        assert_eq!(part.down_at(end - begin), HashSet::new());
        // The first tempo is the one that was reached before.
        let reached = whole
            .tempi
            .iter()
            .rfind(|(tick, _)| *tick <= begin)
            .unwrap();
        assert_eq!(part.tempi[0], (0, reached.1), "{from}");
        // So are program and bend.
        for setting in ["ProgramChange { program: u7(33)", "PitchBend"] {
            let first = part
                .settings
                .iter()
                .find(|(_, _, what)| what.contains(setting));
            assert_eq!(
                first.map(|(_, tick, _)| *tick),
                Some(0),
                "{setting} of {from}"
            );
        }
    }
}

#[test]
fn positions_are_bars_times_and_moments() {
    let room = performed();
    let by_bar = rendered(&room, "piece-1 --store s.redb --from 2 --to 2.3").notes;
    // At 120, a bar lasts two seconds.
    let by_time = rendered(&room, "piece-1 --store s.redb --from 2s --to 3s").notes;
    assert_eq!(by_time, by_bar);
    let history = room.history("s.redb", "piece-1");
    let entered = history
        .iter()
        .find_map(|event| event["result"]["onset"].as_str())
        .unwrap();
    let by_moment = format!("piece-1 --store s.redb --from {entered} --to 2");
    let first_bar = rendered(&room, "piece-1 --store s.redb --to 2").notes;
    assert_eq!(rendered(&room, &by_moment).notes, first_bar);
    for (args, reason) in [
        ("--from 99", "bars 1 to"),
        ("--from 3 --to 2", "--to is not after --from"),
        ("--from soon", "9.3"),
        ("--to 0", "9.3"),
    ] {
        let outcome = room.run(&format!("render piece-1 --store s.redb {args} -o no.mid"));
        assert_eq!(outcome.code, Some(2), "{args}: {outcome:#?}");
        assert!(outcome.err.contains(reason), "{args}: {outcome:#?}");
        assert!(!room.path("no.mid").exists());
    }
}

#[test]
fn a_wav_file_has_every_note_at_its_sample() {
    let room = Room::new();
    let tasks = "  - a: { call: play, with: { instrument: a, pattern: \"~ c4 ~ c4\" } }\n";
    room.write("s.yaml", &score("s", 120, tasks));
    room.succeed("play s.yaml --clock virtual --store s.redb --id i");
    let onset = |args: &str| {
        room.succeed(&format!("render i --store s.redb {args} -o i.wav --force"));
        let mut wav = hound::WavReader::open(room.path("i.wav")).unwrap();
        let samples: Vec<i32> = wav.samples::<i32>().map(Result::unwrap).collect();
        samples.iter().position(|sample| sample.abs() > 80).unwrap() / 2
    };
    let first = onset("");
    assert!((24_000..24_200).contains(&first), "{first}");
    // The same note, nearer to the start by what was cut: exact to the sample.
    assert_eq!(onset("--from 1.2"), first - 24_000);
    assert_eq!(onset("--from 250ms"), first - 12_000);
}

#[test]
fn an_exported_file_renders_like_the_store_and_neither_is_touched() {
    let room = performed();
    let whole = rendered(&room, "piece-1 --store s.redb").notes;
    for (name, format) in [("h.json", "json"), ("h.bin", "msgpack")] {
        room.succeed(&format!(
            "export piece-1 --store s.redb --format {format} -o {name}"
        ));
        assert_eq!(rendered(&room, name).notes, whole, "{name}");
    }
    let (store, files) = (room.read("s.redb"), room.files());
    rendered(&room, "piece-1 --store s.redb");
    assert!(room.read("s.redb") == store, "the store has changed");
    assert_eq!(room.files(), files);
}

#[test]
fn all_runs_follow_each_other_and_one_can_be_selected() {
    let room = Room::new();
    let tasks = "  - a: { call: play, with: { instrument: a, pattern: \"c4 d4 e4 f4\" } }\n";
    let text = score("again", 120, tasks);
    room.write(
        "again.yaml",
        &text.replacen(
            "do:\n",
            "schedule: { after: { milliseconds: 10 } }\ndo:\n",
            1,
        ),
    );
    room.succeed("play again.yaml --clock virtual --runs 3 --store s.redb --id i");
    let all = rendered(&room, "i --store s.redb").notes.len();
    assert_eq!(all, 12);
    assert_eq!(rendered(&room, "i --store s.redb --run 2").notes.len(), 4);
    let absent = room.run("render i --run 9 --store s.redb -o no.mid");
    assert!(absent.err.contains("has no run 9"), "{absent:#?}");
}

#[test]
fn what_cannot_be_rendered_is_refused_with_a_reason() {
    let room = performed();
    room.write(
        "silent.yaml",
        &score("silent", 120, "  - n: { set: { n: 1 } }\n"),
    );
    room.succeed("play silent.yaml --clock virtual --store s.redb --id silent");
    room.write("list.json", "[1, 2]");
    room.write("kept.mid", "mine");
    for (args, code, reason) in [
        (
            "silent --store s.redb -o no.mid --listen off",
            1,
            "has played no note",
        ),
        ("nobody --store s.redb -o no.mid", 1, "there is no instance"),
        ("list.json -o no.mid", 1, "this is not an exported history"),
        ("absent.json -o no.mid", 1, "absent.json cannot be read"),
        ("list.json --run 1 -o no.mid", 2, "a file has one run"),
        (
            "piece-1 --store s.redb -o no.mp3",
            2,
            "neither a .wav nor a .mid",
        ),
        (
            "piece-1 --store s.redb -o kept.mid",
            1,
            "kept.mid already exists",
        ),
        ("piece-1 --store no.redb -o no.mid", 1, "there is no store"),
    ] {
        let outcome = room.run(&format!("render {args}"));
        assert_eq!(outcome.code, Some(code), "{args}: {outcome:#?}");
        assert!(outcome.err.contains(reason), "{args}: {outcome:#?}");
        assert!(!room.path("no.mid").exists(), "{args}");
    }
    assert_eq!(room.read("kept.mid"), b"mine");
    room.succeed("render piece-1 --store s.redb -o kept.mid --force");
    MidiFile::read(&room.read("kept.mid"));
}
