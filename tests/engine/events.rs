//! External events and timers.

use std::time::Duration;

use fermata::engine::*;

use crate::harness::*;

async fn listen(ctx: Context, limit_ms: u64) -> Result<Option<String>, Failure> {
    ctx.wait_event_for("Applause", Duration::from_millis(limit_ms))
        .await
}

async fn two_then_status(ctx: Context, (): ()) -> Result<Vec<u32>, Failure> {
    ctx.timer(Duration::from_millis(100)).await?;
    let first = ctx.wait_event("n").await?;
    let second = ctx.wait_event("N").await?;
    ctx.set_status("both are here")?;
    Ok(vec![first, second])
}

fn registry() -> Registry {
    Registry::new()
        .workflow(Named::new("listen"), listen)
        .workflow(Named::new("two"), two_then_status)
}

#[test]
fn event_names_ignore_letter_case() {
    simulate(registry(), |engine| async move {
        let mut feed = engine.subscribe().await.unwrap();
        let id = engine.start_instance(wf("listen"), &1000).await.unwrap();
        let cheers = Payload::encode("bravo").unwrap();
        engine.raise(&id, "APPLAUSE", cheers).await.unwrap();
        let end = feed.until_closed(&id).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "\"bravo\"");
        let history = engine.archive().history(&id).unwrap();
        assert_eq!(
            kinds(&history),
            [
                "ExecutionStarted",
                "TimerCreated",
                "EventRaised",
                "TimerCanceled",
                "ExecutionCompleted"
            ]
        );
    });
}

#[test]
fn a_wait_times_out() {
    simulate(registry(), |engine| async move {
        let before = engine.clock().now();
        let end = run(&engine, "listen", 1000).await;
        assert_eq!(end.output.unwrap().as_str(), "null");
        assert!(end.closed_at.unwrap().since(before) >= Duration::from_secs(1));
    });
}

#[test]
fn early_events_are_buffered_in_order() {
    simulate(registry(), |engine| async move {
        let mut feed = engine.subscribe().await.unwrap();
        let id = engine.start_instance(wf("two"), &()).await.unwrap();
        for n in [7, 8] {
            let input = Payload::encode(&n).unwrap();
            engine.raise(&id, "n", input).await.unwrap();
        }
        let end = feed.until_closed(&id).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "[7,8]");
        assert_eq!(end.custom_status.unwrap().as_str(), "\"both are here\"");
    });
}

#[test]
fn raising_an_event_on_an_unknown_or_closed_instance_is_an_error() {
    simulate(registry(), |engine| async move {
        let error = engine.raise(&id("ghost"), "n", Payload::null()).await;
        assert!(matches!(error, Err(EngineError::UnknownInstance(_))));
        let end = run(&engine, "listen", 1).await;
        let error = engine
            .raise(&end.id, "n", Payload::null())
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("already ended (Completed)"),
            "{error}"
        );
    });
}
