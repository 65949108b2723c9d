//! Compensation runs to its end, whatever else happens.

use std::time::Duration;

use fermata::engine::*;

use crate::harness::*;

/// Takes this many milliseconds, and writes into the diary.
struct Note;
impl Activity for Note {
    const NAME: &'static str = "note";
    type Input = (u64, String);
    type Output = ();
}

fn notes(diary: &Diary) -> Registry {
    let notes = diary.clone();
    registry(diary).activity(Note, move |_, (ms, line): (u64, String)| {
        let diary = notes.clone();
        async move {
            pass(ms).await;
            diary.write(line);
            Ok(())
        }
    })
}

fn undo(saga: &Saga, name: &'static str, ms: u64) {
    saga.undo_with(name, move |ctx| async move {
        ctx.activity(Note, &(ms, format!("undo {name}"))).await
    });
}

#[test]
fn a_cancel_during_compensation_lets_it_finish() {
    async fn trip(ctx: Context, (): ()) -> Result<(), Failure> {
        let saga = Saga::new(&ctx);
        undo(&saga, "room", 10_000);
        undo(&saga, "car", 10_000);
        let flight = ctx.activity(Stubborn, &9).await.map(|_| ());
        saga.settle(flight).await
    }
    for cancel_after in [5_000, 10_000, 15_000] {
        let diary = Diary::default();
        let registry = notes(&diary).workflow(Named::new("trip"), trip);
        let end = simulate(registry, |engine| async move {
            let trip = engine.start_instance(wf("trip"), &()).await.unwrap();
            pass(cancel_after).await;
            engine.cancel(&trip, "I cannot wait").await.unwrap();
            pass(60_000).await;
            engine.archive().summary(&trip).unwrap()
        });
        assert_eq!(diary.lines(), ["undo car", "undo room"]);
        let failure = end.failure.unwrap();
        assert_eq!(failure.error_type, "Refused", "why it was undone");
        assert_eq!(failure.details, None, "everything was undone");
    }
}

#[test]
fn continue_as_new_is_not_compensated() {
    async fn months(ctx: Context, month: u32) -> Result<u32, Failure> {
        let saga = Saga::new(&ctx);
        let charge = (1, format!("charge {month}"));
        ctx.activity(Note, &charge).await?;
        undo(&saga, "charge", 1);
        let next = match month {
            3 => Ok(3),
            n => ctx.continue_as_new(&(n + 1)),
        };
        saga.settle(next).await
    }
    let diary = Diary::default();
    let registry = notes(&diary).workflow(Named::new("months"), months);
    simulate(registry, |engine| async move {
        let end = run(&engine, "months", 1).await;
        assert_eq!((end.status, end.run), (Status::Completed, 3));
    });
    assert_eq!(diary.lines(), ["charge 1", "charge 2", "charge 3"]);
}

#[test]
fn a_canceled_parent_cleans_up_after_its_children() {
    async fn child(ctx: Context, (): ()) -> Result<(), Failure> {
        let saga = Saga::new(&ctx);
        undo(&saga, "child", 10_000);
        let waited = ctx.wait_event("never").await;
        saga.settle(waited).await
    }
    async fn parent(ctx: Context, (): ()) -> Result<(), Failure> {
        let saga = Saga::new(&ctx);
        undo(&saga, "parent", 10);
        let done = ctx.child(Named::<(), ()>::new("child"), &()).await;
        saga.settle(done).await
    }
    let diary = Diary::default();
    let registry = notes(&diary)
        .workflow(Named::new("child"), child)
        .workflow(Named::new("parent"), parent);
    simulate(registry, |engine| async move {
        let parent = engine.start_instance(wf("parent"), &()).id(id("parent"));
        let parent = parent.await.unwrap();
        pass(1_000).await;
        engine.cancel(&parent, "it rains").await.unwrap();
        let parent = engine.until_closed(&parent).await.unwrap();
        let child = engine.archive().summary(&id("parent/1")).unwrap();
        assert_eq!(
            (parent.status, child.status),
            (Status::Canceled, Status::Canceled)
        );
        assert!(child.closed_at < parent.closed_at);
        for ended in [parent, child] {
            let why = ended.failure.unwrap().message;
            assert!(why.contains("it rains"), "{why}");
        }
    });
    assert_eq!(diary.lines(), ["undo child", "undo parent"]);
}

#[test]
fn a_second_cancel_reaches_work_started_after_the_first() {
    async fn stubborn(ctx: Context, (): ()) -> Result<(), Failure> {
        let _ignored = ctx.wait_event::<()>("a").await;
        ctx.wait_event("b").await
    }
    let registry = Registry::new().workflow(Named::new("stubborn"), stubborn);
    simulate(registry, |engine| async move {
        let stubborn = engine.start_instance(wf("stubborn"), &()).await.unwrap();
        let status = || engine.archive().summary(&stubborn).unwrap().status;
        engine.cancel(&stubborn, "please").await.unwrap();
        pass(1_000).await;
        assert_eq!(status(), Status::Running);
        engine.cancel(&stubborn, "now").await.unwrap();
        pass(1_000).await;
        assert_eq!(status(), Status::Canceled);
        let end = engine.archive().summary(&stubborn).unwrap();
        assert_eq!(end.failure.unwrap().message, "now");
    });
}

#[test]
fn an_instance_that_reaches_a_limit_is_compensated() {
    async fn long(ctx: Context, (): ()) -> Result<(), Failure> {
        let saga = Saga::new(&ctx);
        ctx.activity(Note, &(1, "do".into())).await?;
        undo(&saga, "it", 1_000);
        let work = async {
            loop {
                ctx.activity(Work, &1_000).await?;
            }
        };
        let ended: Result<(), Failure> = work.await;
        saga.settle(ended).await
    }
    let diary = Diary::default();
    let limits = Limits {
        history: 50,
        ..Limits::default()
    };
    let registry = notes(&diary).workflow(Named::new("long"), long);
    let store = RedbStore::in_memory().unwrap();
    simulate_with(store, registry, limits, |engine| async move {
        let end = run(&engine, "long", ()).await;
        assert_eq!(end.failure.unwrap().error_type, Failure::HISTORY_LIMIT);
        let start = engine.start_instance(wf("long"), &());
        let short = start.timeout(Duration::from_secs(5)).await.unwrap();
        let end = engine.until_closed(&short).await.unwrap();
        assert_eq!(end.failure.unwrap().error_type, Failure::EXECUTION_TIMEOUT);
        let took = end.closed_at.unwrap().since(end.started_at);
        assert_eq!(took.as_secs(), 6, "with its undoing");
    });
    let mut lines = diary.lines();
    lines.retain(|line| !line.starts_with("work"));
    assert_eq!(lines, ["do", "undo it", "do", "undo it"]);
}
