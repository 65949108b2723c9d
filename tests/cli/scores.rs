//! Keywords of all tasks, errors and retries: the semantics of the standard.

use serde_json::{Value, json};

use crate::tasks::{Performed, perform, perform_with};

/// The time from the first event of a history to the last one, in milliseconds.
fn millis(run: &Performed) -> u64 {
    let of = |event: &Value| {
        // All within one day of simulated time: `...THH:MM:SS.fffZ`.
        let text = event["timestamp"].as_str().unwrap();
        let time = text
            .split('T')
            .nth(1)
            .unwrap()
            .trim_end_matches('Z')
            .trim_end_matches("+00:00");
        let parts: Vec<f64> = time.split(':').map(|part| part.parse().unwrap()).collect();
        ((parts[0] * 60.0 + parts[1]) * 60.0 + parts[2]) * 1000.0
    };
    (of(run.history.last().unwrap()) - of(&run.history[0])).round() as u64
}

const TIMEOUT: &str = "https://open-workflow-specification.org/spec/1.0.0/errors/timeout";

fn raise(status: u32) -> Value {
    json!({ "raise": { "error": { "type": "https://example.org/errors/broken", "status": status, "title": "Broken" } } })
}

#[test]
fn set_replaces_the_data() {
    let run = perform(
        json!([{ "one": { "set": { "b": "${ .a }", "c": [1, "${ .a + 1 }"] } } }]),
        json!({ "a": 1 }),
    );
    assert_eq!(run.output(), &json!({ "b": 1, "c": [1, 2] }));
}

#[test]
fn data_flows_through_from_as_and_export() {
    let run = perform_with(
        json!([
            { "pick": {
                "input": { "from": "${ .order }" },
                "set": { "doubled": "${ .n * 2 }" },
                "output": { "as": "${ { out: .doubled, was: $input.n } }" },
                "export": { "as": "${ { kept: .out, task: $task.name } }" },
            } },
            { "use": { "set": { "before": "${ . }", "context": "${ $context }", "id": "${ $workflow.id }", "by": "${ $runtime.name }" } } },
        ]),
        json!({ "wrapped": { "order": { "n": 4 } } }),
        json!({ "input": { "from": ".wrapped" }, "output": { "as": { "result": "${ . }" } } }),
    );
    assert_eq!(
        run.output(),
        &json!({ "result": {
            "before": { "out": 8, "was": 4 }, "context": { "kept": 8, "task": "pick" }, "id": "tasks-1", "by": "fermata",
        } })
    );
}

#[test]
fn a_task_with_a_false_condition_is_skipped() {
    let run = perform(
        json!([
            { "no": { "if": ".n > 5", "set": { "n": 100 } } },
            { "yes": { "if": "${ .n < 5 }", "set": { "n": "${ .n + 1 }" } } },
        ]),
        json!({ "n": 1 }),
    );
    assert_eq!(run.output(), &json!({ "n": 2 }));
    assert_eq!(
        run.tasks,
        [
            "skipped /do/0/no",
            "started /do/1/yes",
            "completed /do/1/yes"
        ]
    );
}

#[test]
fn exit_end_and_task_names_direct_the_flow() {
    let step = |n: u32| json!({ "set": { "path": format!("${{ .path + [{n}] }}") } });
    let then = |n: u32, then: &str| {
        let mut task = step(n);
        task["then"] = json!(then);
        task
    };
    let inner = |then_word| json!([{ "one": then(1, then_word) }, { "two": step(2) }]);
    let outer = |then_word| json!([{ "inner": { "do": inner(then_word) } }, { "three": step(3) }]);
    let path =
        |then_word| perform(outer(then_word), json!({ "path": [] })).output()["path"].clone();
    assert_eq!(path("continue"), json!([1, 2, 3]));
    assert_eq!(path("exit"), json!([1, 3]));
    assert_eq!(path("end"), json!([1]));

    let jump = json!([{ "a": then(1, "c") }, { "b": step(2) }, { "c": step(3) }]);
    assert_eq!(
        perform(jump, json!({ "path": [] })).output()["path"],
        json!([1, 3])
    );
    let exit = json!([{ "a": then(1, "exit") }, { "b": step(2) }]);
    assert_eq!(
        perform(exit, json!({ "path": [] })).output()["path"],
        json!([1])
    );
}

#[test]
fn a_loop_continues_while_its_condition_is_true() {
    let run = perform(
        json!([{ "count": {
            "for": { "in": "[range(10)]" },
            "while": ".sum < 6",
            "do": [{ "add": { "set": { "sum": "${ .sum + $item }", "last": "${ $index }" } } }],
        } }]),
        json!({ "sum": 0 }),
    );
    assert_eq!(run.output(), &json!({ "sum": 6, "last": 3 }));
    let none = perform(
        json!([{ "count": { "for": { "in": ".n" }, "do": [{ "x": { "set": {} } }] } }]),
        json!({ "n": 3 }),
    );
    assert_eq!(
        none.error()["type"],
        "https://open-workflow-specification.org/spec/1.0.0/errors/expression"
    );
    assert_eq!(none.error()["status"], 400);
}

#[test]
fn wait_takes_its_time() {
    let run = perform(
        json!([{ "one": { "wait": "PT1M30S" } }, { "two": { "wait": { "milliseconds": 250 } } }]),
        json!({}),
    );
    run.output();
    assert_eq!(millis(&run), 90_250);
}

#[test]
fn an_error_that_is_not_caught_propagates() {
    let guarded =
        |catch: Value| json!([{ "guard": { "try": [{ "fail": raise(503) }], "catch": catch } }]);
    let mended =
        json!([{ "mend": { "set": { "status": "${ $e.status }", "title": "${ $e.title }" } } }]);
    let caught = perform(
        guarded(json!({ "errors": { "with": { "status": 503 } }, "as": "e", "do": mended })),
        json!({}),
    );
    assert_eq!(
        caught.output(),
        &json!({ "status": 503, "title": "Broken" })
    );
    for catch in [
        json!({ "errors": { "with": { "status": 500 } }, "as": "e", "do": mended }),
        json!({ "as": "e", "when": "$e.status == 500", "do": mended }),
        json!({ "as": "e", "exceptWhen": "$e.status == 503", "do": mended }),
    ] {
        let passed = perform(guarded(catch), json!({}));
        assert_eq!(passed.error()["status"], 503);
        assert_eq!(passed.error()["instance"], "/do/0/guard/try/0/fail");
    }
    let swallowed = perform(guarded(json!({})), json!({ "still": "here" }));
    assert_eq!(swallowed.output(), &json!({ "still": "here" }));
}

#[test]
fn retries_respect_their_limit_and_back_off() {
    let with = |retry: Value| {
        perform(
            json!([{ "again": { "try": [{ "fail": raise(503) }], "catch": { "retry": retry } } }]),
            json!({}),
        )
    };
    let attempts = |run: &Performed| {
        run.tasks
            .iter()
            .filter(|line| *line == "started /do/0/again/try/0/fail")
            .count()
    };
    for (backoff, pauses) in [
        ("constant", 100 + 100 + 100),
        ("linear", 100 + 200 + 300),
        ("exponential", 100 + 200 + 400),
    ] {
        let run = with(
            json!({ "delay": { "milliseconds": 100 }, "backoff": { backoff: {} }, "limit": { "attempt": { "count": 3 } } }),
        );
        assert_eq!(run.error()["status"], 503, "{backoff}");
        assert_eq!(attempts(&run), 4, "{backoff}");
        assert_eq!(millis(&run), pauses, "{backoff}");
        assert_eq!(run.count("TimerFired"), 3, "the pauses are durable");
    }
    let in_time =
        with(json!({ "delay": { "seconds": 2 }, "limit": { "duration": { "seconds": 5 } } }));
    assert_eq!((attempts(&in_time), millis(&in_time)), (3, 4000));
    assert_eq!(
        attempts(&with(
            json!({ "when": "$error.status == 500", "limit": { "attempt": { "count": 4 } } })
        )),
        1
    );
}

#[test]
fn after_the_last_retry_the_catch_block_runs() {
    let run = perform(
        json!([{ "again": {
            "try": [{ "fail": raise(503) }],
            "catch": {
                "retry": { "limit": { "attempt": { "count": 2 } } },
                "do": [{ "mend": { "set": { "mended": "${ $error.type }" } } }],
            },
        } }]),
        json!({}),
    );
    assert_eq!(
        run.output(),
        &json!({ "mended": "https://example.org/errors/broken" })
    );
}

#[test]
fn tasks_that_take_too_long_are_cancelled() {
    let run = perform(
        json!([{ "hurry": { "do": [{ "sleep": { "wait": { "seconds": 60 } } }], "timeout": { "after": { "seconds": 2 } } } }]),
        json!({}),
    );
    assert_eq!(
        (&run.error()["type"], &run.error()["status"]),
        (&json!(TIMEOUT), &json!(408))
    );
    assert_eq!(run.error()["instance"], "/do/0/hurry");
    assert_eq!(millis(&run), 2000);
    assert_eq!(
        run.tasks,
        [
            "started /do/0/hurry",
            "started /do/0/hurry/do/0/sleep",
            "cancelled /do/0/hurry/do/0/sleep",
            "faulted /do/0/hurry"
        ]
    );

    let whole = perform_with(
        json!([{ "sleep": { "wait": { "seconds": 60 } } }]),
        json!({}),
        json!({ "timeout": { "after": "PT3S" } }),
    );
    assert_eq!(whole.error()["type"], TIMEOUT);
    assert_eq!(millis(&whole), 3000);
}

#[test]
fn reusable_errors_retries_and_timeouts_are_found_by_name() {
    let run = perform_with(
        json!([{ "again": {
            "try": [{ "fail": { "raise": { "error": "broken" } } }],
            "catch": { "retry": "once" },
            "timeout": "soon",
        } }]),
        json!({}),
        json!({ "use": {
            "errors": { "broken": { "type": "t:broken", "status": 503 } },
            "retries": { "once": { "delay": { "milliseconds": 700 }, "limit": { "attempt": { "count": 1 } } } },
            "timeouts": { "soon": { "after": { "seconds": 5 } } },
        } }),
    );
    assert_eq!(run.error()["type"], "t:broken");
    assert_eq!(millis(&run), 700);
}

#[test]
fn data_that_grows_in_a_loop_is_refused_before_it_fills_the_memory() {
    let branch = |name: &str| json!({ name: { "set": "${ {v: .} }" } });
    let run = perform(
        json!([{ "loop": {
            "for": { "each": "i", "in": "${ [range(40)] }" },
            "do": [{ "split": { "fork": { "branches": [branch("a"), branch("b"), branch("c")] } } }],
        } }]),
        json!({}),
    );
    let detail = run.error()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("keep what is needed"), "{detail}");
}
