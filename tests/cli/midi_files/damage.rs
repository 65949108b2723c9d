//! Damaged files: what is readable is played, what was skipped is said, and `--strict` refuses.

use super::{
    heard::heard,
    performed, random,
    song::{Song, Track, chunk, header, number},
};
use crate::{harness::Room, seed::seed_of};

/// A way in which a file is damaged.
struct Damage {
    name: &'static str,
    bytes: Vec<u8>,
    /// A word of the report.
    report: &'static str,
}

fn damaged(song: &Song) -> Vec<Damage> {
    let whole = song.bytes();
    let head = || header(song.format, song.tracks.len(), song.division);
    let built = |body: &dyn Fn(&Track) -> Vec<u8>| {
        let mut bytes = head();
        for track in &song.tracks {
            bytes.extend(body(track));
        }
        bytes
    };
    let wrong_length = |by: i32| {
        built(&|track| {
            let mut bytes = chunk(&track.body());
            let length = (bytes.len() as i32 - 8 + by) as u32;
            bytes[4..8].copy_from_slice(&length.to_be_bytes());
            bytes
        })
    };
    let missing_end = built(&|track| {
        let body = track.body();
        chunk(&body[..body.len() - 4])
    });
    let mut missing_tracks = whole.clone();
    missing_tracks[11] += 3;
    let mac_binary = [&[0, 4][..], b"song", &[0; 122], &whole].concat();
    let mut padded = head();
    for track in &song.tracks {
        padded.extend(b"\x01\x02\x03");
        padded.extend(chunk(&track.body()));
    }
    let damage = |name, bytes, report| Damage {
        name,
        bytes,
        report,
    };
    vec![
        damage(
            "running status after meta events",
            built(&running_after_meta),
            "running status",
        ),
        damage("real-time bytes in a track", built(&with_real_time), "0xF8"),
        damage("lengths too long", wrong_length(3), "its header says"),
        damage("lengths too short", wrong_length(-5), "its header says"),
        damage("no ends", missing_end, "the end of the track is missing"),
        damage("tracks missing", missing_tracks, "the header promises"),
        damage(
            "a header of an archive",
            mac_binary,
            "bytes before the header",
        ),
        damage("bytes between the tracks", padded, "no track begins here"),
    ]
}

/// A track in running status, with text events before the messages that have no status byte.
fn running_after_meta(track: &Track) -> Vec<u8> {
    let mut body = Vec::new();
    let mut running = None;
    for (delta, event) in track.deltas() {
        body.extend(number(delta));
        match event.split_first() {
            Some((status, data)) if *status < 0xF0 && running == Some(*status) => {
                body.extend([0xFF, 1, 1, b'x', 0]);
                body.extend(data);
            }
            _ => body.extend(&event),
        }
        if event[0] < 0xF0 {
            running = Some(event[0]);
        }
    }
    body.extend([0, 0xFF, 0x2F, 0]);
    chunk(&body)
}

fn with_real_time(track: &Track) -> Vec<u8> {
    let mut body = Vec::new();
    for (index, (delta, event)) in track.deltas().into_iter().enumerate() {
        if index % 5 == 0 {
            body.extend([0, 0xF8]);
        }
        body.extend(number(delta));
        body.extend(event);
    }
    body.extend([0, 0xFF, 0x2F, 0]);
    chunk(&body)
}

fn assert_read(damage: &Damage, clean: &[u8]) {
    let name = damage.name;
    let given = heard(clean).unwrap();
    let played = performed(&damage.bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    let differences = given.differences(&played);
    assert!(differences.is_empty(), "{name}: {differences:#?}");
    let room = Room::new();
    std::fs::write(room.path("given.mid"), &damage.bytes).unwrap();
    let imported = room.run("import given.mid");
    assert_eq!(imported.code, Some(0), "{name}");
    for text in [&imported.err, &imported.out] {
        assert!(text.contains(damage.report), "{name}: {text}");
    }
    let refused = room.run("import given.mid --strict");
    assert_eq!(refused.code, Some(1), "{name}");
    assert!(
        refused.err.contains(damage.report),
        "{name}: {}",
        refused.err
    );
}

#[test]
fn damaged_files_play_what_is_readable_and_report_the_rest() {
    let song = random::song(seed_of(21));
    for damage in damaged(&song) {
        assert_read(&damage, &song.bytes());
    }
}

#[test]
fn a_file_that_was_sent_as_text_is_restored() {
    let track = (0..40).fold(Track::new().tempo(0, 0x0A0A0A), |track, step| {
        track.note(step * 10, 10, (0, step as u8, 10))
    });
    let clean = Song::of([track.clone(), track]).bytes();
    let mut bytes = Vec::new();
    for byte in &clean {
        if *byte == b'\n' {
            bytes.push(b'\r');
        }
        bytes.push(*byte);
    }
    let damage = Damage {
        name: "text",
        bytes,
        report: "a byte 13 was added before each byte 10",
    };
    assert_read(&damage, &clean);
}

#[test]
fn a_text_that_is_longer_than_it_says_costs_nothing_else() {
    let notes = |track: Track| {
        (1..40).fold(track, |track, step| {
            track.note(step * 480, 480, (0, 60, 100))
        })
    };
    let clean = Song::of([notes(Track::new())]);
    // The text has 30 bytes more than its length says.
    let mut event = vec![0xFF, 1, 5];
    event.extend(b"A line that somebody made longer...");
    let damage = Damage {
        name: "long text",
        bytes: Song::of([notes(Track::new().event(0, event))]).bytes(),
        report: "without a message, skipped up to the next one",
    };
    assert_read(&damage, &clean.bytes());
}

#[test]
fn a_single_pattern_of_format_2_is_a_song() {
    let mut song = Song::of([Track::new().note(0, 480, (0, 60, 100))]);
    let clean = song.bytes();
    song.format = 2;
    let damage = Damage {
        name: "format 2",
        bytes: song.bytes(),
        report: "format 2 with one track",
    };
    assert_read(&damage, &clean);
}

#[test]
fn meta_events_of_other_lengths_than_the_standard_says_are_read_or_skipped() {
    let notes = |track: Track| {
        track
            .note(0, 480, (0, 60, 100))
            .note(480, 480, (0, 62, 100))
    };
    let clean = Song::of([notes(Track::new().tempo(0, 400_000))]);
    let odd = Track::new()
        .meta(0, 0x51, &[6, 0x1A, 0x80, 0, 0])
        .meta(0, 0x51, &[7])
        .meta(0, 0x58, &[4])
        .meta(0, 0x59, &[])
        .meta(0, 0x54, &[1, 2, 3])
        .meta(0, 0x60, &[9])
        .meta(0, 0x7F, &[0; 300]);
    let damage = Damage {
        name: "odd lengths",
        bytes: Song::of([notes(odd)]).bytes(),
        report: "a meta event 0x51 of only 1 bytes",
    };
    assert_read(&damage, &clean.bytes());
}

#[test]
fn a_file_that_ends_too_early_plays_what_is_there() {
    let track = |song: Track| song.note(0, 480, (0, 60, 100)).note(480, 480, (0, 62, 100));
    let whole = Song::of([track(Track::new()), track(Track::new())]).bytes();
    for end in 22..whole.len() {
        let room = Room::new();
        std::fs::write(room.path("cut.mid"), &whole[..end]).unwrap();
        let outcome = room.run("import cut.mid");
        assert!(!outcome.err.contains("panicked"), "{end}: {}", outcome.err);
        // The first note is complete after this byte.
        let has_note = end >= 26;
        assert_eq!(
            outcome.code,
            Some(if has_note { 0 } else { 1 }),
            "{end}: {outcome:?}"
        );
    }
}
