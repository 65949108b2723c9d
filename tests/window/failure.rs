//! Failures of the window while a piece plays.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fermata::engine::Status;

use super::{
    completed,
    screen::{Screen, until},
};

/// The octaves of the piece, of seven notes each.
const OCTAVES: std::ops::RangeInclusive<u8> = 1..=8;

/// A piece that waits for its cue, so that the recording has begun, and plays each pitch once.
fn piece() -> String {
    let plays: String = OCTAVES
        .map(|octave| {
            let notes = ["c", "d", "e", "f", "g", "a", "b"].map(|name| format!("{name}{octave}"));
            format!(
                "  - bar{octave}: {{ call: play, with: {{ instrument: bass, pattern: \"{}\" }} }}\n",
                notes.join(" ")
            )
        })
        .collect();
    format!(
        "document:\n  dsl: 1.0.0\n  namespace: test\n  name: steps\n  version: 1.0.0\n  \
         metadata: {{ fermata: {{ tempo: 240, instruments: {{ bass: {{ patch: bass }} }} }} }}\n\
         do:\n  - ready: {{ listen: {{ to: {{ one: {{ with: {{ type: ready }} }} }} }} }}\n{plays}"
    )
}

/// The pitches that it plays, in order.
fn pitches() -> Vec<u8> {
    let octaves = OCTAVES.map(|octave| [0, 2, 4, 5, 7, 9, 11].map(|step| 12 * (octave + 1) + step));
    octaves.flatten().collect()
}

/// The pitches of the recorded notes, in order.
fn recorded(take: &Path) -> Vec<u8> {
    let midi = fs::read(take.join("performance.mid")).unwrap_or_default();
    let Ok(file) = midly::Smf::parse(&midi) else {
        return Vec::new();
    };
    let mut notes = Vec::new();
    for track in &file.tracks {
        let mut at = 0u32;
        for event in track {
            at += event.delta.as_int();
            if let midly::TrackEventKind::Midi { message, .. } = event.kind
                && let midly::MidiMessage::NoteOn { key, vel } = message
                && vel.as_int() > 0
            {
                notes.push((at, key.as_int()));
            }
        }
    }
    notes.sort_by_key(|(at, _)| *at);
    notes.into_iter().map(|(_, key)| key).collect()
}

fn takes(screen: &Screen) -> Vec<PathBuf> {
    let entries = fs::read_dir(screen.file("fermata/recordings"));
    let entries = entries.into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// The reports beside the store.
fn reports(screen: &Screen) -> Vec<String> {
    let files = fs::read_dir(screen.file("")).unwrap().flatten();
    let files = files.filter(|file| {
        let name = file.file_name().into_string().unwrap();
        name.starts_with("store.redb.crash-") && name.ends_with(".txt")
    });
    files
        .map(|file| fs::read_to_string(file.path()).unwrap())
        .collect()
}

/// Lets the window fail at a place in the middle of a piece that is recorded.
fn fails_in_the_middle_of_a_piece(place: &str) {
    let Some(screen) = Screen::open() else { return };
    let file = screen.file("steps.yaml");
    fs::write(&file, piece()).unwrap();
    let mut stage = screen.start_with(&[&file]);
    stage.key("shift+r");
    until("a recording", || !takes(&screen).is_empty());
    // The cue that the piece waits for.
    stage.key("c");
    stage.until("it plays", |_, events| completed(events) > 1);
    fs::write(screen.file("fail"), place).unwrap();
    until("a report", || !reports(&screen).is_empty());
    stage.until_window();
    stage.until("it has ended", |status, _| status == Status::Completed);
    // Its last note sounds a little later.
    super::seconds(1.0);
    // The window is back: it still takes keys.
    stage.key("shift+r");
    let take = takes(&screen).remove(0);
    until("the take is ended", || super::histories(&take) == 1);
    stage.terminate();
    assert_eq!(
        recorded(&take),
        pitches(),
        "a note is missing, or there twice"
    );
    let reports = reports(&screen);
    assert_eq!(reports.len(), 1);
    let report = &reports[0];
    assert!(report.contains(&format!("a test asked for a failure at {place}")));
    for part in [
        "graphics: glow, OpenGL",
        "action Control Cue",
        "Backtrace:\n",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    assert!(!report.contains("steps"), "nothing of the score: {report}");
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "only test builds can be let fail")]
fn a_panic_while_painting_loses_no_note_and_the_window_is_back() {
    fails_in_the_middle_of_a_piece("stage");
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "only test builds can be let fail")]
fn a_panic_around_the_stage_loses_no_note_and_a_new_window_opens() {
    fails_in_the_middle_of_a_piece("around");
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "only test builds can be let fail")]
fn a_panic_is_reported_and_the_window_is_back_where_no_log_is_asked_for() {
    let Some(screen) = Screen::open() else { return };
    let file = screen.file("steps.yaml");
    fs::write(&file, piece()).unwrap();
    let mut stage = screen.start_without_log(&file);
    stage.until_instances("the piece waits", |instances| instances.len() == 1);
    fs::write(screen.file("fail"), "stage").unwrap();
    until("a report", || !reports(&screen).is_empty());
    stage.until_window();
    stage.key("c");
    stage.until("the window takes keys", |_, events| completed(events) > 1);
    stage.terminate();
}
