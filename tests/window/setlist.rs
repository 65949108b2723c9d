//! A set list, played from its first piece to its last by keys.

use std::path::PathBuf;

use fermata::engine::{InstanceSummary, Status};

use crate::screen::{self, Screen, Stage};

/// A score with a bar in less than a second.
fn score(name: &str, bars: u32) -> String {
    format!(
        "document: {{ dsl: 1.0.0, namespace: test, name: {name}, version: 1.0.0, metadata: \
         {{ fermata: {{ tempo: 300, instruments: {{ bass: {{ patch: bass }} }} }} }} }}\n\
         do:\n  - on: {{ call: play, with: {{ instrument: bass, pattern: \"c2*4\", repeat: {bars} }} }}\n"
    )
}

/// A prelude, a song that follows it, and a dance that ends the song.
fn show(screen: &Screen) -> PathBuf {
    for (name, bars) in [("prelude", 2), ("song", 400), ("dance", 2)] {
        let file = screen.file(&format!("{name}.yaml"));
        std::fs::write(file, score(name, bars)).unwrap();
    }
    let list = screen.file("setlist.yaml");
    let text = "title: A show\npieces:\n  - score: prelude.yaml\n    notes: Welcome.\n  \
                - score: song.yaml\n    start: at-end\n  - score: dance.yaml\n    previous: terminate\n";
    std::fs::write(&list, text).unwrap();
    list
}

fn has(instances: &[InstanceSummary], score: &str, status: Status) -> bool {
    count(instances, score, status) > 0
}

fn count(instances: &[InstanceSummary], score: &str, status: Status) -> usize {
    let with = |one: &&InstanceSummary| one.workflow == score && one.status == status;
    instances.iter().filter(with).count()
}

/// Whether the file of the position says that the second piece was started.
fn song_is_started(screen: &Screen) -> bool {
    let text = std::fs::read_to_string(screen.file("store.redb.setlist.json"));
    let kept = text
        .ok()
        .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    kept.is_some_and(|kept| kept["started"] == 2)
}

fn until(stage: &Stage<'_>, score: &str, status: Status) {
    let what = format!("{score} is {status}");
    stage.until_instances(&what, |instances| has(instances, score, status));
}

#[test]
fn a_whole_set_list_is_played_by_keys_and_its_position_survives_a_kill() {
    let Some(screen) = Screen::open() else { return };
    let list = show(&screen);
    let stage = screen.start_with(&[&list]);
    stage.until_instances("nothing starts by itself", <[_]>::is_empty);
    stage.key("Next");
    until(&stage, "prelude", Status::Completed);
    // It follows by itself.
    until(&stage, "song", Status::Running);
    // The scene is reset, and played again.
    stage.key("BackSpace");
    until(&stage, "song", Status::Terminated);
    stage.key("Next");
    until(&stage, "song", Status::Running);
    // The position is kept in the background: a moment after the start.
    screen::until("the position is kept", || song_is_started(&screen));
    stage.kill();

    let stage = screen.start_with(&[&list]);
    until(&stage, "song", Status::Running);
    stage.key("Next");
    until(&stage, "dance", Status::Completed);
    stage.until_instances("the song has made room", |instances| {
        count(instances, "song", Status::Terminated) == 2
    });
    // Back to the last piece, which is played once more.
    stage.key("Prior");
    stage.key("Next");
    until(&stage, "song", Status::Running);
    stage.terminate();
}
