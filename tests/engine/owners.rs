//! One engine per store, one open instance per id, one attempt per result.

use std::sync::Arc;

use fermata::engine::*;
use futures_util::future::join_all;

use crate::{
    harness::*,
    lives_by_the_clock::{life, life_at},
    paused_time::in_paused_time,
};

async fn works(ctx: Context, ms: u64) -> Result<u64, Failure> {
    let first = ctx.activity(Work, &ms).await?;
    let second = ctx.activity(Work, &(ms / 2)).await?;
    Ok(first + second)
}

async fn waits(ctx: Context, (): ()) -> Result<u32, Failure> {
    ctx.wait_event("go").await
}

fn workflows(diary: &Diary) -> Registry {
    registry(diary)
        .workflow(Named::new("works"), works)
        .workflow(Named::new("waits"), waits)
}

#[test]
fn a_second_engine_on_a_store_is_refused_until_the_first_has_stopped() {
    let store = memory();
    let registry = || workflows(&Diary::default());
    let second = |store: &Arc<dyn Store>| {
        Engine::simulated(Arc::clone(store), registry(), Setup::default()).map(|_| ())
    };
    life_at(BEGINS, &store, registry(), |engine| {
        let store = Arc::clone(&store);
        async move {
            let refused = second(&store);
            let in_use = matches!(refused, Err(EngineError::Store(StoreError::InUse(_))));
            assert!(in_use, "{refused:?}");
            // The first has not noticed anything.
            let end = run(&engine, "works", 100_u64).await;
            assert_eq!(end.output.unwrap().as_str(), "150");
            engine.stop().await;
            second(&store).unwrap();
        }
    });
}

#[test]
fn an_engine_whose_handles_were_dropped_writes_nothing_more() {
    in_paused_time(async {
        let store = memory();
        let diary = Diary::default();
        let begin = || {
            let store = Arc::clone(&store);
            Engine::simulated(store, workflows(&diary), Setup::default()).unwrap()
        };
        let (first, work) = begin();
        tokio::task::spawn_local(work);
        let id = first.start_instance(wf("works"), &1_000).await.unwrap();
        pass(500).await;
        // The attempt that is under way goes on, its end comes too late.
        drop(first);
        let (second, work) = begin();
        tokio::task::spawn_local(work);
        let end = second.until_closed(&id).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "1500", "{:?}", end.failure);
        pass(60_000).await;
        let history = second.archive().export(&id).unwrap();
        let of = |kind| kinds(&history.events).iter().filter(|k| *k == kind).count();
        assert_eq!(of("TaskCompleted"), 2);
        assert_eq!(of("ExecutionCompleted"), 1);
        replay(&workflows(&Diary::default()), &history).unwrap();
        second.stop().await;
    });
}

#[test]
fn one_of_many_starts_of_an_id_succeeds() {
    simulate(workflows(&Diary::default()), |engine| async move {
        let start = |_| engine.start_instance(wf("waits"), &()).id(id("one"));
        let starts = (0..100).map(|n| start(n).into_future());
        let started = join_all(starts).await;
        let refused = |start: &&Result<_, _>| matches!(start, Err(EngineError::AlreadyExists(_)));
        assert_eq!(started.iter().filter(refused).count(), 99);
        assert_eq!(engine.archive().list().unwrap().len(), 1);
    });
}

#[test]
fn a_result_for_a_run_that_was_terminated_is_not_taken_by_the_next_run_of_its_id() {
    let slow = NamedActivity::<u32, u32>::new("slow");
    let options = ActivityOptions {
        grace: secs(60),
        ..ActivityOptions::default()
    };
    let registry = Registry::new()
        .activity_with(slow, options, |_, n| async move {
            pass(10_000).await;
            Ok(n)
        })
        .workflow(Named::new("one"), |ctx: Context, n: u32| async move {
            ctx.activity(NamedActivity::<u32, u32>::new("slow"), &n)
                .await
        });
    simulate(registry, |engine| async move {
        let start = |n: u32| engine.start_instance(wf("one"), &n).id(id("x"));
        let now = || engine.archive().summary(&id("x")).unwrap();
        start(1).await.unwrap();
        pass(5_000).await;
        engine.terminate(&id("x"), "").await.unwrap();
        start(2).await.unwrap();
        pass(7_000).await;
        assert_eq!((now().run, now().status), (2, Status::Running));
        pass(7_000).await;
        assert_eq!(now().output.unwrap().as_str(), "2");
        let runs = engine.archive().runs(&id("x")).unwrap();
        assert_eq!(kinds(&runs[0].1).last().unwrap(), "ExecutionTerminated");
    });
}

#[test]
fn an_engine_that_recovers_nothing_starts_no_second_run_of_an_open_instance() {
    let store = memory();
    let registry = || workflows(&Diary::default());
    life_at(BEGINS, &store, registry(), |engine| async move {
        let start = engine.start_instance(wf("waits"), &()).id(id("x"));
        start.await.unwrap();
    });
    let setup = Setup {
        recovery: Recovery::Nothing,
        clock: Clock::starting_at(BEGINS + secs(60)),
        ..Setup::default()
    };
    life(setup, &store, registry(), |engine| async move {
        let start = engine.start_instance(wf("waits"), &()).id(id("x")).await;
        assert!(matches!(start, Err(EngineError::AlreadyExists(_))));
        let raise = engine.raise(&id("x"), "go", Payload::null()).await;
        assert!(matches!(raise, Err(EngineError::NotRecovered(_))));
        let end = engine.until_closed(&id("x")).await;
        assert!(matches!(end, Err(EngineError::NotRecovered(_))));
    });
    life_at(
        BEGINS + secs(120),
        &store,
        registry(),
        |engine| async move {
            let go = Payload::encode(&3).unwrap();
            engine.raise(&id("x"), "go", go).await.unwrap();
            let end = engine.until_closed(&id("x")).await.unwrap();
            assert_eq!(end.output.unwrap().as_str(), "3");
        },
    );
}

#[test]
fn ids_and_names_may_have_any_letters_and_signs() {
    const NAME: &str = "wörk/flow \u{1F3BB}";
    const EVENT: &str = "größe/✓ \"x\"";
    let ids = [
        "a/b/../c",
        " x ",
        "%2e%2e",
        "größe✓",
        "a:b|c\\d",
        "..",
        "null",
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let registry = || {
        Registry::new().workflow(Named::<(), u32>::new(NAME), |ctx: Context, ()| async move {
            ctx.wait_event(EVENT).await
        })
    };
    simulate_on(
        RedbStore::create(&path).unwrap(),
        registry(),
        |engine| async move {
            for text in ids {
                let start = engine.start_instance(wf(NAME), &()).id(id(text));
                start.await.unwrap();
            }
        },
    );
    simulate_on(
        RedbStore::open(&path).unwrap(),
        registry(),
        |engine| async move {
            for (n, text) in ids.iter().enumerate() {
                let n = Payload::encode(&n).unwrap();
                let loud = EVENT.to_uppercase().replace("SS", "ß");
                engine.raise(&id(text), &loud, n).await.unwrap();
            }
            for (n, text) in ids.iter().enumerate() {
                let end = engine.until_closed(&id(text)).await.unwrap();
                assert_eq!(end.output.unwrap().as_str(), n.to_string(), "{text:?}");
            }
        },
    );
}
