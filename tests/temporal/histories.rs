//! Every event of every workflow is shown, as it is on the server.

use fermata::backend::{Backend, BackendError, Imported};
use serde_json::json;

use super::harness::{Pausing, Server, Worker, id};

/// Runs a workflow of each sort to its end.
fn run_all(server: &Server, worker: &mut Worker) -> Vec<(&'static str, String)> {
    for (workflow, name, arguments) in [
        ("Chain", "chain", json!([3])),
        ("FanOut", "fan-out", json!([5])),
        ("Retries", "retries", json!([2, 0.1])),
        ("Timers", "timers", json!([])),
        ("Waiting", "waiting", json!([])),
        ("Updated", "updated", json!([])),
        ("Parent", "parent", json!([])),
        ("Tidy", "tidy", json!([])),
        ("Renewing", "renewing", json!([2])),
        ("Late", "late", json!([])),
        ("Marked", "marked", json!([])),
        ("Waiting", "ended", json!([])),
    ] {
        worker.begin(workflow, name, arguments);
    }
    worker.begin("Sender", "sender", json!(["waiting"]));
    let update = |by: i32| json!({ "update": "change", "id": "updated", "arg": by });
    assert_eq!(worker.ask(update(1)), Ok(json!(1)));
    worker.ask(update(-1)).unwrap_err();
    assert_eq!(worker.ask(update(4)), Ok(json!(5)));
    server.cli(&["workflow", "cancel", "--workflow-id", "tidy"]);
    let terminate = ["workflow", "terminate", "--workflow-id", "ended"];
    server.cli(&[&terminate[..], &["--reason", "enough"]].concat());
    let all = [
        ("chain", json!(3)),
        ("fan-out", json!(15)),
        ("retries", json!("at last")),
        ("timers", json!("in time")),
        ("waiting", json!({"from": "sender"})),
        ("updated", json!(5)),
        ("parent", json!("one child is broken")),
        ("renewing", json!("the last run")),
        ("late", json!("too late")),
        ("marked", json!("marked")),
        ("sender", json!("nobody is there")),
    ];
    for (workflow, result) in &all {
        assert_eq!(worker.result(workflow), *result, "{workflow}");
    }
    for failed in ["tidy", "ended", "parent-broken"] {
        let result = worker.result(failed);
        assert!(result.as_str().unwrap().starts_with("failed"), "{result}");
    }
    let more = ["tidy", "ended", "parent-child", "parent-broken"];
    let names = all.into_iter().map(|(name, _)| name).chain(more);
    names.map(|name| (name, String::new())).collect()
}

/// Each event as it is on the server, and nothing else.
fn assert_same(workflow: &str, live: &Imported, exported: &Imported) {
    assert_eq!(live.recorded(), exported.recorded(), "{workflow}");
    let origins = live.origins.iter().zip(&exported.origins);
    for (live, exported) in origins {
        assert_eq!(live, exported, "{workflow}");
    }
    let kinds = |history: &Imported| -> Vec<_> {
        let events = history.history.events.iter();
        events.map(|event| (event.id, event.at)).collect()
    };
    assert_eq!(kinds(live), kinds(exported), "{workflow}");
}

#[tokio::test]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn every_event_of_every_workflow_is_shown_as_temporals_own_program_exports_it() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    let mut workflows = run_all(&server, &mut worker);
    let backend = server.attach().await;
    let reset = ["workflow", "reset", "--workflow-id", "chain"];
    server.cli(&[&reset[..], &["--event-id", "4", "--reason", "again"]].concat());
    worker.result("chain");
    workflows.push(("chain", String::new()));
    let (mut types, mut events) = (std::collections::BTreeSet::new(), 0);
    for (workflow, run) in workflows {
        let live = backend.history(&id(workflow), None).await.unwrap();
        let exported = server.exported(workflow, &run);
        assert_same(workflow, &live, &exported.read());
        types.extend(exported.types());
        events += exported.types().len();
    }
    println!("{events} events of {} types are the same", types.len());
    assert!(types.len() >= 30, "{types:#?}");
    assert_runs(&server, &*backend).await;
}

/// The runs of a workflow are counted from the first.
async fn assert_runs(server: &Server, backend: &dyn Backend) {
    let renewing = id("renewing");
    for number in 1..=3 {
        let run = backend.history(&renewing, Some(number)).await.unwrap();
        let first = serde_json::to_value(&run.history.events[0]).unwrap();
        assert!(
            first.to_string().contains(&format!("\"run\":{number}")),
            "{first}"
        );
        let fields = &run.origins[0].fields["workflowExecutionStartedEventAttributes"];
        let of_run = fields["originalExecutionRunId"].as_str().unwrap();
        assert_same("renewing", &run, &{
            let exported = server.exported("renewing", of_run).read();
            // An exported history does not say which run it is.
            Imported {
                history: exported.history,
                ..exported
            }
        });
    }
    let none = backend.history(&renewing, Some(4)).await.unwrap_err();
    assert!(
        matches!(none, BackendError::UnknownInstance { .. }),
        "{none}"
    );
    let none = backend.history(&id("nobody"), None).await.unwrap_err();
    assert!(
        none.to_string().contains("has no instance \"nobody\""),
        "{none}"
    );
}
