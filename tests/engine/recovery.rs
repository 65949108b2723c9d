//! Recovery after a crash at any point.

use std::{sync::Arc, time::Duration};

use fermata::engine::*;
use futures_util::future::{Either, select};

use crate::harness::*;

/// Uses everything: activities, retries, timers, events, a race, a status.
async fn everything(ctx: Context, start: u32) -> Result<(u32, Option<String>), Failure> {
    let mut n = start;
    for _ in 0..3 {
        n = ctx.activity(Increment, &n).await?;
    }
    ctx.set_status(&n)?;
    let retry = RetryPolicy::attempts(3);
    n += ctx.activity(Stubborn, &2).retry(retry).await?;
    let work = ctx.activity(Work, &10_000).into_future();
    if let Either::Left(_) = select(work, ctx.timer(Duration::from_millis(20))).await {
        return Err(Failure::new("Race", "the work won"));
    }
    let heard = ctx
        .wait_event_for("hall", Duration::from_millis(500))
        .await?;
    let random = u32::try_from(ctx.random() % 10).unwrap_or(0);
    Ok((n + random, heard))
}

fn workflows() -> Registry {
    registry(&Diary::default()).workflow(Named::new("everything"), everything)
}

/// A store with one open instance that has this history.
fn store_with(history: &[Event], summary: &InstanceSummary) -> RedbStore {
    let store = RedbStore::in_memory().unwrap();
    let open = InstanceSummary {
        status: Status::Running,
        closed_at: None,
        output: None,
        ..summary.clone()
    };
    let key = InstanceKey(1);
    store
        .commit(&Batch {
            histories: vec![(key, history.to_vec())],
            summaries: vec![(key, open)],
            ..Batch::default()
        })
        .unwrap();
    store
}

#[test]
fn a_history_cut_anywhere_continues_to_the_same_end() {
    let (whole, end) = simulate(workflows(), |engine| async move {
        let end = run(&engine, "everything", 4).await;
        (engine.archive().history(&end.id).unwrap(), end)
    });
    assert_eq!(end.status, Status::Completed);
    for cut in 1..whole.len() {
        let store = store_with(&whole[..cut], &end);
        simulate_on(store, workflows(), |engine| {
            let (whole, expected) = (&whole, &end);
            async move {
                let feed = engine.subscribe().await.unwrap();
                let again = match feed.open.first() {
                    Some(open) if !open.status.is_closed() => {
                        let mut feed = feed;
                        feed.until_closed(&expected.id).await.unwrap()
                    }
                    _ => engine.archive().summary(&expected.id).unwrap(),
                };
                assert_eq!(again.output, expected.output, "cut at {cut}");
                let history = engine.archive().history(&expected.id).unwrap();
                let completed = |history: &[Event]| {
                    let names = kinds(history);
                    names.iter().filter(|n| *n == "TaskCompleted").count()
                };
                assert_eq!(completed(&history), completed(whole), "cut at {cut}");
                assert_eq!(history[..cut], whole[..cut], "history was rewritten");
            }
        });
    }
}

#[test]
fn completed_activities_do_not_run_again() {
    let (whole, end) = simulate(workflows(), |engine| async move {
        let end = run(&engine, "everything", 0).await;
        (engine.archive().history(&end.id).unwrap(), end)
    });
    let second = whole
        .iter()
        .enumerate()
        .filter(|(_, event)| matches!(event.kind, EventKind::TaskCompleted { .. }))
        .map(|(at, _)| at)
        .nth(1)
        .unwrap();
    let diary = Diary::default();
    let registry = registry(&diary).workflow(Named::new("everything"), everything);
    simulate_on(
        store_with(&whole[..=second], &end),
        registry,
        |engine| async move {
            let mut feed = engine.subscribe().await.unwrap();
            feed.until_closed(&end.id).await.unwrap();
        },
    );
    let increments: Vec<_> = diary.lines();
    assert_eq!(increments[0], "increment 2", "{increments:?}");
}

#[test]
fn mismatched_code_stalls_the_instance_and_fixed_code_continues() {
    async fn changed(ctx: Context, start: u32) -> Result<u32, Failure> {
        ctx.timer(Duration::from_millis(1)).await?;
        ctx.activity(Increment, &start).await
    }
    let (whole, end) = simulate(workflows(), |engine| async move {
        let end = run(&engine, "everything", 0).await;
        (engine.archive().history(&end.id).unwrap(), end)
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let key = InstanceKey(1);
    let open = InstanceSummary {
        status: Status::Running,
        closed_at: None,
        ..end.clone()
    };
    let batch = Batch {
        histories: vec![(key, whole[..8].to_vec())],
        summaries: vec![(key, open)],
        ..Batch::default()
    };
    RedbStore::create(&path).unwrap().commit(&batch).unwrap();

    let wrong = registry(&Diary::default()).workflow(Named::new("everything"), changed);
    simulate_on(
        RedbStore::open(&path).unwrap(),
        wrong,
        |engine| async move {
            let feed = engine.subscribe().await.unwrap();
            assert_eq!(feed.open[0].status, Status::Stalled);
            let history = engine.archive().history(&feed.open[0].id).unwrap();
            let Some(EventKind::ExecutionStalled { reason }) = history.last().map(|e| &e.kind)
            else {
                panic!("{history:?}");
            };
            assert!(
                reason.contains("event 1") && reason.contains("increment"),
                "{reason}"
            );
        },
    );
    simulate_on(
        RedbStore::open(&path).unwrap(),
        workflows(),
        |engine| async move {
            let mut feed = engine.subscribe().await.unwrap();
            let again = feed.until_closed(&end.id).await.unwrap();
            assert_eq!(again.status, Status::Completed);
        },
    );
}

#[test]
fn a_suspended_instance_whose_code_was_broken_and_fixed_is_still_suspended() {
    async fn waiter(ctx: Context, (): ()) -> Result<u32, Failure> {
        ctx.activity(Increment, &1).await?;
        let n = ctx.wait_event("go").await?;
        ctx.activity(Increment, &n).await
    }
    async fn broken(ctx: Context, (): ()) -> Result<u32, Failure> {
        ctx.wait_event("go").await
    }
    let mended = || registry(&Diary::default()).workflow(Named::new("waiter"), waiter);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let store = RedbStore::create(&path).unwrap();
    let id = simulate_on(store, mended(), |engine| async move {
        let id = engine.start_instance(wf("waiter"), &()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        engine.suspend(&id, "the phone rings").await.unwrap();
        id
    });
    let status = async |engine: &Engine| engine.subscribe().await.unwrap().open[0].status;
    let broken = registry(&Diary::default()).workflow(Named::new("waiter"), broken);
    let store = RedbStore::open(&path).unwrap();
    simulate_on(store, broken, |engine| async move {
        assert_eq!(status(&engine).await, Status::Stalled);
    });
    for _ in 0..2 {
        let (id, store) = (id.clone(), RedbStore::open(&path).unwrap());
        simulate_on(store, mended(), |engine| async move {
            assert_eq!(status(&engine).await, Status::Suspended);
            let n = Payload::encode(&7).unwrap();
            engine.raise(&id, "go", n).await.unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(status(&engine).await, Status::Suspended);
        });
    }
    let store = RedbStore::open(&path).unwrap();
    simulate_on(store, mended(), |engine| async move {
        engine.resume(&id, "").await.unwrap();
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "8");
        let events = engine.archive().history(&id).unwrap();
        let instance = id;
        replay(&mended(), &History { instance, events }).unwrap();
    });
}

/// More than one commit contains.
const MANY: u32 = 5_000;

#[test]
fn children_queued_for_the_next_commit_start_once() {
    async fn parent(ctx: Context, (): ()) -> Result<u32, Failure> {
        let child = |n| ctx.child(Named::<u32, u32>::new("child"), &n).into_future();
        let ends = futures_util::future::join_all((0..MANY).map(child)).await;
        let ends: Result<Vec<_>, _> = ends.into_iter().collect();
        Ok(u32::try_from(ends?.len()).unwrap())
    }
    async fn child(ctx: Context, n: u32) -> Result<u32, Failure> {
        ctx.timer(Duration::from_secs(1)).await.map(|()| n)
    }
    let workflows = || {
        Registry::new()
            .workflow(Named::new("parent"), parent)
            .workflow(Named::new("child"), child)
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    // The first commit marks the store, the second starts the parent.
    let (mut store, _) = counting(2..usize::MAX);
    store.store = Arc::new(RedbStore::create(&path).unwrap());
    let id = simulate_on(store, workflows(), |engine| async move {
        let id = engine.start_instance(wf("parent"), &()).await.unwrap();
        let open = engine.archive().open_instances().unwrap().len();
        assert!(
            (2..MANY as usize).contains(&open),
            "{open} have begun in one commit"
        );
        id
    });
    let store = RedbStore::open(&path).unwrap();
    simulate_on(store, workflows(), |engine| async move {
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!(
            end.output.map(|o| o.as_str().to_owned()),
            Some(MANY.to_string()),
            "{:?}",
            end.failure
        );
    });
}
