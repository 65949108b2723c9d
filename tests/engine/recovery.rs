//! Going on after the process ended, wherever it stood.

use std::time::Duration;

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
    registry(&Diary::default()).workflow("everything", everything)
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
            events: history.iter().map(|event| (key, event.clone())).collect(),
            summaries: vec![(key, open)],
        })
        .unwrap();
    store
}

#[test]
fn a_history_cut_off_anywhere_goes_on_to_the_same_end() {
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
    let registry = registry(&diary).workflow("everything", everything);
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
fn code_that_no_longer_fits_stalls_the_instance_and_mended_code_goes_on() {
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
        events: whole[..8]
            .iter()
            .map(|event| (key, event.clone()))
            .collect(),
        summaries: vec![(key, open)],
    };
    RedbStore::create(&path).unwrap().commit(&batch).unwrap();

    let wrong = registry(&Diary::default()).workflow("everything", changed);
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
