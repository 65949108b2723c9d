//! An instance affects only its own children, and failed starts are recorded.

use fermata::engine::*;
use futures_util::future::{Either, ready, select};

use crate::harness::*;

async fn sleeper(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.wait_event("wake").await
}

fn sleepers() -> Registry {
    registry(&Diary::default()).workflow(Named::new("sleeper"), sleeper)
}

#[test]
fn abandoning_a_child_does_not_affect_another_owner_of_its_id() {
    async fn hasty(ctx: Context, policy: ParentClosePolicy) -> Result<(), Failure> {
        let child = ctx.child(Named::<(), ()>::new("sleeper"), &());
        let child = child.id(id("payroll")).on_parent_close(policy);
        // Asked for and given up in one turn.
        if let Either::Right((_, child)) = select(child.into_future(), ready(())).await {
            drop(child);
        }
        ctx.timer(secs(1)).await
    }
    let policies = [
        ParentClosePolicy::Terminate,
        ParentClosePolicy::RequestCancel,
        ParentClosePolicy::Abandon,
    ];
    for policy in policies {
        let registry = sleepers().workflow(Named::new("hasty"), hasty);
        simulate(registry, |engine| async move {
            let payroll = engine.start_instance(wf("sleeper"), &());
            let payroll = payroll.id(id("payroll")).await.unwrap();
            run(&engine, "hasty", policy).await;
            let history = engine.archive().history(&payroll).unwrap();
            assert_eq!(kinds(&history), ["ExecutionStarted", "TimerCreated"]);
            let now = engine.archive().summary(&payroll).unwrap();
            assert_eq!(now.status, Status::Running, "{policy:?}");
        });
    }
}

#[test]
fn the_end_of_a_parent_does_not_affect_another_owner_of_a_childs_id() {
    async fn parent(ctx: Context, (): ()) -> Result<(), Failure> {
        let child = ctx.child(Named::<(), ()>::new("sleeper"), &());
        let _refused = child.id(id("payroll")).await;
        ctx.timer(secs(1_000)).await
    }
    let registry = || sleepers().workflow(Named::new("parent"), parent);
    for cancels in [true, false] {
        simulate(registry(), |engine| async move {
            let payroll = engine.start_instance(wf("sleeper"), &());
            let payroll = payroll.id(id("payroll")).await.unwrap();
            let parent = engine.start_instance(wf("parent"), &()).await.unwrap();
            pass(1_000).await;
            match cancels {
                true => engine.cancel(&parent, "").await.unwrap(),
                false => engine.terminate(&parent, "").await.unwrap(),
            }
            pass(1_000).await;
            let now = engine.archive().summary(&payroll).unwrap();
            assert_eq!(now.status, Status::Running, "cancels: {cancels}");
        });
    }
}

/// Starts a workflow of this name without waiting for it.
async fn detaches(ctx: Context, name: String) -> Result<(), Failure> {
    let child = ctx.child(Named::<(), ()>::new(name), &());
    child.id(id("report")).detach()?;
    ctx.timer(secs(1)).await
}

/// The failures of children in a history.
fn failed_children(engine: &Engine, parent: &InstanceId) -> Vec<Failure> {
    let history = engine.archive().history(parent).unwrap();
    let failures = history.iter().filter_map(|event| match &event.kind {
        EventKind::ChildWorkflowInstanceFailed {
            failure, retry_at, ..
        } => {
            assert_eq!(*retry_at, None);
            Some(failure.clone())
        }
        _ => None,
    });
    failures.collect()
}

#[test]
fn a_detached_child_that_cannot_start_is_in_its_parents_history() {
    for (name, why) in [("sleeper", "already exists"), ("nobody", "\"nobody\"")] {
        let registry = sleepers().workflow(Named::new("detaches"), detaches);
        simulate(registry, |engine| async move {
            let owner = engine.start_instance(wf("sleeper"), &());
            let owner = owner.id(id("report")).await.unwrap();
            let parent = run(&engine, "detaches", name.to_owned()).await;
            assert_eq!(parent.status, Status::Completed);
            let failures = failed_children(&engine, &parent.id);
            assert_eq!(failures.len(), 1, "{name}");
            assert_eq!(failures[0].error_type, Failure::NOT_STARTED);
            assert!(failures[0].message.contains(why), "{}", failures[0]);
            let owner = engine.archive().summary(&owner).unwrap();
            assert_eq!((owner.status, owner.parent), (Status::Running, None));
        });
    }
}

#[test]
fn a_child_whose_id_belongs_to_an_abandoned_child_of_an_earlier_run_fails() {
    async fn chain(ctx: Context, run: u32) -> Result<String, Failure> {
        let child = ctx.child(Named::<(), ()>::new("sleeper"), &());
        let child = child
            .id(id("worker"))
            .on_parent_close(ParentClosePolicy::Abandon);
        if run == 1 {
            let _ = select(child.into_future(), ctx.timer(secs(1))).await;
            return ctx.continue_as_new(&2);
        }
        Ok(child.await.unwrap_err().message)
    }
    let registry = sleepers().workflow(Named::new("chain"), chain);
    simulate(registry, |engine| async move {
        let chain = engine.start_instance(wf("chain"), &1).await.unwrap();
        pass(30_000).await;
        let end = engine.archive().summary(&chain).unwrap();
        assert_eq!(end.status, Status::Completed);
        let said = end.output.unwrap();
        assert!(said.as_str().contains("already exists"), "{said:?}");
        let worker = engine.archive().summary(&id("worker")).unwrap();
        assert_eq!((worker.status, worker.run), (Status::Running, 1));
    });
}

#[test]
fn an_instance_cannot_be_its_own_child() {
    async fn odd(ctx: Context, (): ()) -> Result<String, Failure> {
        let child = ctx.child(Named::<(), String>::new("odd"), &());
        Ok(child.id(ctx.instance()).await.unwrap_err().message)
    }
    let registry = Registry::new().workflow(Named::new("odd"), odd);
    simulate(registry, |engine| async move {
        let odd = engine.start_instance(wf("odd"), &()).await.unwrap();
        pass(1_000).await;
        let end = engine.archive().summary(&odd).unwrap();
        assert_eq!((end.status, end.run), (Status::Completed, 1));
        assert!(end.output.unwrap().as_str().contains("already exists"));
        assert_eq!(engine.archive().list().unwrap().len(), 1);
    });
}

#[test]
fn a_workflow_that_returns_with_open_work_ends_at_once() {
    async fn returns(ctx: Context, (): ()) -> Result<(), Failure> {
        let mut week = ctx.timer(secs(7 * 86_400));
        let mut long = ctx.activity(Work, &1_000_000).into_future();
        let mut child = ctx
            .child(Named::<(), ()>::new("sleeper"), &())
            .into_future();
        let open = futures_util::future::join3(&mut week, &mut long, &mut child);
        let second = ctx.timer(secs(1));
        drop(select(second, open).await);
        // All three are open until here.
        drop((week, long, child));
        Ok(())
    }
    let diary = Diary::default();
    let registry = registry(&diary)
        .workflow(Named::new("sleeper"), sleeper)
        .workflow(Named::new("returns"), returns);
    simulate(registry, |engine| async move {
        let returns = engine.start_instance(wf("returns"), &()).id(id("returns"));
        let returns = returns.await.unwrap();
        pass(1_001).await;
        let now = engine.archive().summary(&returns).unwrap();
        assert_eq!((now.status, now.in_flight), (Status::Completed, 0));
        let before = engine.archive().history(&returns).unwrap();
        pass(8 * 86_400_000).await;
        assert_eq!(engine.archive().history(&returns).unwrap(), before);
        assert_eq!(kinds(&before).last().unwrap(), "ExecutionCompleted");
        let open = engine.archive().open_instances().unwrap();
        assert!(open.is_empty(), "{open:?}");
    });
    assert_eq!(diary.lines(), ["work 1000000 begins"]);
}

#[test]
fn a_stalled_instance_can_be_terminated_and_a_cancel_waits_for_its_code() {
    async fn odd(_: Context, (): ()) -> Result<(), Failure> {
        tokio::time::sleep(secs(1)).await;
        Ok(())
    }
    let registry = Registry::new().workflow(Named::new("odd"), odd);
    simulate(registry, |engine| async move {
        let odd = engine.start_instance(wf("odd"), &()).await.unwrap();
        pass(2_000).await;
        let status = || engine.archive().summary(&odd).unwrap().status;
        assert_eq!(status(), Status::Stalled);
        engine.cancel(&odd, "").await.unwrap();
        pass(1_000).await;
        assert_eq!(status(), Status::Stalled);
        engine.terminate(&odd, "").await.unwrap();
        assert_eq!(status(), Status::Terminated);
    });
}
