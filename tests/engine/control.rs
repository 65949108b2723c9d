//! Suspend, resume, terminate.

use std::time::Duration;

use fermata::engine::*;

use crate::harness::*;

async fn two_works(ctx: Context, (): ()) -> Result<u64, Failure> {
    let first = ctx.activity(Work, &100).await?;
    let second = ctx.activity(Work, &200).await?;
    Ok(first + second)
}

async fn wait_a_second(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.timer(Duration::from_secs(1)).await
}

#[test]
fn running_activities_finish_while_suspended_and_nothing_new_starts() {
    let diary = Diary::default();
    let registry = registry(&diary).workflow(Named::new("two"), two_works);
    simulate(registry, |engine| async move {
        let mut feed = engine.subscribe().await.unwrap();
        let id = engine.start_instance(wf("two"), &()).await.unwrap();
        pass(50).await;
        engine.suspend(&id, "a word with the hall").await.unwrap();
        let summary = engine.archive().summary(&id).unwrap();
        assert_eq!((summary.status, summary.in_flight), (Status::Suspended, 1));
        pass(5_000).await;
        assert_eq!(diary.lines(), ["work 100 begins", "work 100 ends"]);
        let mut drained = None;
        while drained != Some(0) {
            drained = feed.next().await.map(|c| c.instance.in_flight);
        }
        engine.resume(&id, "on we go").await.unwrap();
        let end = feed.until_closed(&id).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "300");
        let history = engine.archive().history(&id).unwrap();
        assert_eq!(
            kinds(&history)[3..7],
            [
                "ExecutionSuspended",
                "TaskCompleted",
                "ExecutionResumed",
                "TaskScheduled"
            ]
        );
    });
}

#[test]
fn timers_are_frozen_while_suspended() {
    let registry = Registry::new().workflow(Named::new("wait"), wait_a_second);
    simulate(registry, |engine| async move {
        let mut feed = engine.subscribe().await.unwrap();
        let before = engine.clock().now();
        let id = engine.start_instance(wf("wait"), &()).await.unwrap();
        pass(400).await;
        engine.suspend(&id, "").await.unwrap();
        pass(10_000).await;
        engine.resume(&id, "").await.unwrap();
        let end = feed.until_closed(&id).await.unwrap();
        let took = end.closed_at.unwrap().since(before);
        assert!((11_000..11_010).contains(&took.as_millis()), "{took:?}");
    });
}

#[test]
fn queued_activities_are_returned_and_restarted_on_resume() {
    async fn one(ctx: Context, (): ()) -> Result<String, Failure> {
        ctx.activity(PatientCall, &()).await
    }
    struct PatientCall;
    impl Activity for PatientCall {
        const NAME: &'static str = "patient";
        type Input = ();
        type Output = String;
    }
    let registry = Registry::new().workflow(Named::new("one"), one).activity(
        PatientCall,
        |mut context: ActivityContext, ()| async move {
            tokio::select! {
                biased;
                () = context.suspended() => Err(ActivityError::Yielded),
                () = pass(1_000) => Ok("done".to_owned()),
            }
        },
    );
    simulate(registry, |engine| async move {
        let mut feed = engine.subscribe().await.unwrap();
        let id = engine.start_instance(wf("one"), &()).await.unwrap();
        pass(10).await;
        engine.suspend(&id, "").await.unwrap();
        pass(10).await;
        let mut last = None;
        while last != Some((Status::Suspended, 0)) {
            let committed = feed.next().await.unwrap();
            last = Some((committed.instance.status, committed.instance.in_flight));
        }
        engine.resume(&id, "").await.unwrap();
        let end = feed.until_closed(&id).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "\"done\"");
        let history = engine.archive().history(&id).unwrap();
        let starts = kinds(&history)
            .iter()
            .filter(|k| *k == "TaskStarted")
            .count();
        assert_eq!(starts, 2);
    });
}

#[test]
fn terminate_ends_at_once_even_when_suspended_and_drops_late_results() {
    let diary = Diary::default();
    let registry = registry(&diary).workflow(Named::new("two"), two_works);
    simulate(registry, |engine| async move {
        let id = engine.start_instance(wf("two"), &()).await.unwrap();
        pass(50).await;
        engine.suspend(&id, "").await.unwrap();
        engine.terminate(&id, "enough").await.unwrap();
        let summary = engine.archive().summary(&id).unwrap();
        assert_eq!(summary.status, Status::Terminated);
        pass(1_000).await;
        let history = engine.archive().history(&id).unwrap();
        assert_eq!(kinds(&history).last().unwrap(), "ExecutionTerminated");
        let again = engine.terminate(&id, "once more").await.unwrap_err();
        assert!(matches!(again, EngineError::Closed { .. }), "{again}");
    });
    assert_eq!(diary.lines(), ["work 100 begins"]);
}

#[test]
fn an_id_is_taken_only_once() {
    let registry = Registry::new().workflow(Named::new("wait"), wait_a_second);
    simulate(registry, |engine| async move {
        let first = engine.start_instance(wf("wait"), &()).id(id("solo")).await;
        assert_eq!(first.unwrap(), id("solo"));
        let second = engine.start_instance(wf("wait"), &()).id(id("solo")).await;
        assert!(matches!(second, Err(EngineError::AlreadyExists(_))));
        let unknown = engine.start_instance(wf("nobody"), &()).await;
        assert!(matches!(unknown, Err(EngineError::UnknownWorkflow(_))));
    });
}
