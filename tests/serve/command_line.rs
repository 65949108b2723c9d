//! The commands of Fermata, on a store that `fermata serve` has open.

use serde_json::json;

use crate::harness::{DURABLE_TASK, Serve, fermata};

fn run(serve: &Serve, arguments: &[&str]) -> String {
    let mut command = fermata();
    let store = serve.folder().join("serve.redb");
    let output = command
        .args(arguments)
        .arg("--store")
        .arg(store)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "needs a Python environment"]
fn the_commands_reach_a_program_that_serves() {
    let serve = Serve::start();
    let at = serve.address.as_str();
    let _worker = DURABLE_TASK.worker(at);
    DURABLE_TASK.output(&["start", at, "song", "waits", "null"]);
    DURABLE_TASK.output(&["start", at, "probe", "chain", "1"]);
    DURABLE_TASK.end(at, "probe");
    assert!(run(&serve, &["list"]).contains("song"));
    run(&serve, &["pause", "song"]);
    assert_eq!(DURABLE_TASK.text(&["status", at, "song"]), "SUSPENDED");
    run(&serve, &["resume", "song"]);
    run(&serve, &["raise", "song", "go", "--data", "[1.0]"]);
    let end = json!({"status": "COMPLETED", "output": "[1.0]"});
    assert_eq!(DURABLE_TASK.end(at, "song"), end);
    let history = run(&serve, &["history", "song"]);
    assert!(history.contains("TurnTaken"), "{history}");
}
