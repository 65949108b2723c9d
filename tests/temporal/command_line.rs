//! `fermata … --backend`: each command is carried out by the server, and read back with Temporal's own program.

use std::process::Command;

use serde_json::{Value, json};

use super::harness::{Pausing, Server, Worker};

/// How a run of the program ended.
struct Outcome {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs `fermata ARGUMENTS --backend` with the server.
fn fermata(server: &Server, arguments: &[&str]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_fermata"))
        .args(arguments)
        .args(["--backend", "temporal:"])
        .env("TEMPORAL_ADDRESS", server.address())
        .output()
        .unwrap();
    Outcome {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What the program prints if all goes well.
#[track_caller]
fn succeed(server: &Server, arguments: &[&str]) -> String {
    let Outcome { code, out, err } = fermata(server, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {out}{err}");
    out
}

/// What the program says if it fails.
#[track_caller]
fn fail(server: &Server, arguments: &[&str]) -> String {
    let Outcome { code, out, err } = fermata(server, arguments);
    assert!(
        code.is_some_and(|code| code != 0),
        "{arguments:?}: {out}{err}"
    );
    err
}

/// The ids of the instances that a search finds.
fn ids(server: &Server, arguments: &[&str]) -> Vec<String> {
    let out = succeed(server, &[arguments, &["-o", "json"]].concat());
    let found: Vec<Value> = serde_json::from_str(&out).unwrap();
    let ids = found.iter().map(|instance| instance["id"].as_str());
    ids.map(|id| id.unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Temporal server"]
async fn instances_of_a_server_are_listed_searched_and_read() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    worker.begin("Chain", "order-1", json!([2]));
    worker.begin("Parent", "tour-1", json!([]));
    assert_eq!(worker.result("order-1"), json!(2));
    worker.result("tour-1");
    // A list comes from an index that the server keeps beside the histories.
    let end = std::time::Instant::now() + super::harness::PATIENCE;
    while ids(
        &server,
        &["search", "--status", "Completed", "--id-prefix", "order-"],
    )
    .is_empty()
    {
        assert!(
            std::time::Instant::now() < end,
            "order-1 is never listed as completed"
        );
    }
    let mut all = ids(&server, &["list"]);
    all.sort();
    assert_eq!(all, ["order-1", "tour-1", "tour-1-broken", "tour-1-child"]);
    assert_eq!(
        ids(&server, &["search", "--workflow", "Saga"]),
        ["tour-1-broken"]
    );
    assert_eq!(ids(&server, &["search", "--limit", "1"]).len(), 1);
    let table = succeed(&server, &["list"]);
    assert!(
        table.contains("child of tour-1") && !table.contains("temporal:"),
        "{table}"
    );

    // Every event of the server's own export, by its number.
    let recorded = server.exported("tour-1", "").types().len();
    let table = succeed(&server, &["history", "tour-1"]);
    let count = format!("{recorded} events of Temporal, shown as ");
    assert!(table.contains(&count), "{table}");
    let history = succeed(&server, &["history", "tour-1", "-o", "json"]);
    assert!(!history.contains("temporal:default"), "{history}");
    let history: Vec<Value> = serde_json::from_str(&history).unwrap();
    let children = history
        .iter()
        .filter_map(|event| event["instance"].as_str());
    assert_eq!(
        children.collect::<Vec<_>>(),
        ["tour-1-child", "tour-1-broken"]
    );
    let unknown = fail(&server, &["history", "nobody"]);
    assert!(
        unknown.contains("temporal:default has no instance \"nobody\""),
        "{unknown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Temporal server"]
async fn commands_reach_the_server_and_are_in_the_history_that_it_exports() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    for name in ["wait-1", "wait-2", "wait-3"] {
        worker.begin("Waiting", name, json!([]));
    }
    let last = |workflow: &str, event_type: &str| {
        server
            .exported(workflow, "")
            .last(&format!("EVENT_TYPE_WORKFLOW_EXECUTION_{event_type}"))
    };
    let paused = succeed(&server, &["pause", "wait-1", "--reason", "tuning"]);
    assert_eq!(paused, "wait-1: paused\n");
    assert_eq!(last("wait-1", "PAUSED")["reason"], "tuning");
    let again = fail(&server, &["pause", "wait-1"]);
    assert!(again.contains("temporal:default refused: "), "{again}");
    succeed(&server, &["resume", "wait-1"]);
    last("wait-1", "UNPAUSED");

    let raised = succeed(&server, &["raise", "wait-1", "step"]);
    assert_eq!(raised, "wait-1: raised step\n");
    assert_eq!(last("wait-1", "SIGNALED")["signalName"], "step");

    // One that is unknown does not keep the others from being canceled.
    let Outcome { code, out, err } = fermata(&server, &["cancel", "nobody", "wait-2"]);
    assert_eq!(code, Some(1));
    assert_eq!(out, "wait-2: asked to cancel\n");
    assert!(err.contains("has no instance \"nobody\""), "{err}");
    last("wait-2", "CANCEL_REQUESTED");

    succeed(&server, &["terminate", "wait-3", "--reason", "fire alarm"]);
    assert_eq!(last("wait-3", "TERMINATED")["reason"], "fire alarm");
    let ended = fail(&server, &["terminate", "wait-3"]);
    assert!(ended.contains("temporal:default refused: "), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Temporal server"]
async fn a_rerun_is_the_next_run_of_its_workflow() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    worker.begin("Chain", "order-1", json!([2]));
    worker.result("order-1");
    let new_id = fail(
        &server,
        &["rerun", "order-1", "--from", "4", "--id", "order-2"],
    );
    assert!(
        new_id.contains("--id cannot be used with --backend"),
        "{new_id}"
    );
    let rerun = succeed(&server, &["rerun", "order-1", "--from", "4"]);
    assert_eq!(rerun, "order-1: started its next run\n");
    assert_eq!(worker.result("order-1"), json!(2));
    let reset = server
        .exported("order-1", "")
        .last("EVENT_TYPE_WORKFLOW_TASK_FAILED");
    assert_eq!(reset["cause"], "WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Temporal server"]
async fn what_cannot_be_done_is_a_sentence() {
    let mut server = Server::start(Pausing::Disabled).await;
    let mut worker = Worker::start(&server);
    worker.begin("Waiting", "wait-1", json!([]));
    let pause = fail(&server, &["pause", "wait-1"]);
    assert!(pause.starts_with("fermata: temporal:default "), "{pause}");
    assert_eq!(pause.trim().lines().count(), 1, "{pause}");
    server.kill();
    let gone = fail(&server, &["list"]);
    assert!(
        gone.contains("temporal:default cannot be reached: "),
        "{gone}"
    );
    assert_eq!(gone.trim().lines().count(), 1, "{gone}");
}
