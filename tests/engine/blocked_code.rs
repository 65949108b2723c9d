//! Workflow code that blocks delays only its own instance. All others continue, and requests to the blocked
//! one are executed when its code returns.

use std::{
    rc::Rc,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use fermata::engine::*;

use crate::{
    disk::{Disk, Tear},
    harness::{id, memory},
};

/// Code that comes to it does not return before it is opened.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<Door>, Condvar)>);

#[derive(Default)]
struct Door {
    is_open: bool,
    arrived: u32,
}

impl Gate {
    fn pass(&self) {
        let (door, moved) = &*self.0;
        let mut door = door.lock().unwrap();
        door.arrived += 1;
        moved.notify_all();
        drop(moved.wait_while(door, |door| !door.is_open).unwrap());
    }

    fn open(&self) {
        let (door, moved) = &*self.0;
        door.lock().unwrap().is_open = true;
        moved.notify_all();
    }

    /// Waits until code has come to it.
    async fn arrived(&self) {
        until(|| self.0.0.lock().unwrap().arrived > 0).await;
    }
}

impl Drop for Gate {
    /// A test that failed leaves no thread behind.
    fn drop(&mut self) {
        self.open();
    }
}

async fn until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Long enough for anything but code that blocks for ever.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    let soon = tokio::time::timeout(Duration::from_secs(60), work).await;
    soon.expect("it continues although the code of another instance blocks")
}

fn named<I, O>(name: &str) -> Named<I, O> {
    Named::new(name)
}

/// Workflows that wait, count and send, and one that comes to the gate.
fn registry(gate: &Gate) -> Registry {
    let (at_gate, at_start, again) = (gate.clone(), gate.clone(), gate.clone());
    Registry::new()
        .workflow(named("gate"), move |ctx: Context, numbers: u32| {
            let gate = at_gate.clone();
            async move {
                ctx.wait_event::<()>("go").await?;
                gate.pass();
                let mut sum = 0;
                for _ in 0..numbers {
                    sum += ctx.wait_event::<u32>("number").await?;
                }
                Ok::<_, Failure>(sum)
            }
        })
        .workflow(named("gate at start"), move |ctx: Context, (): ()| {
            at_start.pass();
            async move { ctx.wait_event::<u32>("number").await }
        })
        .workflow(named("count"), |ctx: Context, to: u32| async move {
            // Not of two threads.
            let count = Rc::new(std::cell::Cell::new(0));
            while count.get() < to {
                ctx.timer(Duration::from_millis(5)).await?;
                count.set(count.get() + 1);
            }
            Ok::<_, Failure>(count.get())
        })
        .workflow(named("sum"), |ctx: Context, of: u32| async move {
            let mut sum = 0;
            for _ in 0..of {
                sum += ctx.wait_event::<u32>("number").await?;
                ctx.publish("sum", &sum)?;
            }
            Ok::<_, Failure>(sum)
        })
        .workflow(named("send"), |ctx: Context, to: InstanceId| async move {
            ctx.send(&to, "number", &5_u32)?;
            Ok::<_, Failure>(())
        })
        .workflow(named("again"), move |ctx: Context, run: u32| {
            let gate = again.clone();
            async move {
                if run == 2 {
                    gate.pass();
                    return ctx.wait_event::<u32>("number").await;
                }
                ctx.wait_event::<()>("go").await?;
                ctx.continue_as_new(&2_u32)
            }
        })
}

fn on(disk: &Disk) -> Arc<dyn Store> {
    let disk = disk.clone();
    Arc::new(RedbStore::on(move || Ok(disk.clone())).unwrap())
}

fn start(store: Arc<dyn Store>, gate: &Gate) -> Engine {
    Engine::start(store, registry(gate), Setup::default()).unwrap()
}

fn number(n: u32) -> Payload {
    Payload::encode(&n).unwrap()
}

fn output<T: serde::de::DeserializeOwned>(summary: &InstanceSummary) -> T {
    assert_eq!(summary.status, Status::Completed, "{summary:?}");
    summary.output.as_ref().unwrap().decode().unwrap()
}

/// An instance whose code blocks at the gate; after it, it waits for this many numbers.
async fn blocked(engine: &Engine, gate: &Gate, numbers: u32) -> InstanceId {
    let id = engine
        .start_instance(named::<u32, u32>("gate"), &numbers)
        .await
        .unwrap();
    let (raising, target) = (engine.clone(), id.clone());
    tokio::spawn(async move { raising.raise(&target, "go", Payload::null()).await });
    gate.arrived().await;
    id
}

/// The code of every history agrees with it.
fn check_replays(engine: &Engine, ids: &[InstanceId]) {
    let open = Gate::default();
    open.open();
    for id in ids {
        let history = History {
            instance: id.clone(),
            events: engine.archive().history(id).unwrap(),
        };
        replay(&registry(&open), &history).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_instances_continue_while_the_code_of_one_blocks() {
    let gate = Gate::default();
    let engine = start(memory(), &gate);
    let sum = engine
        .start_instance(named::<u32, u32>("sum"), &3)
        .await
        .unwrap();
    let count = named::<u32, u32>("count");
    let counting = engine.start_instance(count, &100).await.unwrap();
    engine.raise(&sum, "number", number(1)).await.unwrap();
    let stuck = blocked(&engine, &gate, 1).await;
    soon(async {
        engine.raise(&sum, "number", number(2)).await.unwrap();
        assert_eq!(engine.query(&sum, "sum").await.unwrap(), Some(number(3)));
        engine.suspend(&counting, "").await.unwrap();
        engine.resume(&counting, "").await.unwrap();
        let end = engine.until_closed(&counting).await.unwrap();
        assert_eq!(output::<u32>(&end), 100);
        let count = named::<u32, u32>("count");
        let new = engine.start_instance(count, &3).await.unwrap();
        engine.until_closed(&new).await.unwrap();
        let trouble = engine.trouble();
        assert!(matches!(trouble, Some(Trouble::Blocked { instance, .. }) if instance == stuck));
    })
    .await;
    gate.open();
    engine.raise(&sum, "number", number(4)).await.unwrap();
    engine.raise(&stuck, "number", number(7)).await.unwrap();
    let end = engine.until_closed(&stuck).await.unwrap();
    assert_eq!(output::<u32>(&end), 7);
    assert_eq!(output::<u32>(&engine.until_closed(&sum).await.unwrap()), 7);
    assert_eq!(engine.trouble(), None);
    let (slow, of) = (engine.metrics().slow_turns, engine.metrics().slowest_turn);
    assert!(slow >= 1 && of.is_some_and(|(of, _)| of == stuck));
    check_replays(&engine, &[stuck, sum, counting]);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_to_a_blocked_instance_are_executed_in_order_later() {
    let gate = Gate::default();
    let engine = start(memory(), &gate);
    let stuck = blocked(&engine, &gate, 3).await;
    let asked = {
        let (engine, stuck) = (engine.clone(), stuck.clone());
        tokio::spawn(async move {
            engine.raise(&stuck, "number", number(1)).await.unwrap();
            engine.suspend(&stuck, "").await.unwrap();
        })
    };
    // Sent by another instance, which does not wait for it.
    let send = named::<InstanceId, ()>("send");
    let sender = engine.start_instance(send, &stuck).await.unwrap();
    soon(engine.until_closed(&sender)).await.unwrap();
    assert!(!asked.is_finished());
    gate.open();
    soon(asked).await.unwrap();
    assert_eq!(
        engine.archive().summary(&stuck).unwrap().status,
        Status::Suspended
    );
    engine.raise(&stuck, "number", number(2)).await.unwrap();
    engine.resume(&stuck, "").await.unwrap();
    let end = engine.until_closed(&stuck).await.unwrap();
    assert_eq!(output::<u32>(&end), 1 + 5 + 2);
    check_replays(&engine, &[stuck]);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_blocks_at_its_start_delays_no_other_start() {
    let gate = Gate::default();
    let engine = start(memory(), &gate);
    let starting = {
        let engine = engine.clone();
        tokio::spawn(async move {
            let at_start = named::<(), u32>("gate at start");
            engine.start_instance(at_start, &()).id(id("slow")).await
        })
    };
    gate.arrived().await;
    let count = named::<u32, u32>("count");
    let other = soon(async { engine.start_instance(count, &3).await.unwrap() }).await;
    soon(engine.until_closed(&other)).await.unwrap();
    assert!(!starting.is_finished());
    // Its id is taken, although the store does not have it yet.
    let again = soon(engine.restart(&other, Some(id("slow")))).await;
    assert!(
        matches!(again, Err(EngineError::AlreadyExists(_))),
        "{again:?}"
    );
    gate.open();
    let id = soon(starting).await.unwrap().unwrap();
    engine.raise(&id, "number", number(9)).await.unwrap();
    assert_eq!(output::<u32>(&engine.until_closed(&id).await.unwrap()), 9);
    check_replays(&engine, &[id, other]);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_stops_even_if_code_never_returns() {
    let gate = Gate::default();
    let store = memory();
    let engine = start(Arc::clone(&store), &gate);
    let stuck = blocked(&engine, &gate, 1).await;
    let count = named::<u32, u32>("count");
    let other = soon(async { engine.start_instance(count, &3).await.unwrap() }).await;
    soon(engine.stop()).await;
    // The next engine continues both; the code that comes back finds that its engine is gone.
    let free = Gate::default();
    free.open();
    let next = start(store, &free);
    gate.open();
    next.raise(&stuck, "go", Payload::null()).await.unwrap();
    next.raise(&stuck, "number", number(3)).await.unwrap();
    soon(next.until_closed(&other)).await.unwrap();
    assert_eq!(output::<u32>(&next.until_closed(&stuck).await.unwrap()), 3);
    check_replays(&next, &[stuck, other]);
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_may_block_at_once_and_return_in_any_order() {
    for first in [0, 1] {
        let gates = [Gate::default(), Gate::default()];
        let both = gates.clone();
        let registry = registry(&gates[0]).workflow(
            named::<usize, u32>("either"),
            move |ctx: Context, which: usize| {
                let gate = both[which].clone();
                async move {
                    ctx.timer(Duration::from_millis(1)).await?;
                    gate.pass();
                    ctx.wait_event::<u32>("number").await
                }
            },
        );
        let engine = Engine::start(memory(), registry, Setup::default()).unwrap();
        let mut ids = Vec::new();
        for (which, gate) in gates.iter().enumerate() {
            let either = named::<usize, u32>("either");
            ids.push(soon(async { engine.start_instance(either, &which).await.unwrap() }).await);
            soon(gate.arrived()).await;
        }
        let count = named::<u32, u32>("count");
        let other = soon(async { engine.start_instance(count, &20).await.unwrap() }).await;
        for which in [first, 1 - first] {
            soon(
                engine
                    .start_instance(named::<u32, u32>("count"), &2)
                    .into_future(),
            )
            .await
            .unwrap();
            gates[which].open();
            soon(engine.raise(&ids[which], "number", number(8)))
                .await
                .unwrap();
            let end = soon(engine.until_closed(&ids[which])).await.unwrap();
            assert_eq!(output::<u32>(&end), 8);
        }
        soon(engine.until_closed(&other)).await.unwrap();
        engine.stop().await;
    }
}

/// The power goes while code does not return: what the store has is whole, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_while_code_blocks_loses_nothing() {
    let (gate, disk) = (Gate::default(), Disk::default());
    let engine = start(on(&disk), &gate);
    // The next run does not come to its first wait; an event has come that the run before left.
    let again = engine
        .start_instance(named::<u32, u32>("again"), &1)
        .id(id("again"))
        .await
        .unwrap();
    engine.raise(&again, "number", number(6)).await.unwrap();
    let raising = (engine.clone(), again.clone());
    tokio::spawn(async move { raising.0.raise(&raising.1, "go", Payload::null()).await });
    gate.arrived().await;
    // An event for it is under way.
    let send = named::<InstanceId, ()>("send");
    let sender = soon(async { engine.start_instance(send, &again).await.unwrap() }).await;
    soon(engine.until_closed(&sender)).await.unwrap();
    let left = disk.power_cut(Tear::Nothing);
    engine.stop().await;
    let free = Gate::default();
    free.open();
    let next = start(on(&left), &free);
    let end = soon(next.until_closed(&again)).await.unwrap();
    assert_eq!((end.run, output::<u32>(&end)), (2, 6));
    assert_eq!(next.damage(), [""; 0]);
    check_replays(&next, &[again, sender]);
    next.stop().await;
}

/// Code that repeatedly takes too long, while other instances wait, start and end.
#[tokio::test(flavor = "multi_thread")]
async fn repeatedly_slow_code_does_not_affect_others() {
    let gate = Gate::default();
    gate.open();
    let registry = registry(&gate).workflow(
        named::<(), u32>("slow"),
        |ctx: Context, (): ()| async move {
            let (mut times, short) = (0, Duration::from_millis(20));
            while ctx.wait_event_for::<()>("enough", short).await?.is_none() {
                times += 1;
                if !ctx.is_replaying() {
                    std::thread::sleep(Duration::from_millis(320));
                }
            }
            Ok::<_, Failure>(times)
        },
    );
    let engine = Engine::start(memory(), registry, Setup::default()).unwrap();
    let slow = named::<(), u32>("slow");
    let slow = engine.start_instance(slow, &()).await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..30 {
        let count = named::<u32, u32>("count");
        ids.push(soon(async { engine.start_instance(count, &40).await.unwrap() }).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for id in &ids {
        let end = soon(engine.until_closed(id)).await.unwrap();
        assert_eq!(output::<u32>(&end), 40);
    }
    assert!(!engine.archive().summary(&slow).unwrap().status.is_closed());
    soon(engine.raise(&slow, "enough", Payload::null()))
        .await
        .unwrap();
    let end = soon(engine.until_closed(&slow)).await.unwrap();
    assert!(output::<u32>(&end) > 0);
    check_replays(&engine, &ids);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_blocks_during_replay_delays_no_start() {
    let (free, gate) = (Gate::default(), Gate::default());
    free.open();
    let store = memory();
    let engine = start(Arc::clone(&store), &free);
    let at_start = named::<(), u32>("gate at start");
    let slow = engine.start_instance(at_start, &()).id(id("slow"));
    let slow = slow.await.unwrap();
    let sum = named::<u32, u32>("sum");
    let sum = engine.start_instance(sum, &2).await.unwrap();
    engine.raise(&sum, "number", number(1)).await.unwrap();
    engine.stop().await;

    let engine = tokio::task::block_in_place(|| start(Arc::clone(&store), &gate));
    soon(engine.raise(&sum, "number", number(4))).await.unwrap();
    let end = soon(engine.until_closed(&sum)).await.unwrap();
    assert_eq!(output::<u32>(&end), 5);
    let trouble = engine.trouble();
    assert!(
        matches!(&trouble, Some(Trouble::Blocked { instance, .. }) if *instance == slow),
        "{trouble:?}"
    );
    let raising = {
        let (engine, slow) = (engine.clone(), slow.clone());
        tokio::spawn(async move { engine.raise(&slow, "number", number(9)).await })
    };
    let again = soon(engine.restart(&sum, Some(slow.clone()))).await;
    assert!(
        matches!(again, Err(EngineError::AlreadyExists(_))),
        "{again:?}"
    );
    assert!(!raising.is_finished());
    gate.open();
    soon(raising).await.unwrap().unwrap();
    let end = soon(engine.until_closed(&slow)).await.unwrap();
    assert_eq!(output::<u32>(&end), 9);
    assert_eq!(engine.trouble(), None);
    check_replays(&engine, &[slow, sum]);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_stops_even_if_replayed_code_never_returns() {
    let (free, gate) = (Gate::default(), Gate::default());
    free.open();
    let store = memory();
    let engine = start(Arc::clone(&store), &free);
    let at_start = named::<(), u32>("gate at start");
    let slow = engine.start_instance(at_start, &()).await.unwrap();
    engine.stop().await;
    let engine = tokio::task::block_in_place(|| start(Arc::clone(&store), &gate));
    soon(engine.stop()).await;
    let engine = start(store, &free);
    engine.raise(&slow, "number", number(2)).await.unwrap();
    let end = soon(engine.until_closed(&slow)).await.unwrap();
    assert_eq!(output::<u32>(&end), 2);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_a_schedule_that_does_not_return_counts_as_open() {
    let gate = Gate::default();
    let engine = start(memory(), &gate);
    let name: ScheduleName = serde_json::from_value("often".into()).unwrap();
    let every = Times::Every(Duration::from_millis(20));
    let schedule = Schedule {
        overlap: Overlap::Skip,
        ..Schedule::new(every, "gate at start", Payload::null())
    };
    engine.set_schedule(name.clone(), schedule).await.unwrap();
    soon(gate.arrived()).await;
    let description = || async { soon(engine.schedule(&name)).await.unwrap() };
    let first = description().await.schedule.last.unwrap();
    // Long enough for many due times.
    let clock = engine.clock();
    let begun = clock.now();
    until(|| clock.now().since(begun) > Duration::from_millis(500)).await;
    assert_eq!(description().await.schedule.last, Some(first.clone()));
    soon(engine.delete_schedule(&name)).await.unwrap();
    gate.open();
    soon(engine.raise(&first, "number", number(3)))
        .await
        .unwrap();
    let end = soon(engine.until_closed(&first)).await.unwrap();
    assert_eq!(output::<u32>(&end), 3);
    assert_eq!(engine.archive().list().unwrap().len(), 1);
    engine.stop().await;
}
