//! The real program in a real window, operated by mouse and keys. The store's history shows what happened.
#![cfg(all(feature = "stage", target_os = "linux"))]

mod failure;
mod joining;
mod screen;
mod setlist;
mod settings;
mod tour;

use std::{
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

use fermata::engine::{Event, EventKind, InstanceId, InstanceSummary, Status};
use screen::{Screen, Stage, until};

/// The card of "The stubborn drummer" on the empty stage.
const DRUMMER: (u32, u32) = (834, 483);

fn seconds(seconds: f64) {
    sleep(Duration::from_secs_f64(seconds));
}

fn completed(events: &[Event]) -> usize {
    let done = |event: &&Event| matches!(event.kind, EventKind::TaskCompleted { .. });
    events.iter().filter(done).count()
}

fn plays(_: Status, events: &[Event]) -> bool {
    completed(events) > 0
}

fn is_control(event: &&Event) -> bool {
    event.kind.name().starts_with("Execution")
}

#[test]
fn a_click_starts_a_score_space_pauses_and_resumes_it_and_t_terminates_it() {
    let Some(screen) = Screen::open() else { return };
    let stage = screen.start();
    stage.show_scores();
    stage.click(DRUMMER.0, DRUMMER.1);
    stage.until("it plays", plays);
    stage.key("space");
    stage.until("it is paused", |status, _| status == Status::Suspended);
    stage.key("space");
    stage.until("it continues", |status, _| status == Status::Running);
    let ended = |status, _: &[Event]| status == Status::Terminated;
    stage.hold_key("t", "it is terminated", ended);
    stage.terminate();
    let (status, events) = screen.history();
    assert_eq!(status, Status::Terminated);
    let reported: Vec<_> = events
        .iter()
        .filter(is_control)
        .map(|e| e.kind.name())
        .collect();
    assert_eq!(
        reported,
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
fn after_a_kill_the_open_instance_continues() {
    let Some(screen) = Screen::open() else { return };
    let stage = screen.start();
    stage.start_score("1");
    stage.until("it plays", plays);
    stage.kill();
    let (status, before) = screen.history();
    assert_eq!(status, Status::Running);
    assert!(completed(&before) > 0, "nothing was played");
    let stage = screen.start();
    stage.until("it continues", |_, after| {
        completed(after) > completed(&before)
    });
    stage.terminate();
    let (status, after) = screen.history();
    assert_eq!(
        status,
        Status::Running,
        "asked to end, it leaves the instance open"
    );
    assert_eq!(after.get(..before.len()), Some(&before[..]));
    assert!(
        completed(&after) > completed(&before),
        "it did not continue"
    );
}

#[test]
fn the_past_leaves_no_trace_and_a_rerun_continues_from_there() {
    /// Two places in the ruler.
    const LATE: (u32, u32) = (760, 104);
    const EARLY: (u32, u32) = (480, 104);
    let Some(screen) = Screen::open() else { return };
    let stage = screen.start();
    stage.start_score("1");
    stage.until("it has played for a while", |_, events| {
        completed(events) > 12
    });
    stage.key("space");
    stage.until("it is paused", |status, _| status == Status::Suspended);
    seconds(1.0);
    let paused = screen.history_so_far().unwrap();
    stage.drag(LATE, EARLY);
    // Backward, stop, a step, the first failure, the start.
    for key in ["shift+g", "space", "Left", "shift+Left", "n", "Home", "g"] {
        stage.key(key);
        seconds(0.6);
    }
    stage.key("Escape");
    seconds(0.5);
    assert_eq!(
        screen.history_so_far().unwrap(),
        paused,
        "replay writes nothing"
    );
    stage.drag(LATE, EARLY);
    // To before the pause, and some events farther.
    for _ in 0..8 {
        stage.key("Left");
    }
    stage.key("Return");
    let forks = |instances: &[InstanceSummary]| {
        let forks = instances
            .iter()
            .filter_map(|instance| instance.fork.clone());
        forks.map(|fork| fork.from).collect::<Vec<_>>()
    };
    let last = paused.1.last().unwrap().id;
    stage.until_instances("it is rerun from the past", |instances| {
        forks(instances).first().is_some_and(|from| *from < last)
    });
    stage.kill();
    let stage = screen.start();
    stage.until_instances("both are still there", |instances| instances.len() == 2);
    stage.terminate();
}

#[test]
fn a_short_press_of_t_does_nothing_and_closing_the_window_keeps_the_instance_open() {
    let Some(screen) = Screen::open() else { return };
    let stage = screen.start();
    stage.start_score("3");
    stage.until("it plays", plays);
    stage.key("t");
    seconds(0.8);
    stage.close();
    let (status, events) = screen.history();
    assert_eq!(status, Status::Running);
    assert_eq!(events.iter().filter(is_control).count(), 1, "it only began");
}

#[test]
fn an_invalid_score_does_not_keep_the_others_from_playing() {
    let Some(screen) = Screen::open() else { return };
    let (bad, good) = (screen.file("bad.yaml"), screen.file("good.yaml"));
    std::fs::write(&bad, "document: {}\n").unwrap();
    std::fs::write(&good, include_str!("../../scores/studies/rounds.yaml")).unwrap();
    let stage = screen.start_with(&[&bad, &good]);
    stage.until("the valid one plays", plays);
    stage.terminate();
    assert!(completed(&screen.history().1) > 0);
}

#[test]
fn a_window_opens_although_the_store_is_damaged_and_goes_on_once_it_is_not() {
    let Some(screen) = Screen::open() else { return };
    let store = screen.file("store.redb");
    std::fs::write(&store, "this is no store").unwrap();
    let stage = screen.start();
    stage.key("Return");
    seconds(0.5);
    let content = std::fs::read_to_string(&store).unwrap();
    assert_eq!(content, "this is no store", "it was changed");
    std::fs::remove_file(&store).unwrap();
    stage.key("Return");
    until("the store is open", || store.exists());
    seconds(1.0);
    stage.start_score("1");
    stage.until("a score plays", plays);
    stage.terminate();
}

/// The part of one processor that the program may use while nothing happens. One frame a second is
/// more.
const REST: f64 = 0.005;

/// The part of one processor that the program uses for so long, and how far off the count may be.
fn used(stage: &Stage<'_>, length: f64) -> (f64, f64) {
    let begun = Instant::now();
    let before = stage.processor_time();
    seconds(length);
    let after = stage.processor_time();
    // On a busy machine the wait takes longer, and so does what the program may use.
    let took = begun.elapsed().as_secs_f64();
    let used = after.used.saturating_sub(before.used).as_secs_f64();
    (used / took, after.grain.as_secs_f64() / took)
}

#[test]
fn while_idle_the_program_uses_no_cpu() {
    let Some(screen) = Screen::open() else { return };
    let stage = screen.start();
    until("the start is over", || used(&stage, 1.0).0 < 4.0 * REST);
    let mut windows: Vec<_> = (0..5).map(|_| used(&stage, 2.0)).collect();
    windows.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    println!("of one processor: {windows:?}");
    let (used, grain) = windows[2];
    assert!(used < REST + grain, "{used}");
    stage.terminate();
}

#[test]
fn a_saved_score_plays_from_the_next_repetition_and_an_invalid_one_does_not() {
    let Some(screen) = Screen::open() else { return };
    let text = |pattern: &str| {
        format!(
            "document:\n  dsl: 1.0.0\n  namespace: test\n  name: vamp\n  version: 1.0.0\n  \
             metadata: {{ fermata: {{ tempo: 240, loop: true, instruments: {{ bass: {{ patch: bass }} }} }} }}\n\
             do:\n  - riff: {{ call: play, with: {{ instrument: bass, pattern: \"{pattern}\" }} }}\n"
        )
    };
    let file = screen.file("vamp.yaml");
    std::fs::write(&file, text("c2 d2")).unwrap();
    let stage = screen.start_with(&[&file]);
    let id = InstanceId::new("vamp-1").unwrap();
    stage.until_rounds(&id, "two rounds", |rounds| rounds.len() >= 2);
    std::fs::write(&file, text("e2 f2 g2")).unwrap();
    let second = text("e2 f2 g2");
    stage.until_rounds(&id, "two rounds of the second text", |rounds| {
        rounds.iter().filter(|(text, _)| *text == second).count() >= 2
    });
    std::fs::write(&file, text("e2 [f2 g2")).unwrap();
    let before = screen.rounds_so_far(&id);
    stage.until_rounds(&id, "three more rounds", |rounds| {
        rounds.len() >= before + 3
    });
    stage.terminate();
    let rounds = screen.rounds(&id);
    let (last, earlier) = rounds.split_last().unwrap();
    assert_eq!(last.1, Status::Running);
    assert!(
        earlier
            .iter()
            .all(|(_, status)| *status == Status::ContinuedAsNew)
    );
    let mut texts: Vec<_> = rounds.iter().map(|(text, _)| text.clone()).collect();
    texts.dedup();
    assert_eq!(texts, [text("c2 d2"), text("e2 f2 g2")]);
}

/// How many seconds of sound a take has by now, and how many notes; none while it cannot be read.
fn length(take: &Path) -> (f64, usize) {
    let wav = hound::WavReader::open(take.join("performance.wav"));
    let seconds = wav.map_or(0.0, |wav| f64::from(wav.duration()) / 48_000.0);
    let midi = std::fs::read(take.join("performance.mid")).unwrap_or_default();
    let is_midi =
        |event: &&midly::TrackEvent<'_>| matches!(event.kind, midly::TrackEventKind::Midi { .. });
    let notes = midly::Smf::parse(&midi).map_or(0, |file| {
        file.tracks.iter().flatten().filter(is_midi).count()
    });
    (seconds, notes)
}

fn histories(take: &Path) -> usize {
    let files = std::fs::read_dir(take).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".history.json")).count()
}

#[test]
fn a_recording_has_its_own_folder_and_survives_a_kill() {
    let Some(screen) = Screen::open() else { return };
    let stage = screen.start();
    stage.start_score("1");
    stage.until("it plays", plays);
    let folder = screen.file("fermata/recordings");
    let takes = || -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            return Vec::new();
        };
        let mut takes: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        takes.sort();
        takes
    };
    let is_long = |take: usize| {
        takes().get(take).is_some_and(|take| {
            let (seconds, notes) = length(take);
            seconds > 2.5 && notes > 10
        })
    };
    stage.key("shift+r");
    until("a take of some seconds", || is_long(0));
    stage.key("shift+r");
    until("the take is ended", || histories(&takes()[0]) == 1);
    // Takes are named by the second that they begin in.
    seconds(1.5);
    stage.key("shift+r");
    until("another take of some seconds", || is_long(1));
    stage.kill();
    let takes = takes();
    let [ended, killed] = takes.as_slice() else {
        panic!("{takes:?}")
    };
    for take in [ended, killed] {
        let (seconds, notes) = length(take);
        assert!(
            seconds > 2.5 && notes > 10,
            "{}: {seconds} s, {notes} notes",
            take.display()
        );
        let wav = hound::WavReader::open(take.join("performance.wav")).unwrap();
        assert!(wav.into_samples::<i32>().any(|s| s.unwrap() > 100_000));
    }
    assert_eq!((histories(ended), histories(killed)), (1, 0));
}
