//! Files that are near the size of the largest score: all of their notes are kept, and of the controllers what fits.

use super::song::{Song, Track};
use crate::harness::Room;

/// The score of a file, which must be one that can be read.
fn read_again(song: &Song) -> String {
    let room = Room::new();
    std::fs::write(room.path("given.mid"), song.bytes()).unwrap();
    room.succeed("import given.mid -o score.yaml");
    room.succeed("check score.yaml");
    String::from_utf8(room.read("score.yaml")).unwrap()
}

/// A run of notes, each with a velocity of its own.
fn run(track: Track, notes: u32) -> Track {
    (0..notes).fold(track, |track, step| {
        let (key, velocity) = (36 + (step * 7 % 60) as u8, 1 + (step % 127) as u8);
        track.note(step * 31, 29, (0, key, velocity))
    })
}

#[test]
fn songs_of_fifty_thousand_notes_are_imported_whole() {
    let score = read_again(&Song::of([run(Track::new(), 50_000)]));
    assert_eq!(score.matches("note: ").count(), 50_000);
    assert!(!score.contains("# Left out"), "{}", &score[..600]);
    // More do not fit. The message says by how much.
    let room = Room::new();
    let song = Song::of([run(Track::new(), 70_000)]);
    std::fs::write(room.path("given.mid"), song.bytes()).unwrap();
    let refused = room.run("import given.mid");
    assert_eq!(refused.code, Some(1));
    let message = "the file has 70000 notes and chords; as a score it takes";
    assert!(refused.err.contains(message), "{refused:?}");
}

#[test]
fn a_score_with_as_many_controllers_as_fit_can_be_read() {
    let mut track = run(Track::new(), 20);
    for step in 0..100_000 {
        let wave = (f64::from(step) / 40.0).sin();
        track = track.control(step, 0, 11, (64.0 + 60.0 * wave) as u8);
    }
    let score = read_again(&Song::of([track]));
    assert!(
        score.contains("of 100000 controller changes"),
        "{}",
        &score[..600]
    );
    let kept = score.matches("cc: 11").count();
    assert!(kept > 20_000, "{kept}");
}

#[test]
fn a_piano_piece_with_a_long_pedal_curve_keeps_all_of_it() {
    let pedal = |score: &str| -> Vec<u8> {
        let values = score.split("cc: 64, value: ").skip(1);
        let value = |text: &str| text.split(' ').next().unwrap().parse().unwrap();
        values.map(value).collect()
    };
    let mut track = run(Track::new(), 2_000);
    for step in 0..62_000 {
        track = track.control(step, 0, 64, (step % 120) as u8);
    }
    let score = read_again(&Song::of([track.clone()]));
    assert_eq!(pedal(&score).len(), 62_000);
    // Of a curve that is too long, each press and release stays.
    for step in 62_000..124_000 {
        track = track.control(step, 0, 64, (step % 120) as u8);
    }
    let pedal = pedal(&read_again(&Song::of([track])));
    assert!((10_000..100_000).contains(&pedal.len()), "{}", pedal.len());
    let presses = pedal.windows(2).filter(|two| two[0] < 64 && two[1] >= 64);
    assert_eq!(presses.count(), 124_000 / 120);
}
