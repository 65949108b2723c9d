//! `run.workflow`: scores that run other scores.

use serde_json::{Value, json};

use crate::harness::{Outcome, Room, eventually, json_lines};

fn write(room: &Room, name: &str, version: &str, tasks: Value) {
    let head = json!({ "dsl": "1.0.3", "namespace": "t", "name": name, "version": version });
    let document = json!({ "document": head, "do": tasks });
    room.write(&format!("{name}-{version}.json"), &document.to_string());
}

fn run(name: &str, words: Value) -> Value {
    let mut run =
        json!({ "workflow": { "namespace": "t", "name": name, "input": "${ { n: .n } }" } });
    run.as_object_mut()
        .unwrap()
        .extend(words.as_object().unwrap().clone());
    json!({ "run": run })
}

/// Performs and gives the ends of those that were named.
fn play(room: &Room, args: &str) -> Vec<Value> {
    let mut command = room.command(&format!(
        "play {args} --clock virtual --store s.redb --tasks t.jsonl --force -o json --input"
    ));
    command.arg(json!({ "n": 20 }).to_string());
    let outcome = Outcome::of(command);
    assert!(outcome.err.is_empty(), "{outcome:#?}");
    json_lines(&outcome.out)
}

#[test]
fn a_score_runs_another_one_and_gets_its_output() {
    let room = Room::new();
    let double = json!([{ "two": { "set": { "n": "${ .n * 2 }" } } }]);
    write(
        &room,
        "double",
        "1.0.0",
        json!([{ "old": { "set": { "n": 0 } } }]),
    );
    write(&room, "double", "1.2.0", double);
    write(
        &room,
        "main",
        "1.0.0",
        json!([
            { "first": run("double", json!({})) },
            { "again": { "run": { "workflow": { "namespace": "t", "name": "double", "version": "1.2.0", "input": "${ . }" } } } },
        ]),
    );
    // The child is found in the folder of the parent.
    let ends = play(&room, "main-1.0.0.json");
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0]["output"], json!({ "n": 80 }), "{:#}", ends[0]);
    let child = room.history("s.redb", "main-1/1");
    assert_eq!(child[0]["name"], "double");
    assert_eq!(child[0]["input"]["input"], json!({ "n": 20 }));
    assert!(
        child[0]["input"]["score"]
            .as_str()
            .unwrap()
            .contains("1.2.0")
    );
    let tasks = room.json_lines("t.jsonl");
    let of_child = tasks.iter().filter(|line| line["instance"] == "main-1/1");
    let reported: Vec<(&Value, &Value)> = of_child
        .map(|line| (&line["event"], &line["name"]))
        .collect();
    assert_eq!(
        reported,
        [
            (&json!("started"), &json!("two")),
            (&json!("completed"), &json!("two"))
        ]
    );
}

#[test]
fn a_detached_child_runs_independently_and_play_waits_for_it() {
    let room = Room::new();
    let slow =
        json!([{ "sleep": { "wait": { "seconds": 9 } } }, { "two": { "set": { "done": true } } }]);
    write(&room, "slow", "1.0.0", slow);
    write(
        &room,
        "main",
        "1.0.0",
        json!([{ "go": run("slow", json!({ "await": false })) }]),
    );
    let ends = play(&room, "main-1.0.0.json slow-1.0.0.json --runs 1");
    assert_eq!(
        ends[0]["output"],
        json!({ "n": 20 }),
        "it continues with its input"
    );
    let list: Vec<Value> =
        serde_json::from_str(&room.succeed("list --store s.redb -o json")).unwrap();
    let child = list.iter().find(|one| one["id"] == "main-1/1").unwrap();
    assert_eq!(child["status"], "Completed");
    assert_eq!(child["output"], json!({ "done": true }));
}

#[test]
fn the_output_of_a_child_is_selected_by_return() {
    let room = Room::new();
    write(
        &room,
        "child",
        "1.0.0",
        json!([{ "x": { "set": { "a": 1 } } }]),
    );
    for (word, expected) in [
        ("stdout", json!({ "a": 1 })),
        ("stderr", json!("")),
        ("code", json!(0)),
        (
            "all",
            json!({ "code": 0, "stdout": { "a": 1 }, "stderr": "" }),
        ),
        ("none", Value::Null),
    ] {
        let name = format!("main-{word}");
        write(
            &room,
            &name,
            "1.0.0",
            json!([{ "go": run("child", json!({ "return": word })) }]),
        );
        let ends = play(&room, &format!("{name}-1.0.0.json"));
        assert_eq!(ends[0]["output"], expected, "{word}");
    }
}

#[test]
fn an_error_of_a_child_is_raised_by_the_task_that_ran_it() {
    let room = Room::new();
    let broken = json!({ "type": "t:broken", "status": 503, "title": "Broken" });
    write(
        &room,
        "child",
        "1.0.0",
        json!([{ "fail": { "raise": { "error": broken } } }]),
    );
    write(
        &room,
        "main",
        "1.0.0",
        json!([{ "guard": {
        "try": [{ "go": run("child", json!({})) }],
        "catch": { "errors": { "with": { "status": 503 } }, "do": [{ "note": { "set": "${ { error: $error } }" } }] },
    } }]),
    );
    let ends = play(&room, "main-1.0.0.json");
    let mut error = broken.clone();
    error["instance"] = json!("/do/0/guard/try/0/go");
    assert_eq!(ends[0]["output"], json!({ "error": error }));
}

#[test]
fn a_child_is_terminated_when_its_result_is_no_longer_needed() {
    let room = Room::new();
    write(
        &room,
        "slow",
        "1.0.0",
        json!([{ "sleep": { "wait": { "hours": 9 } } }]),
    );
    let mut go = run("slow", json!({}));
    go["timeout"] = json!({ "after": { "seconds": 1 } });
    write(
        &room,
        "main",
        "1.0.0",
        json!([{ "guard": { "try": [{ "go": go }], "catch": {} } }]),
    );
    assert_eq!(play(&room, "main-1.0.0.json")[0]["status"], "Completed");
    let history = room.history("s.redb", "main-1/1");
    let first = history[0]["timestamp"].as_str().unwrap();
    let last = history.last().unwrap()["timestamp"].as_str().unwrap();
    assert!(first < last && last < "2000-01-01T00:00:02", "{last}");
    let tasks = room.json_lines("t.jsonl");
    let of_child = tasks.iter().filter(|line| line["instance"] == "main-1/1");
    let events: Vec<&str> = of_child
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert_eq!(events, ["started", "cancelled"]);
}

#[test]
fn circular_and_missing_scores_are_refused() {
    let room = Room::new();
    write(
        &room,
        "again",
        "1.0.0",
        json!([{ "go": run("again", json!({})) }]),
    );
    let ends = play(&room, "again-1.0.0.json");
    let detail = ends[0]["failure"]["details"]["detail"].as_str().unwrap();
    assert!(detail.contains("deeper than 16"), "{detail}");

    write(
        &room,
        "lost",
        "1.0.0",
        json!([{ "go": run("nowhere", json!({})) }]),
    );
    for command in [
        "check lost-1.0.0.json",
        "play lost-1.0.0.json --store no.redb",
    ] {
        let outcome = room.run(command);
        assert_eq!(outcome.code, Some(1));
        assert!(
            outcome.err.contains("lost-1.0.0.json:1:"),
            "{}",
            outcome.err
        );
        assert!(
            outcome.err.contains("no score named `t/nowhere latest`"),
            "{}",
            outcome.err
        );
    }
    assert!(!room.path("no.redb").exists());
}

#[test]
fn a_resumed_child_that_fails_is_up_to_its_parent() {
    let room = Room::new();
    let error = json!({ "type": "https://fermata.example/t", "status": 500 });
    let fails = json!([
        { "later": { "wait": { "seconds": 60 } } },
        { "error": { "raise": { "error": error } } },
    ]);
    write(&room, "tower", "1.0.0", fails);
    let handled = json!([{ "handled": {
        "try": [{ "build": run("tower", json!({})) }],
        "catch": { "do": [{ "down": { "set": { "down": true } } }] },
    } }]);
    write(&room, "main", "1.0.0", handled);
    let tasks = room.path("t.jsonl");
    let mut playing = room.start("play main-1.0.0.json --store s.redb --tasks t.jsonl");
    eventually("the child waits", || {
        let text = std::fs::read_to_string(&tasks).unwrap_or_default();
        text.contains("/do/0/later")
    });
    playing.kill().unwrap();
    playing.wait().unwrap();
    let outcome = room.run("play --resume --clock virtual --store s.redb");
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    assert!(outcome.out.contains("main-1: Completed"), "{outcome:#?}");
}
