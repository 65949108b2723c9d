//! Scheduled workflows, and the orderly shutdown of an engine.

use std::{sync::Arc, time::Duration};

use fermata::engine::*;

use crate::harness::*;
use crate::paused_time::in_paused_time;

async fn take(ctx: Context, seconds: u64) -> Result<(), Failure> {
    ctx.timer(Duration::from_secs(seconds)).await
}

fn registry_of_takes() -> Registry {
    Registry::new().workflow(Named::new("take"), take)
}

fn every(seconds: u64, takes: u64) -> Schedule {
    let times = Times::every(Duration::from_secs(seconds)).unwrap();
    Schedule::new(times, "take", Payload::encode(&takes).unwrap())
}

fn name(text: &str) -> ScheduleName {
    ScheduleName::new(text).unwrap()
}

/// How many instances have begun, and the most that were open at once.
fn begun(engine: &Engine) -> (usize, usize) {
    let all = engine.archive().list().unwrap();
    let open_at = |moment: Timestamp| {
        let open = |i: &&InstanceSummary| {
            i.started_at <= moment && i.closed_at.is_none_or(|closed| closed > moment)
        };
        all.iter().filter(open).count()
    };
    let most = all.iter().map(|i| open_at(i.started_at)).max();
    (all.len(), most.unwrap_or(0))
}

#[test]
fn each_overlap_policy_works() {
    let runs = |overlap| {
        simulate(registry_of_takes(), move |engine| async move {
            let schedule = every(10, 25).overlap(overlap);
            engine.set_schedule(name("takes"), schedule).await.unwrap();
            pass(100_500).await;
            begun(&engine)
        })
    };
    assert_eq!(runs(Overlap::Allow), (10, 3));
    assert_eq!(runs(Overlap::Skip), (4, 1), "at 10, 40, 70 and 100 s");
    assert_eq!(runs(Overlap::BufferOne), (4, 1), "at 10, 35, 60 and 85 s");
}

#[test]
fn a_schedule_stops_while_paused_and_can_be_deleted() {
    simulate(registry_of_takes(), |engine| async move {
        engine
            .set_schedule(name("takes"), every(10, 1))
            .await
            .unwrap();
        pass(25_000).await;
        engine.pause_schedule(&name("takes")).await.unwrap();
        pass(300_000).await;
        assert_eq!(begun(&engine).0, 2);
        engine.unpause_schedule(&name("takes")).await.unwrap();
        pass(11_000).await;
        assert_eq!(begun(&engine).0, 4, "one is made up for, one is on time");
        engine.delete_schedule(&name("takes")).await.unwrap();
        pass(300_000).await;
        assert_eq!(begun(&engine).0, 4);
        let gone = engine.pause_schedule(&name("takes")).await.unwrap_err();
        assert!(matches!(gone, EngineError::UnknownSchedule(_)), "{gone}");
        let nobody = Schedule {
            workflow: "nobody".into(),
            ..every(1, 1)
        };
        assert!(engine.set_schedule(name("x"), nobody).await.is_err());
    });
}

#[test]
fn schedules_survive_the_process_and_catch_up_within_their_window() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    simulate_on(
        RedbStore::create(&path).unwrap(),
        registry_of_takes(),
        |engine| async move {
            let schedule = every(10, 1)
                .overlap(Overlap::Allow)
                .catch_up(Duration::from_secs(35));
            engine.set_schedule(name("takes"), schedule).await.unwrap();
            pass(12_000).await;
            assert_eq!(begun(&engine).0, 1);
        },
    );
    // The next process begins at 1 s; its clock is put a hundred seconds on.
    in_paused_time(async {
        let setup = Setup {
            clock: Clock::starting_at(Timestamp(105_500_000_000)),
            ..Setup::default()
        };
        let store = Arc::new(RedbStore::open(&path).unwrap());
        let (engine, work) = Engine::simulated(store, registry_of_takes(), setup).unwrap();
        let work = tokio::task::spawn_local(work);
        pass(100).await;
        assert_eq!(begun(&engine).0, 1 + 4, "due at 71, 81, 91 and 101 s");
        engine.stop().await;
        work.await.unwrap();
    });
}

#[test]
fn shutdown_lets_running_work_finish_and_starts_nothing_new() {
    async fn two(ctx: Context, (): ()) -> Result<u64, Failure> {
        ctx.activity(Work, &100).await?;
        ctx.activity(Work, &200).await
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let diary = Diary::default();
    let registry = || registry(&diary).workflow(Named::new("two"), two);
    let closed = || RedbStore::open(&path).unwrap().opening().unwrap().closed;
    simulate_on(
        RedbStore::create(&path).unwrap(),
        registry(),
        |engine| async move {
            engine
                .start_instance(wf("two"), &())
                .id(id("two"))
                .await
                .unwrap();
            pass(50).await;
            engine.shutdown(Duration::from_secs(10)).await;
            assert!(matches!(
                engine.suspend(&id("two"), "").await,
                Err(EngineError::Stopped)
            ));
        },
    );
    assert_eq!(diary.lines(), ["work 100 begins", "work 100 ends"]);
    assert_eq!(closed(), CleanClose::Yes);
    simulate_on(
        RedbStore::open(&path).unwrap(),
        registry(),
        |engine| async move {
            pass(50).await;
            engine.shutdown(Duration::from_millis(10)).await;
        },
    );
    assert_eq!(
        closed(),
        CleanClose::Stopped,
        "something was still under way"
    );
    simulate_on(
        RedbStore::open(&path).unwrap(),
        registry(),
        |engine| async move {
            let end = engine.until_closed(&id("two")).await.unwrap();
            assert_eq!(end.output.unwrap().as_str(), "200");
            let metrics = engine.metrics();
            assert!(
                metrics.commits > 0 && metrics.events >= 3 && metrics.activities == 1,
                "{metrics:?}"
            );
            assert_eq!((metrics.in_flight, metrics.open), (0, 0));
        },
    );
}
