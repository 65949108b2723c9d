//! Runs: continue-as-new, reruns, forks, ids, purges, searches.

use std::time::Duration;

use fermata::engine::*;

use crate::harness::*;

async fn vamp(ctx: Context, bar: u32) -> Result<u32, Failure> {
    let more: u32 = ctx.wait_event("more").await?;
    match more {
        0 => Ok(bar),
        more => ctx.continue_as_new(&(bar + more)),
    }
}

async fn three_steps(ctx: Context, start: u32) -> Result<u32, Failure> {
    ctx.set_tag("city", "Oslo");
    let mut n = start;
    for _ in 0..3 {
        n = ctx.activity(Increment, &n).await?;
    }
    Ok(n)
}

async fn wait(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.timer(Duration::from_secs(10)).await
}

fn workflows(diary: &Diary) -> Registry {
    registry(diary)
        .workflow(Named::new("vamp"), vamp)
        .workflow(Named::new("steps"), three_steps)
        .workflow(Named::new("wait"), wait)
}

#[test]
fn continue_as_new_keeps_the_id_and_unread_events() {
    simulate(workflows(&Diary::default()), |engine| async move {
        let id = engine.start_instance(wf("vamp"), &1).await.unwrap();
        for more in [2, 3, 0] {
            let more = Payload::encode(&more).unwrap();
            engine.raise(&id, "more", more).await.unwrap();
        }
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!((end.run, end.output.unwrap().as_str()), (3, "6"));
        let runs = engine.archive().runs(&id).unwrap();
        let statuses: Vec<_> = runs.iter().map(|(summary, _)| summary.status).collect();
        assert_eq!(
            statuses,
            [
                Status::ContinuedAsNew,
                Status::ContinuedAsNew,
                Status::Completed
            ]
        );
    });
}

#[test]
fn events_buffered_in_a_suspended_run_are_passed_to_the_next() {
    simulate(workflows(&Diary::default()), |engine| async move {
        let id = engine.start_instance(wf("vamp"), &1).await.unwrap();
        engine.suspend(&id, "").await.unwrap();
        for more in [5, 0] {
            engine
                .raise(&id, "more", Payload::encode(&more).unwrap())
                .await
                .unwrap();
        }
        engine.resume(&id, "").await.unwrap();
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!((end.run, end.output.unwrap().as_str()), (2, "6"));
    });
}

#[test]
fn a_growing_history_gives_a_hint_and_finally_fails() {
    async fn endless(ctx: Context, heed: bool) -> Result<u64, Failure> {
        loop {
            ctx.activity(Increment, &1).await?;
            if heed && ctx.should_continue_as_new() {
                return Ok(ctx.history_length());
            }
        }
    }
    let registry = registry(&Diary::default()).workflow(Named::new("endless"), endless);
    let limits = Limits {
        history_hint: 100,
        history: 1_000,
        ..Limits::default()
    };
    simulate_with(
        RedbStore::in_memory().unwrap(),
        registry,
        limits,
        |engine| async move {
            let end = run(&engine, "endless", true).await;
            assert_eq!(end.output.unwrap().as_str(), "100");
            let end = run(&engine, "endless", false).await;
            let failure = end.failure.unwrap();
            assert_eq!(failure.error_type, Failure::HISTORY_LIMIT);
            assert!(failure.message.contains("continue as new"), "{failure}");
        },
    );
}

#[test]
fn a_fork_shares_the_history_up_to_an_event_and_continues_from_there() {
    let diary = Diary::default();
    simulate(workflows(&diary), |engine| async move {
        let source = run(&engine, "steps", 10_u32).await.id;
        let before = engine.archive().history(&source).unwrap();
        let is = |e: &&Event| matches!(e.kind, EventKind::TaskScheduled { .. });
        let second = before.iter().filter(is).nth(1).unwrap().id;
        let fork = engine.rerun(&source, second, None, None).await.unwrap();
        let end = engine.until_closed(&fork).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "13");
        assert_eq!(
            end.fork,
            Some(Fork {
                instance: source.clone(),
                run: 1,
                from: second,
                source: None,
                seed: end.fork.as_ref().and_then(|fork| fork.seed),
            })
        );
        let history = engine.archive().history(&fork).unwrap();
        let shared = usize::try_from(second.0).unwrap();
        assert_eq!(history[1..shared], before[1..shared]);
        assert_eq!(engine.archive().history(&source).unwrap(), before);
        let forks = engine.archive().descendants(&source).unwrap();
        assert_eq!(forks[0].id, fork);
    });
    assert_eq!(
        diary.lines(),
        [
            "increment 10",
            "increment 11",
            "increment 12",
            "increment 11",
            "increment 12"
        ]
    );
}

#[test]
fn a_fork_of_a_running_instance_may_get_another_input_and_children_of_its_own() {
    async fn boss(ctx: Context, n: u32) -> Result<u32, Failure> {
        let steps = ctx.child(Named::<u32, u32>::new("late"), &7);
        let done = steps.await?;
        Ok(n + done)
    }
    async fn late(ctx: Context, n: u32) -> Result<u32, Failure> {
        ctx.timer(Duration::from_secs(5)).await?;
        Ok(n)
    }
    let registry = workflows(&Diary::default())
        .workflow(Named::new("boss"), boss)
        .workflow(Named::new("late"), late);
    simulate(registry, |engine| async move {
        let source = engine.start_instance(wf("boss"), &100).await.unwrap();
        pass(1_000).await;
        let input = Some(Payload::encode(&200).unwrap());
        let fork = engine.rerun(&source, EventId(2), Some(id("encore")), input);
        assert!(matches!(fork.await, Err(EngineError::NoSuchEvent { .. })));
        engine
            .raise(&source, "noise", Payload::null())
            .await
            .unwrap();
        let input = Some(Payload::encode(&200).unwrap());
        let fork = engine.rerun(&source, EventId(2), Some(id("encore")), input);
        let fork = fork.await.unwrap();
        let end = engine.until_closed(&fork).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "207");
        let end = engine.until_closed(&source).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "107");
        let child = engine.archive().descendants(&fork).unwrap();
        assert_eq!(child[0].parent.as_ref().unwrap().instance, fork);
        // A fork of a child is an instance of its own.
        let alone = engine.rerun(&child[0].id, EventId(1), None, None).await;
        let end = engine.until_closed(&alone.unwrap()).await.unwrap();
        assert_eq!((end.parent, end.output.unwrap().as_str()), (None, "7"));
    });
}

#[test]
fn ids_may_be_used_again_once_closed_unless_they_must_be_unique() {
    simulate(workflows(&Diary::default()), |engine| async move {
        let start = |n: u32| engine.start_instance(wf("steps"), &n).id(id("solo"));
        start(1).await.unwrap();
        assert!(matches!(start(2).await, Err(EngineError::AlreadyExists(_))));
        engine.until_closed(&id("solo")).await.unwrap();
        let unique = start(2).reuse(IdReuse::Never).await;
        assert!(matches!(unique, Err(EngineError::AlreadyExists(_))));
        start(2).await.unwrap();
        let end = engine.until_closed(&id("solo")).await.unwrap();
        assert_eq!((end.run, end.output.unwrap().as_str()), (2, "5"));
        engine.restart(&id("solo"), None).await.unwrap();
        let end = engine.until_closed(&id("solo")).await.unwrap();
        assert_eq!((end.run, end.output.unwrap().as_str()), (3, "5"));
        let other = engine.restart(&id("solo"), Some(id("duo"))).await.unwrap();
        let end = engine.until_closed(&other).await.unwrap();
        assert_eq!((end.run, end.output.unwrap().as_str()), (1, "5"));
    });
}

#[test]
fn purging_removes_closed_instances_with_their_children_and_keeps_open_ones() {
    async fn family(ctx: Context, (): ()) -> Result<u32, Failure> {
        ctx.child(Named::<u32, u32>::new("steps"), &0).await
    }
    let registry = workflows(&Diary::default()).workflow(Named::new("family"), family);
    simulate(registry, |engine| async move {
        let first = run(&engine, "family", ()).await.id;
        let open = engine.start_instance(wf("wait"), &()).await.unwrap();
        let refused = engine.purge(Purge::Instance(open.clone())).await;
        assert!(matches!(refused, Err(EngineError::StillOpen(_))));
        assert_eq!(
            engine.purge(Purge::Instance(first.clone())).await.unwrap(),
            2
        );
        assert!(matches!(
            engine.archive().history(&first),
            Err(EngineError::UnknownInstance(_))
        ));
        assert_eq!(engine.archive().list().unwrap().len(), 1);
        run(&engine, "steps", 1_u32).await;
        pass(60_000).await;
        run(&engine, "steps", 2_u32).await;
        let minute_ago = Timestamp(engine.clock().now().0 - 30_000_000_000);
        let failed = Purge::ClosedBefore(minute_ago, Some(Status::Failed));
        assert_eq!(engine.purge(failed).await.unwrap(), 0);
        let old = Purge::ClosedBefore(minute_ago, None);
        assert_eq!(
            engine.purge(old).await.unwrap(),
            2,
            "the first and the one that waited"
        );
        assert_eq!(engine.archive().list().unwrap().len(), 1);
    });
}

#[test]
fn instances_are_found_by_name_status_tag_and_age_page_by_page() {
    simulate(workflows(&Diary::default()), |engine| async move {
        for n in 0..5_u32 {
            run(&engine, "steps", n).await;
        }
        let start = engine.start_instance(wf("wait"), &());
        start.tag("city", "Rome").tag("tour", "2026").await.unwrap();
        let archive = engine.archive();
        let tagged = |name: &str, value: &str| Search {
            tags: vec![(name.into(), value.into())],
            ..Search::default()
        };
        let found = archive.search(&tagged("city", "Rome"), None, 10).unwrap();
        assert_eq!(found.instances[0].workflow, "wait");
        let oslo = tagged("city", "Oslo");
        let first = archive.search(&oslo, None, 3).unwrap();
        let second = archive.search(&oslo, first.next, 3).unwrap();
        let ids: Vec<_> = first
            .instances
            .iter()
            .chain(&second.instances)
            .map(|i| i.id.as_str())
            .collect();
        assert_eq!(ids, ["steps-5", "steps-4", "steps-3", "steps-2", "steps-1"]);
        assert_eq!(second.next, None);
        let running = Search {
            status: Some(Status::Running),
            ..Search::default()
        };
        assert_eq!(
            archive.search(&running, None, 10).unwrap().instances.len(),
            1
        );
        let none = Search {
            before: Some(Timestamp(1)),
            ..Search::default()
        };
        assert!(
            archive
                .search(&none, None, 10)
                .unwrap()
                .instances
                .is_empty()
        );
        let all = Search {
            workflow: Some("steps".into()),
            since: Some(Timestamp(1)),
            ..Search::default()
        };
        assert_eq!(archive.search(&all, None, 10).unwrap().instances.len(), 5);
    });
}
