//! Timeouts, heartbeats, limits of concurrent activities, and retryable failures.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use fermata::engine::*;
use futures_util::future::join_all;

use crate::harness::*;

/// Counts to ten, a second per number, with heartbeats; its first attempt stops them after four.
struct Count;
impl Activity for Count {
    const NAME: &'static str = "count";
    type Input = ();
    type Output = u32;
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn failure_types(history: &[Event]) -> Vec<&str> {
    let failed = history.iter().filter_map(|event| match &event.kind {
        EventKind::TaskFailed { failure, .. } => Some(failure.error_type.as_str()),
        _ => None,
    });
    failed.collect()
}

#[test]
fn an_attempt_that_takes_too_long_is_stopped_and_retried() {
    async fn hasty(ctx: Context, (): ()) -> Result<u64, Failure> {
        let work = ctx.activity(Work, &10_000).start_to_close(seconds(2));
        work.retry(RetryPolicy::attempts(3)).await
    }
    let diary = Diary::default();
    let registry = registry(&diary).workflow(Named::new("hasty"), hasty);
    simulate(registry, |engine| async move {
        let end = run(&engine, "hasty", ()).await;
        assert_eq!(end.failure.unwrap().error_type, Failure::START_TO_CLOSE);
        let took = end.closed_at.unwrap().since(end.started_at);
        assert_eq!(took.as_secs(), 3 * 2 + 1 + 2);
        let history = engine.archive().history(&end.id).unwrap();
        assert_eq!(failure_types(&history), [Failure::START_TO_CLOSE; 3]);
        pass(60_000).await;
    });
    assert_eq!(diary.lines(), ["work 10000 begins"; 3]);
}

#[test]
fn schedule_to_close_limits_all_attempts_and_is_not_retried() {
    async fn patient(ctx: Context, (): ()) -> Result<u32, Failure> {
        let stubborn = ctx
            .activity(Stubborn, &1_000)
            .schedule_to_close(seconds(20));
        stubborn.retry(RetryPolicy::attempts(0)).await
    }
    let registry = registry(&Diary::default()).workflow(Named::new("patient"), patient);
    simulate(registry, |engine| async move {
        let end = run(&engine, "patient", ()).await;
        assert_eq!(end.failure.unwrap().error_type, Failure::SCHEDULE_TO_CLOSE);
        assert_eq!(end.closed_at.unwrap().since(end.started_at).as_secs(), 20);
    });
}

#[test]
fn retries_end_with_the_retry_timeout() {
    async fn patient(ctx: Context, (): ()) -> Result<u32, Failure> {
        let retry = RetryPolicy {
            retry_timeout: Some(seconds(10)),
            ..RetryPolicy::attempts(0)
        };
        ctx.activity(Stubborn, &1_000).retry(retry).await
    }
    let registry = registry(&Diary::default()).workflow(Named::new("patient"), patient);
    simulate(registry, |engine| async move {
        let end = run(&engine, "patient", ()).await;
        // At 0, 1, 3 and 7 s; the one at 15 s would be too late.
        assert_eq!(end.failure.unwrap().message, "no 4");
        assert_eq!(end.closed_at.unwrap().since(end.started_at).as_secs(), 7);
    });
}

#[test]
fn the_workflow_decides_which_failures_are_retried() {
    async fn choosy(ctx: Context, (): ()) -> Result<u32, Failure> {
        let stubborn = ctx.activity(Stubborn, &9).retry(RetryPolicy::attempts(9));
        stubborn.retry_if(|failure| failure.message != "no 3").await
    }
    let registry = registry(&Diary::default()).workflow(Named::new("choosy"), choosy);
    simulate(registry, |engine| async move {
        let end = run(&engine, "choosy", ()).await;
        assert_eq!(end.failure.unwrap().message, "no 3");
        let export = engine.archive().export(&end.id).unwrap();
        assert_eq!(failure_types(&export.events).len(), 3);
    });
}

#[test]
fn an_attempt_without_heartbeats_is_retried_from_its_last_heartbeat() {
    async fn counting(ctx: Context, (): ()) -> Result<u32, Failure> {
        let count = ctx.activity(Count, &()).heartbeat(seconds(3));
        count.retry(RetryPolicy::attempts(2)).await
    }
    let registry = Registry::new()
        .workflow(Named::new("counting"), counting)
        .activity(Count, |context: ActivityContext, ()| async move {
            let from = context.last_heartbeat().unwrap_or(0);
            for n in from..10 {
                if n == 4 && context.attempt() == 1 {
                    std::future::pending::<()>().await;
                }
                pass(1_000).await;
                context.heartbeat(&(n + 1))?;
            }
            Ok(from)
        });
    simulate(registry, |engine| async move {
        let end = run(&engine, "counting", ()).await;
        assert_eq!(end.output.unwrap().as_str(), "4");
        let history = engine.archive().history(&end.id).unwrap();
        assert_eq!(failure_types(&history), [Failure::HEARTBEAT]);
        let beats = kinds(&history)
            .iter()
            .filter(|k| *k == "TaskHeartbeat")
            .count();
        assert!(
            (4..=6).contains(&beats),
            "one each second and a half at most: {beats}"
        );
    });
}

#[test]
fn concurrent_activities_of_a_name_are_limited_and_waiting_times_out() {
    struct Narrow;
    impl Activity for Narrow {
        const NAME: &'static str = "narrow";
        type Input = ();
        type Output = ();
    }
    async fn crowd(ctx: Context, n: usize) -> Result<usize, Failure> {
        let narrow = || {
            ctx.activity(Narrow, &())
                .schedule_to_start(seconds(3))
                .into_future()
        };
        let all = join_all((0..n).map(|_| narrow())).await;
        let failed = all.into_iter().filter_map(Result::err);
        Ok(failed
            .filter(|f| f.error_type == Failure::SCHEDULE_TO_START)
            .count())
    }
    let most = Arc::new(AtomicU32::new(0));
    let under_way = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&most);
    let options = ActivityOptions {
        max_concurrent: Some(2),
        ..ActivityOptions::default()
    };
    let registry = Registry::new()
        .workflow(Named::new("crowd"), crowd)
        .activity_with(Narrow, options, move |_, ()| {
            let (most, under_way) = (Arc::clone(&seen), Arc::clone(&under_way));
            async move {
                most.fetch_max(
                    under_way.fetch_add(1, Ordering::Relaxed) + 1,
                    Ordering::Relaxed,
                );
                pass(1_000).await;
                under_way.fetch_sub(1, Ordering::Relaxed);
                Ok(())
            }
        });
    simulate(registry, |engine| async move {
        let end = run(&engine, "crowd", 6_usize).await;
        assert_eq!(end.output.unwrap().as_str(), "0");
        assert_eq!(end.closed_at.unwrap().since(end.started_at).as_secs(), 3);
        let end = run(&engine, "crowd", 12_usize).await;
        let left = end.output.unwrap().as_str().parse::<u32>().unwrap();
        assert!((4..=6).contains(&left), "{left}");
    });
    assert_eq!(most.load(Ordering::Relaxed), 2);
}

#[test]
fn all_concurrent_activities_are_limited() {
    async fn fan(ctx: Context, (): ()) -> Result<(), Failure> {
        join_all((0..9).map(|_| ctx.activity(Work, &1_000).into_future())).await;
        Ok(())
    }
    let registry = registry(&Diary::default()).workflow(Named::new("fan"), fan);
    let limits = Limits {
        activities: 3,
        ..Limits::default()
    };
    simulate_with(
        RedbStore::in_memory().unwrap(),
        registry,
        limits,
        |engine| async move {
            let end = run(&engine, "fan", ()).await;
            assert_eq!(end.closed_at.unwrap().since(end.started_at).as_secs(), 3);
        },
    );
}

#[test]
fn oversized_payloads_are_refused_with_an_error() {
    struct Grow;
    impl Activity for Grow {
        const NAME: &'static str = "grow";
        type Input = usize;
        type Output = String;
    }
    async fn grow(ctx: Context, n: usize) -> Result<usize, Failure> {
        Ok(ctx
            .activity(Grow, &n)
            .retry(RetryPolicy::attempts(3))
            .await?
            .len())
    }
    let registry = Registry::new()
        .workflow(Named::new("grow"), grow)
        .activity(Grow, |_, n: usize| async move { Ok("x".repeat(n)) });
    let limits = Limits {
        payload: 1_000,
        ..Limits::default()
    };
    simulate_with(
        RedbStore::in_memory().unwrap(),
        registry,
        limits,
        |engine| async move {
            assert_eq!(
                run(&engine, "grow", 990_usize)
                    .await
                    .output
                    .unwrap()
                    .as_str(),
                "990"
            );
            let end = run(&engine, "grow", 2_000_usize).await;
            let failure = end.failure.unwrap();
            assert_eq!(failure.error_type, Failure::TOO_LARGE);
            assert!(
                failure.message.contains("2003 bytes and the limit is 1000"),
                "{failure}"
            );
            let text = "y".repeat(2_000);
            let started = engine.start_instance(wf("grow"), &text).await.unwrap_err();
            assert!(
                started.to_string().contains("the limit is 1000"),
                "{started}"
            );
            let raised = engine
                .raise(&id("grow-1"), "x", Payload::encode(&text).unwrap())
                .await;
            assert!(
                raised
                    .unwrap_err()
                    .to_string()
                    .contains("the limit is 1000")
            );
        },
    );
}
