//! Chains, fan-out, races, retries.

use std::{sync::atomic::Ordering, time::Duration};

use fermata::engine::*;
use futures_util::future::{Either, join_all, select};

use crate::harness::*;

async fn chain(ctx: Context, steps: u32) -> Result<u32, Failure> {
    let mut n = 0;
    for _ in 0..steps {
        n = ctx.activity(Increment, &n).await?;
    }
    Ok(n)
}

#[test]
fn a_chain_of_steps_costs_one_commit_each() {
    let (store, commits) = counting(0..0);
    let registry = registry(&Diary::default()).workflow(Named::new("chain"), chain);
    simulate_on(store, registry, |engine| async move {
        let end = run(&engine, "chain", 50).await;
        assert_eq!(end.output.unwrap().as_str(), "50");
        assert!(commits.load(Ordering::Relaxed) <= 52, "{commits:?}");
    });
}

#[test]
fn fan_out_runs_concurrently_and_fan_in_waits_for_all() {
    async fn fan(ctx: Context, (): ()) -> Result<u64, Failure> {
        let all = (1..=100).map(|n| ctx.activity(Work, &n).into_future());
        let results = join_all(all).await;
        results.into_iter().sum()
    }
    let registry = registry(&Diary::default()).workflow(Named::new("fan"), fan);
    simulate(registry, |engine| async move {
        let before = engine.clock().now();
        let end = run(&engine, "fan", ()).await;
        assert_eq!(end.output.unwrap().as_str(), "5050");
        let took = end.closed_at.unwrap().since(before);
        assert!(
            took < Duration::from_millis(110),
            "not side by side: {took:?}"
        );
    });
}

#[test]
fn the_loser_of_a_race_is_cancelled_and_recorded() {
    async fn race(ctx: Context, (): ()) -> Result<String, Failure> {
        let work = ctx.activity(Work, &10_000).into_future();
        let limit = ctx.timer(Duration::from_millis(50));
        match select(work, limit).await {
            Either::Left(_) => Ok("work".into()),
            Either::Right(_) => Ok("timeout".into()),
        }
    }
    let diary = Diary::default();
    let registry = registry(&diary).workflow(Named::new("race"), race);
    simulate(registry, |engine| async move {
        let end = run(&engine, "race", ()).await;
        assert_eq!(end.output.unwrap().as_str(), "\"timeout\"");
        pass(20_000).await;
        let history = engine.archive().history(&end.id).unwrap();
        assert_eq!(
            kinds(&history),
            [
                "ExecutionStarted",
                "TaskScheduled",
                "TimerCreated",
                "TaskStarted",
                "TimerFired",
                "TaskCanceled",
                "ExecutionCompleted"
            ]
        );
    });
    assert_eq!(diary.lines(), ["work 10000 begins"]);
}

#[test]
fn every_attempt_of_a_retried_activity_is_in_the_history() {
    async fn insist(ctx: Context, needed: u32) -> Result<u32, Failure> {
        let retry = RetryPolicy {
            initial_interval: Duration::from_millis(100),
            backoff_coefficient: 2.0,
            ..RetryPolicy::attempts(4)
        };
        ctx.activity(Stubborn, &needed).retry(retry).await
    }
    let registry = registry(&Diary::default()).workflow(Named::new("insist"), insist);
    simulate(registry, |engine| async move {
        let end = run(&engine, "insist", 3).await;
        assert_eq!(end.output.unwrap().as_str(), "3");
        let history = engine.archive().history(&end.id).unwrap();
        let failed: Vec<_> = history
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::TaskFailed {
                    attempt, retry_at, ..
                } => Some((*attempt, retry_at.unwrap().since(event.at))),
                _ => None,
            })
            .collect();
        let ms = Duration::from_millis;
        assert_eq!(failed, [(1, ms(100)), (2, ms(200))]);

        let end = run(&engine, "insist", 9).await;
        assert_eq!(end.status, Status::Failed);
        assert_eq!(end.failure.unwrap().message, "no 4");
    });
}

#[test]
fn a_panic_of_workflow_code_stalls_the_instance_with_a_location() {
    async fn broken(ctx: Context, (): ()) -> Result<(), Failure> {
        let _ = ctx.activity(Increment, &1).await?;
        panic!("out of tune");
    }
    async fn fine(_: Context, (): ()) -> Result<(), Failure> {
        Ok(())
    }
    let registry = registry(&Diary::default())
        .workflow(Named::new("broken"), broken)
        .workflow(Named::new("fine"), fine);
    simulate(registry, |engine| async move {
        let id = engine.start_instance(wf("broken"), &()).await.unwrap();
        pass(1_000).await;
        let history = engine.archive().history(&id).unwrap();
        let Some(EventKind::ExecutionStalled { reason }) = history.last().map(|e| &e.kind) else {
            panic!("{history:?}");
        };
        assert!(reason.contains("out of tune"), "{reason}");
        assert!(reason.contains("activities.rs:"), "{reason}");
        // The engine goes on.
        assert_eq!(run(&engine, "fine", ()).await.status, Status::Completed);
    });
}
