//! The log of `--tasks`: every kind of task, and every way in which one can end.

use serde_json::{Value, json};

use crate::tasks::{Performed, perform};

fn reported(run: &Performed, task: &str) -> Vec<String> {
    let of = run.tasks.iter().filter_map(|line| line.strip_suffix(task));
    of.map(|event| event.trim().to_owned()).collect()
}

#[test]
fn every_kind_of_task_is_logged_with_its_start_and_end() {
    let set = json!({ "set": { "a": 1 } });
    let raise = json!({ "raise": { "error": { "type": "t:x", "status": 500 } } });
    for (kind, task, end) in [
        ("set", set.clone(), "completed"),
        ("do", json!({ "do": [{ "in": set }] }), "completed"),
        (
            "for",
            json!({ "for": { "in": "[1]" }, "do": [{ "in": set }] }),
            "completed",
        ),
        (
            "fork",
            json!({ "fork": { "branches": [{ "in": set }] } }),
            "completed",
        ),
        (
            "switch",
            json!({ "switch": [{ "in": { "then": "continue" } }] }),
            "completed",
        ),
        ("wait", json!({ "wait": { "seconds": 1 } }), "completed"),
        (
            "try",
            json!({ "try": [{ "in": raise }], "catch": {} }),
            "completed",
        ),
        ("raise", raise.clone(), "faulted"),
        (
            "listen",
            json!({ "listen": { "to": { "one": { "with": { "type": "x" } } } }, "timeout": { "after": "PT1S" } }),
            "faulted",
        ),
        ("skipped", json!({ "if": "false", "set": {} }), "skipped"),
        ("bad-if", json!({ "if": ".a.b", "set": {} }), "faulted"),
    ] {
        let run = perform(json!([{ kind: task }]), json!({ "a": [] }));
        let expected: &[&str] = match end {
            "skipped" => &["skipped"],
            _ => &["started", end],
        };
        assert_eq!(
            reported(&run, &format!(" /do/0/{kind}")),
            expected,
            "{kind}"
        );
    }
}

#[test]
fn a_retry_is_logged_at_the_task_that_retries() {
    let run = perform(
        json!([{ "again": {
            "try": [{ "fail": { "raise": { "error": { "type": "t:x", "status": 500 } } } }],
            "catch": { "retry": { "delay": "PT1S", "limit": { "attempt": { "count": 2 } } } },
        } }]),
        json!({}),
    );
    let once = ["started", "faulted"];
    assert_eq!(
        reported(&run, " /do/0/again"),
        ["started", "retried", "retried", "faulted"]
    );
    assert_eq!(reported(&run, " /do/0/again/try/0/fail"), once.repeat(3));
    assert_eq!(run.tasks[3], "retried /do/0/again");
}

#[test]
fn a_workflow_timeout_cancels_running_tasks() {
    let run = crate::tasks::perform_with(
        json!([{ "outer": { "do": [{ "sleep": { "wait": { "seconds": 60 } } }] } }]),
        json!({}),
        json!({ "timeout": { "after": "PT3S" } }),
    );
    assert_eq!(run.error()["status"], 408);
    assert_eq!(
        run.tasks[2..],
        ["cancelled /do/0/outer/do/0/sleep", "cancelled /do/0/outer"]
    );
}

#[test]
fn catch_matches_all_fields_and_conditions() {
    let error = json!({
        "type": "t:x", "status": 418, "title": "Tea", "detail": "${ \"cup \" + .n }",
    });
    let caught = |catch: Value| {
        let mut catch = catch;
        catch["do"] = json!([{ "note": { "set": { "caught": true } } }]);
        let run = perform(
            json!([{ "guard": { "try": [{ "fail": { "raise": { "error": error } } }], "catch": catch } }]),
            json!({ "n": "1" }),
        );
        run.end["status"] == "Completed"
    };
    for (member, right, wrong) in [
        ("type", json!("t:x"), json!("t:y")),
        ("status", json!(418), json!(419)),
        ("title", json!("Tea"), json!("Coffee")),
        ("detail", json!("cup 1"), json!("cup 2")),
        ("details", json!("${ \"cup \" + .n }"), json!("cup 2")),
        (
            "instance",
            json!("/do/0/guard/try/0/fail"),
            json!("/do/0/guard"),
        ),
    ] {
        assert!(
            caught(json!({ "errors": { "with": { member: right } } })),
            "{member}"
        );
        assert!(
            !caught(json!({ "errors": { "with": { member: wrong } } })),
            "{member}"
        );
    }
    assert!(caught(
        json!({ "as": "e", "when": "$e.status > 400", "exceptWhen": ".status == 419" })
    ));
    assert!(!caught(json!({ "as": "e", "when": "$e.status > 500" })));
    assert!(!caught(
        json!({ "as": "e", "exceptWhen": ".status == 418" })
    ));
}

#[test]
fn retries_respect_all_their_limits() {
    let attempts = |retry: Value, task: Value| {
        let run = perform(
            json!([{ "again": { "try": [{ "it": task }], "catch": { "retry": retry } } }]),
            json!({}),
        );
        reported(&run, " /do/0/again/try/0/it")
    };
    // An attempt that lasts too long is ended, and retried as often as any other.
    let slow = json!({ "wait": { "seconds": 60 } });
    let limit = json!({ "limit": { "attempt": { "count": 1, "duration": { "seconds": 1 } } } });
    assert_eq!(
        attempts(limit, slow),
        ["started", "cancelled", "started", "cancelled"]
    );
    let fail = json!({ "raise": { "error": { "type": "t:x", "status": 500 } } });
    let jitter = json!({
        "delay": { "seconds": 1 }, "jitter": { "from": { "seconds": 1 }, "to": { "seconds": 2 } },
        "limit": { "duration": { "seconds": 10 } },
    });
    // Each pause takes two to three seconds.
    let tries = attempts(jitter, fail).len() / 2;
    assert!((4..=6).contains(&tries), "{tries}");
}
