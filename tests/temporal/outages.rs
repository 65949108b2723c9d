//! The server goes away and comes back.

use std::time::Duration;

use fermata::{
    backend::{Link, Moment},
    engine::{Event, EventKind, Status},
};
use serde_json::json;

use super::{
    cable::Cable,
    harness::{Following, Pausing, Server, Shown, Worker, count_without_starts, id, raise},
};

fn is_completed(event: &Event) -> bool {
    matches!(event.kind, EventKind::TaskCompleted { .. })
}

fn completed(lane: &Shown) -> usize {
    lane.events
        .iter()
        .filter(|event| is_completed(event))
        .count()
}

fn is_complete(lane: &Shown) -> bool {
    lane.summary.as_ref().unwrap().status == Status::Completed
}

#[tokio::test]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn a_server_that_is_killed_and_comes_back_loses_and_doubles_nothing() {
    let mut server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    let backend = server.attach().await;
    worker.begin("Pulse", "pulse", json!([60, 0.1]));
    worker.begin("Waiting", "waiting", json!([]));
    let mut following = Following::start(&backend, &["pulse", "waiting"]);
    following
        .until("some beats", |now| {
            now.has("pulse", |lane| completed(lane) >= 10)
        })
        .await;

    server.kill();
    following
        .until("word that it is away", |now| !now.links.is_empty())
        .await;
    let unreachable = backend.history(&id("pulse"), None).await.unwrap_err();
    assert!(
        unreachable.to_string().contains("cannot be reached"),
        "{unreachable}"
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.run();
    following
        .until("word that it is back", |now| now.links.len() >= 2)
        .await;
    following
        .until("the end", |now| now.has("pulse", is_complete))
        .await;
    // One word each: that it was away, and that it is back.
    let [Link::Down { .. }, Link::Up] = following.links.as_slice() else {
        panic!("{:?}", following.links);
    };

    // The ids of the events are checked as they come. All of them are there, each once.
    let lane = following.lane("pulse").unwrap();
    assert_eq!(completed(lane), 60);
    let read = backend.history(&id("pulse"), None).await.unwrap();
    let kinds = |events: &[Event]| -> Vec<String> {
        let mut kinds: Vec<_> = events
            .iter()
            .filter(|event| {
                !matches!(
                    event.kind,
                    EventKind::TaskStarted { .. } | EventKind::Noted { .. }
                )
            })
            .map(|event| format!("{:?}", std::mem::discriminant(&event.kind)))
            .collect();
        kinds.sort();
        kinds
    };
    assert_eq!(kinds(&lane.events), kinds(&read.history.events));
    // The last ones are heard again.
    assert_eq!(lane.moments.last(), Some(&Moment::Now));

    // A lane on which nothing happened meanwhile goes on, too.
    backend
        .command(&id("waiting"), raise("end", json!(null)), "")
        .await
        .unwrap();
    following
        .until("the other end", |now| now.has("waiting", is_complete))
        .await;
    let lane = following.lane("waiting").unwrap();
    assert_eq!(lane.moments.last(), Some(&Moment::Now));
}

#[tokio::test]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn what_happened_while_it_could_not_be_reached_is_past() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    let cable = Cable::lay(&server).await;
    let backend = server.attach_at(cable.port).await;
    worker.begin("Waiting", "waiting", json!([]));
    worker.begin("Renewing", "renewing", json!([0]));
    worker.result("renewing");
    let mut following = Following::start(&backend, &["waiting", "renewing"]);
    let quiet = |lane: &Shown| lane.events.len() >= 4;
    following
        .until("the lanes", |now| {
            now.has("waiting", quiet) && now.has("renewing", quiet)
        })
        .await;
    let known = following.lane("waiting").unwrap().events.len();

    cable.cut();
    following
        .until("word that it is away", |now| !now.links.is_empty())
        .await;
    let other = server.attach().await;
    other
        .command(&id("waiting"), raise("step", json!(null)), "")
        .await
        .unwrap();
    worker.begin("Renewing", "renewing", json!([3]));
    worker.result("renewing");
    let expected = loop {
        let read = other
            .history(&id("waiting"), None)
            .await
            .unwrap()
            .history
            .events;
        let count = read.iter().filter(|event| is_completed(event)).count();
        let last = read
            .last()
            .map(|event| format!("{:?}", event.kind))
            .unwrap();
        if count == 1 && last.contains("WorkflowTaskCompleted") {
            break count_without_starts(&read);
        }
    };
    cable.mend();
    following
        .until("word that it is back", |now| now.links.len() >= 2)
        .await;
    following
        .until("what happened", |now| {
            now.has("waiting", |lane| {
                count_without_starts(&lane.events) == expected
            })
        })
        .await;
    let lane = following.lane("waiting").unwrap();
    let past = lane.moments.len();
    assert!(
        lane.moments[known..]
            .iter()
            .all(|moment| *moment == Moment::Past),
        "{:?}",
        lane.moments
    );

    other
        .command(&id("waiting"), raise("end", json!(null)), "")
        .await
        .unwrap();
    following
        .until("the end", |now| now.has("waiting", is_complete))
        .await;
    let lane = following.lane("waiting").unwrap();
    assert!(
        lane.moments[past..]
            .iter()
            .all(|moment| *moment == Moment::Now)
    );
    // The runs that began meanwhile are there, and the last one has ended.
    let last = |lane: &Shown| lane.summary.as_ref().unwrap().run == 5 && is_complete(lane);
    following
        .until("the last run", |now| now.has("renewing", last))
        .await;
}
