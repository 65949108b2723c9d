//! Who gets which work. The workers are streams of messages; nothing is on a network.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt as _;

use crate::{
    engine::{
        Archive, Engine, EventKind, InstanceId, Payload, RedbStore, Registry, Setup, Status, Store,
    },
    serve::durable_task::{
        dealing::MAX_BROKEN_STREAMS,
        hub::{Hub, MAX_STREAMS},
        messages::{
            Action, ActionType, ActivityResponse, Complete, Filter, Filters, GetWorkItems,
            ScheduleTask, TurnResponse, WorkItem,
        },
        work_stream::WorkStream,
    },
};

struct Stage {
    engine: Engine,
    hub: Hub,
}

impl Stage {
    fn new() -> Self {
        let store: Arc<dyn Store> = Arc::new(RedbStore::in_memory().unwrap());
        let hub = Hub::new(Archive::new(Arc::clone(&store)));
        let registry = Registry::new().remote(Arc::new(hub.clone()));
        let engine = Engine::start(store, registry, Setup::default()).unwrap();
        Self { engine, hub }
    }

    async fn start(&self, id: &str) -> InstanceId {
        let id = InstanceId::new(id).unwrap();
        let started = self.engine.start_remote("song", None, Payload::null());
        started.id(id).await.unwrap()
    }

    fn worker(&self, asked: GetWorkItems) -> WorkStream {
        WorkStream::open(self.hub.clone(), asked).unwrap()
    }

    fn microsofts(&self) -> WorkStream {
        self.worker(GetWorkItems {
            max_turns: 10,
            max_activities: 10,
            ..GetWorkItems::default()
        })
    }

    async fn end(&self, id: &InstanceId) -> (Status, Option<Payload>) {
        let end = soon(self.engine.until_closed(id)).await.unwrap();
        (end.status, end.output)
    }
}

/// Long enough for everything that comes at all.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    let end = tokio::time::timeout(Duration::from_secs(60), what).await;
    end.expect("it comes")
}

/// The next piece of work of a worker.
async fn next(worker: &mut WorkStream) -> WorkItem {
    soon(worker.next()).await.unwrap()
}

fn answer(id: &InstanceId, token: &str, number: i32, action: ActionType) -> TurnResponse {
    TurnResponse {
        instance_id: id.to_string(),
        completion_token: token.to_owned(),
        actions: vec![Action {
            id: number,
            action: Some(action),
        }],
        ..TurnResponse::default()
    }
}

fn schedule() -> ActionType {
    ActionType::ScheduleTask(ScheduleTask {
        name: "play".into(),
        input: None,
    })
}

fn complete() -> ActionType {
    ActionType::Complete(Box::new(Complete {
        status: 1,
        ..Complete::default()
    }))
}

fn done(id: &InstanceId, item: &WorkItem) -> ActivityResponse {
    ActivityResponse {
        instance_id: id.to_string(),
        task_id: item.activity.as_ref().unwrap().task_id,
        completion_token: item.completion_token.clone(),
        ..ActivityResponse::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_worker_that_goes_leaves_its_work_to_others_and_its_answer_comes_too_late() {
    let stage = Stage::new();
    let song = stage.start("song-1").await;
    let mut first = stage.microsofts();
    let held = next(&mut first).await;
    drop(first);
    let mut second = stage.microsofts();
    let again = next(&mut second).await;
    assert_eq!(again.turn, held.turn);
    assert_ne!(again.completion_token, held.completion_token);
    let late = answer(&song, &held.completion_token, 1, complete());
    assert!(!stage.hub.turn_answered(late));
    let right = answer(&song, &again.completion_token, 1, schedule());
    assert!(stage.hub.turn_answered(right.clone()));
    assert!(!stage.hub.turn_answered(right), "an answer counts once");
    let play = next(&mut second).await;
    assert!(stage.hub.activity_answered(done(&song, &play)));
    let turn = next(&mut second).await;
    let end = answer(&song, &turn.completion_token, 2, complete());
    assert!(stage.hub.turn_answered(end));
    assert_eq!(stage.end(&song).await.0, Status::Completed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_activity_that_waits_for_a_worker_is_known_until_one_has_it() {
    let stage = Stage::new();
    let mut waits = stage.hub.has_waiting_activities();
    let song = stage.start("song-1").await;
    // It takes turns, and no activity at all.
    let names = |name: &str| Filter {
        name: name.to_owned(),
        ..Filter::default()
    };
    let mut conductor = stage.worker(GetWorkItems {
        filters: Some(Filters {
            workflows: vec![names("song")],
            activities: vec![names("nothing")],
        }),
        ..GetWorkItems::default()
    });
    let turn = next(&mut conductor).await;
    let right = answer(&song, &turn.completion_token, 1, schedule());
    assert!(stage.hub.turn_answered(right));
    soon(waits.wait_for(|waits| *waits)).await.unwrap();
    let waiting = loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let waiting = stage.hub.waiting_activities();
        if !waiting.is_empty() {
            break waiting;
        }
    };
    assert_eq!(&*waiting[&song].longest, "play");
    let history = stage.engine.archive().history(&song).unwrap();
    let scheduled = history.iter();
    let scheduled = scheduled.filter(|event| matches!(event.kind, EventKind::TaskScheduled { .. }));
    assert!(
        scheduled
            .map(|event| &event.id)
            .eq(&waiting[&song].scheduled)
    );
    assert!(waiting[&song].since.elapsed() >= Duration::from_secs(1));
    let mut player = stage.microsofts();
    let play = next(&mut player).await;
    assert!(stage.hub.waiting_activities().is_empty());
    soon(waits.wait_for(|waits| !waits)).await.unwrap();
    drop(player);
    soon(waits.wait_for(|waits| *waits)).await.unwrap();
    assert!(!stage.hub.activity_answered(done(&song, &play)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_library_without_tokens_is_understood() {
    let stage = Stage::new();
    let song = stage.start("song-1").await;
    let mut worker = stage.worker(GetWorkItems::default());
    next(&mut worker).await;
    assert!(stage.hub.turn_answered(answer(&song, "", 4, schedule())));
    let mut play = next(&mut worker).await;
    play.completion_token.clear();
    assert!(stage.hub.activity_answered(done(&song, &play)));
    next(&mut worker).await;
    assert!(stage.hub.turn_answered(answer(&song, "", 5, complete())));
    assert_eq!(stage.end(&song).await.0, Status::Completed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn only_a_worker_of_dapr_gets_what_only_dapr_knows() {
    for (asked, is_daprs) in [(vec![], false), (vec![2, 3], true)] {
        let stage = Stage::new();
        let song = stage.start("song-1").await;
        let mut worker = stage.worker(GetWorkItems {
            dapr_capabilities: asked,
            ..GetWorkItems::default()
        });
        let turn = next(&mut worker).await;
        let play = answer(&song, &turn.completion_token, 1, schedule());
        assert!(stage.hub.turn_answered(play));
        let play = next(&mut worker).await.activity.unwrap();
        assert_eq!(!play.task_execution_id.is_empty(), is_daprs);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_worker_gets_only_what_it_takes_and_as_much_as_it_takes() {
    let stage = Stage::new();
    for id in ["song-1", "song-2"] {
        stage.start(id).await;
    }
    let takes = |name: &str, max_turns| GetWorkItems {
        max_turns,
        filters: Some(Filters {
            workflows: vec![Filter {
                name: name.to_owned(),
                versions: Vec::new(),
            }],
            activities: Vec::new(),
        }),
        ..GetWorkItems::default()
    };
    let mut other = stage.worker(takes("dance", 10));
    let mut one_at_a_time = stage.worker(takes("song", 1));
    let first = next(&mut one_at_a_time).await;
    while stage.hub.lock().work.len() < 2 {
        tokio::task::yield_now().await;
    }
    // The second waits until there is room; whoever takes other code never gets it.
    assert!(other.next().now_or_never().is_none());
    assert!(one_at_a_time.next().now_or_never().is_none());
    let song = InstanceId::new("song-1").unwrap();
    let end = answer(&song, &first.completion_token, 1, complete());
    assert!(stage.hub.turn_answered(end));
    assert!(next(&mut one_at_a_time).await.turn.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_the_engine_withdraws_reaches_nobody() {
    let stage = Stage::new();
    let song = stage.start("song-1").await;
    stage.engine.terminate(&song, "enough").await.unwrap();
    stage.end(&song).await;
    while !stage.hub.lock().work.is_empty() {
        tokio::task::yield_now().await;
    }
    let other = stage.start("song-2").await;
    let mut worker = stage.microsofts();
    let item = next(&mut worker).await;
    let end = answer(&other, &item.completion_token, 1, complete());
    assert!(stage.hub.turn_answered(end));
    assert_eq!(stage.end(&other).await.0, Status::Completed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_turn_that_ends_every_stream_stalls_its_instance_with_the_reason() {
    let stage = Stage::new();
    let song = stage.start("song-1").await;
    let mut feed = stage.engine.subscribe().await.unwrap();
    for _ in 0..MAX_BROKEN_STREAMS {
        let mut worker = stage.microsofts();
        next(&mut worker).await;
    }
    soon(async { while feed.next().await.unwrap().instance.status != Status::Stalled {} }).await;
    let history = stage.engine.archive().history(&song).unwrap();
    let Some(EventKind::ExecutionStalled { reason }) = history.last().map(|event| &event.kind)
    else {
        panic!("{history:?}")
    };
    assert!(reason.contains("too large"), "{reason}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn there_is_an_end_to_the_number_of_streams() {
    let stage = Stage::new();
    let workers: Vec<_> = (0..MAX_STREAMS).map(|_| stage.microsofts()).collect();
    assert!(WorkStream::open(stage.hub.clone(), GetWorkItems::default()).is_none());
    drop(workers);
    assert!(WorkStream::open(stage.hub.clone(), GetWorkItems::default()).is_some());
}
