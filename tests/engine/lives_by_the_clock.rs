//! A sequence of processes on one store, while the machine's clock is set.

use std::{future::Future, sync::Arc, time::Duration};

use fermata::engine::*;

use crate::harness::*;
use crate::paused_time::in_paused_time;

const HOUR: u64 = 3_600;
const START: Timestamp = Timestamp(1_800_000_000_000_000_000);

/// One process on a store.
pub fn life<T, F: Future<Output = T>>(
    setup: Setup,
    store: &Arc<dyn Store>,
    registry: Registry,
    work: impl FnOnce(Engine) -> F,
) -> T {
    life_with(|| setup, store, registry, work)
}

/// One process on a store, on a machine whose clock shows `now`.
pub fn life_at<T, F: Future<Output = T>>(
    now: Timestamp,
    store: &Arc<dyn Store>,
    registry: Registry,
    work: impl FnOnce(Engine) -> F,
) -> T {
    let setup = || Setup {
        clock: Clock::starting_at(now),
        ..Setup::default()
    };
    life_with(setup, store, registry, work)
}

fn life_with<T, F: Future<Output = T>>(
    setup: impl FnOnce() -> Setup,
    store: &Arc<dyn Store>,
    registry: Registry,
    work: impl FnOnce(Engine) -> F,
) -> T {
    in_paused_time(async {
        let (engine, engine_work) =
            Engine::simulated(Arc::clone(store), registry, setup()).unwrap();
        let engine_work = tokio::task::spawn_local(engine_work);
        let result = work(engine.clone()).await;
        engine.stop().await;
        engine_work.await.unwrap();
        result
    })
}

fn earlier(seconds: u64) -> Timestamp {
    Timestamp(START.0 - seconds * 1_000_000_000)
}

async fn hour(ctx: Context, (): ()) -> Result<Timestamp, Failure> {
    ctx.timer(Duration::from_secs(HOUR)).await?;
    Ok(ctx.now())
}

async fn take(_: Context, (): ()) -> Result<(), Failure> {
    Ok(())
}

fn registry_of_hours() -> Registry {
    Registry::new()
        .workflow(Named::new("hour"), hour)
        .workflow(Named::new("take"), take)
}

fn hourly() -> Schedule {
    let times = Times::every(Duration::from_secs(HOUR)).unwrap();
    Schedule::new(times, "take", Payload::null()).catch_up(CatchUp::None)
}

fn name() -> ScheduleName {
    ScheduleName::new("hourly").unwrap()
}

#[test]
fn a_timer_does_not_wait_for_a_clock_that_was_set_back() {
    let store = memory();
    let waits = life_at(START, &store, registry_of_hours(), |engine| async move {
        let waits = engine.start_instance(wf("hour"), &()).await.unwrap();
        pass(600_000).await;
        engine
            .raise(&waits, "noise", Payload::null())
            .await
            .unwrap();
        waits
    });
    let day_back = earlier(24 * HOUR);
    life_at(day_back, &store, registry_of_hours(), |engine| async move {
        let begun = tokio::time::Instant::now();
        let end = engine.until_closed(&waits).await.unwrap();
        let took = begun.elapsed();
        assert_eq!(
            took,
            Duration::from_secs(HOUR - 600),
            "ten minutes are over"
        );
        // What the workflow and its history show goes on, too.
        assert_eq!(end.closed_at.unwrap().since(START).as_secs(), HOUR);
        let history = engine.archive().history(&waits).unwrap();
        assert!(history.is_sorted_by_key(|event| event.at));
        // The engine's clock is the one of its events.
        assert!(engine.clock().now() >= end.closed_at.unwrap());
        assert_eq!(engine.clock().wall_now(), day_back + took);
    });
}

#[test]
fn an_hourly_schedule_continues_within_the_hour_after_the_clock_was_set_back() {
    let store = memory();
    life_at(START, &store, registry_of_hours(), |engine| async move {
        engine.set_schedule(name(), hourly()).await.unwrap();
        pass(4_000_000).await;
        assert_eq!(engine.archive().list().unwrap().len(), 1);
    });
    let two_days_back = earlier(48 * HOUR);
    life_at(
        two_days_back,
        &store,
        registry_of_hours(),
        |engine| async move {
            pass(24 * HOUR * 1_000).await;
            let runs = engine.archive().list().unwrap().len() - 1;
            assert!((23..=24).contains(&runs), "{runs} runs in 24 hours");
        },
    );
}

#[test]
fn schedules_follow_the_wall_clock_and_timers_the_elapsed_time() {
    let store = memory();
    life_at(START, &store, registry_of_hours(), |engine| async move {
        engine.start_instance(wf("hour"), &()).await.unwrap();
    });
    // A day back, an instance is open, and a schedule is set for half an hour later by the clock on
    // the wall.
    let day_back = earlier(24 * HOUR);
    life_at(day_back, &store, registry_of_hours(), |engine| async move {
        let times = Times::every(Duration::from_secs(1_800)).unwrap();
        let schedule = Schedule::new(times, "take", Payload::null());
        engine.set_schedule(name(), schedule).await.unwrap();
        pass(1_801_000).await;
        let all = engine.archive().list().unwrap();
        let run = all.iter().find(|one| one.workflow == "take").unwrap();
        let due = day_back + Duration::from_secs(1_800);
        assert_eq!(run.tags["scheduled_at"], due.to_string());
        assert!(run.started_at >= START, "its events are not before others");
    });
}

#[test]
fn a_buffered_run_starts_after_a_restart() {
    // The store as it is when the process ends between the end of a run and the start of the next.
    let store = memory();
    let last = life_at(START, &store, registry_of_hours(), |engine| async move {
        let run = engine.start_instance(wf("take"), &()).await.unwrap();
        engine.until_closed(&run).await.unwrap();
        run
    });
    let yearly = Times::cron("0 0 1 jan *").unwrap();
    let waiting = Schedule {
        last: Some(last),
        buffered: true,
        ..Schedule::new(yearly, "take", Payload::null()).overlap(Overlap::BufferOne)
    };
    let batch = Batch {
        schedules: vec![(name(), Some(waiting.starting_at(START)))],
        ..Batch::default()
    };
    store.commit(&batch).unwrap();
    life_at(START, &store, registry_of_hours(), |engine| async move {
        pass(1_000).await;
        assert_eq!(engine.archive().list().unwrap().len(), 2);
    });
}

#[test]
fn an_engine_on_the_machines_clock_is_close_to_the_wall_clock() {
    let setup = Setup::default();
    life(setup, &memory(), registry_of_hours(), |engine| async move {
        let hour = engine.start_instance(wf("hour"), &()).await.unwrap();
        engine.until_closed(&hour).await.unwrap();
        let metrics = engine.metrics();
        assert_eq!((metrics.clock_jumps, metrics.last_clock_jump), (0, None));
    });
}
