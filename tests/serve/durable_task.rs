//! Programs of Microsoft's Durable Task library.

use serde_json::json;

use crate::{
    common::free_port::free_port,
    harness::{DURABLE_TASK, Serve, Worker, by_name},
};

#[test]
#[ignore = "needs a Python environment"]
fn a_program_ends_as_on_the_backend_of_its_own_library() {
    let serve = Serve::start();
    let port = free_port().to_string();
    let oracle = by_name(DURABLE_TASK.lines(&["oracle", &port]));
    let ours = by_name(DURABLE_TASK.lines(&["scenarios", &serve.address]));
    assert!(oracle.len() >= 30, "{} scenarios", oracle.len());
    for (name, result) in &oracle {
        assert_eq!(ours[name], *result, "{name}");
    }
    // And that is what they should give.
    let completed = |output: &str| json!({"status": "COMPLETED", "output": output});
    assert_eq!(ours["fan_out"], completed("500500"));
    assert_eq!(ours["long"], completed("500"));
    assert_eq!(ours["carried_over"], completed("[0, 1, 2, 3]"));
    assert_eq!(ours["retries"], completed("\"try 3 worked\""));
}

#[test]
#[ignore = "needs a Python environment"]
fn what_the_backend_in_memory_lacks_works_too() {
    let serve = Serve::start();
    let beyond = ["later", "terminated_with_children", "no_entities"];
    let arguments = [&["scenarios", &serve.address], &beyond[..]].concat();
    let ours = by_name(DURABLE_TASK.lines(&arguments));
    let later = json!({"status": "COMPLETED", "output": "\"later\""});
    assert_eq!(ours["later"], json!(["PENDING", later, true]));
    let all = json!({"status": "TERMINATED", "output": "\"all\""});
    assert_eq!(ours["terminated_with_children"], json!([all, "TERMINATED"]));
    assert_eq!(ours["no_entities"], json!("UNIMPLEMENTED"));
}

#[test]
#[ignore = "needs a Python environment"]
fn an_instance_waits_for_its_worker() {
    let serve = Serve::start();
    let at = serve.address.as_str();
    DURABLE_TASK.output(&["start", at, "early", "chain", "3"]);
    assert_eq!(DURABLE_TASK.text(&["status", at, "early"]), "PENDING");
    let _worker = DURABLE_TASK.worker(at);
    let end = json!({"status": "COMPLETED", "output": "3"});
    assert_eq!(DURABLE_TASK.end(at, "early"), end);
}

#[test]
#[ignore = "needs a Python environment"]
fn an_instance_stalls_with_other_code_and_goes_on_with_its_own() {
    let serve = Serve::start();
    let at = serve.address.as_str();
    let worker = DURABLE_TASK.worker(at);
    DURABLE_TASK.output(&["start", at, "changed", "changing", "null"]);
    DURABLE_TASK.output(&["start", at, "probe", "chain", "1"]);
    DURABLE_TASK.end(at, "probe");
    worker.kill();
    let mut other = DURABLE_TASK.command(&["worker", at]);
    let other = Worker::of({
        other.env("CHANGED", "1");
        other
    });
    DURABLE_TASK.output(&["raise", at, "changed", "go", "\"now\""]);
    DURABLE_TASK.output(&["start", at, "probe-2", "chain", "1"]);
    DURABLE_TASK.end(at, "probe-2");
    other.kill();
    let _worker = DURABLE_TASK.worker(at);
    let end = json!({"status": "COMPLETED", "output": "\"now\""});
    assert_eq!(DURABLE_TASK.end(at, "changed"), end);
}
