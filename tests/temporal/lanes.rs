//! Lanes: what happens while they are watched.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use fermata::{
    backend::{Backend, Moment},
    engine::{EventKind, InstanceId, InstanceSummary, Status, Timestamp},
};
use serde_json::json;

use super::{
    harness::{
        Following, PATIENCE, Pausing, Server, Shown, Worker, count_without_starts, id, raise,
    },
    raw_poll,
};

fn is_closed(lane: &Shown) -> bool {
    status(lane).is_some_and(Status::is_closed)
}

fn status(lane: &Shown) -> Option<Status> {
    lane.summary.as_ref().map(|summary| summary.status)
}

fn count(lane: &Shown, of: impl Fn(&EventKind) -> bool) -> usize {
    lane.events.iter().filter(|event| of(&event.kind)).count()
}

fn started(kind: &EventKind) -> bool {
    matches!(kind, EventKind::TaskStarted { .. })
}

fn failed(kind: &EventKind) -> bool {
    matches!(kind, EventKind::TaskFailed { .. })
}

#[tokio::test]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn what_had_happened_is_past_and_what_happens_is_now() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    let backend = server.attach().await;
    worker.begin("Waiting", "waiting", json!([]));
    while backend
        .history(&id("waiting"), None)
        .await
        .unwrap()
        .recorded()
        < 4
    {}
    let mut following = Following::start(&backend, &["waiting"]);
    following
        .until("the past", |now| {
            now.has("waiting", |lane| lane.events.len() >= 4)
        })
        .await;
    let lane = following.lane("waiting").unwrap();
    assert!(
        lane.moments.iter().all(|moment| *moment == Moment::Past),
        "{lane:#?}"
    );
    let past = lane.events.len();
    backend
        .command(&id("waiting"), raise("step", json!(null)), "")
        .await
        .unwrap();
    let stepped =
        |lane: &Shown| count(lane, |kind| matches!(kind, EventKind::TaskCompleted { .. })) == 1;
    following
        .until("a step", |now| now.has("waiting", stepped))
        .await;
    backend
        .command(
            &id("waiting"),
            fermata::backend::InstanceCommand::Suspend,
            "",
        )
        .await
        .unwrap();
    let is_suspended = |lane: &Shown| status(lane) == Some(Status::Suspended);
    following
        .until("the pause", |now| now.has("waiting", is_suspended))
        .await;
    backend
        .command(
            &id("waiting"),
            fermata::backend::InstanceCommand::Resume,
            "",
        )
        .await
        .unwrap();
    backend
        .command(&id("waiting"), raise("end", json!(7)), "")
        .await
        .unwrap();
    following
        .until("the end", |now| now.has("waiting", is_closed))
        .await;
    let lane = following.lane("waiting").unwrap();
    assert!(
        lane.moments[past..]
            .iter()
            .all(|moment| *moment == Moment::Now)
    );
    let summary = lane.summary.clone().unwrap();
    let listed: InstanceSummary = backend
        .search(&Default::default(), None, 1)
        .await
        .unwrap()
        .instances
        .remove(0);
    assert_eq!(summary.tags, listed.tags);
    assert_eq!(
        (summary.status, summary.workflow.as_str()),
        (Status::Completed, "Waiting")
    );
    assert_eq!((summary.in_flight, summary.run), (0, 1));
    // As many events as in the history that is read afterwards.
    let read = backend.history(&id("waiting"), None).await.unwrap();
    let (shown, read) = (&lane.events, &read.history.events);
    assert_eq!(count_without_starts(shown), count_without_starts(read));
}

#[tokio::test]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn an_activity_is_seen_while_it_runs_and_each_attempt_once() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    let backend = server.attach().await;
    worker.begin("Slow", "slow", json!([8.0]));
    worker.begin("Retries", "retries", json!([3, 3.0]));
    let mut following = Following::start(&backend, &["slow", "retries"]);
    let is_running = |lane: &Shown| {
        let summary = lane.summary.as_ref().unwrap();
        summary.in_flight == 1 && !summary.status.is_closed()
    };
    following
        .until("the activity", |now| now.has("slow", is_running))
        .await;
    let waits = |lane: &Shown| {
        count(lane, |kind| {
            matches!(
                kind,
                EventKind::TaskFailed {
                    retry_at: Some(_),
                    ..
                }
            )
        }) >= 2
            && !is_closed(lane)
    };
    following
        .until("two failures", |now| now.has("retries", waits))
        .await;
    following
        .until("the ends", |now| {
            now.has("slow", is_closed) && now.has("retries", is_closed)
        })
        .await;
    let slow = following.lane("slow").unwrap();
    assert_eq!((count(slow, started), count(slow, failed)), (1, 0));
    let retries = following.lane("retries").unwrap();
    let mut attempts: Vec<u32> = Vec::new();
    for event in &retries.events {
        if let EventKind::TaskFailed { attempt, .. } = &event.kind {
            attempts.push(*attempt);
        }
    }
    assert_eq!(attempts, [1, 2, 3]);
    let mut starts: Vec<u32> = Vec::new();
    for event in &retries.events {
        if let EventKind::TaskStarted { attempt, .. } = &event.kind {
            starts.push(*attempt);
        }
    }
    assert!(
        starts.is_sorted_by(|a, b| a < b) && starts.ends_with(&[4]),
        "{starts:?}"
    );
}

#[tokio::test]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn a_workflow_that_goes_on_in_new_runs_stays_one_lane() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    let backend = server.attach().await;
    let mut following = Following::start(&backend, &["renewing", "chain"]);
    worker.begin("Renewing", "renewing", json!([4]));
    worker.begin("Chain", "chain", json!([2]));
    let ended = |lane: &Shown| status(lane) == Some(Status::Completed);
    following
        .until("the last run", |now| now.has("renewing", ended))
        .await;
    let lane = following.lane("renewing").unwrap();
    let run = lane.summary.as_ref().unwrap().run;
    assert_eq!(run, 5);
    // The lane may have begun with a later run.
    assert!(lane.runs.len() <= 4, "{}", lane.runs.len());
    following
        .until("the chain", |now| now.has("chain", ended))
        .await;
    let reset = ["workflow", "reset", "--workflow-id", "chain"];
    server.cli(&[&reset[..], &["--event-id", "4", "--reason", "again"]].concat());
    let again = |lane: &Shown| ended(lane) && lane.summary.as_ref().unwrap().run == 2;
    following
        .until("the reset run", |now| now.has("chain", again))
        .await;
    let lane = following.lane("chain").unwrap();
    assert_eq!(lane.runs.len(), 1);
    let chain = (1..=2).map(|run| (id("chain"), run));
    let renewing = (1..=5).map(|run| (id("renewing"), run));
    let runs: Vec<_> = chain.chain(renewing).collect();
    assert_eq!(listed(&backend, runs.len()).await, runs);
    let read = backend.history(&id("chain"), None).await.unwrap();
    let (shown, read) = (&lane.events, &read.history.events);
    assert_eq!(count_without_starts(shown), count_without_starts(read));
}

/// The runs that the backend lists, in order, once there are so many: the server lists a run some time after it
/// has begun.
async fn listed(backend: &Arc<dyn Backend>, count: usize) -> Vec<(InstanceId, u32)> {
    let end = Instant::now() + PATIENCE;
    loop {
        let page = backend.search(&Default::default(), None, 20).await.unwrap();
        let runs = page.instances.into_iter().map(|one| (one.id, one.run));
        let mut runs: Vec<_> = runs.collect();
        if runs.len() >= count || Instant::now() > end {
            runs.sort();
            return runs;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn lanes_that_are_no_longer_chosen_give_way() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    let backend = server.attach().await;
    let many = json!({ "many": "Waiting", "id": "many", "count": 80, "args": [] });
    worker.ask(many).unwrap();
    let mut following = Following::start(&backend, &[]);
    following
        .until("64 lanes", |now| now.lanes.len() == 64)
        .await;
    let outside = (0..80).map(|n| format!("many-{n}"));
    let outside = outside
        .clone()
        .find(|name| following.lane(name).is_none())
        .unwrap();
    following
        .watched
        .send_modify(|watched| watched.chosen = vec![id(&outside)]);
    following
        .until("the chosen lane", |now| {
            now.lane(&outside).is_some() && now.lanes.len() == 64
        })
        .await;
    following.watched.send_modify(|watched| {
        watched.chosen.clear();
        watched.matching = "MANY-7".to_owned();
    });
    // many-7 and many-70 to many-79.
    following
        .until("the lanes that match", |now| now.lanes.len() == 11)
        .await;
}

fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(u64::try_from(now.as_nanos()).unwrap())
}

/// The part of sorted times below which so many of a hundred lie.
fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn an_event_reaches_its_lane_nearly_as_fast_as_the_server_tells_it() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    let backend = server.attach().await;
    worker.begin("Pulse", "pulse", json!([60, 0.05]));
    let lane = tokio::spawn(latencies(backend));
    let channel = raw_poll::connect(&server);
    let plain = tokio::spawn(raw_poll::latencies(channel, "pulse".to_owned(), now));
    let (mut lane, mut plain) = (lane.await.unwrap(), plain.await.unwrap());
    let (lane_95, plain_95) = (percentile(&mut lane, 95), percentile(&mut plain, 95));
    println!(
        "event to lane, {} events: p50 {:?}, p95 {lane_95:?}; a plain long poll: p50 {:?}, p95 {plain_95:?}",
        lane.len(),
        percentile(&mut lane, 50),
        percentile(&mut plain, 50),
    );
    assert!(lane.len() > 200, "{}", lane.len());
    assert!(lane_95 <= plain_95 * 3 + Duration::from_millis(100));
}

async fn latencies(backend: Arc<dyn Backend>) -> Vec<Duration> {
    let mut following = Following::start(&backend, &["pulse"]);
    let mut found = Vec::new();
    let mut seen = 0;
    while !following.has("pulse", is_closed) {
        following.next().await;
        let arrived = now();
        let Some(lane) = following.lane("pulse") else {
            continue;
        };
        let new = lane.events[seen..].iter().zip(&lane.moments[seen..]);
        // An activity's start is recorded with its end: its time says nothing about the way.
        let new = new.filter(|(event, moment)| **moment == Moment::Now && !started(&event.kind));
        found.extend(new.map(|(event, _)| arrived.since(event.at)));
        seen = lane.events.len();
    }
    found
}
