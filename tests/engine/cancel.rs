//! Cancel requests and compensation.

use std::time::Duration;

use fermata::engine::*;

use crate::harness::*;

/// Writes its input to the diary; fails for inputs that start with "bad".
struct Note;
impl Activity for Note {
    const NAME: &'static str = "note";
    type Input = String;
    type Output = ();
}

fn workflows(diary: &Diary) -> Registry {
    let notes = diary.clone();
    registry(diary).activity(Note, move |_, line: String| {
        let diary = notes.clone();
        async move {
            diary.write(line.clone());
            match line.starts_with("bad") {
                true => Err(Failure::new("Bad", line).into()),
                false => Ok(()),
            }
        }
    })
}

async fn step(ctx: &Context, saga: &Saga, name: &str) -> Result<(), Failure> {
    ctx.activity(Note, &format!("do {name}")).await?;
    let undo = format!("undo {name}");
    saga.undo_with(
        name,
        move |ctx| async move { ctx.activity(Note, &undo).await },
    );
    Ok(())
}

async fn trip(ctx: Context, last: String) -> Result<(), Failure> {
    let saga = Saga::new(&ctx);
    let booked = async {
        step(&ctx, &saga, "room").await?;
        step(&ctx, &saga, "car").await?;
        match last.as_str() {
            "wait" => ctx.timer(Duration::from_secs(1_000)).await,
            _ => ctx.activity(Note, &last).await,
        }
    };
    let booked = booked.await;
    saga.settle(booked).await
}

#[test]
fn a_failure_compensates_completed_steps_in_reverse_order() {
    let diary = Diary::default();
    let registry = workflows(&diary).workflow(Named::new("trip"), trip);
    simulate(registry, |engine| async move {
        let end = run(&engine, "trip", "bad flight".to_owned()).await;
        assert_eq!(end.status, Status::Failed);
        assert_eq!(end.failure.unwrap().message, "bad flight");
        let history = engine.archive().history(&end.id).unwrap();
        let undone: Vec<_> = history
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::CompensationStarted { registered } => Some((*registered, "started")),
                EventKind::CompensationEnded {
                    registered,
                    failure: None,
                } => Some((*registered, "ended")),
                _ => None,
            })
            .collect();
        let registered = |name: &str| {
            let is = |e: &&Event| matches!(&e.kind, EventKind::CompensationRegistered { name: n } if n == name);
            history.iter().find(is).unwrap().id
        };
        let (room, car) = (registered("room"), registered("car"));
        assert_eq!(
            undone,
            [
                (car, "started"),
                (car, "ended"),
                (room, "started"),
                (room, "ended")
            ]
        );
    });
    assert_eq!(
        diary.lines(),
        ["do room", "do car", "bad flight", "undo car", "undo room"]
    );
}

#[test]
fn cancel_lets_the_workflow_clean_up_and_ends_it_as_canceled() {
    let diary = Diary::default();
    let registry = workflows(&diary).workflow(Named::new("trip"), trip);
    simulate(registry, |engine| async move {
        let id = engine
            .start_instance(wf("trip"), &"wait".to_owned())
            .await
            .unwrap();
        pass(10).await;
        engine.cancel(&id, "the guest is ill").await.unwrap();
        let again = engine.cancel(&id, "once more").await;
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!(end.status, Status::Canceled);
        assert_eq!(end.failure.unwrap().message, "the guest is ill");
        // The second request came while the steps were being undone: they were undone all the same.
        assert!(again.is_ok());
        let history = engine.archive().history(&id).unwrap();
        let asked = kinds(&history)
            .iter()
            .filter(|k| *k == "ExecutionCancelRequested")
            .count();
        assert_eq!(asked, 2);
        let late = engine.cancel(&id, "").await.unwrap_err();
        assert!(matches!(late, EngineError::Closed { .. }), "{late}");
    });
    assert_eq!(
        diary.lines(),
        ["do room", "do car", "undo car", "undo room"]
    );
}

#[test]
fn a_failed_compensation_is_reported_and_the_others_run() {
    async fn odd(ctx: Context, (): ()) -> Result<(), Failure> {
        let saga = Saga::new(&ctx);
        step(&ctx, &saga, "room").await?;
        saga.undo_with("flight", |ctx| async move {
            ctx.activity(Note, &"bad luck".into()).await
        });
        saga.settle(Err(Failure::new("Rain", "it rains"))).await
    }
    let diary = Diary::default();
    let registry = workflows(&diary).workflow(Named::new("odd"), odd);
    simulate(registry, |engine| async move {
        let end = run(&engine, "odd", ()).await;
        let failure = end.failure.unwrap();
        assert_eq!(failure.error_type, "Rain");
        assert!(
            failure
                .details
                .unwrap()
                .as_str()
                .contains("\"step\":\"flight\"")
        );
    });
    assert_eq!(diary.lines(), ["do room", "bad luck", "undo room"]);
}

#[test]
fn a_workflow_may_handle_a_cancel_request_and_complete() {
    async fn polite(ctx: Context, (): ()) -> Result<String, Failure> {
        ctx.canceled().await?;
        Ok(ctx.cancel_reason().unwrap_or_default())
    }
    let registry = Registry::new().workflow(Named::new("polite"), polite);
    simulate(registry, |engine| async move {
        let id = engine.start_instance(wf("polite"), &()).await.unwrap();
        engine.cancel(&id, "curtain").await.unwrap();
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!(
            (end.status, end.output.unwrap().as_str()),
            (Status::Completed, "\"curtain\"")
        );
    });
}

#[test]
fn a_running_activity_learns_that_it_was_canceled() {
    struct Careful;
    impl Activity for Careful {
        const NAME: &'static str = "careful";
        type Input = ();
        type Output = ();
    }
    async fn careful(ctx: Context, (): ()) -> Result<(), Failure> {
        ctx.activity(Careful, &()).await
    }
    let diary = Diary::default();
    let notes = diary.clone();
    let options = ActivityOptions {
        grace: Duration::from_secs(5),
        ..ActivityOptions::default()
    };
    let registry = Registry::new()
        .workflow(Named::new("careful"), careful)
        .activity_with(Careful, options, move |mut context: ActivityContext, ()| {
            let diary = notes.clone();
            async move {
                context.canceled().await;
                diary.write("told");
                pass(4_000).await;
                diary.write("tidied up");
                pass(4_000).await;
                diary.write("too late");
                Ok(())
            }
        });
    simulate(registry, |engine| async move {
        let id = engine.start_instance(wf("careful"), &()).await.unwrap();
        pass(100).await;
        engine.cancel(&id, "").await.unwrap();
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!(end.status, Status::Canceled);
        pass(20_000).await;
    });
    assert_eq!(diary.lines(), ["told", "tidied up"]);
}
