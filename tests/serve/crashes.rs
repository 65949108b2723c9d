//! Whatever is killed, everything ends as if nothing had happened.

use serde_json::{Value, json};

use crate::harness::{DURABLE_TASK, Serve};

const STEPS: usize = 8;

fn expected() -> Value {
    let mut done = Vec::new();
    for step in 0..STEPS {
        done.push(json!(step));
        done.push(json!([0, 1, 2]));
    }
    done.push(json!("the end"));
    json!(done)
}

/// An instance with all kinds of operations.
fn start(at: &str) {
    DURABLE_TASK.output(&["start", at, "killed", "all_kinds", &STEPS.to_string()]);
    // It comes long before it is awaited, and must be there still.
    DURABLE_TASK.output(&["raise", at, "killed", "end", "\"the end\""]);
}

fn ends(at: &str) {
    let end = DURABLE_TASK.end(at, "killed");
    assert_eq!(end["status"], "COMPLETED", "{end}");
    let output: Value = serde_json::from_str(end["output"].as_str().unwrap()).unwrap();
    assert_eq!(output, expected());
}

#[test]
#[ignore = "needs a Python environment"]
fn a_worker_is_killed_in_the_middle() {
    let serve = Serve::start();
    let at = serve.address.as_str();
    let worker = DURABLE_TASK.worker(at);
    start(at);
    DURABLE_TASK.output(&["until", at, "killed", "2"]);
    worker.kill();
    let worker = DURABLE_TASK.worker(at);
    DURABLE_TASK.output(&["until", at, "killed", "4"]);
    worker.kill();
    let _worker = DURABLE_TASK.worker(at);
    ends(at);
}

#[test]
#[ignore = "needs a Python environment"]
fn the_server_is_killed_in_the_middle() {
    let mut serve = Serve::start();
    let at = serve.address.clone();
    let _worker = DURABLE_TASK.worker(&at);
    start(&at);
    for step in ["2", "4"] {
        DURABLE_TASK.output(&["until", &at, "killed", step]);
        serve.kill();
        serve.run();
    }
    ends(&at);
}

#[test]
#[ignore = "needs a Python environment"]
fn both_are_killed_in_the_middle_of_a_thousand_activities() {
    let mut serve = Serve::start();
    let at = serve.address.clone();
    let worker = DURABLE_TASK.worker(&at);
    DURABLE_TASK.output(&["start", &at, "wide", "slow_fan_out", "1000"]);
    DURABLE_TASK.output(&["start", &at, "killed", "all_kinds", &STEPS.to_string()]);
    DURABLE_TASK.output(&["raise", &at, "killed", "end", "\"the end\""]);
    serve.kill();
    worker.kill();
    serve.run();
    let _worker = DURABLE_TASK.worker(&at);
    ends(&at);
    let wide = DURABLE_TASK.end(&at, "wide");
    let output: Value = serde_json::from_str(wide["output"].as_str().unwrap()).unwrap();
    assert_eq!(output, json!((0..1000).collect::<Vec<_>>()));
}
