//! What a score has done is undone when it fails later: in reverse order, each step once, also after a
//! crash; and the status that a score sets is seen everywhere.

use serde_json::{Value, json};

use crate::harness::{Room, eventually, json_lines};

const VIRTUAL: &str = "--clock virtual --store s.redb";

/// A task that does something which `undo` undoes. What was undone is emitted.
fn step(name: &str, data: &str, undo: &str) -> String {
    let undo = match undo {
        "" => format!(
            "[ {{ undo: {{ emit: {{ event: {{ with: {{ type: undone, data: '${{ .{data} }}' }} }} }} }} }} ]"
        ),
        other => other.to_owned(),
    };
    format!(
        "{name}: {{ set: {{ {data}: {name} }}, metadata: {{ fermata: {{ compensate: {undo} }} }} }}"
    )
}

fn score(tasks: &str) -> String {
    format!("document: {{ dsl: 1.0.3, namespace: t, name: trip, version: 1.0.0 }}\ndo:\n{tasks}")
}

const FAIL: &str = "  - fly: { raise: { error: { type: 'https://example.com/e', status: 503, title: no flight } } }\n";

/// What was undone, in this order: the data of the events that were emitted to the end.
fn undone(history: &[Value]) -> Vec<Value> {
    let completed = history
        .iter()
        .filter(|event| event["type"] == "TaskCompleted");
    let scheduled = completed.map(|event| {
        let id = usize::try_from(event["scheduled"].as_u64().unwrap()).unwrap();
        &history[id]
    });
    scheduled
        .filter(|event| event["name"] == "emit" && event["input"]["event"]["type"] == "undone")
        .map(|event| event["input"]["event"]["data"].clone())
        .collect()
}

/// Plays a score in virtual time. Gives its last line of output, and its history.
fn play(tasks: &str) -> (Value, Vec<Value>) {
    let room = Room::new();
    room.write("trip.yaml", &score(tasks));
    let outcome = room.run(&format!("play trip.yaml {VIRTUAL} -o json"));
    let end = json_lines(&outcome.out).pop().unwrap();
    (end, room.history("s.redb", "trip-1"))
}

#[test]
fn steps_are_undone_in_reverse_order_rounds_of_loops_and_branches_too() {
    let branch = |name: &str, seconds: u32| {
        let pause = format!("pause-{name}: {{ wait: {{ seconds: {seconds} }} }}");
        format!(
            "          - {name}: {{ do: [ {{ {pause} }}, {{ {} }} ] }}\n",
            step(&format!("do-{name}"), "v", "")
        )
    };
    let tasks = format!(
        "  - {}\n  - all:\n      for: {{ each: n, in: '${{ [1, 2, 3] }}' }}\n      do:\n        - {}\n  \
         - both:\n      fork:\n        branches:\n{}{}  - {}\n{FAIL}",
        step("first", "v", ""),
        step("round", "n", "").replace("n: round", "n: '${ $n }'"),
        branch("late", 2),
        branch("early", 1),
        step("last", "x", ""),
    );
    let (end, history) = play(&tasks);
    assert_eq!(end["status"], "Failed");
    assert_eq!(end["failure"]["details"]["status"], 503, "{end}");
    let expected = json!(["last", "do-late", "do-early", 3, 2, 1, "first"]);
    assert_eq!(json!(undone(&history)), expected);
}

#[test]
fn what_ends_well_or_is_caught_is_not_undone() {
    let tasks = format!(
        "  - {}\n  - rest: {{ wait: {{ seconds: 1 }} }}\n",
        step("a", "v", "")
    );
    let (end, history) = play(&tasks);
    assert_eq!(
        (&end["status"], undone(&history)),
        (&json!("Completed"), vec![])
    );
    let tasks = format!(
        "  - attempt:\n      try:\n        - {}\n      {FAIL}      catch: {{ errors: {{ with: {{ status: 503 }} }} }}\n",
        step("a", "v", ""),
    );
    let (end, history) = play(&tasks);
    assert_eq!(
        (&end["status"], undone(&history)),
        (&json!("Completed"), vec![]),
        "{end}"
    );
}

#[test]
fn a_step_that_cannot_be_undone_is_named_and_the_others_are_undone() {
    let fails = "[ { give-up: { raise: { error: { type: 'https://example.com/u', status: 500, title: stuck } } } } ]";
    let tasks = format!(
        "  - {}\n  - {}\n  - {}\n{FAIL}",
        step("a", "v", ""),
        step("b", "w", fails),
        step("c", "x", ""),
    );
    let (end, history) = play(&tasks);
    assert_eq!(json!(undone(&history)), json!(["c", "a"]));
    assert_eq!(end["failure"]["message"], "no flight", "{end}");
    let details = &end["failure"]["details"];
    let left = details["notUndone"].as_array().unwrap();
    assert_eq!(left.len(), 1, "{end}");
    assert_eq!(left[0]["step"], "b");
    assert_eq!(left[0]["failure"]["message"], "stuck", "{end}");
    assert_eq!(details["details"]["status"], 503, "{end}");
}

#[test]
fn after_a_crash_the_rest_is_undone_and_nothing_twice() {
    let slow = |data: &str| {
        format!(
            "[ {{ undo: {{ emit: {{ event: {{ with: {{ type: undone, data: '${{ .{data} }}' }} }} }} }} }}, \
             {{ pause: {{ wait: {{ seconds: 5 }} }} }} ]"
        )
    };
    let mut tasks = String::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        tasks += &format!("  - {}\n", step(name, name, &slow(name)));
    }
    tasks += FAIL;
    let room = Room::new();
    room.write("trip.yaml", &score(&tasks));
    let mut playing = room.start("play trip.yaml --store s.redb");
    eventually("a step is undone", || {
        let outcome = room.run("history trip-1 --store s.redb -o json");
        let history = serde_json::from_str::<Vec<Value>>(&outcome.out);
        history.is_ok_and(|history| !undone(&history).is_empty())
    });
    playing.kill().unwrap();
    playing.wait().unwrap();
    let before = undone(&room.history("s.redb", "trip-1"));
    assert!((1..6).contains(&before.len()), "{before:?}");
    let outcome = room.run(&format!("play --resume {VIRTUAL} -o json"));
    let end = json_lines(&outcome.out).pop().unwrap();
    assert_eq!(end["failure"]["message"], "no flight", "{end}");
    let all = undone(&room.history("s.redb", "trip-1"));
    assert_eq!(json!(all), json!(["f", "e", "d", "c", "b", "a"]));
}

#[test]
fn the_status_that_a_score_sets_is_listed_and_exported() {
    let room = Room::new();
    let tasks = "  - book:\n      set: { room: 7 }\n      metadata: { fermata: { status: '${ \"booked \\(.room)\" }' } }\n  \
                 - count:\n      set: { left: 3 }\n      metadata: { fermata: { status: { left: '${ .left }' } } }\n";
    room.write("trip.yaml", &score(tasks));
    room.succeed(&format!("play trip.yaml {VIRTUAL}"));
    let list: Value = serde_json::from_str(&room.succeed("list --store s.redb -o json")).unwrap();
    assert_eq!(list[0]["customStatus"], json!({ "left": 3 }), "{list}");
    let text = room.succeed("list --store s.redb");
    assert!(text.contains("left"), "{text}");
    let set = |history: &[Value]| -> Vec<Value> {
        let events = history.iter();
        let set = events.filter(|event| event["type"] == "CustomStatusSet");
        set.map(|event| event["status"].clone()).collect()
    };
    let expected = [json!("booked 7"), json!({ "left": 3 })];
    assert_eq!(set(&room.history("s.redb", "trip-1")), expected);
    let exported = room.succeed("export trip-1 --store s.redb");
    assert!(exported.contains("booked 7"), "{exported}");
}
