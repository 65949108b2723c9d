//! The semantics of the standard, task by task.

use serde_json::{Value, json};

use crate::harness::{Room, json_lines};

/// What a score without music came to.
pub struct Performed {
    /// The line of `-o json`.
    pub end: Value,
    /// `event pointer` for each line of `--tasks`.
    pub tasks: Vec<String>,
    pub history: Vec<Value>,
}

/// Performs tasks in virtual time, on an input. `root` are further members of the document.
pub fn perform_with(tasks: Value, input: Value, root: Value) -> Performed {
    let room = Room::new();
    let mut document = json!({
        "document": { "dsl": "1.0.0", "namespace": "test", "name": "tasks", "version": "1.0.0" },
        "do": tasks,
    });
    document
        .as_object_mut()
        .unwrap()
        .extend(root.as_object().unwrap().clone());
    room.write("tasks.json", &document.to_string());
    crate::schema::takes(&document);
    let mut command = room
        .command("play tasks.json --clock virtual --store s.redb --tasks t.jsonl -o json --input");
    let outcome = crate::harness::Outcome::of({
        command.arg(input.to_string());
        command
    });
    let mut ends = json_lines(&outcome.out);
    assert_eq!(ends.len(), 1, "{outcome:#?}");
    let tasks = room.json_lines("t.jsonl").into_iter().map(|line| {
        assert_eq!(line["instance"], "tasks-1");
        let pointer = line["task"].as_str().unwrap();
        assert!(
            document.pointer(pointer).is_some(),
            "{pointer} points at nothing"
        );
        let name = pointer
            .rsplit('/')
            .next()
            .unwrap()
            .replace("~1", "/")
            .replace("~0", "~");
        assert_eq!(line["name"], name.as_str());
        format!("{} {pointer}", line["event"].as_str().unwrap())
    });
    Performed {
        end: ends.remove(0),
        tasks: tasks.collect(),
        history: room.history("s.redb", "tasks-1"),
    }
}

pub fn perform(tasks: Value, input: Value) -> Performed {
    perform_with(tasks, input, json!({}))
}

impl Performed {
    /// The output of one that completed.
    pub fn output(&self) -> &Value {
        assert_eq!(self.end["status"], "Completed", "{:#}", self.end);
        &self.end["output"]
    }

    /// The error, as problem details, of one that failed.
    pub fn error(&self) -> &Value {
        assert_eq!(self.end["status"], "Failed", "{:#}", self.end);
        &self.end["failure"]["details"]
    }

    pub fn count(&self, event: &str) -> usize {
        self.history
            .iter()
            .filter(|one| one["type"] == event)
            .count()
    }
}

#[test]
fn do_runs_in_order_and_logs_each_task() {
    let run = perform(
        json!([
            { "outer": { "do": [{ "a/b": { "set": { "x": 1 } } }, { "c~d": { "set": { "x": "${ .x + 1 }" } } }] } },
            { "last": { "set": "${ { y: .x } }" } },
        ]),
        json!({}),
    );
    assert_eq!(run.output(), &json!({ "y": 2 }));
    assert_eq!(
        run.tasks,
        [
            "started /do/0/outer",
            "started /do/0/outer/do/0/a~1b",
            "completed /do/0/outer/do/0/a~1b",
            "started /do/0/outer/do/1/c~0d",
            "completed /do/0/outer/do/1/c~0d",
            "completed /do/0/outer",
            "started /do/1/last",
            "completed /do/1/last",
        ]
    );
}

#[test]
fn for_iterates_and_logs_each_iteration() {
    let run = perform(
        json!([{ "each": {
            "for": { "each": "color", "in": ".colors", "at": "n" },
            "do": [{ "mark": { "set": { "seen": "${ (.seen // []) + [{ ($color): $n }] }" } } }],
        } }]),
        json!({ "colors": ["red", "green"] }),
    );
    assert_eq!(
        run.output(),
        &json!({ "seen": [{ "red": 0 }, { "green": 1 }] })
    );
    let round = [
        "started /do/0/each/do/0/mark",
        "completed /do/0/each/do/0/mark",
    ];
    let expected = [
        &["started /do/0/each"][..],
        &round,
        &round,
        &["completed /do/0/each"],
    ]
    .concat();
    assert_eq!(run.tasks, expected);
}

#[test]
fn a_competing_branch_that_loses_is_cancelled() {
    let run = perform(
        json!([{ "race": { "fork": { "compete": true, "branches": [
            { "slow": { "do": [{ "sleep": { "wait": { "seconds": 2 } } }, { "won": { "set": { "by": "slow" } } }] } },
            { "fast": { "do": [{ "nap": { "wait": { "seconds": 1 } } }, { "win": { "set": { "by": "fast" } } }] } },
        ] } } }]),
        json!({}),
    );
    assert_eq!(run.output(), &json!({ "by": "fast" }));
    let slow = "/do/0/race/fork/branches/0/slow";
    let fast = "/do/0/race/fork/branches/1/fast";
    assert_eq!(
        run.tasks,
        [
            "started /do/0/race".to_owned(),
            format!("started {slow}"),
            format!("started {slow}/do/0/sleep"),
            format!("started {fast}"),
            format!("started {fast}/do/0/nap"),
            format!("completed {fast}/do/0/nap"),
            format!("started {fast}/do/1/win"),
            format!("completed {fast}/do/1/win"),
            format!("completed {fast}"),
            format!("cancelled {slow}/do/0/sleep"),
            format!("cancelled {slow}"),
            "completed /do/0/race".to_owned(),
        ]
    );
    assert_eq!(
        (run.count("TimerFired"), run.count("TimerCanceled")),
        (1, 1)
    );
}

#[test]
fn a_fork_that_does_not_compete_returns_all_outputs_in_order() {
    let run = perform(
        json!([{ "both": { "fork": { "branches": [
            { "late": { "do": [{ "sleep": { "wait": "PT2S" } }, { "one": { "set": { "n": 1 } } }] } },
            { "soon": { "set": { "n": 2 } } },
        ] } } }]),
        json!({}),
    );
    assert_eq!(run.output(), &json!([{ "n": 1 }, { "n": 2 }]));
    let last: Vec<&str> = run.tasks.iter().rev().take(3).map(String::as_str).collect();
    assert_eq!(
        last,
        [
            "completed /do/0/both",
            "completed /do/0/both/fork/branches/0/late",
            "completed /do/0/both/fork/branches/0/late/do/1/one"
        ]
    );
}

#[test]
fn an_error_in_one_branch_cancels_the_others_and_faults_the_fork() {
    let run = perform(
        json!([{ "both": { "fork": { "branches": [
            { "sleep": { "wait": { "seconds": 9 } } },
            { "fail": { "raise": { "error": { "type": "t:x", "status": 500 } } } },
        ] } } }]),
        json!({}),
    );
    assert_eq!(run.error()["instance"], "/do/0/both/fork/branches/1/fail");
    assert_eq!(
        run.tasks,
        [
            "started /do/0/both",
            "started /do/0/both/fork/branches/0/sleep",
            "started /do/0/both/fork/branches/1/fail",
            "faulted /do/0/both/fork/branches/1/fail",
            "cancelled /do/0/both/fork/branches/0/sleep",
            "faulted /do/0/both",
        ]
    );
    assert_eq!(run.count("TimerCanceled"), 1);
}

#[test]
fn switch_takes_the_first_true_case() {
    let tasks = json!([
        { "choose": { "switch": [
            { "high": { "when": ".n > 10", "then": "big" } },
            { "low": { "when": "${ .n > 5 }", "then": "end" } },
            { "else": { "then": "small" } },
        ] } },
        { "big": { "set": { "size": "big" }, "then": "end" } },
        { "small": { "set": { "size": "small" } } },
    ]);
    let run = |n| perform(tasks.clone(), json!({ "n": n }));
    assert_eq!(run(11).output(), &json!({ "size": "big" }));
    assert_eq!(run(6).output(), &json!({ "n": 6 }), "the workflow ended");
    let small = run(1);
    assert_eq!(small.output(), &json!({ "size": "small" }));
    assert_eq!(
        small.tasks,
        [
            "started /do/0/choose",
            "completed /do/0/choose",
            "started /do/2/small",
            "completed /do/2/small"
        ]
    );

    let none = perform(
        json!([{ "choose": { "switch": [{ "no": { "when": "false", "then": "end" } }] } }, { "next": { "set": { "went": "on" } } }]),
        json!({}),
    );
    assert_eq!(none.output(), &json!({ "went": "on" }), "no case holds");
}

#[test]
fn listen_times_out_and_its_error_can_be_caught() {
    let listen = json!({
        "listen": { "to": { "one": { "with": { "type": "go" } } } },
        "timeout": { "after": { "milliseconds": 1500 } },
    });
    let run = perform(
        json!([{ "guard": {
            "try": [{ "hear": listen }],
            "catch": {
                "errors": { "with": { "type": "https://serverlessworkflow.io/spec/1.0.0/errors/timeout", "status": 408 } },
                "as": "silence",
                "do": [{ "note": { "set": { "where": "${ $silence.instance }", "status": "${ $silence.status }" } } }],
            },
        } }]),
        json!({}),
    );
    assert_eq!(
        run.output(),
        &json!({ "where": "/do/0/guard/try/0/hear", "status": 408 })
    );
    assert_eq!(
        run.tasks,
        [
            "started /do/0/guard",
            "started /do/0/guard/try/0/hear",
            "faulted /do/0/guard/try/0/hear",
            "started /do/0/guard/catch/do/0/note",
            "completed /do/0/guard/catch/do/0/note",
            "completed /do/0/guard",
        ]
    );
    assert_eq!(run.count("TimerFired"), 1);
}
