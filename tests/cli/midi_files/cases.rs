//! What single features of files become.

use super::{
    assert_same, imported, performed,
    song::{Song, Track, header},
};

#[test]
fn programs_of_a_setup_track_apply_to_the_channels_of_other_tracks() {
    let setup = Track::new().program(0, 0, 40).program(0, 1, 73);
    let first = Track::new().note(0, 480, (0, 60, 100));
    let second = Track::new().note(0, 480, (1, 72, 100));
    let played = assert_same("setup", &Song::of([setup, first, second]).bytes());
    let programs: Vec<u8> = played.notes.iter().map(|note| note.program).collect();
    assert_eq!(programs, [40, 73]);
    // Some programs name the port after the sounds that are meant for it.
    let track = |port: u8, program: u8, key: u8| {
        let track = Track::new().program(0, 0, program).meta(0, 0x21, &[port]);
        track.note(0, 480, (0, key, 100))
    };
    let song = Song::of([track(0, 40, 60), track(1, 73, 72)]);
    let played = assert_same("late port", &song.bytes());
    let programs: Vec<u8> = played.notes.iter().map(|note| note.program).collect();
    assert_eq!(programs, [40, 73]);
}

#[test]
fn a_channel_that_changes_its_program_stays_one_voice_with_its_controllers() {
    let track = Track::new()
        .program(0, 0, 40)
        .control(0, 0, 7, 90)
        .note(0, 960, (0, 60, 100))
        .program(960, 0, 73)
        .control(960, 0, 7, 30)
        .note(960, 480, (0, 72, 100))
        .program(1440, 0, 40)
        .note(1440, 480, (0, 62, 100));
    let bytes = Song::of([track]).bytes();
    let played = assert_same("programs", &bytes);
    assert_eq!(played.course(0, 7), [90, 30]);
    let score = imported(&bytes);
    assert_eq!(score.matches("channel:").count(), 1, "{score}");
    assert!(score.contains("program: 73"), "{score}");
}

#[test]
fn banks_bend_range_and_tuning_are_kept() {
    let mut track = Track::new()
        .control(0, 0, 0, 8)
        .control(0, 0, 32, 4)
        .program(0, 0, 48);
    let parameters = [
        (101, 0),
        (100, 0),
        (6, 12),
        (100, 1),
        (6, 70),
        (38, 3),
        (101, 127),
        (100, 127),
    ];
    for (number, value) in parameters {
        track = track.control(0, 0, number, value);
    }
    let track = track.bend(0, 0, 16_383).note(0, 960, (0, 60, 100));
    let played = assert_same("parameters", &Song::of([track]).bytes());
    assert_eq!(
        (played.course(0, 0), played.course(0, 32)),
        (vec![8], vec![4])
    );
    assert_eq!(played.course(0, 6), [12, 70]);
}

#[test]
fn all_notes_off_ends_the_notes_of_its_channel_in_every_track() {
    let first = Track::new()
        .on(0, 0, 60, 100)
        .on(960, 0, 60, 90)
        .off(1440, 0, 60);
    let second = Track::new().control(480, 0, 123, 0).meta(4000, 1, b"end");
    let played = assert_same("all notes off", &Song::of([first, second]).bytes());
    let lengths: Vec<f64> = played.notes.iter().map(|note| note.length).collect();
    assert_eq!(lengths, [1.0, 1.0]);
}

#[test]
fn hundreds_of_pedal_changes_are_all_kept() {
    let mut track = Track::new().control(0, 0, 7, 90).control(0, 0, 10, 20);
    for bar in 0..600 {
        let down = if bar % 2 == 0 { 127 } else { 0 };
        track = track.control(bar * 240 + 10, 0, 64, down);
        track = track.note(bar * 240, 240, (0, 48 + (bar % 24) as u8, 100));
    }
    let bytes = Song::of([track]).bytes();
    let played = assert_same("pedal", &bytes);
    assert_eq!(played.course(0, 64).len(), 600);
    assert!(!imported(&bytes).contains("Left out"));
}

#[test]
fn controllers_that_are_too_many_are_thinned_where_it_is_heard_least() {
    let mut track = Track::new().control(0, 0, 7, 90);
    let mut pedals = 0;
    for step in 0_u32..90_000 {
        let wave = (f64::from(step) / 40.0).sin();
        track = track.bend(step, 0, (8192.0 + 8000.0 * wave) as u16);
        if step % 9_000 == 0 {
            pedals += 1;
            track = track.control(step, 0, 64, if pedals % 2 == 0 { 0 } else { 127 });
        }
    }
    let track = track.note(0, 90_000, (0, 60, 100));
    let bytes = Song::of([track]).bytes();
    let played = performed(&bytes).unwrap();
    assert_eq!(played.course(0, 64).len(), pedals);
    let bends = played.course(0, 128);
    assert!(bends.len() > 20_000, "{}", bends.len());
    let reach = (bends.iter().min().unwrap(), bends.iter().max().unwrap());
    assert!(*reach.0 < 400 && *reach.1 > 15_900, "{reach:?}");
    let score = imported(&bytes);
    assert!(
        score.contains("controller changes: steps below 1 of 127"),
        "{}",
        &score[..600]
    );
}

#[test]
fn all_changes_of_meter_are_kept() {
    let mut track = Track::new()
        .meter(0, 4, 2)
        .meter(1920, 3, 2)
        .meter(4800, 7, 3);
    for beat in 0..16 {
        track = track.note(beat * 480, 480, (0, 60, 100));
    }
    let bytes = Song::of([track]).bytes();
    let played = assert_same("meters", &bytes);
    assert_eq!(
        played.meters,
        [(0.0, (4, 2)), (4.0, (3, 2)), (10.0, (7, 3))]
    );
    let score = imported(&bytes);
    // Two bars of 3/4 after one of 4/4, then bars of 3.5 beats.
    for (bar, beat) in [(2, "4"), (3, "7"), (4, "10"), (5, "14")] {
        let line = score
            .lines()
            .skip_while(|line| !line.ends_with(&format!("# Bar {bar}")));
        let note = line.clone().nth(1).unwrap_or_default();
        assert!(note.contains(&format!("at: {beat},")), "bar {bar}: {score}");
    }
}

#[test]
fn a_key_that_is_struck_again_does_not_cut_its_note() {
    let nested = Track::new()
        .on(0, 0, 60, 90)
        .on(480, 0, 60, 50)
        .off(960, 0, 60)
        .off(1920, 0, 60);
    let played = assert_same("nested", &Song::of([nested]).bytes());
    let lengths: Vec<f64> = played.notes.iter().map(|note| note.length).collect();
    assert_eq!(lengths, [2.0, 3.0]);
    let long = Track::new().note(0, 1920, (0, 60, 90));
    let short = Track::new().note(480, 480, (0, 60, 50));
    assert_same("two tracks", &Song::of([long, short]).bytes());
    let next = Track::new()
        .on(0, 0, 60, 90)
        .on(480, 0, 60, 80)
        .off(480, 0, 60)
        .off(960, 0, 60);
    let played = assert_same("on before off", &Song::of([next]).bytes());
    assert!(played.notes.iter().all(|note| note.length == 1.0));
}

#[test]
fn a_program_between_two_notes_of_a_tick_is_for_the_second() {
    let mut track = Track::new().program(0, 0, 19);
    for step in 0..8 {
        let at = step * 480;
        track = track
            .on(at, 0, 60, 100)
            .program(at, 0, 4)
            .on(at, 0, 64, 100)
            .program(at, 0, 19)
            .off(at + 300, 0, 60)
            .off(at + 300, 0, 64);
    }
    let played = assert_same("two programs at a time", &Song::of([track]).bytes());
    let programs = |key| {
        let of_key = played.notes.iter().filter(|note| note.key == key);
        of_key.map(|note| note.program).collect::<Vec<u8>>()
    };
    assert_eq!(programs(60), [19; 8]);
    assert_eq!(programs(64), [4; 8]);
}

#[test]
fn exact_unisons_are_two_notes() {
    let twice = Track::new()
        .note(0, 480, (0, 60, 100))
        .note(0, 480, (0, 60, 100))
        .note(480, 480, (0, 64, 90));
    let played = assert_same("unison", &Song::of([twice]).bytes());
    assert_eq!(played.notes.len(), 3);
    let times = |n| (0..n).fold(Track::new(), |track, _| track.note(0, 480, (0, 60, 100)));
    // Orchestral scores have such: each desk plays on the same channel.
    let played = assert_same("a unison of 12", &Song::of([times(12)]).bytes());
    assert_eq!(played.notes.len(), 12);
    let score = imported(&Song::of([times(34)]).bytes());
    assert!(
        score.contains("# Left out: 2 notes of unisons of more than 32."),
        "{score}"
    );
}

#[test]
fn tempi_of_every_size_are_kept() {
    let track = Track::new()
        .tempo(0, 1)
        .note(0, 480, (0, 60, 100))
        .tempo(480, 0xFF_FFFF)
        .note(480, 480, (0, 62, 100))
        .tempo(960, 0)
        .note(960, 480, (0, 64, 100));
    let played = assert_same("tempi", &Song::of([track]).bytes());
    assert_eq!(played.tempi, [(0.0, 1), (1.0, 0xFF_FFFF), (2.0, 1)]);
}

#[test]
fn channels_of_several_ports_keep_their_own_sounds() {
    let track = |port: u8, program: u8, key: u8| {
        let track = Track::new().meta(0, 0x21, &[port]).program(0, 0, program);
        track.control(0, 0, 7, program).note(0, 480, (0, key, 100))
    };
    let song = Song::of([track(0, 40, 60), track(1, 73, 72)]);
    let played = assert_same("ports", &song.bytes());
    let programs: Vec<u8> = played.notes.iter().map(|note| note.program).collect();
    assert_eq!(programs, [40, 73]);
}

#[test]
fn an_orchestra_of_more_than_sixteen_channels_shares_none() {
    // The tracks of the last port come first.
    let channels = (0..3_u8)
        .rev()
        .flat_map(|port| (0..16).map(move |channel| (port, channel)));
    let desk = |(port, channel): (u8, u8), part: u8| {
        let (number, at) = (16 * port + channel, 480 * u32::from(part));
        let track = Track::new().meta(0, 0x21, &[port]);
        let track = match part {
            0 => track
                .program(0, channel, number)
                .control(0, channel, 7, 50 + number),
            _ => track,
        };
        track.note(at, 480, (channel, 30 + number, 100 - part))
    };
    // Each channel plays in two tracks, of which the first has its sound and volume.
    let parts = (0..2).flat_map(|part| channels.clone().map(move |channel| (channel, part)));
    let tracks = parts.filter(|((_, channel), _)| *channel != 9);
    let song = Song::of(tracks.map(|(channel, part)| desk(channel, part)));
    let played = assert_same("orchestra", &song.bytes());
    for note in &played.notes {
        assert_eq!(note.program, note.key - 30, "{note:?}");
    }
}

#[test]
fn drum_kits_keep_their_programs() {
    let track = Track::new()
        .program(0, 9, 25)
        .note(0, 480, (9, 36, 100))
        .program(480, 9, 16)
        .note(480, 480, (9, 38, 100));
    let bytes = Song::of([track]).bytes();
    assert_same("kits", &bytes);
    assert!(imported(&bytes).contains("kit: electronic"));
}

#[test]
fn lyrics_become_captions_and_a_karaoke_file_names_its_song() {
    let head = Track::new()
        .meta(0, 1, b"@KMIDI KARAOKE FILE")
        .meta(0, 1, b"@TTitle of a song");
    let words = Track::new()
        .name("Words")
        .meta(0, 1, b"\\La")
        .meta(480, 1, b" la");
    let notes = Track::new()
        .note(0, 480, (0, 60, 100))
        .note(480, 480, (0, 62, 100));
    let score = imported(&Song::of([head, words, notes.clone()]).bytes());
    assert!(score.contains("title: \"Title of a song\""), "{score}");
    for caption in ["caption: \"La\"", "caption: \"la\""] {
        assert!(score.contains(caption), "{score}");
    }
    let lyrics = Track::new()
        .meta(240, 5, b"Hal")
        .meta(480, 5, "lö".as_bytes());
    let score = imported(&Song::of([notes, lyrics]).bytes());
    assert!(
        score.contains("rest-0: { call: rest, with: { beats: 1/2 } }"),
        "{score}"
    );
    assert!(score.contains("caption: \"lö\""), "{score}");
}

#[test]
fn what_is_left_out_is_counted_in_the_head_of_the_score() {
    let track = Track::new()
        .event(0, [0xA0, 60, 5])
        .event(0, [0xF0, 3, 1, 2, 0xF7])
        .control(0, 5, 7, 3)
        .control(0, 0, 126, 1)
        .meta(0, 6, b"Verse")
        .on(0, 0, 60, 90)
        .event(480, [0x80, 60, 30]);
    let score = imported(&Song::of([track]).bytes());
    for what in [
        "1 messages of key pressure",
        "1 system exclusive messages",
        "1 changes on channels that play no note",
        "1 changes of the receive mode",
        "1 markers and cue points",
        "1 release velocities",
    ] {
        assert!(
            score.contains(&format!("# Left out: {what}")),
            "{what}: {score}"
        );
    }
}

#[test]
fn the_sequences_of_format_2_are_played_one_after_another() {
    let first = Track::new()
        .tempo(0, 400_000)
        .program(0, 0, 19)
        .on(0, 0, 60, 100)
        .meta(960, 1, b"the key is down until here");
    let second = Track::new()
        .note(480, 480, (0, 62, 100))
        .note(960, 480, (1, 64, 90));
    let third = Track::new().tempo(0, 600_000).note(0, 480, (0, 65, 80));
    let mut song = Song::of([first, second, third]);
    song.format = 2;
    let played = assert_same("format 2", &song.bytes());
    let onsets: Vec<f64> = played.notes.iter().map(|note| note.at).collect();
    assert_eq!(onsets, [0.0, 3.0, 4.0, 5.0]);
    let score = imported(&song.bytes());
    let remark = "# Read as: format 2: 3 sequences, played one after another.";
    assert!(score.contains(remark), "{score}");
}

#[test]
fn a_tempo_that_changes_every_few_milliseconds_is_kept() {
    let mut track = Track::new().note(0, 1920, (0, 60, 100));
    for step in 0..200 {
        track = track.tempo(480 + 3 * step, 500_000 + 997 * step);
    }
    let played = assert_same("rubato", &Song::of([track]).bytes());
    assert_eq!(played.tempi.len(), 200);
}

#[test]
fn files_in_smpte_time_and_in_riff_containers_are_read() {
    let mut film =
        Song::of([Track::new()
            .note(0, 1000, (0, 60, 100))
            .note(1500, 250, (0, 62, 100))]);
    film.division = 0xE728;
    assert_same("smpte", &film.bytes());
    let song = Song::of([Track::new().note(0, 480, (0, 60, 100))]).bytes();
    let list = b"LIST\x08\0\0\0INFOabcd";
    let size = (4 + list.len() + 8 + song.len()) as u32;
    let data = (song.len() as u32).to_le_bytes();
    let riff = [
        b"RIFF",
        &size.to_le_bytes()[..],
        b"RMID",
        list,
        b"data",
        &data,
        &song,
    ]
    .concat();
    let score = imported(&riff);
    assert!(!score.contains("# Damaged"), "{score}");
    assert_eq!(performed(&riff).unwrap().notes.len(), 1);
    assert_eq!(header(1, 1, 480).len(), 14);
}
