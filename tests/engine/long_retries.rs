//! Activities that are retried for a long time: predicates, policies, unlimited attempts, heartbeats, and
//! crashes in between.

use std::sync::Arc;

use fermata::engine::*;

use crate::paused_time::in_paused_time;
use crate::{
    harness::*,
    lives_by_the_clock::{life, life_at},
};

/// A constant pause of a second.
fn each_second(max_attempts: u32) -> RetryPolicy {
    RetryPolicy {
        backoff_coefficient: 1.0,
        ..RetryPolicy::attempts(max_attempts)
    }
}

/// A process on this store that is killed after this many milliseconds.
fn killed_after<T>(
    ms: u64,
    at: Timestamp,
    store: &Arc<dyn Store>,
    registry: Registry,
    work: impl AsyncFnOnce(&Engine) -> T,
) -> T {
    in_paused_time(async {
        let setup = Setup {
            clock: Clock::starting_at(at),
            ..Setup::default()
        };
        let (engine, worker) = Engine::simulated(Arc::clone(store), registry, setup).unwrap();
        tokio::task::spawn_local(worker);
        let result = work(&engine).await;
        pass(ms).await;
        result
    })
}

#[test]
fn a_retry_predicate_that_panics_fails_its_workflow_alone() {
    async fn careless(ctx: Context, (): ()) -> Result<u32, Failure> {
        ctx.activity(Stubborn, &3)
            .retry(RetryPolicy::attempts(3))
            .retry_if(|failure| failure.details.as_ref().expect("details").size() > 3)
            .await
    }
    async fn fails(_: Context, (): ()) -> Result<(), Failure> {
        Err(Failure::new("Bad", "it is bad"))
    }
    async fn careless_parent(ctx: Context, (): ()) -> Result<(), Failure> {
        ctx.child(Named::<(), ()>::new("fails"), &())
            .retry(RetryPolicy::attempts(3))
            .retry_if(|_| panic!("no opinion"))
            .await
    }
    async fn innocent(ctx: Context, (): ()) -> Result<u64, Failure> {
        ctx.activity(Work, &60_000).await
    }
    let registry = registry(&Diary::default())
        .workflow(Named::new("careless"), careless)
        .workflow(Named::new("fails"), fails)
        .workflow(Named::new("careless parent"), careless_parent)
        .workflow(Named::new("innocent"), innocent);
    simulate(registry, |engine| async move {
        let innocent = engine.start_instance(wf("innocent"), &()).await.unwrap();
        for (name, words) in [("careless", "details"), ("careless parent", "no opinion")] {
            let end = run(&engine, name, ()).await;
            let failure = end.failure.unwrap();
            assert_eq!(failure.error_type, Failure::PANIC, "{name}");
            assert!(failure.message.contains(words), "{failure}");
        }
        let end = engine.until_closed(&innocent).await.unwrap();
        assert_eq!(end.status, Status::Completed);
        let again = run(&engine, "innocent", ()).await;
        assert_eq!(again.status, Status::Completed);
    });
}

async fn insists(ctx: Context, needed: u32) -> Result<u32, Failure> {
    ctx.activity(Stubborn, &needed).retry(each_second(0)).await
}

#[test]
fn unlimited_attempts_continue_beyond_the_history_limit_and_across_restarts() {
    let limits = Limits {
        history: 300,
        ..Limits::default()
    };
    let setup = |at| Setup {
        clock: Clock::starting_at(at),
        limits,
        ..Setup::default()
    };
    let store = memory();
    let insists = || registry(&Diary::default()).workflow(Named::new("insists"), insists);
    let id = life(setup(BEGINS), &store, insists(), |engine| async move {
        let id = engine.start_instance(wf("insists"), &3_000).await.unwrap();
        pass(1_000_500).await;
        let now = engine.archive().summary(&id).unwrap();
        assert_eq!(now.status, Status::Running, "{:?}", now.failure);
        assert_eq!(now.folded_attempts[0].attempt, 1_002);
        id
    });
    let later = BEGINS + secs(1_001);
    life(setup(later), &store, insists(), |engine| async move {
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "3000", "{:?}", end.failure);
        let took = end.closed_at.unwrap().since(end.started_at);
        assert!((2_998..3_003).contains(&took.as_secs()), "{took:?}");
        let history = engine.archive().history(&id).unwrap();
        let folded = history.iter().find_map(|event| match &event.kind {
            EventKind::TaskAttemptsFolded { first, last, .. } => Some((*first, *last)),
            _ => None,
        });
        let (first, last) = folded.unwrap();
        assert_eq!(last, 2_999, "the last that failed");
        assert!(u64::from(first) < 300 && history.len() < 300, "{first}");
    });
}

#[test]
fn heartbeats_do_not_count_against_the_history_limit() {
    let upload = NamedActivity::<u64, u64>::new("upload");
    let registry = Registry::new()
        .activity(upload, |context: ActivityContext, seconds| async move {
            for second in 0..seconds {
                pass(1_000).await;
                context.heartbeat(&second)?;
            }
            Ok(seconds)
        })
        .workflow(Named::new("uploads"), |ctx: Context, n: u64| async move {
            let upload = NamedActivity::<u64, u64>::new("upload");
            ctx.activity(upload, &n).heartbeat(secs(2)).await
        });
    let limits = Limits {
        history: 50,
        ..Limits::default()
    };
    let store = RedbStore::in_memory().unwrap();
    simulate_with(store, registry, limits, |engine| async move {
        let end = run(&engine, "uploads", 5_000_u64).await;
        assert_eq!(end.output.unwrap().as_str(), "5000", "{:?}", end.failure);
    });
}

#[test]
fn the_next_attempt_gets_the_last_of_several_simultaneous_heartbeats() {
    let steps = NamedActivity::<(), u32>::new("steps");
    let registry = Registry::new()
        .activity(steps, |context: ActivityContext, ()| async move {
            if let Some(last) = context.last_heartbeat() {
                return Ok(last);
            }
            for step in 0..5_u32 {
                context.heartbeat(&step)?;
            }
            Err(Failure::new("Broke", "it broke").into())
        })
        .workflow(Named::new("climbs"), |ctx: Context, ()| async move {
            let steps = NamedActivity::<(), u32>::new("steps");
            let steps = ctx.activity(steps, &()).heartbeat(secs(60));
            steps.retry(RetryPolicy::attempts(2)).await
        });
    simulate(registry, |engine| async move {
        let end = run(&engine, "climbs", ()).await;
        assert_eq!(end.output.unwrap().as_str(), "4");
    });
}

#[test]
fn long_failure_messages_are_cut_and_long_heartbeats_refused() {
    const LONG: usize = 8 << 20;
    let loud = NamedActivity::<bool, ()>::new("loud");
    let registry = Registry::new()
        .activity(loud, |context: ActivityContext, beats: bool| async move {
            if beats {
                pass(1_500).await;
                context.heartbeat(&"x".repeat(LONG))?;
            }
            Err(Failure::new("Loud", "ö".repeat(LONG)).into())
        })
        .workflow(Named::new("hears"), |ctx: Context, beats| async move {
            let loud = ctx.activity(NamedActivity::<bool, ()>::new("loud"), &beats);
            let loud = loud.retry(RetryPolicy::attempts(3)).heartbeat(secs(2));
            loud.await
        })
        .workflow(Named::new("shouts"), |_: Context, ()| async move {
            Err::<(), _>(Failure::new("Loud", "ö".repeat(LONG)))
        });
    let most = Limits::default().failure + 100;
    simulate(registry, |engine| async move {
        let loud = run(&engine, "hears", false).await;
        let shouts = run(&engine, "shouts", ()).await;
        let mut failures = Vec::new();
        for id in [&loud.id, &shouts.id] {
            for event in engine.archive().history(id).unwrap() {
                match event.kind {
                    EventKind::TaskFailed { failure, .. }
                    | EventKind::ExecutionFailed { failure } => failures.push(failure),
                    _ => {}
                }
            }
        }
        assert_eq!(failures.len(), 3 + 1 + 1);
        for failure in failures {
            assert!(failure.message.len() <= most, "{}", failure.message.len());
            assert!(failure.message.ends_with("more bytes)"));
            assert!(failure.message.starts_with("öööö"));
        }

        let beats = run(&engine, "hears", true).await;
        assert_eq!(beats.failure.unwrap().error_type, Failure::TOO_LARGE);
        for event in engine.archive().history(&beats.id).unwrap() {
            let kept = matches!(
                event.kind,
                EventKind::TaskHeartbeat { .. }
                    | EventKind::TaskFailed {
                        heartbeat: Some(_),
                        ..
                    }
            );
            assert!(!kept, "event {}", event.id);
        }
    });
}

#[test]
fn a_backoff_coefficient_below_one_is_refused_at_the_call() {
    async fn tries(ctx: Context, coefficient: String) -> Result<u32, Failure> {
        let policy = RetryPolicy {
            backoff_coefficient: coefficient.parse().unwrap(),
            ..RetryPolicy::attempts(3)
        };
        ctx.activity(Stubborn, &2).retry(policy).await
    }
    let registry = registry(&Diary::default()).workflow(Named::new("tries"), tries);
    simulate(registry, |engine| async move {
        for bad in ["0", "-2", "0.99", "NaN", "inf", "-inf"] {
            let end = run(&engine, "tries", bad.to_owned()).await;
            let failure = end.failure.unwrap();
            assert_eq!(failure.error_type, Failure::RETRY_POLICY, "{bad}");
            let history = engine.archive().history(&end.id).unwrap();
            assert_eq!(kinds(&history), ["ExecutionStarted", "ExecutionFailed"]);
        }
        for good in ["1", "1e308"] {
            let end = run(&engine, "tries", good.to_owned()).await;
            assert_eq!(end.status, Status::Completed, "{good}");
        }
    });
    for coefficient in [0.0, -2.0, f64::NAN, f64::INFINITY, 1e308, 1.0] {
        let policy = RetryPolicy {
            backoff_coefficient: coefficient,
            initial_interval: secs(2),
            ..RetryPolicy::attempts(0)
        };
        for failed in [1, 2, 63, 64, 1_024, 1_025, u32::MAX] {
            let pause = policy.interval(failed);
            assert!((secs(2)..=secs(60)).contains(&pause), "{coefficient}");
        }
    }
}

#[test]
fn a_workflow_can_handle_the_end_of_the_retry_timeout() {
    async fn catches(ctx: Context, (): ()) -> Result<String, Failure> {
        let policy = RetryPolicy {
            retry_timeout: Some(secs(10)),
            ..each_second(40)
        };
        let tried = ctx.activity(Stubborn, &100).retry(policy).await;
        Ok(tried.unwrap_err().message)
    }
    let registry = registry(&Diary::default()).workflow(Named::new("catches"), catches);
    simulate(registry, |engine| async move {
        let end = run(&engine, "catches", ()).await;
        assert_eq!(end.output.unwrap().as_str(), "\"no 11\"");
    });
}

#[test]
fn the_backoff_is_the_same_across_a_restart() {
    async fn hourly(ctx: Context, (): ()) -> Result<u32, Failure> {
        let policy = RetryPolicy {
            initial_interval: secs(3_600),
            max_interval: secs(3_600),
            ..RetryPolicy::attempts(2)
        };
        ctx.activity(Stubborn, &2).retry(policy).await
    }
    let store = memory();
    let hourly = || registry(&Diary::default()).workflow(Named::new("hourly"), hourly);
    let id = life_at(BEGINS, &store, hourly(), |engine| async move {
        let id = engine.start_instance(wf("hourly"), &()).await.unwrap();
        pass(60_000).await;
        id
    });
    life_at(
        BEGINS + secs(1_800),
        &store,
        hourly(),
        |engine| async move {
            let end = engine.until_closed(&id).await.unwrap();
            assert_eq!(end.output.unwrap().as_str(), "2");
            let took = end.closed_at.unwrap().since(end.started_at);
            assert_eq!(took.as_secs(), 3_600);
        },
    );
}

/// Never returns.
fn endless(attempts: u32) -> Registry {
    let never = NamedActivity::<(), ()>::new("never");
    Registry::new()
        .activity(never, |_, ()| std::future::pending())
        .workflow(
            Named::<(), ()>::new("doomed"),
            move |ctx: Context, ()| async move {
                let never = ctx.activity(NamedActivity::<(), ()>::new("never"), &());
                never.retry(each_second(attempts)).await
            },
        )
}

/// Lets one process after another end while the activity is under way, until the instance has ended:
/// how many, at most 30, and how it has ended then.
fn ended_by(attempts: u32) -> (u64, InstanceSummary) {
    let store = memory();
    let mut killed = 0;
    loop {
        let at = BEGINS + secs(killed * 100);
        let now = killed_after(10_000, at, &store, endless(attempts), async |engine| {
            let start = engine.start_instance(wf("doomed"), &()).id(id("doomed"));
            let _begun_before = start.reuse(IdReuse::Never).await;
            engine.archive().summary(&id("doomed")).unwrap()
        });
        if now.status.is_closed() || killed == 30 {
            return (killed, now);
        }
        killed += 1;
    }
}

#[test]
fn an_activity_that_crashes_its_process_each_time_uses_up_its_attempts() {
    let limit = u64::from(Limits::default().interruptions);
    for (attempts, processes) in [(1, limit), (3, 3), (5, 5)] {
        let (killed, end) = ended_by(attempts);
        assert_eq!(killed, processes, "{attempts} attempts: {}", end.status);
        assert_eq!(end.status, Status::Failed);
        assert_eq!(end.failure.unwrap().error_type, Failure::INTERRUPTED);
    }
    let (_, now) = ended_by(0);
    assert_eq!(now.status, Status::Running, "it has attempts without limit");
}

#[test]
fn an_orderly_stop_uses_up_no_attempt() {
    let store = memory();
    for start in 0..20 {
        let at = BEGINS + secs(start * 100);
        life_at(at, &store, endless(3), |engine| async move {
            let start = engine.start_instance(wf("doomed"), &()).id(id("doomed"));
            let _begun_before = start.reuse(IdReuse::Never).await;
            pass(10_000).await;
            let now = engine.archive().summary(&id("doomed")).unwrap();
            assert_eq!((now.status, now.in_flight), (Status::Running, 1));
        });
    }
    let history = Archive::new(store).history(&id("doomed")).unwrap();
    assert!(!kinds(&history).contains(&"TaskFailed".to_owned()));
}
