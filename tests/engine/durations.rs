//! The longest and the shortest durations, and overdue timers.

use std::{sync::Arc, time::Duration};

use fermata::engine::*;
use futures_util::future::{join3, select};

use crate::{harness::*, lives_by_the_clock::life_at};

#[test]
fn the_longest_duration_works_everywhere() {
    const EVER: Duration = Duration::MAX;
    async fn patient(ctx: Context, (): ()) -> Result<u64, Failure> {
        let call = ctx.activity(Work, &10).heartbeat(EVER).start_to_close(EVER);
        let call = call.schedule_to_close(EVER).schedule_to_start(EVER);
        let worked = call.await?;
        let timer = select(ctx.timer(EVER), ctx.wait_event_for::<u32>("x", EVER));
        drop(select(timer, ctx.timer(secs(1))).await);
        let policy = RetryPolicy {
            initial_interval: EVER,
            max_interval: EVER,
            retry_timeout: Some(EVER),
            ..RetryPolicy::attempts(2)
        };
        let pause = ctx.activity(Stubborn, &2).retry(policy).into_future();
        drop(select(pause, ctx.timer(secs(1))).await);
        Ok(worked)
    }
    let patients = || registry(&Diary::default()).workflow(Named::new("patient"), patient);
    let begins = Timestamp(1_800_000_000_000_000_000);
    let store: Arc<dyn Store> = Arc::new(RedbStore::in_memory().unwrap());
    let id = life_at(begins, &store, patients(), |engine| async move {
        let start = engine.start_instance(wf("patient"), &()).timeout(EVER);
        let id = start.await.unwrap();
        let later = engine.start_instance(wf("patient"), &()).after(EVER);
        later.id(id_of_the_last()).await.unwrap();
        pass(300).await;
        engine.suspend(&id, "").await.unwrap();
        pass(1_000).await;
        id
    });
    life_at(begins + secs(60), &store, patients(), |engine| async move {
        engine.resume(&id, "").await.unwrap();
        pass(10_000).await;
        let end = engine.archive().summary(&id).unwrap();
        assert_eq!(end.output.unwrap().as_str(), "10", "{:?}", end.failure);
        let last = engine.archive().summary(&id_of_the_last()).unwrap();
        assert_eq!(last.status, Status::Pending);
    });
}

fn id_of_the_last() -> InstanceId {
    id("at the end of time")
}

#[test]
fn a_zero_duration_ends_at_once() {
    async fn hasty(ctx: Context, (): ()) -> Result<(Option<u32>, String), Failure> {
        ctx.timer(Duration::ZERO).await?;
        let heard = ctx.wait_event_for("x", Duration::ZERO).await?;
        let worked = ctx.activity(Work, &10).start_to_close(Duration::ZERO).await;
        Ok((heard, worked.unwrap_err().error_type))
    }
    let registry = registry(&Diary::default()).workflow(Named::new("hasty"), hasty);
    simulate(registry, |engine| async move {
        let end = run(&engine, "hasty", ()).await;
        let said = end.output.unwrap();
        assert_eq!(said.as_str(), "[null,\"StartToCloseTimeout\"]");
        let took = end.closed_at.unwrap().since(end.started_at);
        assert!(took < Duration::from_millis(10), "{took:?}");
    });
}

#[test]
fn overdue_timers_fire_in_order_after_a_restart() {
    async fn three(ctx: Context, (): ()) -> Result<Vec<u64>, Failure> {
        let order = std::cell::RefCell::new(Vec::new());
        let after = async |seconds| {
            ctx.timer(secs(seconds)).await?;
            order.borrow_mut().push(seconds);
            Ok::<_, Failure>(())
        };
        let (a, b, c) = join3(after(30), after(10), after(20)).await;
        a.and(b).and(c)?;
        Ok(order.take())
    }
    let three = || Registry::new().workflow(Named::new("three"), three);
    let store: Arc<dyn Store> = Arc::new(RedbStore::in_memory().unwrap());
    let begins = Timestamp(1_000_000_000);
    let id = life_at(begins, &store, three(), |engine| async move {
        let id = engine.start_instance(wf("three"), &()).await.unwrap();
        pass(1_000).await;
        id
    });
    let a_day_later = begins + secs(86_400);
    life_at(a_day_later, &store, three(), |engine| async move {
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "[10,20,30]");
        assert_eq!(end.closed_at.unwrap(), a_day_later);
    });
}
