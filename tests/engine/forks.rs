//! Reruns: from which event, of which run, with which random numbers.

use fermata::engine::*;

use crate::{
    harness::*,
    lives_by_the_clock::{life, life_at},
};

/// Draws a UUID, waits, and draws another.
async fn draws(ctx: Context, (): ()) -> Result<(String, String), Failure> {
    let first = ctx.new_uuid().to_string();
    ctx.timer(secs(1)).await?;
    let key = NamedActivity::<(), String>::new("key");
    let key = ctx.activity(key, &()).retry(RetryPolicy::attempts(2));
    ctx.set_status(&key.await?)?;
    Ok((first, ctx.new_uuid().to_string()))
}

fn drawing() -> Registry {
    let key = NamedActivity::<(), String>::new("key");
    registry(&Diary::default())
        .workflow(Named::new("draws"), draws)
        .activity(key, |context: ActivityContext, ()| async move {
            let last: Option<String> = context.last_heartbeat();
            let key = context.idempotency_key();
            match last {
                Some(last) => assert_eq!(last, key, "each attempt has the same"),
                None => {
                    context.heartbeat(&key)?;
                    return Err(Failure::new("First", "").into());
                }
            }
            Ok(key)
        })
}

/// What an instance of that id has drawn, and its idempotency key.
async fn draw(engine: &Engine) -> [String; 3] {
    let start = engine.start_instance(wf("draws"), &()).id(id("order-7"));
    let end = engine.until_closed(&start.await.unwrap()).await.unwrap();
    drawn(&end)
}

fn drawn(end: &InstanceSummary) -> [String; 3] {
    let (first, second) = end.output.as_ref().unwrap().decode().unwrap();
    let key = end.custom_status.as_ref().unwrap().decode().unwrap();
    [first, second, key]
}

/// All are different.
fn differ(drawn: &[[String; 3]]) {
    let all: std::collections::BTreeSet<_> = drawn.iter().flatten().collect();
    assert_eq!(all.len(), 3 * drawn.len(), "{drawn:?}");
}

#[test]
fn uuids_and_idempotency_keys_are_never_repeated() {
    let (here, there) = (memory(), memory());
    let mut all = life_at(BEGINS, &here, drawing(), |engine| async move {
        let first = draw(&engine).await;
        let next_run = draw(&engine).await;
        let purged = engine.purge(Purge::Instance(id("order-7"))).await;
        assert_eq!(purged.unwrap(), 2);
        vec![first, next_run, draw(&engine).await]
    });
    // The same id in another store.
    all.push(life_at(BEGINS, &there, drawing(), |engine| async move {
        draw(&engine).await
    }));
    differ(&all);
}

#[test]
fn a_fork_repeats_the_random_numbers_of_its_source_up_to_its_event() {
    let setup = Setup {
        clock: Clock::starting_at(BEGINS),
        ..Setup::default()
    };
    life(setup, &memory(), drawing(), |engine| async move {
        let source = draw(&engine).await;
        let history = engine.archive().history(&id("order-7")).unwrap();
        let fired = |event: &&Event| matches!(event.kind, EventKind::TimerFired { .. });
        let from = history.iter().find(fired).unwrap().id;
        let fork = engine
            .rerun(&id("order-7"), from, None, None)
            .await
            .unwrap();
        let end = engine.until_closed(&fork).await.unwrap();
        let forked = drawn(&end);
        assert_eq!(forked[0], source[0], "it was drawn before");
        assert_ne!(forked[1], source[1]);
        assert_ne!(forked[2], source[2]);
        let history = engine.archive().export(&fork).unwrap();
        replay(&drawing(), &history).unwrap();
    });
}

#[test]
fn an_earlier_run_can_be_rerun() {
    async fn chain(ctx: Context, n: u32) -> Result<u32, Failure> {
        ctx.activity(Increment, &n).await?;
        match n {
            30 => Ok(30),
            n => ctx.continue_as_new(&(n + 10)),
        }
    }
    let registry = registry(&Diary::default()).workflow(Named::new("chain"), chain);
    simulate(registry, |engine| async move {
        let chain = engine.start_instance(wf("chain"), &10).await.unwrap();
        engine.until_closed(&chain).await.unwrap();
        for (run, input) in [(1, "10"), (2, "20"), (3, "30")] {
            let from = EventId(1);
            let fork = engine.rerun_run(&chain, run, from, None, None).await;
            let fork = fork.unwrap();
            engine.until_closed(&fork).await.unwrap();
            let (_, first) = engine.archive().runs(&fork).unwrap().remove(0);
            let EventKind::ExecutionStarted {
                fork: Some(taken),
                input: given,
                ..
            } = &first[0].kind
            else {
                panic!("{:?}", first[0]);
            };
            assert_eq!((taken.run, given.as_str()), (run, input));
        }
        let none = engine.rerun_run(&chain, 4, EventId(1), None, None).await;
        assert!(none.is_err(), "{none:?}");
        let latest = engine.rerun(&chain, EventId(1), None, None).await.unwrap();
        let end = engine.until_closed(&latest).await.unwrap();
        assert_eq!((end.run, end.output.unwrap().as_str()), (1, "30"));
    });
}

#[test]
fn a_fork_that_continues_as_new_at_once_starts_its_next_run_immediately() {
    async fn wait_or_continue(ctx: Context, seconds: u64) -> Result<u64, Failure> {
        if seconds == 0 {
            return ctx.continue_as_new(&60);
        }
        ctx.timer(secs(seconds)).await?;
        Ok(seconds)
    }
    let workflow = Named::new("wait-or-continue");
    let registry = registry(&Diary::default()).workflow(workflow, wait_or_continue);
    simulate(registry, |engine| async move {
        let source = run(&engine, "wait-or-continue", 1).await;
        pass(3_600_000).await;
        let input = Some(Payload::encode(&0).unwrap());
        let fork = engine.rerun(&source.id, EventId(1), None, input).await;
        let end = engine.until_closed(&fork.unwrap()).await.unwrap();
        let made = source.closed_at.unwrap() + secs(3_600);
        assert_eq!(end.run, 2);
        assert!(end.started_at >= made, "{end:?}");
        let took = end.closed_at.unwrap().since(end.started_at);
        assert!(took < secs(61), "{took:?}");
    });
}

#[test]
fn a_fork_from_before_a_cancel_is_not_canceled_and_one_from_after_it_is() {
    async fn booking(ctx: Context, (): ()) -> Result<(), Failure> {
        let saga = Saga::new(&ctx);
        saga.undo_with("booking", |ctx| async move {
            ctx.activity(Work, &1_000).await.map(|_| ())
        });
        let booked = ctx.activity(Work, &10_000).await.map(|_| ());
        saga.settle(booked).await
    }
    let diary = Diary::default();
    let registry = registry(&diary).workflow(Named::new("booking"), booking);
    simulate(registry, |engine| async move {
        let source = engine.start_instance(wf("booking"), &()).await.unwrap();
        pass(1_000).await;
        engine.cancel(&source, "").await.unwrap();
        engine.until_closed(&source).await.unwrap();
        let history = engine.archive().history(&source).unwrap();
        let asked = kinds(&history)
            .iter()
            .position(|kind| kind == "ExecutionCancelRequested");
        let asked = asked.unwrap() as u64;
        let ends = [(asked, Status::Completed), (asked + 1, Status::Canceled)];
        for (from, expected) in ends {
            let fork = engine.rerun(&source, EventId(from), None, None).await;
            let end = engine.until_closed(&fork.unwrap()).await.unwrap();
            assert_eq!(end.status, expected, "from {from}");
        }
    });
    let undone = diary
        .lines()
        .into_iter()
        .filter(|line| line == "work 1000 ends");
    assert_eq!(undone.count(), 2, "the source and the second fork");
}

#[test]
fn a_fork_from_the_end_of_an_oversized_history_ends_like_its_source() {
    async fn long(ctx: Context, (): ()) -> Result<(), Failure> {
        loop {
            ctx.activity(Work, &1).await?;
        }
    }
    let registry = registry(&Diary::default()).workflow(Named::new("long"), long);
    let limits = Limits {
        history: 100,
        ..Limits::default()
    };
    let store = RedbStore::in_memory().unwrap();
    simulate_with(store, registry, limits, |engine| async move {
        let source = run(&engine, "long", ()).await.id;
        let last = engine.archive().history(&source).unwrap().len() as u64 - 1;
        for from in [1, last] {
            let fork = engine.rerun(&source, EventId(from), None, None).await;
            let end = engine.until_closed(&fork.unwrap()).await.unwrap();
            let failure = end.failure.unwrap();
            assert_eq!(failure.error_type, Failure::HISTORY_LIMIT, "from {from}");
        }
    });
}

#[test]
fn a_fork_from_the_failure_of_a_purged_child_restarts_the_child() {
    async fn parent(ctx: Context, (): ()) -> Result<u32, Failure> {
        ctx.child(Named::<(), u32>::new("child"), &()).await
    }
    let release = |fixed: bool| {
        Registry::new()
            .workflow(Named::new("parent"), parent)
            .workflow(
                Named::<(), u32>::new("child"),
                move |_: Context, ()| async move {
                    fixed.then_some(1).ok_or(Failure::new("Bad", "it is bad"))
                },
            )
    };
    let store = memory();
    let source = life_at(BEGINS, &store, release(false), |engine| async move {
        let source = run(&engine, "parent", ()).await;
        assert_eq!(source.status, Status::Failed);
        let child = Purge::Instance(id("parent-1/1"));
        assert_eq!(engine.purge(child).await.unwrap(), 1);
        source.id
    });
    life_at(
        BEGINS + secs(60),
        &store,
        release(true),
        |engine| async move {
            let history = engine.archive().history(&source).unwrap();
            let failed = kinds(&history)
                .iter()
                .position(|kind| kind == "ChildWorkflowInstanceFailed");
            let from = EventId(failed.unwrap() as u64);
            let fork = engine.rerun(&source, from, None, None).await.unwrap();
            pass(5_000).await;
            let end = engine.archive().summary(&fork).unwrap();
            assert_eq!(end.output.unwrap().as_str(), "1", "{:?}", end.failure);
            let all = engine.archive().list().unwrap();
            let children = all.iter().filter(|one| one.workflow == "child");
            assert_eq!(children.count(), 1);
        },
    );
}

#[test]
fn a_failed_child_and_its_parent_go_on_in_place_and_the_parent_gets_the_new_outcome() {
    async fn parent(ctx: Context, (): ()) -> Result<u32, Failure> {
        ctx.child(Named::<(), u32>::new("child"), &()).await
    }
    let release = |fixed: bool| {
        Registry::new()
            .workflow(Named::new("parent"), parent)
            .workflow(
                Named::<(), u32>::new("child"),
                move |ctx: Context, ()| async move {
                    ctx.timer(secs(2)).await?;
                    fixed.then_some(1).ok_or(Failure::new("Bad", "it is bad"))
                },
            )
    };
    // The child ends before or after its parent waits for it again.
    for pause in [0, 5_000] {
        let store = memory();
        let source = life_at(BEGINS, &store, release(false), |engine| async move {
            run(&engine, "parent", ()).await.id
        });
        let after = BEGINS + secs(60);
        life_at(after, &store, release(true), |engine| async move {
            let child = id("parent-1/1");
            for (failed, which) in [
                ("TimerFired", &child),
                ("ChildWorkflowInstanceFailed", &source),
            ] {
                let history = engine.archive().history(which).unwrap();
                let failed = kinds(&history).iter().position(|kind| kind == failed);
                let from = EventId(failed.unwrap() as u64);
                let again = engine.rerun(which, from, Some(which.clone()), None);
                assert_eq!(again.await.unwrap(), *which);
                pass(pause).await;
            }
            pass(5_000).await;
            let end = engine.archive().summary(&source).unwrap();
            assert_eq!(end.output.unwrap().as_str(), "1", "{:?}", end.failure);
            let child = engine.archive().summary(&child).unwrap();
            assert_eq!((child.run, child.status), (2, Status::Completed));
            assert_eq!(child.parent.unwrap().instance, source);
        });
    }
}

#[test]
fn a_fork_that_is_suspended_from_the_start_does_nothing_until_it_is_resumed() {
    let setup = Setup {
        clock: Clock::starting_at(BEGINS),
        ..Setup::default()
    };
    life(setup, &memory(), drawing(), |engine| async move {
        let source = draw(&engine).await;
        let history = engine.archive().history(&id("order-7")).unwrap();
        // Its activity is scheduled by the first event that is not shared.
        let fired = |event: &&Event| matches!(event.kind, EventKind::TimerFired { .. });
        let from = history.iter().find(fired).unwrap().id.next();
        let order = id("order-7");
        let fork = engine.rerun_suspended(&order, 1, from, "until the doors open");
        let fork = fork.await.unwrap();
        let summary = || engine.archive().summary(&fork).unwrap();
        assert_eq!(summary().status, Status::Suspended);
        let before = engine.archive().history(&fork).unwrap();
        tokio::time::sleep(secs(3600)).await;
        let after = engine.archive().history(&fork).unwrap();
        assert_eq!(before, after, "nothing has started");
        let reason = before.iter().find_map(|event| match &event.kind {
            EventKind::ExecutionSuspended { reason, .. } => Some(reason.as_str()),
            _ => None,
        });
        assert_eq!(reason, Some("until the doors open"));
        engine.resume(&fork, "the doors are open").await.unwrap();
        let end = engine.until_closed(&fork).await.unwrap();
        assert_eq!(end.status, Status::Completed);
        assert_eq!(drawn(&end)[0], source[0], "it was drawn before");
        let history = engine.archive().export(&fork).unwrap();
        replay(&drawing(), &history).unwrap();
    });
}
