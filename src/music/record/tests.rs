//! Tests of recordings.

use std::fs;

use midly::{MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use super::*;
use crate::music::{Channel, Key, Meter, PortId, Tempo, Velocity, Volume};

fn beat(n: i64, d: i64) -> Beat {
    Beat(Beats::new(n, d))
}

struct Session {
    recorder: Recorder,
    names: Names,
    folder: tempfile::TempDir,
}

impl Session {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let names = Names::default();
        let path = folder.path().join("take.mid");
        let recorder = Recorder::create(&path, "Take", names.clone()).unwrap();
        Self {
            recorder,
            names,
            folder,
        }
    }

    fn send(&mut self, part: &str, beat: Beat, message: Message) {
        let sent = Sent {
            due: Nanos(0),
            sent: Nanos(0),
            beat,
            port: PortId(0),
            part: Some(self.names.part(part)),
            lane: None,
            source: None,
            message,
        };
        self.recorder.send(&sent).unwrap();
    }

    /// The events of each track as written, with their ticks.
    fn read(&self) -> Vec<Vec<(u32, String)>> {
        let bytes = fs::read(self.folder.path().join("take.mid")).unwrap();
        let file = Smf::parse(&bytes).unwrap();
        let track = |track: &Vec<TrackEvent<'_>>| {
            let mut now = 0;
            let event = |event: &TrackEvent<'_>| {
                now += event.delta.as_int();
                (now, text_of(&event.kind))
            };
            track.iter().map(event).collect()
        };
        file.tracks.iter().map(track).collect()
    }
}

fn text_of(kind: &TrackEventKind<'_>) -> String {
    match kind {
        TrackEventKind::Midi { channel, message } => match message {
            MidiMessage::NoteOn { key, .. } => format!("on {channel} {key}"),
            MidiMessage::NoteOff { key, .. } => format!("off {channel} {key}"),
            MidiMessage::ProgramChange { program } => format!("program {channel} {program}"),
            other => format!("{other:?}"),
        },
        TrackEventKind::Meta(MetaMessage::TrackName(name)) => {
            format!("name {}", String::from_utf8_lossy(name))
        }
        TrackEventKind::Meta(MetaMessage::Tempo(micros)) => format!("tempo {micros}"),
        TrackEventKind::Meta(MetaMessage::TimeSignature(n, d, ..)) => {
            format!("meter {n}/{}", 1 << d)
        }
        TrackEventKind::Meta(MetaMessage::EndOfTrack) => "end".into(),
        other => format!("{other:?}"),
    }
}

fn on(key: u8) -> Message {
    let channel = Channel::from_number(1).unwrap();
    Message::NoteOn(channel, Key::new(key).unwrap(), Velocity::default())
}

fn off(key: u8) -> Message {
    Message::NoteOff(Channel::from_number(1).unwrap(), Key::new(key).unwrap())
}

fn track(events: &[(u32, &str)]) -> Vec<(u32, String)> {
    let owned = events
        .iter()
        .map(|(tick, event)| (*tick, (*event).to_owned()));
    owned.collect()
}

#[test]
fn each_part_is_a_track_that_starts_with_its_program() {
    let mut session = Session::begin();
    session.recorder.transport(&Transport::default(), Nanos(0));
    session.send("lead", beat(1, 3), on(60));
    session.send("lead", beat(2, 3), off(60));
    session.send("lead", beat(2, 3), on(62));
    session.send("bass", beat(1, 1), on(36));
    session.send("bass", beat(2, 1), off(36));
    session.send("lead", beat(1, 1), off(62));
    let program = Message::Program(Channel::from_number(1).unwrap(), 33);
    session.send("bass", beat(1, 2), program);
    session.recorder.finish().unwrap();
    assert_eq!(
        session.read(),
        [
            track(&[
                (0, "name Take"),
                (0, "meter 4/4"),
                (0, "tempo 500000"),
                (0, "end")
            ]),
            track(&[
                (0, "name lead"),
                (320, "on 0 60"),
                (640, "off 0 60"),
                (640, "on 0 62"),
                (960, "off 0 62"),
                (960, "end"),
            ]),
            track(&[
                (0, "name bass"),
                (0, "program 0 33"),
                (960, "on 0 36"),
                (1920, "off 0 36"),
                (1920, "end"),
            ]),
        ]
    );
}

#[test]
fn a_note_that_was_cut_where_it_began_does_not_hang() {
    let mut session = Session::begin();
    session.send("lead", beat(1, 1), on(60));
    session.send("lead", beat(1, 1), off(60));
    session.send("lead", beat(1, 1), on(60));
    session.send("lead", beat(2, 1), off(60));
    session.recorder.finish().unwrap();
    let events = session.read().remove(1);
    let ticks_and_names = track(&[
        (0, "name lead"),
        (960, "on 0 60"),
        (960, "off 0 60"),
        (960, "on 0 60"),
        (1920, "off 0 60"),
        (1920, "end"),
    ]);
    assert_eq!(events, ticks_and_names);
}

#[test]
fn tempo_changes_are_at_their_beats() {
    let mut session = Session::begin();
    let tempo = |bpm| Tempo::new(bpm).unwrap();
    let start = Transport::new(tempo(120.0), "6/8".parse::<Meter>().unwrap());
    session.recorder.transport(&start, Nanos(0));
    let rolling = start.started(Nanos(0));
    session.recorder.transport(&rolling, Nanos(0));
    let second = Nanos(1_000_000_000);
    session
        .recorder
        .transport(&rolling.with_tempo(second, tempo(60.0)), second);
    session.recorder.finish().unwrap();
    assert_eq!(
        session.read().remove(0),
        track(&[
            (0, "name Take"),
            (0, "meter 6/8"),
            (0, "tempo 500000"),
            (1920, "tempo 1000000"),
            (1920, "end"),
        ])
    );
}

#[test]
fn a_beat_has_as_many_ticks_as_exact_positions_need() {
    let ticks = |places: &[(i64, i64)]| {
        let mut session = Session::begin();
        for (n, d) in places {
            session.send("lead", beat(*n, *d), on(60));
            session.send("lead", beat(n + d, *d), off(60));
        }
        session.recorder.finish().unwrap();
        let bytes = fs::read(session.folder.path().join("take.mid")).unwrap();
        let Timing::Metrical(ticks) = Smf::parse(&bytes).unwrap().header.timing else {
            panic!("no ticks")
        };
        (ticks.as_int(), session.read()[1][1].0)
    };
    assert_eq!(ticks(&[(1, 960), (1, 3)]), (960, 1));
    assert_eq!(ticks(&[(1, 384)]), (1920, 5));
    assert_eq!(ticks(&[(1, 7), (2, 5)]), (6720, 960));
    let too_fine = ticks(&[(1, 7), (2, 11), (3, 13)]);
    assert_eq!(too_fine, (960, 137), "rounded to the nearest");
}

#[test]
fn the_file_is_valid_at_all_times() {
    let mut session = Session::begin();
    assert_eq!(session.read().len(), 1, "from the beginning");
    session.send("lead", beat(0, 1), on(60));
    session.send("lead", beat(1, 1), off(60));
    session.recorder.save(Nanos(0)).unwrap();
    assert_eq!(session.read().len(), 2, "when it is saved");
    session.send("bass", beat(1, 1), on(60));
    session.send("bass", beat(2, 1), off(60));
    let Session {
        recorder,
        names,
        folder,
    } = session;
    drop(recorder);
    let bytes = fs::read(folder.path().join("take.mid")).unwrap();
    assert_eq!(
        Smf::parse(&bytes).unwrap().tracks.len(),
        3,
        "when it is dropped"
    );
    drop(names);
}

/// The events of a file without fillers.
fn meant(session: &Session) -> Vec<Vec<(u32, String)>> {
    let mut tracks = session.read();
    for track in &mut tracks {
        track.retain(|(_, event)| !event.starts_with("Meta(SequencerSpecific") && event != "end");
    }
    tracks
}

#[test]
fn saving_early_does_not_change_the_final_file() {
    let mut session = Session::begin();
    let tempo = |bpm| Tempo::new(bpm).unwrap();
    let start = Transport::new(tempo(120.0), "4/4".parse::<Meter>().unwrap());
    session.recorder.transport(&start, Nanos(0));
    let rolling = start.started(Nanos(0));
    session.recorder.transport(&rolling, Nanos(0));
    for n in 0..600_i64 {
        let at = Nanos(u64::try_from(n).unwrap() * 500_000_000);
        let part = ["lead", "bass", "drums"][usize::try_from(n % 3).unwrap()];
        if n == 100 {
            session.send(part, beat(n, 1), Message::Program(Channel::DRUMS, 3));
        }
        if n == 200 || n == 250 {
            let bpm = if n == 200 { 119.5 } else { 120.0 };
            let other = rolling.with_tempo(at, tempo(bpm));
            session.recorder.transport(&other, at);
        }
        let place = if n == 300 {
            beat(7 * n + 1, 7)
        } else {
            beat(n, 1)
        };
        session.send(part, place, on(60));
        session.send(part, beat(2 * n + 1, 2), off(60));
        session.recorder.save(at).unwrap();
    }
    let saved = meant(&session);
    session.recorder.finish().unwrap();
    for (saved, kept) in saved.iter().zip(meant(&session)) {
        let differs = saved.iter().zip(&kept).find(|(a, b)| a != b);
        assert_eq!(differs, None);
    }
    let count = saved.iter().map(Vec::len).sum::<usize>();
    assert_eq!(count, 1200 + 4 + 2 + 2 + 1);
}

#[test]
fn saving_an_hour_of_100_000_notes_writes_only_a_few_times_its_size() {
    let mut session = Session::begin();
    session.recorder.transport(&Transport::default(), Nanos(0));
    let parts: Vec<String> = (0..8).map(|n| format!("part {n}")).collect();
    for save in 0..7_200_i64 {
        for note in 0..14 {
            let part = &parts[usize::try_from(note % 8).unwrap()];
            session.send(part, beat(save * 14 + note, 14), on(60));
            session.send(part, beat(save * 14 + note + 1, 14), off(60));
        }
        session.recorder.save(Nanos(0)).unwrap();
    }
    let written = session.recorder.file.as_ref().unwrap().written();
    session.recorder.finish().unwrap();
    let length = fs::metadata(session.folder.path().join("take.mid"))
        .unwrap()
        .len();
    println!("{written} bytes written for a file of {length}");
    assert!(length > 800_000);
    assert!(written < 10 * length, "{written} bytes for {length}");
}

#[test]
fn a_recording_started_later_begins_at_a_bar_line_without_hanging_notes() {
    let mut session = Session::begin();
    let rolling = Transport::default().started(Nanos(0));
    // A bar lasts two seconds.
    session.recorder.transport(&rolling, Nanos(5_000_000_000));
    session.send("lead", beat(10, 1), off(55));
    session.send("lead", beat(11, 1), on(60));
    // The recording ends while the note sounds.
    session.recorder.save(Nanos(6_250_000_000)).unwrap();
    session.recorder.finish().unwrap();
    assert_eq!(
        session.read().remove(1)[1..],
        track(&[(2880, "on 0 60"), (4320, "off 0 60"), (4320, "end")])
    );
}

#[test]
fn the_volume_of_the_mixer_is_controller_seven_in_the_file() {
    let mut session = Session::begin();
    let one = Channel::FIRST;
    session.send("bass", beat(0, 1), Message::Control(one, 7, 80));
    let volume = Volume::from_decibels(-12.0);
    session.send("bass", beat(1, 1), Message::Volume(one, volume));
    session.recorder.finish().unwrap();
    let track = session.read().remove(1);
    let controllers: Vec<_> = track
        .into_iter()
        .filter(|(_, text)| text.contains("Controller"))
        .collect();
    let set = |value: u8| format!("Controller {{ controller: u7(7), value: u7({value}) }}");
    assert_eq!(controllers, [(0, set(80)), (960, set(40))]);
}
