//! Purging of instances with their children.

use std::{sync::Arc, time::Duration};

use fermata::engine::*;

use crate::{harness::*, lives_by_the_clock::life_at, paused_time::in_paused_time};

fn listed(engine: &Engine) -> usize {
    engine.archive().list().unwrap().len()
}

#[test]
fn children_of_children_are_purged_with_their_root() {
    async fn tree(ctx: Context, depth: u32) -> Result<(), Failure> {
        match depth {
            0 => Ok(()),
            _ => ctx.child(Named::<u32, ()>::new("tree"), &(depth - 1)).await,
        }
    }
    let registry = Registry::new().workflow(Named::new("tree"), tree);
    simulate(registry, |engine| async move {
        let tree = run(&engine, "tree", 5).await.id;
        assert_eq!(listed(&engine), 6);
        assert_eq!(engine.purge(Purge::Instance(tree)).await.unwrap(), 6);
        assert_eq!(listed(&engine), 0);
    });
}

#[test]
fn all_attempts_of_a_child_are_purged_with_its_parent() {
    async fn fails(_: Context, (): ()) -> Result<(), Failure> {
        Err(Failure::new("Bad", "it is bad"))
    }
    async fn parent(ctx: Context, (): ()) -> Result<(), Failure> {
        let child = ctx.child(Named::<(), ()>::new("fails"), &());
        child.retry(RetryPolicy::attempts(3)).await
    }
    let registry = Registry::new()
        .workflow(Named::new("fails"), fails)
        .workflow(Named::new("parent"), parent);
    simulate(registry, |engine| async move {
        let parent = run(&engine, "parent", ()).await.id;
        assert_eq!(listed(&engine), 1 + 3);
        assert_eq!(engine.purge(Purge::Instance(parent)).await.unwrap(), 4);
        assert_eq!(listed(&engine), 0);
    });
}

#[test]
fn an_open_child_continues_after_its_parent_was_purged() {
    async fn sleeper(ctx: Context, (): ()) -> Result<u32, Failure> {
        ctx.wait_event("wake").await
    }
    async fn parent(ctx: Context, (): ()) -> Result<(), Failure> {
        let child = ctx.child(Named::<(), u32>::new("sleeper"), &());
        child.id(id("sleeper")).detach().map(|_| ())
    }
    let registry = || {
        Registry::new()
            .workflow(Named::new("sleeper"), sleeper)
            .workflow(Named::new("parent"), parent)
    };
    let store: Arc<dyn Store> = Arc::new(RedbStore::in_memory().unwrap());
    let begins = Timestamp(1_000_000_000);
    life_at(begins, &store, registry(), |engine| async move {
        let parent = run(&engine, "parent", ()).await.id;
        pass(10).await;
        assert_eq!(engine.purge(Purge::Instance(parent)).await.unwrap(), 1);
    });
    let later = begins + Duration::from_secs(60);
    life_at(later, &store, registry(), |engine| async move {
        let wake = Payload::encode(&3).unwrap();
        engine.raise(&id("sleeper"), "wake", wake).await.unwrap();
        let end = engine.until_closed(&id("sleeper")).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "3");
    });
}

#[test]
fn a_schedule_continues_after_its_last_run_was_purged() {
    async fn take(ctx: Context, (): ()) -> Result<(), Failure> {
        ctx.timer(Duration::from_secs(1)).await
    }
    for overlap in [
        Overlap::Skip,
        Overlap::BufferOne,
        Overlap::BufferAll,
        Overlap::CancelPrevious,
        Overlap::TerminatePrevious,
    ] {
        let registry = Registry::new().workflow(Named::new("take"), take);
        simulate(registry, |engine| async move {
            let times = Times::every(Duration::from_secs(3_600)).unwrap();
            let hourly = Schedule::new(times, "take", Payload::null()).overlap(overlap);
            let name = ScheduleName::new("hourly").unwrap();
            engine.set_schedule(name, hourly).await.unwrap();
            pass(3_700_000).await;
            let all = Purge::ClosedBefore(Timestamp(u64::MAX), None);
            assert_eq!(engine.purge(all).await.unwrap(), 1);
            pass(3_700_000).await;
            assert_eq!(listed(&engine), 1, "{overlap:?}");
        });
    }
}

/// Runs `short` this many times with retention.
fn kept_of(closed: u32, retention: Retention) -> Vec<(Status, String)> {
    let store: Arc<dyn Store> = Arc::new(RedbStore::in_memory().unwrap());
    kept_in(&store, BEGINS, closed, retention)
}

/// Runs `short` this many times, once a second, then waits for retention checks.
fn kept_in(
    store: &Arc<dyn Store>,
    begins: Timestamp,
    closed: u32,
    retention: Retention,
) -> Vec<(Status, String)> {
    async fn short(_: Context, n: u32) -> Result<(), Failure> {
        match n % 5 {
            0 => Err(Failure::new("Bad", "it is bad")),
            _ => Ok(()),
        }
    }
    async fn open(ctx: Context, (): ()) -> Result<(), Failure> {
        ctx.wait_event("never").await
    }
    let registry = Registry::new()
        .workflow(Named::new("short"), short)
        .workflow(Named::new("open"), open);
    in_paused_time(async {
        let setup = Setup {
            clock: Clock::starting_at(begins),
            retention,
            ..Setup::default()
        };
        let (engine, work) = Engine::simulated(Arc::clone(store), registry, setup).unwrap();
        let work = tokio::task::spawn_local(work);
        if begins == BEGINS {
            let first = engine.start_instance(wf("open"), &()).id(id("open"));
            first.await.unwrap();
        }
        for n in 0..closed {
            let call = engine.start_instance(wf("short"), &n);
            let short = call.id(id(&format!("short-{n}"))).await.unwrap();
            engine.until_closed(&short).await.unwrap();
            pass(1_000).await;
        }
        pass(130_000).await;
        let kept = engine.archive().list().unwrap();
        engine.stop().await;
        work.await.unwrap();
        kept.into_iter()
            .map(|one| (one.status, one.id.to_string()))
            .collect()
    })
}

#[test]
fn closed_instances_are_kept_for_a_time() {
    let retention = Retention {
        closed_for: Some(Duration::from_secs(600)),
        ..Retention::default()
    };
    let kept = kept_of(900, retention);
    // Checked once a minute.
    assert!((470..=530).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept[0], (Status::Running, "open".into()));
    assert_eq!(kept.last().unwrap().1, "short-899");
}

#[test]
fn the_newest_closed_instances_are_kept_and_older_ones_purged() {
    let retention = Retention {
        closed_count: Some(50),
        ..Retention::default()
    };
    let kept = kept_of(400, retention);
    assert_eq!(kept.len(), 51);
    assert_eq!(kept[0], (Status::Running, "open".into()));
    let names: Vec<_> = (350..400).map(|n| format!("short-{n}")).collect();
    let kept: Vec<_> = kept.into_iter().skip(1).map(|(_, id)| id).collect();
    assert_eq!(kept, names);
}

#[test]
fn limits_of_time_and_count_do_not_add_up() {
    let store: Arc<dyn Store> = Arc::new(RedbStore::in_memory().unwrap());
    assert_eq!(
        kept_in(&store, BEGINS, 400, Retention::default()).len(),
        401
    );
    // 530 s have passed. About 150 runs closed more than 380 s ago; of the others, 100 are kept.
    let retention = Retention {
        closed_for: Some(Duration::from_secs(380)),
        closed_count: Some(100),
        ..Retention::default()
    };
    let later = BEGINS + Duration::from_secs(530);
    assert_eq!(kept_in(&store, later, 0, retention).len(), 101);
}

#[test]
fn retention_of_statuses_that_are_open_purges_nothing() {
    let retention = Retention {
        closed_for: Some(Duration::from_secs(1)),
        closed_count: Some(0),
        statuses: vec![Status::Running],
    };
    assert_eq!(kept_of(100, retention).len(), 101);
}

#[test]
fn retention_of_some_statuses_keeps_all_others() {
    let retention = Retention {
        closed_for: Some(Duration::from_secs(60)),
        closed_count: Some(10),
        statuses: vec![Status::Completed],
    };
    let kept = kept_of(400, retention);
    let count = |status| kept.iter().filter(|(s, _)| *s == status).count();
    assert_eq!(count(Status::Failed), 80);
    assert_eq!(count(Status::Running), 1);
    assert_eq!(
        count(Status::Completed),
        0,
        "the last closed two minutes ago"
    );

    let retention = Retention {
        closed_count: Some(10),
        statuses: vec![Status::Completed],
        ..Retention::default()
    };
    let kept = kept_of(400, retention);
    let count = |status| kept.iter().filter(|(s, _)| *s == status).count();
    assert_eq!((count(Status::Failed), count(Status::Completed)), (80, 10));
}
