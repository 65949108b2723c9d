//! Each command works, and is read back from the history.

use std::{sync::Arc, time::Instant};

use fermata::{
    backend::{Ability, Backend, BackendError, Done, InstanceCommand, StartInstance},
    engine::{EventId, EventKind, InstanceSummary, Search, Status},
};
use serde_json::json;

use super::harness::{Following, PATIENCE, Pausing, Server, Worker, id, raise};

async fn summary(backend: &Arc<dyn Backend>, workflow: &str) -> InstanceSummary {
    let search = Search {
        id_prefix: Some(id(workflow).to_string()),
        ..Search::default()
    };
    // The server's list follows its histories a moment later.
    loop {
        let page = backend.search(&search, None, 10).await.unwrap();
        if let [instance, ..] = page.instances.as_slice() {
            return instance.clone();
        }
    }
}

#[tokio::test]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn each_command_is_carried_out_and_read_back_from_the_history() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    let backend = server.attach().await;
    for name in ["paused", "ended", "asked"] {
        worker.begin("Waiting", name, json!([]));
    }
    worker.begin("Tidy", "canceled", json!([]));
    let tell = |name: &'static str, command, reason: &'static str| {
        let (backend, id) = (Arc::clone(&backend), id(name));
        async move { backend.command(&id, command, reason).await }
    };

    let done = tell("paused", InstanceCommand::Suspend, "a break").await;
    assert_eq!(done.unwrap(), Done::Durable);
    let paused = server
        .exported("paused", "")
        .last("EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED");
    assert_eq!(
        (&paused["reason"], &paused["identity"]),
        (&json!("a break"), &json!("fermata"))
    );
    let again = tell("paused", InstanceCommand::Suspend, "")
        .await
        .unwrap_err();
    assert!(again.to_string().contains("already paused"), "{again}");
    // That it refused once does not mean that it cannot.
    let now = summary(&backend, "paused").await;
    assert_eq!(backend.abilities(&now).suspend, Ability::Yes);
    tell("paused", InstanceCommand::Resume, "go on")
        .await
        .unwrap();
    let resumed = server
        .exported("paused", "")
        .last("EVENT_TYPE_WORKFLOW_EXECUTION_UNPAUSED");
    assert_eq!(resumed["reason"], "go on");

    tell("asked", raise("end", json!({"seats": [1, 2]})), "")
        .await
        .unwrap();
    assert_eq!(worker.result("asked"), json!({"seats": [1, 2]}));

    tell("canceled", InstanceCommand::Cancel, "no more")
        .await
        .unwrap();
    worker.result("canceled");
    let canceled = server.exported("canceled", "");
    let asked = canceled.last("EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED");
    assert_eq!(asked["cause"], "no more");
    while summary(&backend, "canceled").await.status != Status::Canceled {}

    tell("ended", InstanceCommand::Terminate, "at once")
        .await
        .unwrap();
    let ended = server
        .exported("ended", "")
        .last("EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED");
    assert_eq!(ended["reason"], "at once");
    let late = tell("ended", raise("end", json!(null)), "")
        .await
        .unwrap_err();
    assert!(late.to_string().contains("has already ended"), "{late}");
    let closed = loop {
        let listed = summary(&backend, "ended").await;
        if listed.status == Status::Terminated {
            break listed;
        }
    };
    let abilities = backend.abilities(&closed);
    assert_eq!(
        (abilities.terminate, abilities.rerun),
        (Ability::No, Ability::Yes)
    );

    let unknown = tell("nobody", InstanceCommand::Terminate, "")
        .await
        .unwrap_err();
    assert!(
        matches!(unknown, BackendError::UnknownInstance { .. }),
        "{unknown}"
    );
}

#[tokio::test]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn a_rerun_shares_the_history_before_the_event_from_which_it_runs_again() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    let backend = server.attach().await;
    worker.begin("Chain", "chain", json!([3]));
    worker.result("chain");
    let before = backend.history(&id("chain"), None).await.unwrap().history;
    let is_task = |kind: &EventKind| matches!(kind, EventKind::TaskScheduled { .. });
    let mut tasks = before.events.iter().filter(|event| is_task(&event.kind));
    let second = tasks.nth(1).unwrap().id;
    // From an event of a history that is only read, and from the same event of a lane.
    for followed in [false, true] {
        let mut following = Following::start(&backend, &["chain"]);
        let closed =
            |lane: &super::harness::Shown| lane.summary.as_ref().unwrap().status.is_closed();
        if followed {
            following
                .until("the lane", |now| now.has("chain", closed))
                .await;
        }
        let command = InstanceCommand::Rerun { from: second };
        let done = backend
            .command(&id("chain"), command, "again")
            .await
            .unwrap();
        assert_eq!(done, Done::Started(id("chain")));
        assert_eq!(worker.result("chain"), json!(3));
        let after = backend.history(&id("chain"), None).await.unwrap().history;
        let EventKind::ExecutionStarted {
            fork: Some(fork),
            run,
            ..
        } = &after.events[0].kind
        else {
            panic!("{:?}", after.events[0]);
        };
        assert_eq!(*run, if followed { 3 } else { 2 });
        // The first task is shared, the second one is not.
        let shared = |events: &[fermata::engine::Event]| -> Vec<_> {
            let kinds = events.iter().filter(|event| is_task(&event.kind));
            kinds.map(|event| event.at).collect()
        };
        let (old, new) = (shared(&before.events), shared(&after.events));
        assert_eq!((old.len(), new.len()), (3, 3));
        assert!(old[0] == new[0] && old[1] != new[1], "{old:?} {new:?}");
        assert!(fork.from <= second && fork.from > EventId(0), "{fork:?}");
    }
}

#[tokio::test]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn a_server_that_does_not_pause_says_so_once_and_the_button_goes() {
    let server = Server::start(Pausing::Disabled).await;
    let mut worker = Worker::start(&server);
    let backend = server.attach().await;
    worker.begin("Waiting", "waiting", json!([]));
    let running = summary(&backend, "waiting").await;
    assert_eq!(backend.abilities(&running).suspend, Ability::Yes);
    let refused = backend
        .command(&id("waiting"), InstanceCommand::Suspend, "")
        .await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("does not pause workflows"), "{refused}");
    println!("{refused}");
    let abilities = backend.abilities(&running);
    assert_eq!(
        (abilities.suspend, abilities.raise),
        (Ability::No, Ability::Yes)
    );
    backend
        .command(&id("waiting"), raise("end", json!(1)), "")
        .await
        .unwrap();
    assert_eq!(worker.result("waiting"), json!(1));
}

#[tokio::test]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn a_workflow_is_started_and_tells_which_signals_it_takes() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    let backend = server.attach().await;
    let start = StartInstance {
        id: "started".to_owned(),
        workflow: "Waiting".to_owned(),
        queue: "fermata-tests".to_owned(),
        input: json!(null),
        task_timeout: Some(std::time::Duration::from_millis(2_500)),
    };
    assert_eq!(backend.start(&start).await.unwrap(), id("started"));
    let first = server
        .exported("started", "")
        .last("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED");
    assert_eq!(first["workflowTaskTimeout"], "2.500s");
    // The workflow's own code tells them: once it has begun.
    let end = Instant::now() + PATIENCE;
    let mut names = Vec::new();
    while names.is_empty() && Instant::now() < end {
        names = backend.event_names(&id("started")).await.unwrap();
    }
    names.sort();
    assert_eq!(names, ["end".into(), "step".into()]);
    let twice = backend.start(&start).await.unwrap_err();
    assert!(twice.to_string().contains("already"), "{twice}");
    let done = backend
        .command(&id("started"), raise("end", json!(3)), "")
        .await;
    assert_eq!(done.unwrap(), Done::Durable);
    assert_eq!(worker.result("started"), json!(3));
}
