//! Listening to external events that workflow code selects.

use std::time::Duration;

use fermata::engine::*;

use crate::harness::*;

fn text(incoming: &RaisedEvent) -> String {
    format!("{}{}", incoming.name, incoming.input.as_str())
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The first of several events with a value over 10; the others stay available for waits by name.
async fn first_large(ctx: Context, (): ()) -> Result<Vec<String>, Failure> {
    let large = ctx.listen(|event| event.input.decode::<u32>().is_ok_and(|n| n > 10));
    let first = large.next(names(&["a", "b"])).await?;
    ctx.timer(Duration::from_secs(1)).await?;
    // Another one that is large was chosen meanwhile and not taken.
    drop(large);
    let small: u32 = ctx.wait_event("a").await?;
    let left: u32 = ctx.wait_event("b").await?;
    Ok(vec![text(&first), small.to_string(), left.to_string()])
}

/// Two listeners for the same event, and one that times out.
async fn together(ctx: Context, (): ()) -> Result<Vec<Option<String>>, Failure> {
    let hear = |limit| {
        let listening = ctx.listen(|event| event.name == "a");
        async move {
            let heard = listening.next_for(names(&["a"]), limit).await?;
            Ok::<_, Failure>(heard.as_ref().map(text))
        }
    };
    let (soon, late) = (Duration::from_secs(1), Duration::from_secs(9));
    let (x, y, z) = futures_util::future::try_join3(hear(soon), hear(late), hear(late)).await?;
    Ok(vec![x, y, z])
}

async fn panics(ctx: Context, (): ()) -> Result<(), Failure> {
    let listening = ctx.listen(|_| panic!("no ears"));
    listening.next(vec![]).await.map(|_| ())
}

fn registry() -> Registry {
    Registry::new()
        .workflow(Named::new("first large"), first_large)
        .workflow(Named::new("together"), together)
        .workflow(Named::new("panics"), panics)
}

async fn raise(engine: &Engine, id: &InstanceId, name: &str, n: u32) {
    let input = Payload::encode(&n).unwrap();
    engine.raise(id, name, input).await.unwrap();
}

/// The history as it was lived is what a replay of it comes to.
fn is_replayed(engine: &Engine, id: &InstanceId) {
    let history = engine.archive().export(id).unwrap();
    replay(&registry(), &history).unwrap();
}

#[test]
fn wanted_events_are_received_and_the_others_kept_in_order() {
    simulate(registry(), |engine| async move {
        let mut feed = engine.subscribe().await.unwrap();
        let id = engine.start_instance(wf("first large"), &()).await.unwrap();
        for (name, n) in [("a", 1), ("b", 11), ("a", 2), ("b", 12), ("b", 3)] {
            raise(&engine, &id, name, n).await;
        }
        let end = feed.until_closed(&id).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), r#"["b11","1","12"]"#);
        let history = engine.archive().history(&id).unwrap();
        let waits = history.iter().filter_map(|event| match &event.kind {
            EventKind::TimerCreated { origin, .. } => Some(origin.clone()),
            _ => None,
        });
        let waits: Vec<_> = waits.collect();
        let names = names(&["a", "b"]);
        assert_eq!(waits[0], TimerOrigin::ExternalEvents { names });
        assert_eq!(waits.len(), 2, "what was kept is there at once: {waits:?}");
        is_replayed(&engine, &id);
    });
}

#[test]
fn all_listeners_receive_an_event_and_waits_time_out() {
    simulate(registry(), |engine| async move {
        let mut feed = engine.subscribe().await.unwrap();
        let id = engine.start_instance(wf("together"), &()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(2)).await;
        raise(&engine, &id, "b", 1).await;
        raise(&engine, &id, "a", 2).await;
        let end = feed.until_closed(&id).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), r#"[null,"a2","a2"]"#);
        is_replayed(&engine, &id);
    });
}

#[test]
fn a_listener_that_panics_fails_its_workflow_alone() {
    simulate(registry(), |engine| async move {
        let mut feed = engine.subscribe().await.unwrap();
        let id = engine.start_instance(wf("panics"), &()).await.unwrap();
        raise(&engine, &id, "a", 1).await;
        let end = feed.until_closed(&id).await.unwrap();
        assert_eq!(end.status, Status::Failed);
        assert!(end.failure.unwrap().message.contains("no ears"));
    });
}
