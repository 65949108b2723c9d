//! The real program in a real window, played by mouse and keys; the store's history is the witness.
#![cfg(all(feature = "stage", target_os = "linux"))]

mod hall;

use std::{thread::sleep, time::Duration};

use fermata::engine::{Event, EventKind, InstanceId, Status};
use hall::Hall;

/// The card of "The stubborn drummer" on the empty stage.
const DRUMMER: (u32, u32) = (834, 483);

fn seconds(seconds: f64) {
    sleep(Duration::from_secs_f64(seconds));
}

fn completed(events: &[Event]) -> usize {
    let done = |event: &&Event| matches!(event.kind, EventKind::TaskCompleted { .. });
    events.iter().filter(done).count()
}

fn is_control(event: &&Event) -> bool {
    event.kind.name().starts_with("Execution")
}

#[test]
fn a_click_starts_a_score_space_holds_it_and_lets_it_go_and_t_ends_it() {
    let Some(hall) = Hall::open() else { return };
    let stage = hall.start();
    stage.click(DRUMMER.0, DRUMMER.1);
    seconds(2.5);
    stage.key("space");
    seconds(1.0);
    stage.key("space");
    seconds(1.0);
    stage.hold_key("t", Duration::from_millis(1200));
    seconds(0.5);
    stage.terminate();
    let (status, events) = hall.history();
    assert_eq!(status, Status::Terminated);
    let told: Vec<_> = events
        .iter()
        .filter(is_control)
        .map(|e| e.kind.name())
        .collect();
    assert_eq!(
        told,
        [
            "ExecutionStarted",
            "ExecutionSuspended",
            "ExecutionResumed",
            "ExecutionTerminated"
        ]
    );
    assert!(completed(&events) > 0, "nothing was played");
}

#[test]
fn after_a_pulled_plug_the_open_instance_goes_on() {
    let Some(hall) = Hall::open() else { return };
    let stage = hall.start();
    stage.key("1");
    seconds(3.0);
    stage.kill();
    let (status, before) = hall.history();
    assert_eq!(status, Status::Running);
    assert!(completed(&before) > 0, "nothing was played");
    let stage = hall.start();
    seconds(2.5);
    stage.terminate();
    let (status, after) = hall.history();
    assert_eq!(
        status,
        Status::Running,
        "asked to end, it leaves the instance open"
    );
    assert_eq!(after.get(..before.len()), Some(&before[..]));
    assert!(completed(&after) > completed(&before), "it did not go on");
}

#[test]
fn a_short_press_of_t_ends_nothing_and_closing_the_window_leaves_the_instance_open() {
    let Some(hall) = Hall::open() else { return };
    let stage = hall.start();
    stage.key("3");
    seconds(2.0);
    stage.key("t");
    seconds(0.8);
    stage.close();
    let (status, events) = hall.history();
    assert_eq!(status, Status::Running);
    assert_eq!(events.iter().filter(is_control).count(), 1, "it only began");
}

#[test]
fn while_nothing_happens_the_processor_rests() {
    let Some(hall) = Hall::open() else { return };
    let stage = hall.start();
    seconds(2.0);
    let before = stage.ticks();
    seconds(3.0);
    let used = stage.ticks() - before;
    assert!(used <= 2, "{used} ticks in three seconds");
    stage.terminate();
}

#[test]
fn what_is_saved_while_it_plays_is_taken_up_by_the_next_round_and_a_mistake_is_not() {
    let Some(hall) = Hall::open() else { return };
    let text = |pattern: &str| {
        format!(
            "document:\n  dsl: 1.0.0\n  namespace: test\n  name: vamp\n  version: 1.0.0\n  \
             metadata: {{ fermata: {{ tempo: 240, loop: true, instruments: {{ bass: {{ patch: bass }} }} }} }}\n\
             do:\n  - riff: {{ call: play, with: {{ instrument: bass, pattern: \"{pattern}\" }} }}\n"
        )
    };
    let file = hall.file("vamp.yaml");
    std::fs::write(&file, text("c2 d2")).unwrap();
    let stage = hall.start_with(&[&file]);
    seconds(2.0);
    std::fs::write(&file, text("e2 f2 g2")).unwrap();
    seconds(4.0);
    std::fs::write(&file, text("e2 [f2 g2")).unwrap();
    seconds(3.0);
    stage.terminate();
    let rounds = hall.rounds(&InstanceId::new("vamp-1").unwrap());
    let (last, before) = rounds.split_last().unwrap();
    assert_eq!(last.1, Status::Running);
    assert!(
        before
            .iter()
            .all(|(_, status)| *status == Status::ContinuedAsNew)
    );
    let mut texts: Vec<_> = rounds.iter().map(|(text, _)| text.clone()).collect();
    texts.dedup();
    assert_eq!(texts, [text("c2 d2"), text("e2 f2 g2")]);
    assert!(rounds.len() > 5, "{} rounds", rounds.len());
}

#[test]
fn what_is_recorded_is_in_a_folder_of_its_own_also_when_the_plug_is_pulled() {
    let Some(hall) = Hall::open() else { return };
    let stage = hall.start();
    stage.key("3");
    seconds(1.0);
    stage.key("shift+r");
    seconds(2.5);
    stage.key("shift+r");
    seconds(1.5);
    stage.key("shift+r");
    seconds(4.0);
    stage.kill();
    let folder = hall.file("fermata/recordings");
    let mut takes: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    takes.sort();
    let [ended, killed] = takes.as_slice() else {
        panic!("{takes:?}")
    };
    for (take, least) in [(ended, 2.0), (killed, 2.5)] {
        let midi = std::fs::read(take.join("performance.mid")).unwrap();
        let file = midly::Smf::parse(&midi).unwrap();
        let note = |event: &midly::TrackEvent<'_>| {
            matches!(event.kind, midly::TrackEventKind::Midi { .. })
        };
        let notes = file.tracks.iter().flatten().filter(|event| note(event));
        assert!(notes.count() > 10, "{}", take.display());
        let wav = hound::WavReader::open(take.join("performance.wav")).unwrap();
        let length = f64::from(wav.duration()) / 48_000.0;
        assert!(length > least, "{} has {length} s", take.display());
        assert!(wav.into_samples::<i32>().any(|s| s.unwrap() > 100_000));
    }
    let histories = |take: &std::path::Path| {
        let files = std::fs::read_dir(take).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".history.json")).count()
    };
    assert_eq!((histories(ended), histories(killed)), (1, 0));
}
