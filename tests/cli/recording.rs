//! Recordings: complete, also after a crash.

use std::fs::File;

use midly::{MidiMessage, Smf, TrackEventKind};

use crate::harness::{Room, eventually, score};

/// Sixteen notes of one key a second, two voices, for a minute.
fn long(room: &Room) {
    let voice = |instrument: &str| {
        format!(
            "{{ call: play, with: {{ instrument: {instrument}, pattern: \"c4*16\", repeat: 30 }} }}"
        )
    };
    let tasks = format!(
        "  - both:\n      fork:\n        branches:\n          - one: {}\n          - two: {}\n",
        voice("a"),
        voice("b")
    );
    room.write("long.yaml", &score("long", 120, &tasks));
}

/// The onsets of all notes of a file, in ticks.
fn onsets(bytes: &[u8]) -> Vec<u32> {
    let file = Smf::parse(bytes).unwrap();
    let mut onsets = Vec::new();
    for track in &file.tracks {
        let mut now = 0;
        for event in track {
            now += event.delta.as_int();
            if let TrackEventKind::Midi {
                message: MidiMessage::NoteOn { .. },
                ..
            } = event.kind
            {
                onsets.push(now);
            }
        }
    }
    onsets.sort_unstable();
    onsets
}

fn open_wav(room: &Room, name: &str) -> hound::WavReader<File> {
    hound::WavReader::new(File::open(room.path(name)).unwrap()).unwrap()
}

#[test]
fn after_kill_9_the_recording_is_complete_up_to_the_last_second() {
    let room = Room::new();
    long(&room);
    let mut playing = room
        .command("play long.yaml --record take/ --trace t.jsonl --store s.redb")
        .env("ALSA_CONFIG_PATH", "/dev/null")
        .env("JACK_DEFAULT_SERVER", "fermata-nobody")
        .spawn()
        .unwrap();
    // Some 16 notes a second, however busy the machine is.
    eventually("80 notes", || {
        let lines = std::fs::read_to_string(room.path("t.jsonl")).unwrap_or_default();
        lines.lines().count() > 160
    });
    playing.kill().unwrap();
    playing.wait().unwrap();

    let trace = room.trace("t.jsonl");
    // The moment of the kill is that of the last message, or a little later.
    let killed = trace.last().unwrap().sent;
    let safe = killed - 1_000_000_000;
    let notes = trace.iter().filter(|message| message.is_on());
    let due = notes.filter(|message| message.sent <= safe);
    let due: Vec<u32> = due
        .map(|message| (message.beat * 960.0).round() as u32)
        .collect();
    assert!(due.len() > 50, "{} notes were played", due.len());
    let kept = onsets(&room.read("take/performance.mid"));
    assert_eq!(kept.get(..due.len()), Some(&due[..]));

    let wav = open_wav(&room, "take/performance.wav");
    let spec = wav.spec();
    let heard = u64::from(wav.duration()) * 1_000_000_000 / u64::from(spec.sample_rate);
    assert!(heard > safe, "{heard} ns of {killed} are in the WAV file");
    let samples: Vec<i32> = wav.into_samples().map(Result::unwrap).collect();
    let last = &samples[samples.len() - 48_000..];
    let peak = last.iter().map(|sample| sample.abs()).max().unwrap();
    assert!(peak > 100_000, "the last half second is silent: {peak}");

    // The history is in the store, and the piece goes on from there.
    let events = room.history("s.redb", "long-1");
    assert!(events.len() > due.len());
}

#[test]
fn a_folder_gets_notes_sound_and_histories_and_a_file_only_notes() {
    let room = Room::new();
    room.write(
        "piece.yaml",
        &score(
            "piece",
            240,
            "  - line: { call: play, with: { instrument: a, pattern: \"c4 e4 g4 c5\" } }\n",
        ),
    );
    let play = "play piece.yaml --clock virtual --store";
    room.succeed(&format!("{play} a.redb --record take/"));
    let kept = |name: &str| room.read(&format!("take/{name}"));
    assert_eq!(onsets(&kept("performance.mid")), [0, 960, 1920, 2880]);
    assert!(open_wav(&room, "take/performance.wav").duration() > 40_000);
    assert_eq!(
        String::from_utf8(kept("piece-1.history.json")).unwrap(),
        room.succeed("export piece-1 --store a.redb")
    );
    room.succeed("replay take/piece-1.history.json");

    // A folder that exists needs no slash. Earlier recordings stay, also those of the same instance.
    let first = kept("performance.mid");
    room.succeed(&format!("{play} a.redb --record take --id other"));
    room.succeed("replay take/other.history.json");
    room.succeed(&format!("{play} b.redb --record take"));
    assert_eq!(kept("performance.mid"), first);
    for name in ["performance-2.wav", "performance-3.mid"] {
        assert!(room.path(&format!("take/{name}")).exists(), "{name}");
    }
    assert_eq!(
        String::from_utf8(kept("piece-1.history.json")).unwrap(),
        room.succeed("export piece-1 --store a.redb")
    );
    room.succeed("replay take/piece-1~2.history.json");

    room.succeed(&format!("{play} c.redb --record alone.mid"));
    assert_eq!(room.read("alone.mid"), kept("performance.mid"));
    assert!(!room.path("alone.wav").exists());
    let refused = room.run(&format!("{play} d.redb --record alone.mid"));
    assert!(
        refused.err.contains("alone.mid already exists"),
        "{refused:?}"
    );
    assert!(!room.path("d.redb").exists());
    room.succeed(&format!("{play} d.redb --record alone.mid --force"));
}

#[test]
#[cfg(unix)]
fn a_full_disk_is_reported_once_and_the_piece_plays_to_its_end() {
    let room = Room::new();
    room.write(
        "piece.yaml",
        &score(
            "piece",
            240,
            "  - line: { call: play, with: { instrument: a, pattern: \"c4*8\", repeat: 4 } }\n",
        ),
    );
    // In blocks of 512 bytes: enough for the store in memory and for a second of sound.
    let limited = "trap '' XFSZ; ulimit -f 700; exec \"$0\" \"$@\"";
    let program =
        room.command("play piece.yaml --store :memory: --render piece.wav --trace t.jsonl");
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", limited])
        .arg(program.get_program())
        .args(program.get_args())
        .env("ALSA_CONFIG_PATH", "/dev/null")
        .env("JACK_DEFAULT_SERVER", "fermata-nobody")
        .current_dir(room.path(""));
    let full = crate::harness::Outcome::of(command);
    assert_eq!(
        full.err.matches("the music continues").count(),
        1,
        "{full:#?}"
    );
    assert!(
        full.out.contains("piece-1: Completed") || full.code == Some(1),
        "{full:#?}"
    );
    let notes = room.trace("t.jsonl");
    assert_eq!(notes.iter().filter(|message| message.is_on()).count(), 32);
}

/// The time of the first sound of a WAV file, in seconds.
fn first_sound(path: &std::path::Path) -> f64 {
    let mut wav = hound::WavReader::open(path).unwrap();
    let rate = f64::from(wav.spec().sample_rate);
    let mut samples = wav.samples::<i32>().map(Result::unwrap);
    let first = samples.position(|sample| sample.abs() > 1 << 14).unwrap();
    (first / 2) as f64 / rate
}

/// The time of the first note of a MIDI file of one tempo, in seconds.
fn first_note(bytes: &[u8]) -> f64 {
    let smf = midly::Smf::parse(bytes).unwrap();
    let midly::Timing::Metrical(ticks) = smf.header.timing else {
        panic!("no ticks")
    };
    let mut micros = 500_000;
    let mut first = u32::MAX;
    for track in &smf.tracks {
        let mut now = 0;
        for event in track {
            now += event.delta.as_int();
            match event.kind {
                midly::TrackEventKind::Meta(midly::MetaMessage::Tempo(tempo)) => {
                    micros = tempo.as_int();
                }
                midly::TrackEventKind::Midi {
                    message: midly::MidiMessage::NoteOn { vel, .. },
                    ..
                } if vel > 0 => first = first.min(now),
                _ => {}
            }
        }
    }
    f64::from(first) / f64::from(ticks.as_int()) * f64::from(micros) / 1e6
}

#[test]
fn the_first_note_of_the_wav_file_is_where_that_of_the_midi_file_is() {
    let room = Room::new();
    room.write(
        "a.yaml",
        "document:
  dsl: 1.0.0
  namespace: test
  name: a
  version: 1.0.0
  metadata: { fermata: { tempo: 100, instruments: { d: { kit: studio } } } }
do:
  - r: { call: rest, with: { beats: 3 } }
  - p: { call: play, with: { instrument: d, pattern: \"rim rim rim rim\", repeat: 20 } }
",
    );
    room.succeed("play a.yaml --store :memory: --clock virtual --record one/");
    let differs = |folder: &str| {
        let wav = first_sound(&room.path(&format!("{folder}/performance.wav")));
        wav - first_note(&room.read(&format!("{folder}/performance.mid")))
    };
    let off = differs("one");
    assert!(off.abs() < 0.002, "{off} s apart");
    // A piece that was interrupted: both files begin with the bar in which it resumes.
    let mut playing = room.start("play a.yaml --store s.redb --trace t.jsonl");
    crate::harness::eventually("notes sound", || {
        room.path("t.jsonl").exists()
            && room
                .trace("t.jsonl")
                .iter()
                .any(crate::harness::Sent::is_on)
    });
    std::thread::sleep(std::time::Duration::from_millis(1500));
    playing.kill().unwrap();
    playing.wait().unwrap();
    room.succeed("play --resume --store s.redb --clock virtual --record two/");
    let off = differs("two");
    assert!(off.abs() < 0.002, "{off} s apart");
    let begin = first_note(&room.read("two/performance.mid"));
    assert!(begin < 2.4, "it begins {begin} s after its start");
}
