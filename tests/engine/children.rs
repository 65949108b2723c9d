//! Workflows that start workflows.

use std::time::Duration;

use fermata::engine::*;
use futures_util::future::{Either, select, try_join_all};

use crate::harness::*;

async fn slow_increment(ctx: Context, n: u64) -> Result<u64, Failure> {
    ctx.activity(Work, &n).await?;
    Ok(n + 1)
}

/// Fails in its first two instances, which have different ids.
async fn third_time_lucky(ctx: Context, (): ()) -> Result<String, Failure> {
    let id = ctx.instance().to_string();
    match id.ends_with("#3") {
        true => Ok(id),
        false => Err(Failure::new("Unlucky", id)),
    }
}

async fn sleeper(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.timer(Duration::from_secs(100)).await
}

async fn parent(ctx: Context, policy: ParentClosePolicy) -> Result<(), Failure> {
    let child = ctx.child(wf("sleeper"), &()).on_parent_close(policy);
    match select(child.into_future(), ctx.timer(Duration::from_secs(1))).await {
        Either::Left(_) => Err(Failure::new("Child", "it ended")),
        // The child is left by the parent's end, not by its drop.
        Either::Right((_, child)) => {
            std::mem::forget(child);
            Ok(())
        }
    }
}

fn workflows() -> Registry {
    registry(&Diary::default())
        .workflow(Named::new("increment"), slow_increment)
        .workflow(Named::new("lucky"), third_time_lucky)
        .workflow(Named::new("sleeper"), sleeper)
        .workflow(Named::new("parent"), parent)
}

#[test]
fn children_run_concurrently_and_return_their_results() {
    async fn all(ctx: Context, (): ()) -> Result<u64, Failure> {
        let child = |n| {
            ctx.child(Named::<u64, u64>::new("increment"), &n)
                .into_future()
        };
        Ok(try_join_all((10..20).map(child)).await?.into_iter().sum())
    }
    simulate(
        workflows().workflow(Named::new("all"), all),
        |engine| async move {
            let end = run(&engine, "all", ()).await;
            assert_eq!(end.output.unwrap().as_str(), "155");
            let children = engine.archive().descendants(&end.id).unwrap();
            assert_eq!(children.len(), 10);
            assert_eq!(children[3].id.as_str(), "all-1/4");
            let parent = children[3].parent.as_ref().unwrap();
            assert_eq!(
                (parent.instance.as_str(), parent.created),
                ("all-1", EventId(4))
            );
            let took = end.closed_at.unwrap().since(end.started_at);
            assert!(
                took < Duration::from_millis(25),
                "one after the other: {took:?}"
            );
        },
    );
}

#[test]
fn a_failed_child_is_retried_as_a_new_instance() {
    async fn insist(ctx: Context, (): ()) -> Result<String, Failure> {
        let lucky = ctx.child(Named::<(), String>::new("lucky"), &());
        lucky.retry(RetryPolicy::attempts(3)).await
    }
    simulate(
        workflows().workflow(Named::new("insist"), insist),
        |engine| async move {
            let end = run(&engine, "insist", ()).await;
            assert_eq!(end.output.unwrap().as_str(), "\"insist-1/1#3\"");
            let history = engine.archive().history(&end.id).unwrap();
            assert_eq!(
                kinds(&history),
                [
                    "ExecutionStarted",
                    "ChildWorkflowInstanceCreated",
                    "ChildWorkflowInstanceFailed",
                    "ChildWorkflowInstanceRestarted",
                    "ChildWorkflowInstanceFailed",
                    "ChildWorkflowInstanceRestarted",
                    "ChildWorkflowInstanceCompleted",
                    "ExecutionCompleted"
                ]
            );
        },
    );
}

#[test]
fn the_parent_close_policy_decides_about_children() {
    let ends = [
        (ParentClosePolicy::Terminate, Status::Terminated),
        (ParentClosePolicy::Abandon, Status::Completed),
        (ParentClosePolicy::RequestCancel, Status::Canceled),
    ];
    for (policy, expected) in ends {
        simulate(workflows(), |engine| async move {
            let end = run(&engine, "parent", policy).await;
            assert_eq!(end.status, Status::Completed);
            let child = engine.until_closed(&id("parent-1/1")).await.unwrap();
            assert_eq!(child.status, expected, "{policy:?}");
        });
    }
}

#[test]
fn a_detached_child_runs_independently() {
    async fn start(ctx: Context, (): ()) -> Result<String, Failure> {
        let child = ctx.child(Named::<(), ()>::new("sleeper"), &());
        Ok(child.id(id("alone")).detach()?.to_string())
    }
    simulate(
        workflows().workflow(Named::new("start"), start),
        |engine| async move {
            let end = run(&engine, "start", ()).await;
            assert_eq!(end.output.unwrap().as_str(), "\"alone\"");
            engine.terminate(&id("alone"), "").await.unwrap();
        },
    );
}

#[test]
fn a_child_whose_id_is_taken_fails_and_one_without_code_stalls_its_parent() {
    async fn twice(ctx: Context, name: String) -> Result<(), Failure> {
        let taken = id(if name == "sleeper" { "taken" } else { "free" });
        let child = ctx.child(Named::<(), ()>::new(name), &());
        child.id(taken).retry(RetryPolicy::attempts(5)).await
    }
    let registry = workflows().workflow(Named::new("twice"), twice);
    simulate(registry, |engine| async move {
        let sleeper = engine.start_instance(wf("sleeper"), &()).id(id("taken"));
        sleeper.await.unwrap();
        let end = run(&engine, "twice", "sleeper".to_owned()).await;
        let failure = end.failure.unwrap();
        assert!(failure.message.contains("already exists"), "{failure}");
        // One that nobody has registered may be in the next release: its parent waits for it.
        let twice = engine.start_instance(wf("twice"), &"nobody".to_owned());
        let twice = twice.await.unwrap();
        pass(1_000).await;
        let history = engine.archive().history(&twice).unwrap();
        let Some(EventKind::ExecutionStalled { reason }) = history.last().map(|e| &e.kind) else {
            panic!("{history:?}");
        };
        assert!(reason.contains("child workflow \"nobody\""), "{reason}");
    });
}

#[test]
fn suspend_resume_and_terminate_reach_the_children() {
    async fn nested(ctx: Context, depth: u32) -> Result<(), Failure> {
        match depth {
            0 => ctx.timer(Duration::from_secs(10)).await,
            _ => {
                ctx.child(Named::<u32, ()>::new("nested"), &(depth - 1))
                    .await
            }
        }
    }
    simulate(
        workflows().workflow(Named::new("nested"), nested),
        |engine| async move {
            let top = engine
                .start_instance(wf("nested"), &2)
                .id(id("top"))
                .await
                .unwrap();
            let leaf = id("top/1/1");
            pass(4_000).await;
            engine.suspend(&top, "hold it").await.unwrap();
            let status = |id: &InstanceId| engine.archive().summary(id).unwrap().status;
            assert_eq!(status(&leaf), Status::Suspended);
            pass(60_000).await;
            engine.resume(&top, "on").await.unwrap();
            assert_eq!(status(&leaf), Status::Running);
            pass(5_000).await;
            assert_eq!(status(&leaf), Status::Running, "time stood still");
            engine.terminate(&top, "enough").await.unwrap();
            assert_eq!(status(&leaf), Status::Terminated);
            let parent = engine.archive().summary(&top).unwrap();
            let leaf = engine.archive().summary(&leaf).unwrap();
            assert!(parent.closed_at <= leaf.closed_at);

            let top = engine
                .start_instance(wf("nested"), &1)
                .id(id("solo"))
                .await
                .unwrap();
            let alone = Suspension {
                reach: Reach::Alone,
                ..Suspension::default()
            };
            engine.suspend_with(&top, "", alone).await.unwrap();
            assert_eq!(status(&id("solo/1")), Status::Running);
            engine.terminate_with(&top, "", Reach::Alone).await.unwrap();
            assert_eq!(status(&id("solo/1")), Status::Running);
        },
    );
}

#[test]
fn a_terminated_child_fails_its_parent_with_an_error() {
    async fn one(ctx: Context, (): ()) -> Result<(), Failure> {
        ctx.child(Named::<(), ()>::new("sleeper"), &()).await
    }
    simulate(
        workflows().workflow(Named::new("one"), one),
        |engine| async move {
            let top = engine.start_instance(wf("one"), &()).await.unwrap();
            engine.terminate(&id("one-1/1"), "too loud").await.unwrap();
            let end = engine.until_closed(&top).await.unwrap();
            let failure = end.failure.unwrap();
            assert_eq!(failure.error_type, Failure::TERMINATED);
            assert!(failure.message.contains("too loud"), "{failure}");
        },
    );
}

#[test]
fn instances_send_each_other_events() {
    async fn ping(ctx: Context, (): ()) -> Result<u32, Failure> {
        ctx.send(&id("pong"), "ball", &1)?;
        ctx.wait_event("ball").await
    }
    async fn pong(ctx: Context, (): ()) -> Result<(), Failure> {
        let ball: u32 = ctx.wait_event("ball").await?;
        ctx.send(&id("ping"), "ball", &(ball + 1))?;
        ctx.send(&id("nobody"), "ball", &0)
    }
    let registry = workflows()
        .workflow(Named::new("ping"), ping)
        .workflow(Named::new("pong"), pong);
    simulate(registry, |engine| async move {
        let pong = engine.start_instance(wf("pong"), &()).id(id("pong"));
        pong.await.unwrap();
        let ping = engine.start_instance(wf("ping"), &()).id(id("ping"));
        let end = engine.until_closed(&ping.await.unwrap()).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "2");
        let heard = engine.archive().history(&id("ping")).unwrap();
        let from = heard.iter().find_map(|event| match &event.kind {
            EventKind::EventRaised { from, .. } => from.clone(),
            _ => None,
        });
        assert_eq!(from, Some(id("pong")));
    });
}

#[test]
fn two_instances_that_send_endlessly_do_not_starve_others() {
    async fn echo(ctx: Context, other: String) -> Result<(), Failure> {
        let other = id(&other);
        ctx.send(&other, "ball", &())?;
        loop {
            let (): () = ctx.wait_event("ball").await?;
            ctx.send(&other, "ball", &())?;
            if ctx.history_length() > 50_000 {
                return Ok(());
            }
        }
    }
    async fn quick(ctx: Context, n: u32) -> Result<u32, Failure> {
        ctx.activity(Increment, &n).await
    }
    let registry = workflows()
        .workflow(Named::new("echo"), echo)
        .workflow(Named::new("quick"), quick);
    simulate(registry, |engine| async move {
        for (own, other) in [("a", "b"), ("b", "a")] {
            let echo = engine.start_instance(wf("echo"), &other.to_owned());
            echo.id(id(own)).await.unwrap();
        }
        let end = run(&engine, "quick", 5).await;
        assert_eq!(end.status, Status::Completed);
        assert!(
            !engine
                .archive()
                .summary(&id("a"))
                .unwrap()
                .status
                .is_closed()
        );
        engine.terminate(&id("a"), "enough").await.unwrap();
    });
}
