//! Instances that are suspended for a long time: their activities, timeouts and timers.

use fermata::engine::*;
use futures_util::future::try_join_all;

use crate::harness::*;

#[test]
fn an_activity_of_a_suspended_instance_may_finish_whatever_its_timeouts() {
    async fn long(ctx: Context, (): ()) -> Result<u64, Failure> {
        ctx.activity(Work, &8_000)
            .heartbeat(secs(10))
            .start_to_close(secs(10))
            .schedule_to_close(secs(20))
            .retry(RetryPolicy::attempts(2))
            .await
    }
    let diary = Diary::default();
    let registry = registry(&diary).workflow(Named::new("long"), long);
    simulate(registry, |engine| async move {
        let long = engine.start_instance(wf("long"), &()).await.unwrap();
        pass(1_000).await;
        engine.suspend(&long, "").await.unwrap();
        pass(3_600_000).await;
        engine.resume(&long, "").await.unwrap();
        pass(60_000).await;
        let end = engine.archive().summary(&long).unwrap();
        assert_eq!(end.status, Status::Completed, "{:?}", end.failure);
    });
    assert_eq!(diary.lines(), ["work 8000 begins", "work 8000 ends"]);
}

#[test]
fn an_instance_terminated_while_suspended_does_nothing_more() {
    async fn five(ctx: Context, (): ()) -> Result<(), Failure> {
        let works = (0..5).map(|_| ctx.activity(Work, &5_000).into_future());
        try_join_all(works).await?;
        ctx.activity(Work, &1).await.map(|_| ())
    }
    let diary = Diary::default();
    let registry = registry(&diary).workflow(Named::new("five"), five);
    simulate(registry, |engine| async move {
        let five = engine.start_instance(wf("five"), &()).await.unwrap();
        pass(1_000).await;
        engine.suspend(&five, "").await.unwrap();
        pass(3_600_000).await;
        engine.terminate(&five, "").await.unwrap();
        let resumed = engine.resume(&five, "").await;
        assert!(matches!(resumed, Err(EngineError::Closed { .. })));
        pass(3_600_000).await;
        let end = engine.archive().summary(&five).unwrap();
        assert_eq!((end.status, end.in_flight), (Status::Terminated, 0));
    });
    let begun = diary.lines().into_iter().filter(|l| l.ends_with("begins"));
    assert_eq!(begun.count(), 5);
}

#[test]
fn timers_that_came_due_during_a_pause_fire_once_and_the_next_are_on_time() {
    async fn ticks(ctx: Context, (): ()) -> Result<Vec<u64>, Failure> {
        let begun = ctx.now();
        let mut at = Vec::new();
        for _ in 0..3 {
            ctx.timer(secs(10)).await?;
            at.push(ctx.now().since(begun).as_secs());
        }
        Ok(at)
    }
    for (time, expected) in [
        (SuspendedTime::RunsOn, "[35,45,55]"),
        (SuspendedTime::Frozen, "[44,54,64]"),
    ] {
        let registry = Registry::new().workflow(Named::new("ticks"), ticks);
        simulate(registry, |engine| async move {
            let ticks = engine.start_instance(wf("ticks"), &()).await.unwrap();
            pass(1_000).await;
            let how = Suspension {
                time,
                ..Suspension::default()
            };
            engine.suspend_with(&ticks, "", how).await.unwrap();
            pass(34_000).await;
            engine.resume(&ticks, "").await.unwrap();
            let end = engine.until_closed(&ticks).await.unwrap();
            assert_eq!(end.output.unwrap().as_str(), expected, "{time:?}");
        });
    }
}
