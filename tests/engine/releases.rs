//! New releases while instances are open: allowed changes, and changes that stall an instance until the
//! next release.

use std::sync::Arc;

use fermata::engine::*;
use futures_util::future::join;

use crate::{
    harness::*,
    lives_by_the_clock::{life, life_at},
};

/// A program with one workflow, "w".
fn release<I, O, F, Fut>(code: F) -> Registry
where
    I: serde::de::DeserializeOwned + serde::Serialize + 'static,
    O: serde::de::DeserializeOwned + serde::Serialize + 'static,
    F: Fn(Context, I) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, Failure>> + 'static,
{
    registry(&Diary::default()).workflow(Named::<I, O>::new("w"), code)
}

/// The first release, which starts an instance of "w" and runs for a second.
fn first(store: &Arc<dyn Store>, registry: Registry) -> InstanceId {
    life_at(BEGINS, store, registry, |engine| async move {
        let id = engine.start_instance(wf("w"), &()).await.unwrap();
        pass(1_000).await;
        id
    })
}

/// A later release, that starts after this many seconds and runs for an hour; how the instance is then.
fn later(
    from: u64,
    store: &Arc<dyn Store>,
    registry: Registry,
    id: &InstanceId,
) -> (InstanceSummary, String) {
    life_at(BEGINS + secs(from), store, registry, |engine| async move {
        pass(3_600_000).await;
        let history = engine.archive().history(id).unwrap();
        let said = match &history.last().unwrap().kind {
            EventKind::ExecutionStalled { reason } => reason.clone(),
            _ => String::new(),
        };
        (engine.archive().summary(id).unwrap(), said)
    })
}

#[test]
fn a_run_keeps_its_initial_history_hint() {
    async fn long(ctx: Context, (): ()) -> Result<u64, Failure> {
        while !ctx.should_continue_as_new() {
            ctx.activity(Work, &1_000).await?;
        }
        Ok(ctx.history_length())
    }
    let setup = |seconds, history_hint| Setup {
        clock: Clock::starting_at(BEGINS + secs(seconds)),
        limits: Limits {
            history_hint,
            ..Limits::default()
        },
        ..Setup::default()
    };
    let store = memory();
    let id = life(setup(0, 100), &store, release(long), |engine| async move {
        let id = engine.start_instance(wf("w"), &()).await.unwrap();
        pass(20_000).await;
        id
    });
    life(setup(60, 20), &store, release(long), |engine| async move {
        pass(60_000).await;
        let end = engine.archive().summary(&id).unwrap();
        assert_eq!(end.status, Status::Completed, "{:?}", end.failure);
        let length: u64 = end.output.unwrap().decode().unwrap();
        assert!((100..105).contains(&length), "{length}");
        let end = run(&engine, "w", ()).await;
        let length: u64 = end.output.unwrap().decode().unwrap();
        assert!((20..25).contains(&length), "of a run that began since");
    });
}

#[test]
fn a_run_keeps_its_initial_payload_limit() {
    async fn large(ctx: Context, (): ()) -> Result<usize, Failure> {
        let measure = || NamedActivity::<String, String>::new("copy");
        let long = ctx.activity(measure(), &"x".repeat(5_000)).await?;
        ctx.timer(secs(60)).await?;
        Ok(long.len())
    }
    let program = || {
        let copy = NamedActivity::<String, String>::new("copy");
        release(large).activity(copy, |_, text| async move { Ok(text) })
    };
    let store = memory();
    let id = first(&store, program());
    let setup = Setup {
        clock: Clock::starting_at(BEGINS + secs(30)),
        limits: Limits {
            payload: 1_000,
            ..Limits::default()
        },
        ..Setup::default()
    };
    life(setup, &store, program(), |engine| async move {
        pass(60_000).await;
        let end = engine.archive().summary(&id).unwrap();
        assert_eq!(end.status, Status::Completed, "{:?}", end.failure);
        let end = run(&engine, "w", ()).await;
        let failure = end.failure.unwrap();
        assert_eq!(
            failure.error_type,
            Failure::TOO_LARGE,
            "one that begins now"
        );
    });
}

#[test]
fn a_release_without_an_activity_or_child_workflow_stalls_instances_until_it_is_back() {
    async fn work(ctx: Context, (): ()) -> Result<u64, Failure> {
        ctx.timer(secs(60)).await?;
        ctx.activity(Work, &1).await
    }
    async fn child(ctx: Context, (): ()) -> Result<u64, Failure> {
        ctx.timer(secs(60)).await?;
        ctx.child(Named::<(), u64>::new("child"), &()).await
    }
    let with_child = || release(child).workflow(Named::new("child"), work);
    let without_work = Registry::new().workflow(Named::new("w"), work);
    let changes = [
        (
            release(work),
            without_work,
            release(work),
            "activity \"work\"",
        ),
        (
            with_child(),
            release(child),
            with_child(),
            "child workflow \"child\"",
        ),
    ];
    for (whole, less, again, what) in changes {
        let store = memory();
        let id = first(&store, whole);
        let (now, said) = later(600, &store, less, &id);
        assert_eq!(now.status, Status::Stalled, "{what}: {:?}", now.failure);
        assert!(said.contains(what), "{said}");
        let (end, _) = later(6_000, &store, again, &id);
        assert_eq!(end.output.unwrap().as_str(), "1", "{what}");
    }
}

#[test]
fn a_release_that_cannot_read_a_recorded_result_stalls_the_instance_until_one_can() {
    fn reads<T>() -> Registry
    where
        T: serde::de::DeserializeOwned + serde::Serialize + Send + From<u32> + 'static,
    {
        let read = || NamedActivity::<(), T>::new("read");
        release(move |ctx: Context, (): ()| async move { ctx.activity(read(), &()).await })
            .activity(read(), |_, ()| async {
                pass(5_000).await;
                Ok(T::from(1))
            })
    }
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Counted {
        count: u32,
    }
    impl From<u32> for Counted {
        fn from(count: u32) -> Self {
            Self { count }
        }
    }
    let store = memory();
    // The result is in the history, and was not yet read.
    let id = life_at(BEGINS, &store, reads::<u32>(), |engine| async move {
        let id = engine.start_instance(wf("w"), &()).await.unwrap();
        pass(1_000).await;
        engine.suspend(&id, "a new release").await.unwrap();
        pass(30_000).await;
        id
    });
    let held = id.clone();
    let resumed = BEGINS + secs(60);
    life_at(resumed, &store, reads::<Counted>(), |engine| async move {
        engine.resume(&held, "it is there").await.unwrap();
    });
    let (now, said) = later(120, &store, reads::<Counted>(), &id);
    assert_eq!(now.status, Status::Stalled, "{:?}", now.failure);
    assert!(said.contains("Counted") || said.contains("type"), "{said}");
    let (end, _) = later(6_000, &store, reads::<u32>(), &id);
    assert_eq!(end.output.unwrap().as_str(), "1");
}

#[test]
fn a_release_whose_code_panics_stalls_instances_until_the_next_release() {
    async fn good(ctx: Context, (): ()) -> Result<u32, Failure> {
        ctx.timer(secs(60)).await?;
        Ok(1)
    }
    async fn bad(ctx: Context, (): ()) -> Result<u32, Failure> {
        ctx.timer(secs(60)).await?;
        let none: Vec<u32> = Vec::new();
        Ok(none[ctx.run() as usize])
    }
    let store = memory();
    let id = first(&store, release(good));
    let (now, said) = later(30, &store, release(bad), &id);
    assert_eq!(now.status, Status::Stalled, "{:?}", now.failure);
    assert!(said.contains("index out of bounds"), "{said}");
    let (end, _) = later(6_000, &store, release(good), &id);
    assert_eq!(end.output.unwrap().as_str(), "1");
}

async fn old(ctx: Context, (): ()) -> Result<u64, Failure> {
    let work = ctx.activity(Work, &10).into_future();
    let (worked, waited) = join(work, ctx.timer(secs(60))).await;
    waited?;
    worked
}

#[test]
fn a_version_in_one_branch_does_not_affect_the_other() {
    async fn new(ctx: Context, (): ()) -> Result<u64, Failure> {
        let branch = async {
            if ctx.version("weigh first", 1) >= 1 {
                ctx.activity(Work, &5).await?;
            }
            ctx.activity(Work, &10).await
        };
        let (worked, waited) = join(branch, ctx.timer(secs(60))).await;
        waited?;
        let more = match ctx.version("then wrap", 1) {
            0 => 0,
            _ => ctx.activity(Work, &100).await?,
        };
        Ok(worked? + more)
    }
    let store = memory();
    let id = first(&store, release(old));
    let (end, said) = later(30, &store, release(new), &id);
    let output = end.output.map(|o| o.as_str().to_owned());
    assert_eq!(output.as_deref(), Some("110"), "{said}");
    let history = Archive::new(Arc::clone(&store)).export(&id).unwrap();
    replay(&release(new), &history).unwrap();
}

#[test]
fn a_version_can_be_removed_while_instances_have_its_marker() {
    async fn marked(ctx: Context, (): ()) -> Result<u64, Failure> {
        let ms = match ctx.version("faster", 1) {
            0 => 10,
            _ => 1,
        };
        ctx.activity(Work, &ms).await?;
        ctx.timer(secs(60)).await?;
        Ok(ms)
    }
    async fn plain(ctx: Context, (): ()) -> Result<u64, Failure> {
        ctx.activity(Work, &1).await?;
        ctx.timer(secs(60)).await?;
        Ok(1)
    }
    let store = memory();
    let id = first(&store, release(marked));
    let (end, said) = later(30, &store, release(plain), &id);
    assert_eq!(end.status, Status::Completed, "{said}");
    let history = Archive::new(Arc::clone(&store)).export(&id).unwrap();
    assert!(kinds(&history.events).contains(&"VersionMarked".to_owned()));
    replay(&release(plain), &history).unwrap();
    replay(&release(marked), &history).unwrap();
}

#[test]
fn policies_timeouts_and_the_length_of_timers_may_be_changed_at_any_time() {
    async fn before(ctx: Context, (): ()) -> Result<u64, Failure> {
        ctx.activity(Work, &1).await?;
        ctx.timer(secs(60)).await?;
        ctx.activity(Work, &2).await
    }
    async fn after(ctx: Context, (): ()) -> Result<u64, Failure> {
        let work = ctx.activity(Work, &1).start_to_close(secs(9));
        work.retry(RetryPolicy::attempts(9)).await?;
        ctx.timer(secs(90)).await?;
        ctx.activity(Work, &2).heartbeat(secs(3)).await
    }
    let store = memory();
    let id = first(&store, release(before));
    let (end, said) = later(30, &store, release(after), &id);
    assert_eq!(end.status, Status::Completed, "{said}");
    let took = end.closed_at.unwrap().since(end.started_at);
    assert_eq!(
        took.as_secs(),
        60,
        "the timer that was running keeps its time"
    );
}
