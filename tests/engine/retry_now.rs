//! What waits for its next attempt can be retried before its time.

use std::{sync::Arc, time::Duration};

use fermata::engine::*;

use crate::{harness::*, lives::Through, well_formed};

const HOUR: Duration = Duration::from_secs(3600);

/// Each attempt an hour after the one before.
fn hourly() -> RetryPolicy {
    RetryPolicy {
        initial_interval: HOUR,
        backoff_coefficient: 1.0,
        max_interval: HOUR,
        ..RetryPolicy::attempts(0)
    }
}

async fn stubborn(ctx: Context, needed: u32) -> Result<u32, Failure> {
    ctx.activity(Stubborn, &needed).retry(hourly()).await
}

/// Retries by its own code.
async fn by_hand(ctx: Context, (): ()) -> Result<u64, Failure> {
    let origin = TimerOrigin::Retry {
        name: "charge".to_owned(),
        attempt: 2,
    };
    ctx.timer_for(HOUR, origin).await?;
    ctx.timer(Duration::from_secs(5)).await?;
    Ok(ctx.now().since(BEGINS).as_secs())
}

/// A child that succeeds as its second instance.
async fn lucky(ctx: Context, (): ()) -> Result<(), Failure> {
    match ctx.instance().to_string().ends_with("#2") {
        true => Ok(()),
        false => Err(Failure::new("Unlucky", "once")),
    }
}

async fn parent(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.child(Named::<(), ()>::new("lucky"), &())
        .retry(hourly())
        .await
}

/// A store that outlives its engine.
fn shared(store: Arc<RedbStore>) -> Through {
    Through {
        store,
        commit: Box::new(|store, batch| store.commit(batch)),
    }
}

fn workflows() -> Registry {
    registry(&Diary::default())
        .workflow(Named::new("stubborn"), stubborn)
        .workflow(Named::new("by-hand"), by_hand)
        .workflow(Named::new("lucky"), lucky)
        .workflow(Named::new("parent"), parent)
}

#[test]
fn an_activity_that_waits_for_an_hour_is_retried_at_once() {
    simulate(workflows(), |engine| async move {
        let call = engine.start_instance(wf::<u32>("stubborn"), &3);
        let id = call.await.unwrap();
        for seconds in 1..=2 {
            pass(1_000).await;
            engine.retry_now(&id).await.unwrap();
            pass(1).await;
            let history = engine.archive().history(&id).unwrap();
            let mut started = history.iter().filter_map(|event| match event.kind {
                EventKind::TaskStarted { attempt, .. } => Some((attempt, event.at)),
                _ => None,
            });
            let (attempt, at) = started.next_back().unwrap();
            assert_eq!(
                (attempt, at.since(BEGINS).as_secs()),
                (seconds + 1, seconds.into())
            );
        }
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!(end.status, Status::Completed);
        let history = engine.archive().history(&id).unwrap();
        assert_eq!(well_formed::check(&history), Ok(()));
    });
}

#[test]
fn a_delay_before_a_retry_by_the_code_ends_at_once_and_other_timers_do_not() {
    simulate(workflows(), |engine| async move {
        let id = engine
            .start_instance(wf::<()>("by-hand"), &())
            .await
            .unwrap();
        pass(2_000).await;
        engine.retry_now(&id).await.unwrap();
        pass(1_000).await;
        // It waits for its ordinary timer now.
        let refused = engine.retry_now(&id).await.unwrap_err();
        assert!(
            matches!(refused, EngineError::NothingToRetry(_)),
            "{refused}"
        );
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!(end.output.unwrap().decode::<u64>().unwrap(), 7);
    });
}

#[test]
fn a_child_that_waits_to_be_retried_starts_again_at_once() {
    simulate(workflows(), |engine| async move {
        let id = engine
            .start_instance(wf::<()>("parent"), &())
            .await
            .unwrap();
        pass(1_000).await;
        engine.retry_now(&id).await.unwrap();
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!(end.status, Status::Completed);
        assert_eq!(end.closed_at.unwrap().since(BEGINS).as_secs(), 1);
    });
}

#[test]
fn what_is_paused_closed_or_unknown_retries_nothing_and_says_so() {
    simulate(workflows(), |engine| async move {
        let call = engine.start_instance(wf::<u32>("stubborn"), &9);
        let id = call.await.unwrap();
        pass(1_000).await;
        engine.suspend(&id, "tea").await.unwrap();
        let refused = engine.retry_now(&id).await.unwrap_err();
        assert!(refused.to_string().contains("it is suspended"), "{refused}");
        engine.resume(&id, "done").await.unwrap();
        engine.retry_now(&id).await.unwrap();
        engine.terminate(&id, "enough").await.unwrap();
        let closed = engine.retry_now(&id).await.unwrap_err();
        assert!(matches!(closed, EngineError::Closed { .. }), "{closed}");
        let nobody = crate::harness::id("nobody");
        let unknown = engine.retry_now(&nobody).await.unwrap_err();
        assert!(
            matches!(unknown, EngineError::UnknownInstance(_)),
            "{unknown}"
        );
    });
}

#[test]
fn a_history_with_a_retry_before_its_time_is_replayed_after_a_restart() {
    let store = Arc::new(RedbStore::in_memory().unwrap());
    let begun = |store: Arc<RedbStore>| {
        simulate_on(shared(store), workflows(), |engine| async move {
            let call = engine.start_instance(wf::<u32>("stubborn"), &3);
            let id = call.await.unwrap();
            pass(1_000).await;
            engine.retry_now(&id).await.unwrap();
            pass(1_000).await;
            id
        })
    };
    let id = begun(Arc::clone(&store));
    simulate_on(shared(store), workflows(), |engine| async move {
        pass(1_000).await;
        assert_eq!(
            engine.archive().summary(&id).unwrap().status,
            Status::Running
        );
        engine.retry_now(&id).await.unwrap();
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!(end.output.unwrap().decode::<u32>().unwrap(), 3);
    });
}
