//! Operations on all instances that match a search.

use std::time::Duration;

use fermata::engine::*;

use crate::harness::*;

async fn wait(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.wait_event::<()>("go").await?;
    Ok(())
}

async fn fail(_: Context, (): ()) -> Result<(), Failure> {
    Err(Failure::new("Broken", "on purpose"))
}

fn registry() -> Registry {
    Registry::new()
        .workflow(Named::new("wait"), wait)
        .workflow(Named::new("fail"), fail)
}

/// 200 waiting instances, half of them in Europe.
async fn start_tours(engine: &Engine) {
    for n in 0..200 {
        let region = if n % 2 == 0 { "europe" } else { "asia" };
        let call = engine.start_instance(wf("wait"), &());
        let call = call.id(id(&format!("tour-{n}"))).tag("region", region);
        call.await.unwrap();
    }
}

fn in_europe() -> Search {
    Search {
        tags: vec![("region".into(), "europe".into())],
        ..Search::default()
    }
}

fn count(engine: &Engine, status: Status) -> usize {
    let search = Search {
        status: Some(status),
        runs: Runs::Latest,
        ..Search::default()
    };
    let page = engine.archive().search(&search, None, 1_000).unwrap();
    page.instances.len()
}

#[test]
fn all_instances_that_match_are_suspended_resumed_and_canceled_and_no_others() {
    simulate(registry(), |engine| async move {
        start_tours(&engine).await;
        let suspend = BulkOperation::Suspend {
            reason: "flood".into(),
            suspension: Suspension::default(),
        };
        let outcome = engine.bulk(&in_europe(), suspend).await.unwrap();
        assert_eq!((outcome.applied, outcome.failed), (100, 0));
        assert_eq!(count(&engine, Status::Suspended), 100);
        assert_eq!(count(&engine, Status::Running), 100);
        let resume = BulkOperation::Resume {
            reason: "dry".into(),
            reach: Reach::Tree,
        };
        let suspended = Search {
            status: Some(Status::Suspended),
            ..Search::default()
        };
        let outcome = engine.bulk(&suspended, resume).await.unwrap();
        assert_eq!(outcome.applied, 100);
        let cancel = BulkOperation::Cancel {
            reason: "over".into(),
        };
        engine.bulk(&in_europe(), cancel).await.unwrap();
        pass(10).await;
        assert_eq!(count(&engine, Status::Canceled), 100);
        assert_eq!(count(&engine, Status::Running), 100);
        let terminate = BulkOperation::Terminate {
            reason: "over".into(),
            reach: Reach::Tree,
        };
        let rest = engine.bulk(&Search::default(), terminate).await.unwrap();
        assert_eq!((rest.applied, rest.failed), (100, 0));
        assert_eq!(count(&engine, Status::Terminated), 100);
    });
}

#[test]
fn an_event_is_raised_on_every_open_instance() {
    simulate(registry(), |engine| async move {
        start_tours(&engine).await;
        let raise = BulkOperation::Raise {
            name: "go".into(),
            input: Payload::null(),
        };
        let outcome = engine.bulk(&in_europe(), raise.clone()).await.unwrap();
        assert_eq!(outcome.applied, 100);
        pass(10).await;
        assert_eq!(count(&engine, Status::Completed), 100);
        // Closed instances cannot receive events and are not failures.
        let outcome = engine.bulk(&in_europe(), raise).await.unwrap();
        assert_eq!((outcome.applied, outcome.failed), (0, 0));
    });
}

#[test]
fn failed_instances_are_restarted_under_their_ids() {
    simulate(registry(), |engine| async move {
        for n in 0..70 {
            let call = engine.start_instance(wf("fail"), &());
            call.id(id(&format!("fail-{n}"))).await.unwrap();
        }
        start_tours(&engine).await;
        pass(10).await;
        assert_eq!(count(&engine, Status::Failed), 70);
        let failed = Search {
            status: Some(Status::Failed),
            ..Search::default()
        };
        let restart = BulkOperation::Restart;
        let outcome = engine.bulk(&failed, restart).await.unwrap();
        assert_eq!((outcome.applied, outcome.failed), (70, 0));
        pass(10).await;
        for n in 0..70 {
            let runs = engine.archive().run_summaries(&id(&format!("fail-{n}")));
            let runs = runs.unwrap().len();
            assert_eq!(runs, 2, "fail-{n}");
        }
    });
}

#[test]
fn one_that_fails_is_reported_and_the_others_are_changed() {
    let limits = Limits {
        unread_events: 1,
        ..Limits::default()
    };
    async fn busy(ctx: Context, (): ()) -> Result<(), Failure> {
        ctx.timer(Duration::from_secs(60)).await
    }
    let registry = registry().workflow(Named::new("busy"), busy);
    simulate_with(
        RedbStore::in_memory().unwrap(),
        registry,
        limits,
        |engine| async move {
            for n in 0..3 {
                let call = engine.start_instance(wf("busy"), &());
                call.id(id(&format!("busy-{n}"))).await.unwrap();
            }
            let raise = |name: &str| BulkOperation::Raise {
                name: name.into(),
                input: Payload::null(),
            };
            engine
                .raise(&id("busy-1"), "go", Payload::null())
                .await
                .unwrap();
            let all = Search::default();
            let outcome = engine.bulk(&all, raise("go")).await.unwrap();
            assert_eq!((outcome.applied, outcome.failed), (2, 1));
            let (which, error) = &outcome.errors[0];
            assert_eq!(which, &id("busy-1"));
            assert!(matches!(error, EngineError::TooManyEvents { .. }));
        },
    );
}
