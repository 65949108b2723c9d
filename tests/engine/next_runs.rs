//! Continue-as-new: an instance is open all the time. Between two runs nothing is lost, and it can be
//! suspended and terminated.

use std::{collections::BTreeSet, time::Duration};

use fermata::engine::*;
use futures_util::future::{Either, select};

use crate::{harness::*, lives_by_the_clock::life_at};

/// Takes one order in each run, until it has the wanted number.
async fn collects(ctx: Context, (wanted, got): (usize, Vec<u32>)) -> Result<Vec<u32>, Failure> {
    let mut got = got;
    got.push(ctx.wait_event("order").await?);
    match got.len() == wanted {
        true => Ok(got),
        false => ctx.continue_as_new(&(wanted, got)),
    }
}

/// Sends orders: all at once, or some milliseconds apart.
async fn orders(ctx: Context, (to, many, slowly): (String, u32, bool)) -> Result<(), Failure> {
    for n in 0..many {
        if slowly {
            ctx.activity(Work, &(1 + u64::from(n % 3))).await?;
        }
        ctx.send(&id(&to), "order", &n)?;
    }
    Ok(())
}

/// After 100 ms of each run comes the next.
async fn rounds(ctx: Context, round: u32) -> Result<(), Failure> {
    ctx.activity(Work, &100).await?;
    ctx.continue_as_new(&(round + 1))
}

/// Waits for a child that runs for ever.
async fn waits(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.child(Named::<u32, ()>::new("rounds"), &1)
        .id(id("child"))
        .await
}

/// Ends after a number of milliseconds, and leaves its child to the policy.
async fn leaves(ctx: Context, (ms, policy): (u64, ParentClosePolicy)) -> Result<(), Failure> {
    let child = ctx.child(Named::<u32, ()>::new("rounds"), &1);
    let child = child.id(id("child")).on_parent_close(policy).into_future();
    match select(child, ctx.timer(Duration::from_millis(ms))).await {
        Either::Left(_) => Err(Failure::new("Child", "it ended")),
        // The child is left by the parent's end, not by its drop.
        Either::Right((_, child)) => {
            std::mem::forget(child);
            Ok(())
        }
    }
}

/// Never waits for anything.
async fn spins(ctx: Context, round: u64) -> Result<(), Failure> {
    ctx.continue_as_new(&(round + 1))
}

fn workflows() -> Registry {
    registry(&Diary::default())
        .workflow(Named::new("collects"), collects)
        .workflow(Named::new("orders"), orders)
        .workflow(Named::new("rounds"), rounds)
        .workflow(Named::new("waits"), waits)
        .workflow(Named::new("leaves"), leaves)
        .workflow(Named::new("spins"), spins)
}

fn latest(engine: &Engine, name: &str) -> InstanceSummary {
    engine.archive().summary(&id(name)).unwrap()
}

/// The moment at which a run of 100 ms ends, in turn before and after the engine learns of it.
async fn at_the_change_of_runs(turn: u32) {
    pass(100).await;
    for _ in 0..turn {
        tokio::task::yield_now().await;
    }
}

/// More turns than the engine needs from the end of one run to the work of the next.
const TURNS: u32 = 12;

#[test]
fn events_sent_at_once_are_taken_by_one_run_after_the_other() {
    simulate(workflows(), |engine| async move {
        let none: (usize, Vec<u32>) = (3, Vec::new());
        let shop = engine.start_instance(wf("collects"), &none);
        let shop = shop.id(id("shop")).await.unwrap();
        run(&engine, "orders", ("shop".to_owned(), 3_u32, false)).await;
        pass(60_000).await;
        let end = latest(&engine, "shop");
        assert_eq!((end.status, end.run), (Status::Completed, 3));
        assert_eq!(end.output.unwrap().as_str(), "[0,1,2]");
        for (run, history) in engine.archive().runs(&shop).unwrap() {
            let events = history;
            let instance = run.id;
            replay(&workflows(), &History { instance, events }).unwrap();
        }
    });
}

#[test]
fn no_event_is_lost_or_reordered_across_many_runs() {
    const MANY: u32 = 200;
    simulate(workflows(), |engine| async move {
        for shop in ["a", "b", "c", "d"] {
            let none: (usize, Vec<u32>) = (MANY as usize, Vec::new());
            let start = engine.start_instance(wf("collects"), &none).id(id(shop));
            start.await.unwrap();
            let sender = (shop.to_owned(), MANY, true);
            engine.start_instance(wf("orders"), &sender).await.unwrap();
        }
        pass(60_000).await;
        for shop in ["a", "b", "c", "d"] {
            let end = latest(&engine, shop);
            assert_eq!((end.status, end.run), (Status::Completed, MANY), "{shop}");
            let got: Vec<u32> = end.output.unwrap().decode().unwrap();
            assert!(got.into_iter().eq(0..MANY), "{shop}");
        }
    });
}

#[test]
fn events_at_the_end_of_a_run_arrive_in_the_next() {
    async fn listens(ctx: Context, run: u32) -> Result<Option<u32>, Failure> {
        if run == 1 {
            ctx.activity(Work, &100).await?;
            return ctx.continue_as_new(&2);
        }
        ctx.wait_event_for("news", secs(2)).await
    }
    async fn tells(ctx: Context, (): ()) -> Result<(), Failure> {
        ctx.activity(Work, &100).await?;
        ctx.send(&id("listener"), "news", &7)
    }
    let registry = || {
        workflows()
            .workflow(Named::new("listens"), listens)
            .workflow(Named::new("tells"), tells)
    };
    for sender_is_first in [true, false] {
        simulate(registry(), |engine| async move {
            let listener = engine.start_instance(wf("listens"), &1);
            let listener = listener.id(id("listener"));
            let sender = engine.start_instance(wf("tells"), &());
            match sender_is_first {
                true => (sender.await.unwrap(), listener.await.unwrap()),
                false => (listener.await.unwrap(), sender.await.unwrap()),
            };
            let end = engine.until_closed(&id("listener")).await.unwrap();
            let heard = end.output.unwrap();
            assert_eq!(heard.as_str(), "7", "sender first: {sender_is_first}");
        });
    }
    for turn in 0..TURNS {
        simulate(registry(), |engine| async move {
            let listener = engine.start_instance(wf("listens"), &1);
            listener.id(id("listener")).await.unwrap();
            at_the_change_of_runs(turn).await;
            let news = Payload::encode(&7).unwrap();
            engine.raise(&id("listener"), "news", news).await.unwrap();
            let end = engine.until_closed(&id("listener")).await.unwrap();
            assert_eq!(end.output.unwrap().as_str(), "7", "turn {turn}");
        });
    }
}

#[test]
fn a_child_is_suspended_with_its_parent_between_two_runs() {
    let mut suspended_in = BTreeSet::new();
    for turn in 0..TURNS {
        let run = simulate(workflows(), |engine| async move {
            let parent = engine.start_instance(wf("waits"), &()).await.unwrap();
            at_the_change_of_runs(turn).await;
            engine.suspend(&parent, "hold").await.unwrap();
            let before = latest(&engine, "child");
            assert_eq!(before.status, Status::Suspended, "turn {turn}");
            pass(60_000).await;
            let later = latest(&engine, "child");
            assert_eq!(later.status, Status::Suspended, "turn {turn}");
            assert_eq!(later.run, before.run, "turn {turn}");
            engine.resume(&parent, "on").await.unwrap();
            pass(1_000).await;
            assert!(latest(&engine, "child").run > before.run + 5, "turn {turn}");
            before.run
        });
        suspended_in.insert(run);
    }
    assert_eq!(suspended_in, [1, 2].into(), "before and after the change");
}

#[test]
fn a_cancel_of_the_parent_reaches_its_child_between_two_runs() {
    let mut ended_in = BTreeSet::new();
    for turn in 0..TURNS {
        let run = simulate(workflows(), |engine| async move {
            let parent = engine.start_instance(wf("waits"), &()).await.unwrap();
            at_the_change_of_runs(turn).await;
            engine.cancel(&parent, "enough").await.unwrap();
            pass(1_000).await;
            let parent = engine.archive().summary(&parent).unwrap();
            assert_eq!(parent.status, Status::Canceled, "turn {turn}");
            let child = latest(&engine, "child");
            assert_eq!(child.status, Status::Canceled, "turn {turn}");
            child.run
        });
        ended_in.insert(run);
    }
    assert_eq!(ended_in, [1, 2].into(), "before and after the change");
}

#[test]
fn an_instance_can_be_terminated_between_two_runs() {
    for turn in 0..TURNS {
        simulate(workflows(), |engine| async move {
            let rounds = engine.start_instance(wf("rounds"), &1).await.unwrap();
            at_the_change_of_runs(turn).await;
            engine.terminate(&rounds, "enough").await.unwrap();
            pass(1_000).await;
            let end = engine.archive().summary(&rounds).unwrap();
            assert_eq!(end.status, Status::Terminated, "turn {turn}");
            assert!(engine.archive().open_instances().unwrap().is_empty());
        });
    }
}

#[test]
fn the_end_of_a_parent_reaches_its_child_between_two_runs() {
    let ends = [
        (ParentClosePolicy::Terminate, Status::Terminated),
        (ParentClosePolicy::RequestCancel, Status::Canceled),
        (ParentClosePolicy::Abandon, Status::Running),
    ];
    for (policy, expected) in ends {
        for ms in [99, 100, 101, 200] {
            simulate(workflows(), |engine| async move {
                let end = run(&engine, "leaves", (ms, policy)).await;
                assert_eq!(end.status, Status::Completed);
                pass(1_000).await;
                let child = latest(&engine, "child");
                assert_eq!(child.status, expected, "{policy:?} after {ms} ms");
            });
        }
    }
}

#[test]
fn the_id_of_an_instance_is_in_use_between_two_runs() {
    async fn rival(ctx: Context, (): ()) -> Result<(), Failure> {
        ctx.activity(Work, &100).await?;
        ctx.child(Named::<u32, ()>::new("rounds"), &50)
            .id(id("child"))
            .await
    }
    let registry = || workflows().workflow(Named::new("rival"), rival);
    let is_alone = |engine: &Engine| {
        let open = engine.archive().open_instances().unwrap();
        let of_that_id: Vec<_> = open.iter().filter(|one| one.id == id("child")).collect();
        assert_eq!(of_that_id.len(), 1, "{of_that_id:?}");
        assert_eq!(of_that_id[0].parent, None);
    };
    for rival_is_first in [true, false] {
        simulate(registry(), |engine| async move {
            let owner = engine.start_instance(wf("rounds"), &1).id(id("child"));
            let rival = engine.start_instance(wf("rival"), &()).id(id("rival"));
            match rival_is_first {
                true => (rival.await.unwrap(), owner.await.unwrap()),
                false => (owner.await.unwrap(), rival.await.unwrap()),
            };
            let end = engine.until_closed(&id("rival")).await.unwrap();
            let failure = end.failure.unwrap();
            assert_eq!(failure.error_type, Failure::NOT_STARTED);
            is_alone(&engine);
        });
    }
    for turn in 0..TURNS {
        simulate(registry(), |engine| async move {
            let owner = engine.start_instance(wf("rounds"), &1).id(id("child"));
            owner.await.unwrap();
            at_the_change_of_runs(turn).await;
            let second = engine.start_instance(wf("rounds"), &1).id(id("child"));
            let refused = second.await;
            assert!(
                matches!(refused, Err(EngineError::AlreadyExists(_))),
                "turn {turn}: {refused:?}"
            );
            is_alone(&engine);
        });
    }
}

#[test]
fn runs_that_never_wait_are_slowed_down_and_can_be_suspended_and_terminated() {
    simulate(workflows(), |engine| async move {
        let spin = engine.start_instance(wf("spins"), &0_u64);
        let spin = spin.id(id("spin")).await.unwrap();
        let none: (usize, Vec<u32>) = (1, Vec::new());
        let other = engine.start_instance(wf("collects"), &none).await.unwrap();
        let order = Payload::encode(&1).unwrap();
        engine.raise(&other, "order", order).await.unwrap();
        let other = engine.until_closed(&other).await.unwrap();
        assert_eq!(other.status, Status::Completed, "others are not kept back");
        pass(60_000).await;
        let runs = latest(&engine, "spin").run;
        assert!((50..100).contains(&runs), "{runs} runs in a minute");

        engine.suspend(&spin, "hold").await.unwrap();
        let before = latest(&engine, "spin");
        assert_eq!(before.status, Status::Suspended);
        pass(10_000).await;
        assert_eq!(latest(&engine, "spin").run, before.run);
        engine.resume(&spin, "on").await.unwrap();
        pass(10_000).await;
        assert!(latest(&engine, "spin").run > before.run);
        engine.terminate(&spin, "enough").await.unwrap();
        pass(10_000).await;
        assert_eq!(latest(&engine, "spin").status, Status::Terminated);
        assert!(engine.archive().open_instances().unwrap().is_empty());
    });
}

#[test]
fn runs_that_never_wait_can_be_canceled() {
    simulate(workflows(), |engine| async move {
        let spin = engine.start_instance(wf("spins"), &0_u64);
        let spin = spin.id(id("spin")).await.unwrap();
        pass(10_000).await;
        engine.cancel(&spin, "enough").await.unwrap();
        pass(10_000).await;
        assert_eq!(latest(&engine, "spin").status, Status::Canceled);
    });
}

#[test]
fn runs_that_never_wait_can_be_terminated_by_the_next_process() {
    let store: std::sync::Arc<dyn Store> = std::sync::Arc::new(RedbStore::in_memory().unwrap());
    let begins = Timestamp(1_000_000_000);
    let before = life_at(begins, &store, workflows(), |engine| async move {
        let spin = engine.start_instance(wf("spins"), &0_u64);
        spin.id(id("spin")).await.unwrap();
        pass(10_000).await;
        latest(&engine, "spin").run
    });
    life_at(
        begins + secs(60),
        &store,
        workflows(),
        |engine| async move {
            let open = engine.archive().open_instances().unwrap();
            assert_eq!(open.len(), 1, "it is open");
            engine.terminate(&id("spin"), "enough").await.unwrap();
            pass(10_000).await;
            let end = latest(&engine, "spin");
            assert_eq!(end.status, Status::Terminated);
            assert!(end.run <= before + 1, "{} after {before}", end.run);
        },
    );
}

#[test]
fn the_next_run_keeps_tags_and_custom_status() {
    async fn phases(ctx: Context, run: u32) -> Result<(), Failure> {
        if run == 1 {
            ctx.set_status("phase one")?;
            ctx.set_tag("customer", "7");
            ctx.timer(secs(1)).await?;
            return ctx.continue_as_new(&2);
        }
        ctx.wait_event::<()>("on").await?;
        ctx.set_status("phase two")?;
        ctx.wait_event("on").await
    }
    let registry = workflows().workflow(Named::new("phases"), phases);
    simulate(registry, |engine| async move {
        let start = engine.start_instance(wf("phases"), &1).id(id("phases"));
        let phases = start.await.unwrap();
        pass(5_000).await;
        let status = || {
            let now = latest(&engine, "phases");
            assert_eq!((now.run, now.tags["customer"].as_str()), (2, "7"));
            now.custom_status.unwrap().as_str().to_owned()
        };
        assert_eq!(status(), "\"phase one\"");
        engine.raise(&phases, "on", Payload::null()).await.unwrap();
        pass(1).await;
        assert_eq!(status(), "\"phase two\"");
    });
}
