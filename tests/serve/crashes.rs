//! Whatever is killed, everything ends as if nothing had happened.

use serde_json::{Value, json};

use crate::harness::{DAPR, DURABLE_TASK, Script, Serve};

const STEPS: usize = 8;

fn expected() -> Value {
    let mut done = Vec::new();
    for step in 0..STEPS {
        done.push(json!(step));
        done.push(json!([0, 1, 2]));
    }
    done.push(json!("the end"));
    done.push(json!(["awake", "rolled", "mended"]));
    json!(done)
}

/// An instance with all kinds of operations.
fn start(script: Script, at: &str) {
    script.output(&["start", at, "killed", "all_kinds", &STEPS.to_string()]);
    // It comes long before it is awaited, and must be there still.
    script.output(&["raise", at, "killed", "end", "\"the end\""]);
}

fn output(script: Script, at: &str, instance: &str) -> Value {
    let end = script.end(at, instance);
    assert_eq!(end["status"], "COMPLETED", "{end}");
    serde_json::from_str(end["output"].as_str().unwrap()).unwrap()
}

fn worker_is_killed(script: Script) {
    let serve = Serve::start();
    let at = serve.address.as_str();
    let worker = script.worker(at);
    start(script, at);
    script.output(&["until", at, "killed", "2"]);
    worker.kill();
    let worker = script.worker(at);
    script.output(&["until", at, "killed", "4"]);
    worker.kill();
    let _worker = script.worker(at);
    assert_eq!(output(script, at, "killed"), expected());
}

fn server_is_killed(script: Script) {
    let mut serve = Serve::start();
    let at = serve.address.clone();
    let _worker = script.worker(&at);
    start(script, &at);
    for step in ["2", "4"] {
        script.output(&["until", &at, "killed", step]);
        serve.kill();
        serve.run();
    }
    assert_eq!(output(script, &at, "killed"), expected());
}

fn both_are_killed(script: Script) {
    let mut serve = Serve::start();
    let at = serve.address.clone();
    let worker = script.worker(&at);
    script.output(&["start", &at, "wide", "slow_fan_out", "1000"]);
    start(script, &at);
    serve.kill();
    worker.kill();
    serve.run();
    let _worker = script.worker(&at);
    assert_eq!(output(script, &at, "killed"), expected());
    let all: Vec<_> = (0..1000).collect();
    assert_eq!(output(script, &at, "wide"), json!(all));
}

#[test]
#[ignore = "needs a Python environment"]
fn a_worker_of_durable_task_is_killed_in_the_middle() {
    worker_is_killed(DURABLE_TASK);
}

#[test]
#[ignore = "needs a Python environment"]
fn a_worker_of_dapr_is_killed_in_the_middle() {
    worker_is_killed(DAPR);
}

#[test]
#[ignore = "needs a Python environment"]
fn the_server_of_durable_task_is_killed_in_the_middle() {
    server_is_killed(DURABLE_TASK);
}

#[test]
#[ignore = "needs a Python environment"]
fn the_server_of_dapr_is_killed_in_the_middle() {
    server_is_killed(DAPR);
}

#[test]
#[ignore = "needs a Python environment"]
fn server_and_worker_are_killed_in_the_middle_of_a_thousand_activities() {
    both_are_killed(DURABLE_TASK);
}
