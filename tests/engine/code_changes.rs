//! Code that changes while instances are open, and code that does not match its history.

use std::time::Duration;

use fermata::engine::*;
use futures_util::future::join;

use crate::harness::*;

async fn old(ctx: Context, start: u32) -> Result<u32, Failure> {
    let n = ctx.activity(Increment, &start).await?;
    ctx.timer(Duration::from_secs(60)).await?;
    ctx.activity(Increment, &n).await
}

/// The history of `old`, waiting for its timer, and replayed by other code.
fn divergence_of<F, Fut>(changed: F) -> String
where
    F: Fn(Context, u32) -> Fut + Send + Sync + Clone + 'static,
    Fut: Future<Output = Result<u32, Failure>> + 'static,
{
    let before = registry(&Diary::default()).workflow(Named::new("song"), old);
    let history = simulate(before, |engine| async move {
        let id = engine.start_instance(wf("song"), &1).id(id("song"));
        let id = id.await.unwrap();
        engine.until_closed(&id).await.unwrap();
        engine.archive().export(&id).unwrap()
    });
    let after = registry(&Diary::default()).workflow(Named::new("song"), changed);
    replay(&after, &history).unwrap_err().to_string()
}

#[test]
fn every_kind_of_divergence_is_reported_precisely() {
    let input =
        divergence_of(|ctx, start| async move { ctx.activity(Increment, &(start + 1)).await });
    assert_eq!(
        input,
        "instance \"song\" does not match its history at event 1: the history has the activity \
         \"increment\" with 1, the code now requests the activity \"increment\" with 2; the last \
         matching event is 0, ExecutionStarted. Likely cause: its data has changed; derive it only from \
         the workflow's input, results, `now` and `random`"
    );
    let name = divergence_of(|ctx, start| async move { ctx.activity(Stubborn, &start).await });
    assert!(name.contains("renamed"), "{name}");
    let kind = divergence_of(|ctx, _| async move {
        ctx.timer(Duration::from_secs(1)).await?;
        Ok(0)
    });
    assert!(
        kind.contains("event 1") && kind.contains("added, removed or moved"),
        "{kind}"
    );
    let early = divergence_of(|ctx, start| async move { ctx.activity(Increment, &start).await });
    assert!(
        early.contains("event 4") && early.contains("removed from the end"),
        "{early}"
    );
    let removed = divergence_of(|ctx, start| async move {
        ctx.activity(Increment, &start).await?;
        ctx.wait_event::<u32>("never").await
    });
    assert!(
        removed.contains("a wait for the event \"never\""),
        "{removed}"
    );
    let idle = divergence_of(|ctx, start| async move {
        let _ = ctx.activity(Increment, &start).await?;
        ctx.canceled().await?;
        Ok(0)
    });
    assert!(
        idle.contains("requests nothing") && idle.contains("step was removed"),
        "{idle}"
    );
    let added = divergence_of(|ctx, start| async move {
        let both = join(
            ctx.activity(Increment, &start).into_future(),
            ctx.activity(Work, &1).into_future(),
        );
        both.await.0
    });
    assert!(
        added.contains("event 3: the history has TaskCompleted")
            && added.contains("a step was added"),
        "{added}"
    );
}

#[test]
fn a_workflow_that_awaits_an_outside_future_is_stalled_with_a_reason() {
    async fn sleeps(_: Context, (): ()) -> Result<(), Failure> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(())
    }
    async fn also(ctx: Context, (): ()) -> Result<(), Failure> {
        let other = tokio::time::sleep(Duration::from_secs(1));
        join(ctx.timer(Duration::from_secs(60)), other).await.0
    }
    let registry = Registry::new()
        .workflow(Named::new("sleeps"), sleeps)
        .workflow(Named::new("also"), also);
    simulate(registry, |engine| async move {
        let mut feed = engine.subscribe().await.unwrap();
        for name in ["sleeps", "also"] {
            let id = engine.start_instance(wf(name), &()).await.unwrap();
            let reason = loop {
                let committed = feed.next().await.unwrap();
                let last = committed.events.last().map(|event| event.kind.clone());
                if let Some(EventKind::ExecutionStalled { reason }) = last {
                    assert_eq!(committed.instance.id, id);
                    assert_eq!(committed.instance.status, Status::Stalled);
                    break reason;
                }
            };
            assert!(
                reason.contains(&*format!("{id:?}")) && reason.contains("such as tokio"),
                "{reason}"
            );
        }
    });
}

#[test]
fn a_versioned_change_keeps_open_instances_running() {
    async fn new(ctx: Context, start: u32) -> Result<u32, Failure> {
        let n = match ctx.version("twice at first", 1) {
            0 => ctx.activity(Increment, &start).await?,
            _ => {
                let n = ctx.activity(Increment, &start).await?;
                ctx.activity(Increment, &n).await?
            }
        };
        ctx.timer(Duration::from_secs(60)).await?;
        ctx.activity(Increment, &n).await
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let before = registry(&Diary::default()).workflow(Named::new("song"), old);
    simulate_on(
        RedbStore::create(&path).unwrap(),
        before,
        |engine| async move {
            engine
                .start_instance(wf("song"), &0)
                .id(id("first"))
                .await
                .unwrap();
            pass(1_000).await;
        },
    );
    let after = || registry(&Diary::default()).workflow(Named::new("song"), new);
    simulate_on(
        RedbStore::open(&path).unwrap(),
        after(),
        |engine| async move {
            engine
                .start_instance(wf("song"), &0)
                .id(id("second"))
                .await
                .unwrap();
            pass(1_000).await;
        },
    );
    simulate_on(
        RedbStore::open(&path).unwrap(),
        after(),
        |engine| async move {
            for (name, output) in [("first", "2"), ("second", "3")] {
                let end = engine.until_closed(&id(name)).await.unwrap();
                assert_eq!(end.output.unwrap().as_str(), output, "{name}");
                let export = engine.archive().export(&id(name)).unwrap();
                replay(&after(), &export).unwrap();
            }
        },
    );
}

#[test]
fn named_versions_coexist_and_a_missing_one_stalls_its_instances() {
    async fn first(ctx: Context, (): ()) -> Result<u32, Failure> {
        ctx.timer(Duration::from_secs(60)).await?;
        Ok(1)
    }
    async fn second(_: Context, (): ()) -> Result<u32, Failure> {
        Ok(2)
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let song = || Named::<(), u32>::new("song");
    let one = Registry::new().workflow_version(song(), "1", first);
    let two = Registry::new().workflow_version(song(), "2", second);
    let both = Registry::new()
        .workflow_version(song(), "1", first)
        .workflow_version(song(), "2", second);
    simulate_on(
        RedbStore::create(&path).unwrap(),
        one,
        |engine| async move {
            engine
                .start_instance(song(), &())
                .id(id("old"))
                .await
                .unwrap();
        },
    );
    simulate_on(RedbStore::open(&path).unwrap(), two, |engine| async move {
        let feed = engine.subscribe().await.unwrap();
        assert_eq!(feed.open[0].status, Status::Stalled);
        let history = engine.archive().history(&id("old")).unwrap();
        let Some(EventKind::ExecutionStalled { reason }) = history.last().map(|e| &e.kind) else {
            panic!("{history:?}");
        };
        assert!(
            reason.contains("version \"1\" of the workflow \"song\""),
            "{reason}"
        );
    });
    simulate_on(RedbStore::open(&path).unwrap(), both, |engine| async move {
        let end = run(&engine, "song", ()).await;
        assert_eq!(
            (end.version.as_deref(), end.output.unwrap().as_str()),
            (Some("2"), "2")
        );
        let end = engine.until_closed(&id("old")).await.unwrap();
        assert_eq!(
            (end.version.as_deref(), end.output.unwrap().as_str()),
            (Some("1"), "1")
        );
    });
}

#[test]
fn random_numbers_repeat_on_replay_and_differ_between_instances() {
    async fn chance(ctx: Context, (): ()) -> Result<(u64, String), Failure> {
        let number = ctx.random();
        ctx.timer(Duration::from_secs(60)).await?;
        Ok((number, ctx.new_uuid().to_string()))
    }
    let registry = || Registry::new().workflow(Named::new("chance"), chance);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    simulate_on(
        RedbStore::create(&path).unwrap(),
        registry(),
        |engine| async move {
            for name in ["a", "b"] {
                engine
                    .start_instance(wf("chance"), &())
                    .id(id(name))
                    .await
                    .unwrap();
            }
        },
    );
    let whole = simulate(registry(), |engine| async move {
        engine
            .start_instance(wf("chance"), &())
            .id(id("a"))
            .await
            .unwrap();
        engine.until_closed(&id("a")).await.unwrap().output
    });
    simulate_on(
        RedbStore::open(&path).unwrap(),
        registry(),
        |engine| async move {
            let a = engine.until_closed(&id("a")).await.unwrap().output;
            let b = engine.until_closed(&id("b")).await.unwrap().output;
            assert_eq!(a, whole);
            assert_ne!(a, b);
            let text = a.unwrap().to_json()[1].as_str().unwrap().to_owned();
            assert_eq!(text.parse::<Uuid>().unwrap().get_version_num(), 4);
        },
    );
}

#[test]
fn a_history_survives_json() {
    let registry = || registry(&Diary::default()).workflow(Named::new("song"), old);
    simulate(registry(), |engine| async move {
        let id = run(&engine, "song", 1_u32).await.id;
        let export = engine.archive().export(&id).unwrap();
        let json = export.to_json().to_string();
        assert_eq!(History::from_json(&json).unwrap(), export);
        for (bad, why) in [
            ("{}", "no \"format\""),
            ("[", "EOF"),
            (&json.replace("history/1", "history/9"), "fermata-history/9"),
            (&json.replace("TaskScheduled", "TaskDreamt"), "TaskDreamt"),
            (
                &json.replace("\"eventId\":1,", "\"eventId\":7,"),
                "event 1 has the id 7",
            ),
        ] {
            let error = History::from_json(bad).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    });
}
