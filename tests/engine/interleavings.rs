//! All requests of callers, in any order, to several instances at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fermata::engine::*;
use proptest::prelude::*;

use crate::{
    in_time,
    program::{NEWS, Program, Taste, programs},
    random_programs::{can_be_replayed, cases, exits, is_well_formed, start, suspensions},
    world::{Exit, World, as_text},
};

/// A request after a number of milliseconds; its target is chosen among the existing instances.
#[derive(Debug, Clone)]
struct Step {
    after: u64,
    who: prop::sample::Index,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Suspend(Suspension),
    Resume(Reach),
    Terminate(Reach),
    Cancel,
    Raise(usize),
    Rerun(prop::sample::Index, Option<Program>),
    Restart,
    RestartAs,
    Purge,
    PurgeAll,
    NewEngine(Exit, u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let reach = || prop_oneof![Just(Reach::Tree), Just(Reach::Alone)];
    let input = prop::option::weighted(0.1, programs(Taste::Any));
    let what = prop_oneof![
        5 => suspensions().prop_map(What::Suspend),
        5 => reach().prop_map(What::Resume),
        2 => reach().prop_map(What::Terminate),
        2 => Just(What::Cancel),
        4 => (0..NEWS.len()).prop_map(What::Raise),
        4 => (any::<prop::sample::Index>(), input).prop_map(|(from, input)| What::Rerun(from, input)),
        2 => Just(What::Restart),
        1 => Just(What::RestartAs),
        1 => Just(What::Purge),
        1 => Just(What::PurgeAll),
        3 => (exits(), 0..50u64).prop_map(|(exit, ms)| What::NewEngine(exit, ms)),
    ];
    let after = prop_oneof![1 => Just(0), 3 => 1..80u64];
    let step = (after, any::<prop::sample::Index>(), what);
    let step = step.prop_map(|(after, who, what)| Step { after, who, what });
    prop::collection::vec(step, 1..16)
}

type Histories = BTreeMap<(InstanceId, u32), Vec<Event>>;

fn histories(world: &World) -> Histories {
    let runs = world.runs().into_iter();
    runs.map(|(run, events)| ((run.id, run.run), events))
        .collect()
}

/// The state before a step: the target of the request, and its status.
struct Before {
    id: InstanceId,
    summary: Option<InstanceSummary>,
    history: Vec<Event>,
}

impl Before {
    fn new(world: &World, who: &prop::sample::Index) -> Self {
        let archive = world.engine.archive();
        let mut ids: BTreeSet<_> = archive
            .list()
            .unwrap()
            .into_iter()
            .map(|run| run.id)
            .collect();
        ids.insert(InstanceId::new("nobody").unwrap());
        let id = who.get(&ids.into_iter().collect::<Vec<_>>()).clone();
        let summary = archive.summary(&id).ok();
        let history = archive.history(&id).unwrap_or_default();
        Self {
            id,
            summary,
            history,
        }
    }

    fn is_open(&self) -> bool {
        self.summary
            .as_ref()
            .is_some_and(|before| !before.status.is_closed())
    }

    /// The open children that it waits for, with what becomes of them when it ends.
    fn children(&self, archive: &Archive) -> Vec<(InstanceId, ParentClosePolicy)> {
        let mut children = BTreeMap::new();
        for event in &self.history {
            use EventKind as E;
            match &event.kind {
                E::ChildWorkflowInstanceCreated {
                    instance,
                    on_close,
                    detached: false,
                    ..
                } => {
                    children.insert(event.id, (instance.clone(), *on_close));
                }
                E::ChildWorkflowInstanceRestarted {
                    created, instance, ..
                } => {
                    if let Some((child, _)) = children.get_mut(created) {
                        child.clone_from(instance);
                    }
                }
                E::ChildWorkflowInstanceCompleted { created, .. }
                | E::ChildWorkflowInstanceFailed {
                    created,
                    retry_at: None,
                    ..
                }
                | E::ChildWorkflowInstanceCanceled { created } => {
                    children.remove(created);
                }
                _ => {}
            }
        }
        let open = |id: &InstanceId| archive.summary(id).is_ok_and(|s| !s.status.is_closed());
        children.into_values().filter(|(id, _)| open(id)).collect()
    }

    /// The answer to a request that only an open instance accepts.
    fn judge_reply(&self, reply: Result<(), EngineError>) {
        match (&self.summary, reply) {
            (None, Err(EngineError::UnknownInstance(_))) => {}
            // It may have ended at this very moment.
            (Some(_), Err(EngineError::Closed { status, .. })) => {
                assert_ne!(status, Status::ContinuedAsNew, "{:?} continues", self.id);
            }
            (Some(_), Ok(())) if self.is_open() => {}
            (before, reply) => panic!("{:?} was {before:?}: {reply:?}", self.id),
        }
    }
}

async fn take(world: &mut World, step: &Step) {
    let before = Before::new(world, &step.who);
    let (engine, id) = (world.engine.clone(), before.id.clone());
    match &step.what {
        What::Suspend(how) => before.judge_reply(engine.suspend_with(&id, "", *how).await),
        What::Resume(reach) => before.judge_reply(engine.resume_with(&id, "", *reach).await),
        What::Cancel => before.judge_reply(engine.cancel(&id, "").await),
        What::Raise(news) => {
            let data = Payload::encode(news).unwrap();
            before.judge_reply(engine.raise(&id, NEWS[*news], data).await);
        }
        What::Terminate(reach) => terminate(&engine, &before, *reach).await,
        What::Rerun(from, input) => rerun(&engine, &before, from, input.as_ref()).await,
        What::Restart => restart(&engine, &before, None).await,
        What::RestartAs => {
            let new = InstanceId::new(format!("again {}", engine.clock().now().0)).unwrap();
            restart(&engine, &before, Some(new)).await;
        }
        What::Purge => match engine.purge(Purge::Instance(id.clone())).await {
            Ok(runs) => {
                assert!(runs > 0);
                let left = engine.archive().summary(&id);
                assert!(
                    matches!(left, Err(EngineError::UnknownInstance(_))),
                    "{left:?}"
                );
            }
            Err(EngineError::StillOpen(_)) => assert!(before.is_open()),
            Err(EngineError::UnknownInstance(_)) => assert!(before.summary.is_none()),
            Err(error) => panic!("{error}"),
        },
        What::PurgeAll => {
            let until = Purge::ClosedBefore(engine.clock().now(), None);
            engine.purge(until).await.unwrap();
        }
        What::NewEngine(exit, ms) => world.restart(*exit, Duration::from_millis(*ms)).await,
    }
}

async fn terminate(engine: &Engine, before: &Before, reach: Reach) {
    let children = before.children(engine.archive());
    let reply = engine.terminate_with(&before.id, "", reach).await;
    if reply.is_ok() {
        let status = |id: &InstanceId| engine.archive().summary(id).unwrap().status;
        assert_eq!(status(&before.id), Status::Terminated);
        for (child, policy) in children {
            let now = status(&child);
            match (reach, policy) {
                // It may have ended at this very moment.
                (Reach::Tree, ParentClosePolicy::Terminate) => {
                    assert!(now.is_closed(), "{child:?}")
                }
                (Reach::Tree, ParentClosePolicy::RequestCancel) if !now.is_closed() => {
                    let history = engine.archive().history(&child).unwrap();
                    let asked = |event: &Event| {
                        matches!(event.kind, EventKind::ExecutionCancelRequested { .. })
                    };
                    assert!(history.iter().any(asked), "{child:?}");
                }
                _ => assert!(now != Status::Terminated, "{child:?} was reached"),
            }
        }
    }
    before.judge_reply(reply);
}

async fn rerun(
    engine: &Engine,
    before: &Before,
    from: &prop::sample::Index,
    input: Option<&Program>,
) {
    // One too few and one too many are wishes as well.
    let from = EventId(from.index(before.history.len() + 1) as u64);
    // Another input asks for other steps at once, also where the shared part was held.
    let shared = &before.history[..before.history.len().min(from.0 as usize)];
    let held = |event: &Event| matches!(event.kind, EventKind::ExecutionSuspended { .. });
    let input = input.filter(|_| !shared.iter().any(held));
    let input = input.map(|program| Payload::encode(program).unwrap());
    let changed = input.is_some() || forked_with_other_input(&before.history);
    match engine.rerun(&before.id, from, None, input).await {
        Ok(fork) => {
            // It may have continued as new at this very moment.
            let (summary, history) = engine.archive().runs(&fork).unwrap().swap_remove(0);
            let taken = summary.fork.unwrap();
            assert_eq!((&taken.instance, taken.from), (&before.id, from));
            let shared = 1..usize::try_from(from.0).unwrap();
            assert_eq!(history[shared.clone()], before.history[shared]);
            assert!(
                changed || summary.status != Status::Stalled,
                "{}",
                as_text(&history)
            );
            if summary.status == Status::Stalled {
                // Another input asks for other steps.
                engine.terminate(&fork, "it does not fit").await.unwrap();
            }
        }
        Err(EngineError::UnknownInstance(_)) => assert!(before.summary.is_none()),
        Err(EngineError::NoSuchEvent { .. }) => {
            assert!(from.0 == 0 || from.0 >= before.history.len() as u64);
        }
        Err(error) => panic!("{error}"),
    }
}

async fn restart(engine: &Engine, before: &Before, new: Option<InstanceId>) {
    let same = new.is_none();
    let target = new.as_ref().unwrap_or(&before.id);
    let there = engine.archive().summary(target);
    let taken = there.is_ok_and(|there| !there.status.is_closed());
    match engine.restart(&before.id, new).await {
        Ok(id) => {
            let old = before.summary.as_ref().unwrap();
            let now = engine.archive().summary(&id).unwrap();
            assert_eq!((now.parent, now.workflow), (None, old.workflow.clone()));
            assert!(!same || now.run > old.run);
        }
        Err(EngineError::UnknownInstance(_)) => assert!(before.summary.is_none()),
        Err(EngineError::AlreadyExists(_)) => assert!(taken),
        Err(error) => panic!("{error}"),
    }
}

/// Histories only grow; those of ended runs stay or go as a whole.
fn compare(earlier: &Histories, later: &Histories, purged: bool) {
    for (run, events) in earlier {
        match later.get(run) {
            Some(now) => {
                let shared = now.len() >= events.len() && now[..events.len()] == events[..];
                assert!(shared || purged, "{run:?} was rewritten:\n{}", as_text(now));
            }
            None => assert!(purged, "{run:?} is missing"),
        }
    }
}

fn judge(world: &World) {
    for (run, events) in world.runs() {
        if forked_with_other_input(&events) {
            continue;
        }
        is_well_formed(&events);
        let what = in_time::check(&events, &world.outages);
        assert_eq!(what, Ok(()), "{:?}\n{}", run.id, as_text(&events));
        let last = events.last().unwrap();
        let end = match last.kind {
            EventKind::ExecutionCompleted { .. } => Some(Status::Completed),
            EventKind::ExecutionFailed { .. } => Some(Status::Failed),
            EventKind::ExecutionCanceled { .. } => Some(Status::Canceled),
            EventKind::ExecutionTerminated { .. } => Some(Status::Terminated),
            EventKind::ContinuedAsNew { .. } => Some(Status::ContinuedAsNew),
            _ => None,
        };
        match end {
            Some(end) => assert_eq!((run.status, run.closed_at), (end, Some(last.at))),
            None => assert!(!run.status.is_closed() && run.status != Status::Stalled),
        }
    }
}

/// Its shared part was made by another program.
fn forked_with_other_input(events: &[Event]) -> bool {
    events
        .iter()
        .any(|event| matches!(event.kind, EventKind::ExecutionStalled { .. }))
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn any_requests_in_any_order_keep_the_invariants(
        programs in prop::collection::vec(programs(Taste::Any), 1..4),
        steps in steps(),
    ) {
        World::simulate(async |world| {
            for (star, program) in programs.iter().enumerate() {
                start(world, star, program).await;
            }
            let mut earlier = histories(world);
            for step in &steps {
                tokio::time::sleep(Duration::from_millis(step.after)).await;
                take(world, step).await;
                judge(world);
                let later = histories(world);
                let purged = matches!(step.what, What::Purge | What::PurgeAll);
                compare(&earlier, &later, purged);
                earlier = later;
            }
            world.play_out().await;
            judge(world);
            compare(&earlier, &histories(world), false);
            for (run, events) in world.runs() {
                if !forked_with_other_input(&events) {
                    can_be_replayed(&run.id, &events);
                }
            }
        });
    }
}
