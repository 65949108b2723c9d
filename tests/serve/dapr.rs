//! Programs of Dapr's workflow library.

use serde_json::{Value, json};

use crate::harness::{DAPR, Serve, Worker, by_name};

fn completed(output: Value) -> Value {
    json!({"status": "COMPLETED", "output": output.to_string()})
}

#[test]
#[ignore = "needs a Python environment"]
fn a_program_of_dapr_ends_as_it_should() {
    let serve = Serve::start();
    let ours = by_name(DAPR.lines(&["scenarios", &serve.address]));
    let expected = [
        ("chain", completed(json!(20))),
        ("fan_out", completed(json!(500_500))),
        ("timers", completed(json!(true))),
        ("event_with_limit", completed(json!("too late"))),
        ("retries", completed(json!("try 3 worked"))),
        ("long", completed(json!(500))),
        (
            "unknown",
            json!([["NOT_FOUND", "NOT_FOUND", "NOT_FOUND"], null]),
        ),
        ("purged", json!(null)),
        // The source is not changed, and its first activity does not run again.
        ("rerun", json!(["[1, 1, 1]", 3, "[1, 2, 2]", "[1, 1, 1]"])),
        (
            "rerun_other_input",
            json!(["[[3, 11], 15]", "[[101, 11], 113]", "[[3, 11], 1001]"]),
        ),
    ];
    for (name, result) in expected {
        assert_eq!(ours[name], result, "{name}");
    }
    let output = |name: &str| -> Value {
        assert_eq!(ours[name]["status"], "COMPLETED", "{name}: {}", ours[name]);
        serde_json::from_str(ours[name]["output"].as_str().unwrap()).unwrap()
    };
    assert_eq!(
        output("events_early"),
        json!([{"n": 1.0}, [1, "zwei"], null])
    );
    assert_eq!(
        output("nested"),
        json!(["deep", "deep-3", "deep-3-2", "deep-3-2-1"])
    );
    assert_eq!(output("children"), json!([0, 1, 2, 3, 4, 5]));
    let caught = json!([["ValueError", "größe"], ["RuntimeError", "a child"]]);
    assert_eq!(output("catches"), caught);
    assert_eq!(output("carried_over"), json!([1, 2, 3, 4]));
    assert_eq!(output("knows_itself"), json!(["itself", "itself"]));
    assert_eq!(
        output("unicode"),
        json!({"größe": ["♫", "𝄞", "\u{0}", "\"", "日本"]})
    );
    assert_eq!(ours["large"]["output"], (1 << 20) + 2);
    // Its status is no JSON and comes back as it was written.
    assert_eq!(ours["custom_status"][0], "step 1 ✓ (no JSON)");
    assert_eq!(
        ours["paused"],
        json!(["SUSPENDED", completed(json!("kept"))])
    );
    assert_eq!(ours["terminated"][0]["status"], "TERMINATED");
    assert_eq!(ours["terminated"][1], "TERMINATED");
    let listed: Vec<_> = (0..5).map(|number| format!("listed-{number}")).collect();
    assert_eq!(ours["listed"], json!(listed));
    assert_eq!(
        ours["fails_itself"]["failure"],
        json!(["RuntimeError", "words"])
    );
}

fn worker_with(at: &str, variable: &str, value: &str) -> Worker {
    let mut command = DAPR.command(&["worker", at]);
    command.env(variable, value);
    Worker::of(command)
}

/// Completes once the workers have taken all turns that are due.
fn probe(at: &str, id: &str) {
    DAPR.output(&["start", at, id, "chain", "1"]);
    DAPR.end(at, id);
}

#[test]
#[ignore = "needs a Python environment"]
fn an_instance_keeps_the_version_that_it_began_with() {
    let serve = Serve::start();
    let at = serve.address.as_str();
    let worker = worker_with(at, "VERSIONS", "1");
    DAPR.output(&["start", at, "versioned", "versioned", "null"]);
    probe(at, "probe");
    worker.kill();
    // This one lacks it: the instance stalls until a worker has it.
    let worker = worker_with(at, "VERSIONS", "2");
    DAPR.output(&["raise", at, "versioned", "go", "1"]);
    probe(at, "probe-2");
    worker.kill();
    let _worker = worker_with(at, "VERSIONS", "1,2");
    assert_eq!(DAPR.end(at, "versioned"), completed(json!("first")));
    DAPR.output(&["start", at, "new", "versioned", "null"]);
    assert_eq!(DAPR.end(at, "new"), completed(json!("second")));
}

#[test]
#[ignore = "needs a Python environment"]
fn a_patch_counts_for_what_it_was_not_too_late_for() {
    let serve = Serve::start();
    let at = serve.address.as_str();
    let worker = DAPR.worker(at);
    DAPR.output(&["start", at, "patched", "patched", "null"]);
    probe(at, "probe");
    worker.kill();
    let newer = || worker_with(at, "PATCHED", "1");
    let worker = newer();
    DAPR.output(&["raise", at, "patched", "on", "1"]);
    probe(at, "probe-2");
    worker.kill();
    // Another process only knows from the history that the second patch was passed.
    let _worker = newer();
    DAPR.output(&["raise", at, "patched", "on", "1"]);
    let end = DAPR.end(at, "patched");
    assert_eq!(end["output"], "[false, true]");
}
