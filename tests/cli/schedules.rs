//! `schedule`: scores that start by themselves.

use serde_json::Value;

use crate::harness::{Room, eventually, is_filled, json_lines};

fn room(schedule: &str) -> Room {
    let room = Room::new();
    room.write(
        "w.yaml",
        &format!(
            "document: {{ dsl: 1.0.3, namespace: t, name: w, version: 1.0.0 }}
schedule: {schedule}
do:
  - nap: {{ wait: {{ seconds: 4 }} }}
  - note: {{ set: {{ at: '${{ $workflow.startedAt.epoch.seconds - 946684800 }}' }} }}\n"
        ),
    );
    room
}

/// The seconds at which the runs began.
fn begins(room: &Room, options: &str) -> Vec<u64> {
    let args = format!("play w.yaml --clock virtual --store s.redb -o json {options}");
    let ends = json_lines(&room.succeed(&args));
    let at = ends.iter().map(|end| end["output"]["at"].as_u64().unwrap());
    at.collect()
}

#[test]
fn every_starts_at_once_and_does_not_wait_for_the_previous_run() {
    let room = room("{ every: { seconds: 3 } }");
    assert_eq!(begins(&room, "--runs 4"), [0, 3, 6, 9]);
    // It has done its work: nothing of it goes on.
    let resumed = room.succeed("play --resume --clock virtual --store s.redb -o json");
    assert_eq!(resumed, "");
}

#[test]
fn cron_waits_for_its_times() {
    let room = room("{ cron: '30 * * * *' }");
    assert_eq!(begins(&room, "--runs 2"), [1800, 5400]);
}

#[test]
fn in_virtual_time_the_default_is_ten_runs() {
    let room = room("{ every: { minutes: 1 } }");
    assert_eq!(begins(&room, "").len(), 10);
}

#[test]
fn after_starts_a_new_run_of_the_same_instance() {
    let room = room("{ after: { seconds: 2 } }");
    assert_eq!(begins(&room, "--runs 3"), [12], "the last of three runs");
    let list: Vec<Value> =
        serde_json::from_str(&room.succeed("list --store s.redb -o json")).unwrap();
    let mut runs: Vec<(u64, &str)> = list
        .iter()
        .map(|one| {
            (
                one["run"].as_u64().unwrap(),
                one["status"].as_str().unwrap(),
            )
        })
        .collect();
    runs.sort_unstable();
    assert_eq!(
        runs,
        [
            (1, "ContinuedAsNew"),
            (2, "ContinuedAsNew"),
            (3, "Completed")
        ]
    );
}

#[test]
fn a_schedule_continues_until_interrupted_and_can_be_resumed() {
    let room = Room::new();
    let tasks = "do:\n  - note: { set: { a: 1 } }\n";
    let head = "document: { dsl: 1.0.3, namespace: t, name: w, version: 1.0.0 }\n";
    let schedule = "schedule: { every: { milliseconds: 100 } }\n";
    room.write("w.yaml", &format!("{head}{schedule}{tasks}"));
    let lines = |name: &str| {
        if is_filled(&room.path(name)) {
            room.json_lines(name).len()
        } else {
            0
        }
    };
    for (args, name) in [("w.yaml", "a.jsonl"), ("--resume", "b.jsonl")] {
        let mut child = room.start(&format!("play {args} --store s.redb --tasks {name}"));
        eventually("three runs", || lines(name) >= 6);
        // The shell's own `kill`: a minimal system has no other.
        let kill = format!("kill -INT {}", child.id());
        let interrupted = std::process::Command::new("sh")
            .args(["-c", &kill])
            .status();
        assert!(interrupted.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
    }
}

#[test]
fn errors_of_a_schedule_are_reported() {
    for (schedule, words) in [
        ("{ cron: 'every day' }", "is not a valid cron expression"),
        ("{ every: PT0S }", "use 1 ms or more"),
        (
            "{ every: PT1S, after: PT1S }",
            "a schedule takes only one of",
        ),
        ("{}", "one of `every`, `cron`, `after`"),
        ("{ evry: PT1S }", "did you mean `every`?"),
    ] {
        let outcome = room(schedule).run("check w.yaml");
        assert_eq!(outcome.code, Some(1));
        assert!(outcome.err.starts_with("w.yaml:2:"), "{}", outcome.err);
        assert!(outcome.err.contains(words), "{schedule}: {}", outcome.err);
    }
}
