//! Schedules that are set again, that cannot start their runs, and their descriptions.

use std::{sync::Arc, time::Duration};

use fermata::engine::*;

use crate::{harness::*, lives_by_the_clock::life_at};

const HOUR: u64 = 3_600;

async fn take(ctx: Context, seconds: u64) -> Result<(), Failure> {
    ctx.timer(Duration::from_secs(seconds)).await
}

fn registry_of_takes() -> Registry {
    Registry::new().workflow(Named::new("take"), take)
}

fn every(seconds: u64) -> Schedule {
    let times = Times::every(Duration::from_secs(seconds)).unwrap();
    Schedule::new(times, "take", Payload::encode(&1).unwrap())
}

fn name(text: &str) -> ScheduleName {
    ScheduleName::new(text).unwrap()
}

fn begun(engine: &Engine) -> usize {
    engine.archive().list().unwrap().len()
}

#[test]
fn setting_the_same_schedule_at_each_start_keeps_its_times() {
    let store: Arc<dyn Store> = Arc::new(RedbStore::in_memory().unwrap());
    let mut runs = 0;
    // Started every 40 minutes for eight hours.
    for start in 0..12 {
        let now = Timestamp(1_000_000_000) + Duration::from_secs(start * 2_400);
        runs = life_at(now, &store, registry_of_takes(), |engine| async move {
            let hourly = every(HOUR).catch_up(Duration::from_secs(2 * HOUR));
            engine.set_schedule(name("hourly"), hourly).await.unwrap();
            pass(2_390_000).await;
            begun(&engine)
        });
    }
    assert_eq!(runs, 7, "one in each hour after the first");
}

#[test]
fn a_paused_schedule_that_is_set_again_stays_paused() {
    simulate(registry_of_takes(), |engine| async move {
        let hourly = name("hourly");
        let set = |schedule| engine.set_schedule(name("hourly"), schedule);
        set(every(HOUR)).await.unwrap();
        engine.pause_schedule(&hourly).await.unwrap();
        set(every(HOUR)).await.unwrap();
        pass(8_000_000).await;
        assert_eq!(begun(&engine), 0);
        // With other times, too.
        set(every(600)).await.unwrap();
        assert!(engine.schedule(&hourly).await.unwrap().schedule.paused);
        pass(1_000_000).await;
        assert_eq!(begun(&engine), 0);
        engine.unpause_schedule(&hourly).await.unwrap();
        pass(650_000).await;
        assert_eq!(begun(&engine), 1, "on time");
    });
}

#[test]
fn new_times_apply_when_they_are_set() {
    simulate(registry_of_takes(), |engine| async move {
        engine
            .set_schedule(name("takes"), every(100))
            .await
            .unwrap();
        pass(90_000).await;
        engine.set_schedule(name("takes"), every(50)).await.unwrap();
        pass(49_000).await;
        assert_eq!(begun(&engine), 0);
        pass(2_000).await;
        assert_eq!(begun(&engine), 1);
    });
}

#[test]
fn an_input_that_is_too_large_is_refused_when_the_schedule_is_set() {
    let limits = Limits {
        payload: 1_000,
        ..Limits::default()
    };
    let store = RedbStore::in_memory().unwrap();
    simulate_with(store, registry_of_takes(), limits, |engine| async move {
        let big = Schedule {
            input: Payload::encode(&"x".repeat(2_000)).unwrap(),
            ..every(60)
        };
        let refused = engine.set_schedule(name("big"), big).await.unwrap_err();
        assert!(
            matches!(refused, EngineError::TooLarge { most: 1_000, .. }),
            "{refused}"
        );
        assert!(engine.schedules().await.unwrap().is_empty());
    });
}

#[test]
fn a_schedule_without_its_workflow_reports_that_until_it_returns() {
    let store: Arc<dyn Store> = Arc::new(RedbStore::in_memory().unwrap());
    let at = |hours: u64| Timestamp(1_000_000_000) + Duration::from_secs(hours * HOUR);
    life_at(at(0), &store, registry_of_takes(), |engine| async move {
        engine
            .set_schedule(name("hourly"), every(HOUR))
            .await
            .unwrap();
        pass(60_000).await;
    });
    life_at(at(0), &store, Registry::new(), |engine| async move {
        pass(24 * HOUR * 1_000 + 1_000).await;
        assert_eq!(begun(&engine), 0);
        let problems = engine.schedule_problems();
        let (of, problem) = &problems[0];
        assert_eq!((of.as_str(), problem.times), ("hourly", 24));
        assert!(problem.text.contains("\"take\""), "{}", problem.text);
        assert_eq!(problem.at, at(24));
        assert_eq!(engine.metrics().schedule_failures, 24);
        let described = engine.schedule(&name("hourly")).await.unwrap();
        assert_eq!(described.schedule.problem.as_ref(), Some(problem));
    });
    life_at(at(30), &store, registry_of_takes(), |engine| async move {
        assert_eq!(engine.schedule_problems().len(), 1, "it is in the store");
        pass(HOUR * 1_000 + 1_000).await;
        assert!(begun(&engine) > 0);
        assert!(engine.schedule_problems().is_empty());
        let described = engine.schedule(&name("hourly")).await.unwrap();
        assert_eq!(described.schedule.problem, None);
    });
}

#[test]
fn an_input_that_limits_no_longer_allow_is_reported_at_its_time() {
    let store: Arc<dyn Store> = Arc::new(RedbStore::in_memory().unwrap());
    let begins = Timestamp(1_000_000_000);
    life_at(begins, &store, registry_of_takes(), |engine| async move {
        let long = Schedule {
            input: Payload::encode(&"x".repeat(2_000)).unwrap(),
            ..every(60)
        };
        engine.set_schedule(name("long"), long).await.unwrap();
    });
    let setup = Setup {
        clock: Clock::starting_at(begins),
        limits: Limits {
            payload: 1_000,
            ..Limits::default()
        },
        ..Setup::default()
    };
    crate::lives_by_the_clock::life(setup, &store, registry_of_takes(), |engine| async move {
        pass(125_000).await;
        let problems = engine.schedule_problems();
        assert_eq!(problems[0].1.times, 2);
        assert!(
            problems[0].1.text.contains("1000"),
            "{}",
            problems[0].1.text
        );
    });
}

#[test]
fn schedules_can_be_listed_and_described() {
    simulate(registry_of_takes(), |engine| async move {
        engine.set_schedule(name("b"), every(100)).await.unwrap();
        let until = Timestamp(1_000_000_000) + Duration::from_secs(250);
        engine
            .set_schedule(name("a"), every(100).until(until))
            .await
            .unwrap();
        pass(120_000).await;
        let all = engine.schedules().await.unwrap();
        let names: Vec<_> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        let due = |seconds: u64| Timestamp(1_000_000_000) + Duration::from_secs(seconds);
        assert_eq!(all[0].upcoming, [due(200)], "it ends at 250 s");
        let five: Vec<_> = [200, 300, 400, 500, 600].map(due).into();
        assert_eq!(all[1].upcoming, five);
        assert_eq!(all[1].schedule.last_due, Some(due(100)));
        let last = all[1].schedule.last.clone().unwrap();
        assert_eq!(
            engine.archive().summary(&last).unwrap().status,
            Status::Completed
        );
        pass(1_000_000).await;
        let runs = |of: &str| {
            let all = engine.archive().list().unwrap();
            let mine = all.iter().filter(|one| one.tags["schedule"] == of);
            mine.count()
        };
        assert_eq!(
            (runs("a"), runs("b")),
            (2, 11),
            "the first ended after 250 s"
        );
        let unknown = engine.schedule(&name("c")).await.unwrap_err();
        assert!(
            matches!(unknown, EngineError::UnknownSchedule(_)),
            "{unknown}"
        );
    });
}
