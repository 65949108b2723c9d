//! The history of an open instance is replayed again: a stall and its end without a new start.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use fermata::engine::*;

use crate::harness::*;

/// Code that can be broken: while it is, its second step has another name.
fn breakable(diary: &Diary) -> (Registry, Arc<AtomicBool>) {
    let broken = Arc::new(AtomicBool::new(false));
    let breaks = Arc::clone(&broken);
    let waiter = move |ctx: Context, (): ()| {
        let is_broken = breaks.load(Relaxed);
        async move {
            let n = ctx.activity(Increment, &1).await?;
            let wrong = is_broken && ctx.is_replaying() && ctx.recorded_commands() > 0;
            let name = if wrong { "decrement" } else { "increment" };
            let n = ctx
                .activity(NamedActivity::<u32, u32>::new(name), &n)
                .await?;
            let raised: u32 = ctx.wait_event("go").await?;
            ctx.activity(Work, &2_000).await?;
            Ok(n + raised)
        }
    };
    let registry = registry(diary).workflow(Named::<(), u32>::new("waiter"), waiter);
    (registry, broken)
}

async fn status(engine: &Engine, id: &InstanceId) -> Status {
    engine.archive().summary(id).unwrap().status
}

async fn begin(engine: &Engine) -> InstanceId {
    let call = engine.start_instance(wf("waiter"), &());
    let id = call.await.unwrap();
    pass(1_000).await;
    id
}

/// Waits for the end, if it comes within an hour.
async fn ended(engine: &Engine, id: &InstanceId) -> InstanceSummary {
    let end = tokio::time::timeout(secs(3_600), engine.until_closed(id));
    end.await.expect("it has ended").unwrap()
}

fn reason_of_stall(history: &[Event]) -> Option<&str> {
    history.iter().find_map(|event| match &event.kind {
        EventKind::ExecutionStalled { reason } => Some(reason.as_str()),
        _ => None,
    })
}

#[test]
fn broken_code_stalls_with_expected_and_found_and_continues_once_it_is_fixed() {
    let (registry, broken) = breakable(&Diary::default());
    let code = registry.clone();
    simulate(registry, |engine| async move {
        let id = begin(&engine).await;
        let before = engine.archive().history(&id).unwrap();
        broken.store(true, Relaxed);
        engine.reload(&id).await.unwrap();
        assert_eq!(status(&engine, &id).await, Status::Stalled);
        let history = engine.archive().history(&id).unwrap();
        let reason = reason_of_stall(&history).unwrap();
        let found = r#"the history has the activity "increment" with 2"#;
        let expected = r#"the code now requests the activity "decrement" with 2"#;
        assert!(
            reason.contains(found) && reason.contains(expected),
            "{reason}"
        );
        // It stays so, however often it is tried; what arrives meanwhile waits.
        engine.reload(&id).await.unwrap();
        engine
            .raise(&id, "go", Payload::encode(&7).unwrap())
            .await
            .unwrap();
        pass(60_000).await;
        assert_eq!(status(&engine, &id).await, Status::Stalled);

        broken.store(false, Relaxed);
        engine.reload(&id).await.unwrap();
        let end = ended(&engine, &id).await;
        assert_eq!(end.output.unwrap().as_str(), "10");
        let events = engine.archive().history(&id).unwrap();
        assert_eq!(events[..before.len()], before, "nothing in it has changed");
        let stalls = kinds(&events)
            .iter()
            .filter(|k| *k == "ExecutionStalled")
            .count();
        assert_eq!(stalls, 1);
        let instance = id;
        replay(&code, &History { instance, events }).unwrap();
    });
}

#[test]
fn code_that_matches_is_reloaded_without_a_trace_and_its_activities_go_on() {
    let diary = Diary::default();
    let (registry, _) = breakable(&diary);
    simulate(registry, |engine| async move {
        let id = begin(&engine).await;
        engine
            .raise(&id, "go", Payload::encode(&7).unwrap())
            .await
            .unwrap();
        pass(1_000).await;
        let before = engine.archive().history(&id).unwrap();
        engine.reload(&id).await.unwrap();
        assert_eq!(engine.archive().history(&id).unwrap(), before);
        let end = ended(&engine, &id).await;
        assert_eq!(end.output.unwrap().as_str(), "10");
    });
    let begun = diary
        .lines()
        .iter()
        .filter(|l| l.ends_with("begins"))
        .count();
    assert_eq!(begun, 1);
}

#[test]
fn an_instance_that_was_fixed_can_be_suspended_and_resumed() {
    let (registry, broken) = breakable(&Diary::default());
    simulate(registry, |engine| async move {
        let id = begin(&engine).await;
        broken.store(true, Relaxed);
        engine.reload(&id).await.unwrap();
        broken.store(false, Relaxed);
        engine.reload(&id).await.unwrap();
        assert_eq!(status(&engine, &id).await, Status::Running);
        engine.suspend(&id, "").await.unwrap();
        engine
            .raise(&id, "go", Payload::encode(&7).unwrap())
            .await
            .unwrap();
        pass(1_000).await;
        engine.resume(&id, "").await.unwrap();
        let end = ended(&engine, &id).await;
        assert_eq!(end.output.unwrap().as_str(), "10");
    });
}

/// A parent that can be broken, with a child that takes an hour.
fn family() -> (Registry, Arc<AtomicBool>) {
    let broken = Arc::new(AtomicBool::new(false));
    let breaks = Arc::clone(&broken);
    let parent = move |ctx: Context, (): ()| {
        let is_broken = breaks.load(Relaxed);
        async move {
            if is_broken && ctx.is_replaying() {
                ctx.timer(secs(1)).await?;
            }
            ctx.child(Named::<(), u32>::new("child"), &()).await
        }
    };
    async fn child(ctx: Context, (): ()) -> Result<u32, Failure> {
        ctx.timer(secs(600)).await?;
        Ok(5)
    }
    let registry = Registry::new()
        .workflow(Named::<(), u32>::new("parent"), parent)
        .workflow(Named::new("child"), child);
    (registry, broken)
}

#[test]
fn a_child_that_ends_while_its_parent_is_stalled_is_heard_afterwards() {
    let (registry, broken) = family();
    simulate(registry, |engine| async move {
        let id = engine.start_instance(wf("parent"), &()).await.unwrap();
        pass(1_000).await;
        broken.store(true, Relaxed);
        engine.reload(&id).await.unwrap();
        pass(700_000).await;
        assert_eq!(status(&engine, &id).await, Status::Stalled);
        broken.store(false, Relaxed);
        engine.reload(&id).await.unwrap();
        let end = ended(&engine, &id).await;
        assert_eq!(end.output.unwrap().as_str(), "5");
    });
}

#[test]
fn a_cancel_request_to_a_stalled_parent_reaches_its_child_afterwards() {
    let (registry, broken) = family();
    simulate(registry, |engine| async move {
        let id = engine.start_instance(wf("parent"), &()).await.unwrap();
        pass(1_000).await;
        broken.store(true, Relaxed);
        engine.reload(&id).await.unwrap();
        engine.cancel(&id, "the show is over").await.unwrap();
        pass(1_000).await;
        assert_eq!(status(&engine, &id).await, Status::Stalled);
        broken.store(false, Relaxed);
        engine.reload(&id).await.unwrap();
        pass(1_000).await;
        assert_eq!(status(&engine, &id).await, Status::Canceled);
        let all = engine.archive().open_instances().unwrap();
        assert!(all.is_empty(), "the child was canceled: {all:?}");
    });
}

#[test]
fn what_has_ended_and_what_does_not_exist_cannot_be_reloaded() {
    let (registry, _) = breakable(&Diary::default());
    simulate(registry, |engine| async move {
        let id = begin(&engine).await;
        engine.terminate(&id, "").await.unwrap();
        let closed = engine.reload(&id).await;
        assert!(
            matches!(closed, Err(EngineError::Closed { .. })),
            "{closed:?}"
        );
        let unknown = engine.reload(&crate::harness::id("nobody")).await;
        assert!(
            matches!(unknown, Err(EngineError::UnknownInstance(_))),
            "{unknown:?}"
        );
    });
}
