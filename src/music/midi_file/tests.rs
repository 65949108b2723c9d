//! Tests of reading MIDI files.

use super::*;

/// A file: format, division, tracks of raw bytes without their end.
pub(super) fn file(format: u16, division: u16, tracks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06".to_vec();
    bytes.extend(format.to_be_bytes());
    bytes.extend((tracks.len() as u16).to_be_bytes());
    bytes.extend(division.to_be_bytes());
    for track in tracks {
        let whole = [*track, &[0, 0xff, 0x2f, 0]].concat();
        bytes.extend(b"MTrk");
        bytes.extend((whole.len() as u32).to_be_bytes());
        bytes.extend(whole);
    }
    bytes
}

fn read(division: u16, track: &[u8]) -> MidiFile {
    MidiFile::read(&file(0, division, &[track])).unwrap()
}

/// Onset, length, channel, key and velocity of every note of a track.
fn notes(track: &MidiTrack) -> Vec<(String, String, u8, u8, u8)> {
    let described = |note: &MidiNote| {
        let (at, length) = (note.at.to_string(), note.length.to_string());
        let (channel, key) = (note.channel.channel.number(), note.key.number());
        (at, length, channel, key, note.velocity.number())
    };
    track.notes.iter().map(described).collect()
}

fn note(
    at: &str,
    length: &str,
    channel: u8,
    key: u8,
    velocity: u8,
) -> (String, String, u8, u8, u8) {
    (at.to_owned(), length.to_owned(), channel, key, velocity)
}

#[test]
fn running_status_and_note_offs_of_both_kinds_are_understood() {
    let track = [
        0, 0x90, 60, 100, // on
        13, 62, 90, // on, running status
        1, 60, 0, // a note-on of velocity 0 lets go
        2, 0x80, 62, 64, // off
    ];
    assert_eq!(
        notes(&read(96, &track).tracks[0]),
        [
            note("0", "7/48", 1, 60, 100),
            note("13/96", "1/32", 1, 62, 90)
        ]
    );
}

#[test]
fn repeated_hanging_and_zero_length_keys_are_notes() {
    let track = [
        0, 0x91, 60, 100, // on
        1, 60, 50, // on again
        1, 60, 0, // the first one ends
        1, 60, 0, // the second one ends
        0, 60, 0, // nobody ends
        0, 64, 80, 0, 64, 0, // no time at all
        0, 67, 70, // hangs
        5, 0xb1, 7, 100,
    ];
    let file = read(4, &track);
    assert_eq!(
        notes(&file.tracks[0]),
        [
            note("0", "1/2", 2, 60, 100),
            note("1/4", "1/2", 2, 60, 50),
            note("3/4", "1/4", 2, 64, 80),
            note("3/4", "5/4", 2, 67, 70),
        ]
    );
    assert_eq!(file.tracks[0].changes[0].to, ChangeTo::Control(7, 100));
    assert_eq!(file.tracks[0].changes[0].at, Beats::whole(2));
}

#[test]
fn names_tempi_meters_and_programs_are_read() {
    let conductor = [
        &[0, 0xff, 3, 5][..],
        b"Caf\xe9!", // Latin-1
        &[0, 0xff, 0x58, 4, 6, 3, 24, 8],
        &[0, 0xff, 0x51, 3, 0x07, 0xa1, 0x20],
        &[0, 0xff, 0x59, 2, 0xfd, 0],
        &[0x81, 0x40, 0xff, 0x51, 3, 0x0f, 0x42, 0x40], // after 192 ticks
        &[0, 0xff, 0x51, 3, 0x0f, 0x42, 0x41],
    ]
    .concat();
    let player = [
        0, 0xff, 3, 1, b'b', 0, 0xc3, 33, 0, 0x93, 40, 1, 96, 0xc3, 34, 0, 0x93, 40, 0, 0, 41, 1,
        1, 41, 0,
    ];
    let file = MidiFile::read(&file(1, 96, &[&conductor, &player])).unwrap();
    assert_eq!(file.title, "Café!");
    assert_eq!(
        file.tempi,
        [(Beats::ZERO, 500_000), (Beats::whole(2), 1_000_001)]
    );
    assert_eq!(file.meters, [(Beats::ZERO, "6/8".parse().unwrap())]);
    assert!(file.flats);
    assert_eq!(file.tracks[1].name, "b");
    let changes: Vec<ChangeTo> = file.tracks[1]
        .changes
        .iter()
        .map(|change| change.to)
        .collect();
    assert_eq!(changes, [ChangeTo::Program(33), ChangeTo::Program(34)]);
}

#[test]
fn files_in_smpte_time_are_read_at_two_beats_per_second() {
    let one_second_later = [0x87, 0x68, 0x90, 60, 1, 1, 60, 0]; // 1000 ticks
    // 25 frames of 40 parts.
    let film = read(0xe728, &one_second_later);
    assert_eq!(notes(&film.tracks[0]), [note("2", "1/500", 1, 60, 1)]);
    // 30 frames in 1.001 seconds: 1000 ticks of 80 a frame.
    let video = read(0xe350, &one_second_later);
    assert_eq!(
        video.tracks[0].notes[0].at,
        Beats::new(2 * 1001 * 1000, 80 * 30_000)
    );
}

/// The faults of a file, in words.
fn faults(bytes: &[u8]) -> Vec<String> {
    let file = MidiFile::read(bytes).unwrap();
    file.faults.iter().map(ToString::to_string).collect()
}

#[test]
fn cut_off_files_are_read_up_to_there_and_the_place_is_said() {
    let whole = file(
        1,
        96,
        &[&[0, 0x90, 60, 1, 9, 60, 0], &[0, 0x90, 62, 1, 9, 62, 0]],
    );
    assert_eq!(faults(&whole), Vec::<String>::new());
    for end in 0..22 {
        let error = MidiFile::read(&whole[..end]).expect_err("no track");
        assert!(error.to_string().len() > 20, "{error}");
    }
    for end in 22..whole.len() {
        assert!(!faults(&whole[..end]).is_empty(), "{end}");
    }
    assert_eq!(
        faults(&[&whole[..], b"\0\0\0"].concat()),
        Vec::<String>::new(),
        "filled up"
    );
    let cut = &whole[..whole.len() - 9];
    let found = faults(cut);
    assert!(
        found[0].starts_with("track 2, byte 41: the track ends within a message"),
        "{found:?}"
    );
}

#[test]
fn bytes_that_no_file_may_have_are_skipped() {
    let no_status = file(0, 96, &[&[0, 60, 1, 0, 0x90, 60, 100, 96, 60, 0]]);
    let read = MidiFile::read(&no_status).unwrap();
    assert_eq!(read.tracks[0].notes.len(), 1);
    assert_eq!(
        read.faults[0],
        MidiFault {
            at: 23,
            track: Some(1),
            what: FaultKind::NoStatus(60)
        }
    );
    let too_large = file(0, 96, &[&[0, 0x90, 60, 200, 96, 60, 0]]);
    let read = MidiFile::read(&too_large).unwrap();
    assert_eq!(notes(&read.tracks[0]), [note("0", "1", 1, 60, 127)]);
    assert_eq!(read.faults[0].what, FaultKind::Data(200));
}

#[test]
fn all_notes_off_ends_every_note_of_its_channel_in_all_tracks() {
    let first = [
        0, 0x90, 60, 100, 0, 0x91, 62, 100, 96, 0x90, 60, 90, 96, 0x80, 60, 0, 0, 0x81, 62, 0,
    ];
    let second = [48, 0xb0, 123, 0];
    let read = MidiFile::read(&file(1, 96, &[&first, &second])).unwrap();
    assert_eq!(
        notes(&read.tracks[0]),
        [
            note("0", "1/2", 1, 60, 100),
            note("0", "2", 2, 62, 100),
            note("1", "1", 1, 60, 90)
        ]
    );
}

#[test]
fn the_order_of_the_messages_of_a_tick_is_kept_where_it_is_heard() {
    let track = [
        0, 0x90, 60, 100, // on
        96, 0xb0, 64, 127, // the pedal goes down,
        0, 0x80, 60, 0, // then the key comes up
        96, 0x90, 62, 100, // on,
        0, 0xc0, 5, // then a program for later notes
        96, 0xb0, 64, 0, // the pedal comes up,
        0, 0xb0, 64, 127, // and goes down again,
        0, 0x80, 62, 0, // then the key comes up
        96, 0xb0, 64, 0,
    ];
    let read = read(96, &track);
    let places: Vec<String> = read.tracks[0]
        .changes
        .iter()
        .map(|one| one.at.to_string())
        .collect();
    assert_eq!(places, ["959/960", "1921/960", "2879/960", "2879/960", "4"]);
}

#[test]
fn files_without_a_readable_track_are_refused() {
    assert_eq!(
        MidiFile::read(&file(0, 96, &[])),
        Err(MidiFileError::NoTracks)
    );
    assert_eq!(
        MidiFile::read(&file(2, 96, &[])),
        Err(MidiFileError::NoTracks)
    );
    for division in [0, 0xe700, 0x8001] {
        let given = file(0, division, &[&[]]);
        assert_eq!(MidiFile::read(&given), Err(MidiFileError::NoTicks));
    }
    assert!(matches!(
        MidiFile::read(&vec![0; MidiFile::MAX_BYTES + 1]),
        Err(MidiFileError::TooLarge { .. })
    ));
}

proptest::proptest! {
    #![proptest_config(crate::seed::cases(256))]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = MidiFile::read(&file(1, 96, &[&bytes]));
        let _ = MidiFile::read(&[b"MThd\0\0\0\x06", &bytes[..]].concat());
    }
}
