//! Later runs, forks of forks, and the data that is passed between them.

use std::time::Duration;

use fermata::engine::*;

use crate::{
    harness::*,
    program::{Program, Ties},
    random_programs::{is_well_formed, start},
    world::{Exit, World},
};

/// Begins again so often, each time with a child.
async fn generations(ctx: Context, left: u32) -> Result<u32, Failure> {
    let grown = ctx.child(Named::<u32, u32>::new("child"), &left).await?;
    match left {
        0 => Ok(grown),
        _ => ctx.continue_as_new(&(left - 1)),
    }
}

async fn family(ctx: Context, (): ()) -> Result<Vec<u32>, Failure> {
    let mut grown = Vec::new();
    for n in 0..3 {
        grown.push(ctx.child(Named::<u32, u32>::new("child"), &n).await?);
        ctx.set_status(&ctx.instance())?;
    }
    Ok(grown)
}

async fn child(ctx: Context, n: u32) -> Result<u32, Failure> {
    ctx.timer(Duration::from_millis(10)).await?;
    ctx.activity(Increment, &n).await
}

async fn takes_one(ctx: Context, left: u32) -> Result<u32, Failure> {
    let n: u32 = ctx.wait_event("go").await?;
    match left {
        0 => Ok(n),
        _ => ctx.continue_as_new(&(left - 1)),
    }
}

async fn waits_twice(ctx: Context, event: String) -> Result<u32, Failure> {
    let n = ctx.wait_event(&event).await?;
    match event.as_str() {
        "go" => Ok(n),
        _ => ctx.continue_as_new(&"go"),
    }
}

fn relatives() -> Registry {
    registry(&Diary::default())
        .workflow(Named::new("generations"), generations)
        .workflow(Named::new("family"), family)
        .workflow(Named::new("child"), child)
        .workflow(Named::new("takes one"), takes_one)
        .workflow(Named::new("waits twice"), waits_twice)
}

fn can_be_replayed_with(registry: &Registry, id: &InstanceId, events: Vec<Event>) {
    let instance = id.clone();
    let whole = History { instance, events };
    replay(registry, &whole).unwrap();
}

#[test]
fn the_history_of_a_later_run_matches_its_code_and_can_be_forked() {
    simulate(relatives(), |engine| async move {
        let end = run(&engine, "generations", 2).await;
        assert_eq!((end.run, end.status), (3, Status::Completed));
        for (run, events) in engine.archive().runs(&end.id).unwrap() {
            can_be_replayed_with(&relatives(), &run.id, events);
        }
        let last = engine.archive().history(&end.id).unwrap().len() as u64 - 1;
        let fork = engine
            .rerun(&end.id, EventId(last), None, None)
            .await
            .unwrap();
        let end = engine.until_closed(&fork).await.unwrap();
        assert_eq!((end.run, end.status), (1, Status::Completed));
    });
}

#[test]
fn a_fork_of_a_fork_matches_its_code_from_any_event() {
    simulate(relatives(), |engine| async move {
        let source = run(&engine, "family", ()).await;
        let length = engine.archive().history(&source.id).unwrap().len() as u64;
        for first in 1..length {
            let fork = engine
                .rerun(&source.id, EventId(first), None, None)
                .await
                .unwrap();
            let end = engine.until_closed(&fork).await.unwrap();
            assert_eq!(end.output, source.output, "from {first}");
            let length = engine.archive().history(&fork).unwrap().len() as u64;
            for second in 1..length {
                let from = EventId(second);
                let twice = engine.rerun(&fork, from, None, None).await.unwrap();
                let end = engine.until_closed(&twice).await.unwrap();
                assert_eq!(end.output, source.output, "from {first}, then {second}");
                let history = engine.archive().history(&twice).unwrap();
                can_be_replayed_with(&relatives(), &twice, history);
            }
        }
        let children = engine
            .archive()
            .runs(&id(&format!("{}/1", source.id)))
            .unwrap();
        assert_eq!(children.len(), 1, "forks have children of their own");
    });
}

/// Hours until the timer fires.
async fn waits(ctx: Context, hours: u64) -> Result<Timestamp, Failure> {
    let kept = Named::<u32, u32>::new("child");
    let kept = ctx.child(kept, &1).detach()?;
    ctx.set_status(&kept)?;
    let timeouts = Duration::from_secs(60 * 60);
    ctx.activity(Increment, &1)
        .schedule_to_close(timeouts)
        .await?;
    ctx.timer(Duration::from_secs(hours * 60 * 60)).await?;
    Ok(ctx.now())
}

#[test]
fn no_time_passes_for_a_fork_before_it_is_made() {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    let workflows = relatives().workflow(Named::new("waits"), waits);
    simulate(workflows, |engine| async move {
        let source = engine.start_instance(wf("waits"), &10u64).await.unwrap();
        tokio::time::sleep(4 * HOUR).await;
        // The last event before this one is in the fourth hour.
        engine.suspend(&source, "").await.unwrap();
        tokio::time::sleep(20 * HOUR).await;
        let history = engine.archive().history(&source).unwrap();
        for from in 1..history.len() as u64 {
            let made = tokio::time::Instant::now();
            let fork = engine
                .rerun(&source, EventId(from), None, None)
                .await
                .unwrap();
            let end = engine.until_closed(&fork).await.unwrap();
            assert_eq!(
                end.status,
                Status::Completed,
                "from {from}: {:?}",
                end.failure
            );
            assert_eq!(made.elapsed().as_secs(), 10 * 60 * 60, "from {from}");
            let history = engine.archive().history(&fork).unwrap();
            let own = history.iter().filter(|event| event.id.0 >= from);
            let children = own.filter_map(|event| match &event.kind {
                EventKind::ChildWorkflowInstanceCreated { instance, .. } => Some(instance),
                _ => None,
            });
            for child in children {
                assert!(
                    child.as_str().starts_with(fork.as_str()),
                    "{child} of {fork}"
                );
                let kept = end.custom_status.as_ref().unwrap().as_str();
                assert_eq!(kept, format!("{:?}", child.as_str()));
            }
            is_well_formed(&history);
        }
        let held = history.len() as u64 + 1;
        engine.resume(&source, "").await.unwrap();
        let made = tokio::time::Instant::now();
        let fork = engine
            .rerun(&source, EventId(held - 1), None, None)
            .await
            .unwrap();
        engine.until_closed(&fork).await.unwrap();
        assert_eq!(
            made.elapsed().as_secs(),
            6 * 60 * 60,
            "four had passed when it was held"
        );
    });
}

#[test]
fn unread_events_are_passed_to_the_next_run() {
    simulate(relatives(), |engine| async move {
        let id = engine.start_instance(wf("takes one"), &2).await.unwrap();
        engine.suspend(&id, "").await.unwrap();
        for n in 1..=5 {
            let n = Payload::encode(&n).unwrap();
            engine.raise(&id, "go", n).await.unwrap();
        }
        engine.resume(&id, "").await.unwrap();
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!((end.run, end.output.unwrap().as_str()), (3, "3"));
        for (_, events) in engine.archive().runs(&id).unwrap() {
            let end = kinds(&events).pop().unwrap();
            assert!(
                ["ContinuedAsNew", "ExecutionCompleted"].contains(&end.as_str()),
                "{end}"
            );
        }
    });
}

#[test]
fn an_instance_receives_events_between_two_runs() {
    simulate(relatives(), |engine| async move {
        let first = "next".to_owned();
        let id = engine
            .start_instance(wf("waits twice"), &first)
            .await
            .unwrap();
        let news = || Payload::encode(&7).unwrap();
        // Both are taken up for the same commit.
        let next = engine.raise(&id, "next", news());
        let (next, go) = tokio::join!(next, engine.raise(&id, "go", news()));
        next.unwrap();
        go.unwrap();
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!((end.run, end.output.unwrap().as_str()), (2, "7"));
    });
}

#[test]
fn an_abandoned_child_stays_abandoned_after_a_restart() {
    let ties = Ties {
        on_close: ParentClosePolicy::Abandon,
        detached: false,
        attempts: 1,
    };
    let child = Program::Child(Box::new(Program::Timer(50)), ties);
    let race = Program::Race(Box::new(Program::Timer(10)), Box::new(child));
    let program = Program::Sequence(vec![race, Program::Timer(200)]);
    World::simulate(async |world| {
        let parent = start(world, 0, &program).await;
        pass(20).await;
        world.restart(Exit::Stopped, Duration::ZERO).await;
        let end = world.engine.until_closed(&parent).await.unwrap();
        assert_eq!(end.status, Status::Completed);
        is_well_formed(&world.engine.archive().history(&parent).unwrap());
    });
}
