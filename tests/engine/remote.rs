//! Workflows whose code is in another process: a worker that is told by its history what comes next.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use fermata::engine::*;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::{harness::*, lives::Through};

type Code = fn(&[Event]) -> Vec<RemoteCommand>;

/// A worker without state: it decides by the history alone, as libraries do that replay it.
struct Workers {
    engine: OnceLock<Engine>,
    code: Code,
    is_there: watch::Sender<bool>,
    turns: Mutex<Vec<EventId>>,
    activities: Mutex<Vec<String>>,
    /// So many activities fail first.
    failures: AtomicU32,
    /// Activities with these names fail.
    fails: Mutex<Vec<String>>,
}

impl Workers {
    fn new(code: Code) -> Arc<Self> {
        Arc::new(Self {
            engine: OnceLock::new(),
            code,
            is_there: watch::Sender::new(true),
            turns: Mutex::default(),
            activities: Mutex::default(),
            failures: AtomicU32::new(0),
            fails: Mutex::default(),
        })
    }
}

struct Connected(Arc<Workers>);

impl RemoteWorkers for Connected {
    fn turn(&self, turn: Turn) -> BoxFuture<'static, TurnAnswer> {
        let workers = Arc::clone(&self.0);
        Box::pin(async move {
            let mut is_there = workers.is_there.subscribe();
            is_there.wait_for(|is_there| *is_there).await.unwrap();
            let engine = workers.engine.get().unwrap();
            let history = engine.archive().history(&turn.instance).unwrap();
            let read = history.last().unwrap().id;
            workers.turns.lock().unwrap().push(read);
            let asked = history.iter().map(|event| match &event.kind {
                EventKind::TurnTaken { numbers, .. } => numbers.len(),
                _ => 0,
            });
            let first = asked.sum::<usize>() + 1;
            let commands = (workers.code)(&history).into_iter().enumerate();
            let number = |n: usize| RemoteNumber(i32::try_from(first + n).unwrap());
            TurnAnswer::Taken(TakenTurn {
                read,
                custom_status: None,
                commands: commands.map(|(n, command)| (number(n), command)).collect(),
                patches: Vec::new(),
                version: None,
            })
        })
    }

    fn activity(
        &self,
        activity: RemoteActivity,
    ) -> BoxFuture<'static, Result<Payload, ActivityError>> {
        let workers = Arc::clone(&self.0);
        Box::pin(async move {
            let mut is_there = workers.is_there.subscribe();
            is_there.wait_for(|is_there| *is_there).await.unwrap();
            let line = format!("{} {}", activity.name, activity.number.0);
            workers.activities.lock().unwrap().push(line);
            tokio::time::sleep(secs(duration(&activity.name))).await;
            let failing = |left: u32| left.checked_sub(1);
            if workers
                .failures
                .fetch_update(Relaxed, Relaxed, failing)
                .is_ok()
                || workers
                    .fails
                    .lock()
                    .unwrap()
                    .contains(&activity.name.to_string())
            {
                return Err(Failure::new("Refused", "not yet").into());
            }
            Ok(activity.input)
        })
    }
}

/// How long an activity takes, in seconds: 1, or as its name says.
fn duration(name: &str) -> u64 {
    let seconds = name
        .rsplit_once('-')
        .and_then(|(_, last)| last.strip_suffix('s'));
    seconds.map_or(1, |seconds| seconds.parse().unwrap())
}

fn count(history: &[Event], is: fn(&EventKind) -> bool) -> usize {
    history.iter().filter(|event| is(&event.kind)).count()
}

fn task(name: &str, input: usize) -> RemoteCommand {
    RemoteCommand::ScheduleTask {
        name: name.into(),
        input: Payload::from_text(&input.to_string()),
    }
}

fn scheduled(history: &[Event]) -> usize {
    count(history, |kind| {
        matches!(kind, EventKind::TaskScheduled { .. })
    })
}

fn completed(history: &[Event]) -> usize {
    count(history, |kind| {
        matches!(kind, EventKind::TaskCompleted { .. })
    })
}

/// Three activities, one after the other.
fn chain(history: &[Event]) -> Vec<RemoteCommand> {
    match (scheduled(history), completed(history)) {
        (3, 3) => vec![RemoteCommand::Complete {
            output: Payload::from_text("\"done\" "),
        }],
        (scheduled, completed) if scheduled == completed => vec![task("step", scheduled)],
        _ => Vec::new(),
    }
}

/// Waits for three events, with a timer that never fires.
fn gather(history: &[Event]) -> Vec<RemoteCommand> {
    let raised = count(history, |kind| {
        matches!(kind, EventKind::EventRaised { .. })
    });
    let waits = count(history, |kind| {
        matches!(kind, EventKind::TimerCreated { .. })
    });
    match (waits, raised) {
        (_, 3..) => vec![RemoteCommand::Complete {
            output: Payload::from_text(&raised.to_string()),
        }],
        (0, _) => vec![RemoteCommand::CreateTimer {
            fire_at: None,
            origin: TimerOrigin::ExternalEvent { name: "go".into() },
        }],
        _ => Vec::new(),
    }
}

/// A pair of activities, and one more after both.
fn pair(history: &[Event]) -> Vec<RemoteCommand> {
    match (scheduled(history), completed(history)) {
        (0, _) => vec![task("left", 1), task("right", 2)],
        (2, 2) => vec![task("both", 3)],
        (3, 3) => vec![RemoteCommand::Complete {
            output: Payload::null(),
        }],
        _ => Vec::new(),
    }
}

/// An activity, and an event that it waits for even if the activity has failed.
fn waits_beside(history: &[Event]) -> Vec<RemoteCommand> {
    let raised = count(history, |kind| {
        matches!(kind, EventKind::EventRaised { .. })
    });
    let failed = count(history, |kind| matches!(kind, EventKind::TaskFailed { .. }));
    match (scheduled(history), completed(history), failed, raised) {
        (0, ..) => vec![task("left", 1)],
        (_, 1, _, 1) => vec![RemoteCommand::Complete {
            output: Payload::null(),
        }],
        (_, _, 1, 1) => {
            let failure = Failure::new("Refused", "it has failed");
            vec![RemoteCommand::Fail { failure }]
        }
        _ => Vec::new(),
    }
}

/// Three activities at once, of which none may have failed; after the first two have ended, a third one beside them.
fn careful(history: &[Event]) -> Vec<RemoteCommand> {
    let failed = count(history, |kind| matches!(kind, EventKind::TaskFailed { .. }));
    match (scheduled(history), completed(history), failed) {
        (0, ..) => vec![task("left", 1), task("right-2s", 2), task("bass-3s", 3)],
        (3, 1, 0) => vec![task("drums-4s", 4)],
        (4, 4, 0) => vec![RemoteCommand::Complete {
            output: Payload::null(),
        }],
        (asked, done, failed) if failed > 0 && asked == done + failed => {
            let failure = Failure::new("Refused", "one has failed");
            vec![RemoteCommand::Fail { failure }]
        }
        _ => Vec::new(),
    }
}

/// A parent of a child of the same code: the child is deeper by one.
fn family(history: &[Event]) -> Vec<RemoteCommand> {
    let EventKind::ExecutionStarted { input, parent, .. } = &history[0].kind else {
        unreachable!()
    };
    let depth: u32 = input.decode().unwrap();
    let child = InstanceId::new(format!("child-{}", depth + 1)).unwrap();
    let came_back = history.iter().find_map(|event| match &event.kind {
        EventKind::ChildWorkflowInstanceCompleted { result, .. } => Some(result.clone()),
        EventKind::ChildWorkflowInstanceFailed { failure, .. } => {
            Some(Payload::encode(&failure.error_type).unwrap())
        }
        _ => None,
    });
    let created = |kind: &EventKind| matches!(kind, EventKind::ChildWorkflowInstanceCreated { .. });
    match (depth, came_back) {
        (3, _) => vec![RemoteCommand::Complete {
            output: Payload::encode(&parent.is_some()).unwrap(),
        }],
        (_, Some(output)) => vec![RemoteCommand::Complete { output }],
        (_, None) if count(history, created) == 0 => vec![RemoteCommand::CreateChild {
            instance: child,
            name: "family".into(),
            version: Some("7".into()),
            input: Payload::encode(&(depth + 1)).unwrap(),
            detached: false,
        }],
        _ => Vec::new(),
    }
}

/// Begins again once, and carries an event over.
fn twice(history: &[Event]) -> Vec<RemoteCommand> {
    let EventKind::ExecutionStarted { run, version, .. } = &history[0].kind else {
        unreachable!()
    };
    let names = history.iter().filter_map(|event| match &event.kind {
        EventKind::EventRaised { name, .. } => Some(name.clone()),
        _ => None,
    });
    match run {
        1 => vec![RemoteCommand::ContinueAsNew {
            input: Payload::null(),
            version: Some("2".into()),
            carried_over: vec![("kept".into(), Payload::null())],
        }],
        _ => vec![RemoteCommand::Complete {
            output: Payload::encode(&(version, names.collect::<Vec<_>>())).unwrap(),
        }],
    }
}

fn remote(workers: &Arc<Workers>) -> Registry {
    let local = Named::<u32, u32>::new("local");
    registry(&Diary::default())
        .workflow(local, |ctx: Context, n: u32| async move {
            ctx.activity(Increment, &n).await
        })
        .remote(Arc::new(Connected(Arc::clone(workers))))
}

/// Runs a test with a worker.
fn with<F: Future<Output = ()>>(code: Code, test: impl FnOnce(Engine, Arc<Workers>) -> F) {
    let workers = Workers::new(code);
    simulate(remote(&workers), |engine| {
        let _ = workers.engine.set(engine.clone());
        test(engine, Arc::clone(&workers))
    });
}

async fn begin(engine: &Engine, name: &str, input: &str) -> InstanceId {
    let id = InstanceId::new(format!("{name}-1")).unwrap();
    let call = engine.start_remote(name, None, Payload::from_text(input));
    call.id(id).await.unwrap()
}

async fn ended(engine: &Engine, id: &InstanceId) -> InstanceSummary {
    let end = tokio::time::timeout(secs(3_600), engine.until_closed(id));
    end.await.expect("it has ended").unwrap()
}

fn names(engine: &Engine, id: &InstanceId) -> Vec<&'static str> {
    let history = engine.archive().history(id).unwrap();
    history.iter().map(|event| event.kind.name()).collect()
}

fn reads(engine: &Engine, id: &InstanceId) -> Vec<(u64, Vec<i32>)> {
    let history = engine.archive().history(id).unwrap();
    let turns = history.into_iter().filter_map(|event| match event.kind {
        EventKind::TurnTaken { read, numbers, .. } => {
            Some((read.0, numbers.into_iter().map(|number| number.0).collect()))
        }
        _ => None,
    });
    turns.collect()
}

#[test]
fn a_worker_elsewhere_takes_the_turns_and_runs_the_activities() {
    with(chain, |engine, workers| async move {
        let id = begin(&engine, "chain", " {\"a\":1.0} ").await;
        let end = ended(&engine, &id).await;
        assert_eq!(end.status, Status::Completed);
        assert_eq!(
            end.output.unwrap().as_str(),
            "\"done\" ",
            "as it was written"
        );
        let step = ["TurnTaken", "TaskScheduled", "TaskStarted", "TaskCompleted"];
        let mut expected = vec!["ExecutionStarted"];
        expected.extend([step; 3].concat());
        expected.extend(["TurnTaken", "ExecutionCompleted"]);
        assert_eq!(names(&engine, &id), expected);
        let history = engine.archive().history(&id).unwrap();
        let EventKind::ExecutionStarted { input, code, .. } = &history[0].kind else {
            panic!("{:?}", history[0]);
        };
        assert_eq!(
            (input.as_str(), *code),
            (" {\"a\":1.0} ", CodeLocation::Remote)
        );
        assert_eq!(
            reads(&engine, &id),
            [(0, vec![1]), (4, vec![2]), (8, vec![3]), (12, vec![4])]
        );
        let activities = workers.activities.lock().unwrap().clone();
        assert_eq!(activities, ["step 1", "step 2", "step 3"]);
    });
}

#[test]
fn a_failed_activity_is_told_to_the_worker_and_is_not_tried_again() {
    with(chain, |engine, workers| async move {
        workers.failures.store(1, Relaxed);
        let id = begin(&engine, "chain", "0").await;
        pass(60_000).await;
        let last = engine.archive().history(&id).unwrap();
        assert_eq!(workers.activities.lock().unwrap().len(), 1);
        let failed =
            |event: &&Event| matches!(event.kind, EventKind::TaskFailed { retry_at: None, .. });
        assert_eq!(last.iter().filter(failed).count(), 1);
        assert_eq!(
            last.last().unwrap().kind.name(),
            "TurnTaken",
            "it was asked what comes next"
        );
    });
}

#[test]
fn without_a_worker_everything_waits_and_goes_on_when_one_comes() {
    with(chain, |engine, workers| async move {
        workers.is_there.send_replace(false);
        let id = begin(&engine, "chain", "0").await;
        pass(86_400_000).await;
        assert_eq!(names(&engine, &id), ["ExecutionStarted"]);
        workers.is_there.send_replace(true);
        assert_eq!(ended(&engine, &id).await.status, Status::Completed);
    });
}

#[test]
fn events_that_come_before_and_between_turns_are_read_once_and_in_order() {
    with(gather, |engine, workers| async move {
        workers.is_there.send_replace(false);
        let id = begin(&engine, "gather", "0").await;
        for n in 0..2 {
            let input = Payload::from_text(&n.to_string());
            engine.raise(&id, "go", input).await.unwrap();
        }
        workers.is_there.send_replace(true);
        pass(10).await;
        assert_eq!(
            reads(&engine, &id),
            [(2, vec![1])],
            "one turn for all of them"
        );
        engine.raise(&id, "go", Payload::null()).await.unwrap();
        assert_eq!(ended(&engine, &id).await.output.unwrap().as_str(), "3");
    });
}

#[test]
fn a_suspended_instance_takes_no_turn_until_it_is_resumed() {
    with(gather, |engine, _| async move {
        let id = begin(&engine, "gather", "0").await;
        pass(10).await;
        engine.suspend(&id, "a break").await.unwrap();
        for _ in 0..3 {
            engine.raise(&id, "go", Payload::null()).await.unwrap();
        }
        pass(60_000).await;
        assert_eq!(
            engine.archive().summary(&id).unwrap().status,
            Status::Suspended
        );
        assert_eq!(reads(&engine, &id).len(), 1);
        engine.resume(&id, "on").await.unwrap();
        assert_eq!(ended(&engine, &id).await.output.unwrap().as_str(), "3");
    });
}

#[test]
fn children_of_remote_workflows_are_remote_and_their_ends_come_back() {
    with(family, |engine, _| async move {
        let id = begin(&engine, "family", "1").await;
        assert_eq!(ended(&engine, &id).await.output.unwrap().as_str(), "true");
        let child = InstanceId::new("child-2").unwrap();
        let child = engine.archive().summary(&child).unwrap();
        assert_eq!(child.version.as_deref(), Some("7"));
        assert_eq!(child.parent.unwrap().instance, id);
    });
}

#[test]
fn the_termination_of_a_parent_reaches_its_children_and_gives_it_an_output() {
    with(family, |engine, workers| async move {
        let id = begin(&engine, "family", "1").await;
        pass(1).await;
        workers.is_there.send_replace(false);
        let child = InstanceId::new("child-2").unwrap();
        let output = Payload::from_text("\"stopped\"");
        let reason = "enough";
        let terminated = engine.terminate_with_output(&id, reason, Reach::Tree, output);
        // The family may have ended already: then there is nothing to terminate.
        if terminated.await.is_ok() {
            let end = ended(&engine, &id).await;
            assert_eq!(end.status, Status::Terminated);
            assert_eq!(end.output.unwrap().as_str(), "\"stopped\"");
            assert!(ended(&engine, &child).await.status.is_closed());
        }
    });
}

#[test]
fn a_canceled_instance_ends_since_its_code_cannot_be_asked() {
    with(gather, |engine, _| async move {
        let id = begin(&engine, "gather", "0").await;
        pass(10).await;
        engine.cancel(&id, "rain").await.unwrap();
        let end = ended(&engine, &id).await;
        assert_eq!(end.status, Status::Canceled);
        assert_eq!(end.failure.unwrap().message, "rain");
    });
}

#[test]
fn a_next_run_has_the_version_and_the_events_that_the_worker_named() {
    with(twice, |engine, _| async move {
        let id = begin(&engine, "twice", "0").await;
        let end = ended(&engine, &id).await;
        assert_eq!(end.output.unwrap().as_str(), r#"["2",["kept"]]"#);
        assert_eq!(end.run, 2);
    });
}

#[test]
fn an_instance_whose_worker_diverges_stalls_and_is_asked_again_when_it_is_reloaded() {
    struct Lost(watch::Sender<bool>, Connected);
    impl RemoteWorkers for Lost {
        fn turn(&self, turn: Turn) -> BoxFuture<'static, TurnAnswer> {
            match *self.0.borrow() {
                true => Box::pin(async { TurnAnswer::Diverged("expected a timer".into()) }),
                false => self.1.turn(turn),
            }
        }
        fn activity(
            &self,
            activity: RemoteActivity,
        ) -> BoxFuture<'static, Result<Payload, ActivityError>> {
            self.1.activity(activity)
        }
    }
    let workers = Workers::new(chain);
    let lost = Arc::new(Lost(
        watch::Sender::new(true),
        Connected(Arc::clone(&workers)),
    ));
    let registry = Registry::new().remote(Arc::clone(&lost) as Arc<dyn RemoteWorkers>);
    simulate(registry, |engine| async move {
        let _ = workers.engine.set(engine.clone());
        let id = begin(&engine, "chain", "0").await;
        pass(1_000).await;
        assert_eq!(
            engine.archive().summary(&id).unwrap().status,
            Status::Stalled
        );
        let history = engine.archive().history(&id).unwrap();
        let stalled = EventKind::ExecutionStalled {
            reason: "expected a timer".into(),
        };
        assert_eq!(history.last().unwrap().kind, stalled);
        lost.0.send_replace(false);
        engine.reload(&id).await.unwrap();
        assert_eq!(ended(&engine, &id).await.status, Status::Completed);
    });
}

#[test]
fn an_event_that_comes_while_an_instance_is_stalled_is_not_lost() {
    /// Diverges until it is fixed. Then it continues as new, and has read nothing but the start.
    struct Fixed(watch::Sender<bool>);
    impl RemoteWorkers for Fixed {
        fn turn(&self, turn: Turn) -> BoxFuture<'static, TurnAnswer> {
            let is_fixed = *self.0.borrow();
            Box::pin(async move {
                let command = RemoteCommand::ContinueAsNew {
                    input: Payload::null(),
                    version: None,
                    carried_over: Vec::new(),
                };
                match (is_fixed, turn.run) {
                    (false, _) => TurnAnswer::Diverged("expected a timer".into()),
                    (true, 1) => TurnAnswer::Taken(TakenTurn {
                        commands: vec![(RemoteNumber(1), command)],
                        ..TakenTurn::default()
                    }),
                    (true, _) => std::future::pending().await,
                }
            })
        }
        fn activity(
            &self,
            _: RemoteActivity,
        ) -> BoxFuture<'static, Result<Payload, ActivityError>> {
            Box::pin(std::future::pending())
        }
    }
    let fixed = Arc::new(Fixed(watch::Sender::new(false)));
    let registry = Registry::new().remote(Arc::clone(&fixed) as Arc<dyn RemoteWorkers>);
    simulate(registry, |engine| async move {
        let id = begin(&engine, "order", "0").await;
        pass(100).await;
        engine.raise(&id, "paid", Payload::null()).await.unwrap();
        fixed.0.send_replace(true);
        engine.reload(&id).await.unwrap();
        pass(1_000).await;
        assert_eq!(engine.archive().summary(&id).unwrap().run, 2);
        assert_eq!(names(&engine, &id), ["ExecutionStarted", "EventRaised"]);
    });
}

#[test]
fn a_worker_that_claims_to_have_read_what_does_not_exist_stalls_the_instance() {
    struct Liar;
    impl RemoteWorkers for Liar {
        fn turn(&self, _: Turn) -> BoxFuture<'static, TurnAnswer> {
            let turn = TakenTurn {
                read: EventId(9),
                ..TakenTurn::default()
            };
            Box::pin(async { TurnAnswer::Taken(turn) })
        }
        fn activity(
            &self,
            _: RemoteActivity,
        ) -> BoxFuture<'static, Result<Payload, ActivityError>> {
            Box::pin(std::future::pending())
        }
    }
    simulate(
        Registry::new().remote(Arc::new(Liar)),
        |engine| async move {
            let id = begin(&engine, "chain", "0").await;
            pass(1_000).await;
            assert_eq!(
                engine.archive().summary(&id).unwrap().status,
                Status::Stalled
            );
        },
    );
}

#[test]
fn a_delayed_start_takes_its_first_turn_when_it_is_due() {
    with(gather, |engine, workers| async move {
        let id = InstanceId::new("later").unwrap();
        let call = engine.start_remote("gather", None, Payload::null());
        call.id(id.clone()).after(secs(60)).await.unwrap();
        engine.raise(&id, "go", Payload::null()).await.unwrap();
        pass(30_000).await;
        assert!(workers.turns.lock().unwrap().is_empty());
        pass(40_000).await;
        assert_eq!(reads(&engine, &id).len(), 1);
    });
}

#[test]
fn a_rewind_runs_what_has_failed_and_nothing_else() {
    with(careful, |engine, workers| async move {
        // The second of four fails, beside one that has ended and two that end later.
        workers.fails.lock().unwrap().push("right-2s".to_owned());
        let id = begin(&engine, "careful", "null").await;
        assert_eq!(ended(&engine, &id).await.status, Status::Failed);
        let source = engine.archive().history(&id).unwrap();
        assert_eq!((scheduled(&source), completed(&source)), (4, 3));
        workers.activities.lock().unwrap().clear();
        workers.fails.lock().unwrap().clear();
        engine.rewind(&id).await.unwrap();
        let end = ended(&engine, &id).await;
        assert_eq!((end.status, end.run), (Status::Completed, 2));
        assert_eq!(*workers.activities.lock().unwrap(), ["right-2s 2"]);
        let history = engine.archive().history(&id).unwrap();
        let text = History {
            instance: id.clone(),
            events: history,
        };
        let text = serde_json::to_string(&text.to_json()).unwrap();
        History::from_json(&text).expect("it can be what happened");
        let again = engine.rewind(&id).await;
        assert!(matches!(again, Err(EngineError::NotFailed(_))), "{again:?}");
    });
}

#[test]
fn an_event_that_came_after_the_failure_is_there_after_a_rewind() {
    with(waits_beside, |engine, workers| async move {
        workers.fails.lock().unwrap().push("left".to_owned());
        let id = begin(&engine, "waits", "null").await;
        pass(5_000).await;
        engine.raise(&id, "go", Payload::null()).await.unwrap();
        assert_eq!(ended(&engine, &id).await.status, Status::Failed);
        workers.fails.lock().unwrap().clear();
        engine.rewind(&id).await.unwrap();
        let end = ended(&engine, &id).await;
        assert_eq!(
            end.status,
            Status::Completed,
            "nobody has to raise it again"
        );
    });
}

#[test]
fn an_activity_can_be_rerun_with_another_input_and_its_turn_is_not_taken_again() {
    with(pair, |engine, workers| async move {
        let id = begin(&engine, "pair", "null").await;
        ended(&engine, &id).await;
        workers.activities.lock().unwrap().clear();
        let input = Payload::from_text("7");
        let again = engine.rerun_activity(&id, EventId(2), None, input.clone());
        let again = again.await.unwrap();
        assert_eq!(ended(&engine, &again).await.status, Status::Completed);
        let history = engine.archive().history(&again).unwrap();
        let inputs = history.iter().filter_map(|event| match &event.kind {
            EventKind::TaskScheduled { input, .. } => Some(input.as_str()),
            _ => None,
        });
        assert_eq!(inputs.collect::<Vec<_>>(), ["7", "2", "3"]);
        let ran = workers.activities.lock().unwrap().clone();
        assert_eq!(ran, ["left 1", "right 2", "both 3"]);
        assert_eq!(reads(&engine, &again)[0], reads(&engine, &id)[0]);
        let source = engine.archive().history(&id).unwrap();
        assert_eq!(scheduled(&source), 3, "the source is as it was");
        let local = engine
            .start_instance(Named::<u32, u32>::new("local"), &1)
            .await
            .unwrap();
        for (id, event) in [(&id, 0), (&id, 1), (&id, 4), (&id, 999), (&local, 1)] {
            let refused = engine
                .rerun_activity(id, EventId(event), None, input.clone())
                .await;
            assert!(
                matches!(refused, Err(EngineError::NoSuchActivity { .. })),
                "{event}: {refused:?}"
            );
        }
        let last = history
            .iter()
            .rposition(|event| matches!(event.kind, EventKind::TaskScheduled { .. }));
        let last = EventId(u64::try_from(last.unwrap()).unwrap());
        let third = engine
            .rerun_activity(&again, last, None, input)
            .await
            .unwrap();
        assert_eq!(ended(&engine, &third).await.status, Status::Completed);
    });
}

/// Runs an engine on a store until its instance has so many events, then stops it. Whether the instance has ended.
fn live_until(store: &Arc<RedbStore>, events: usize) -> bool {
    let workers = Workers::new(chain);
    let store = Through {
        store: Arc::clone(store) as Arc<dyn Store>,
        commit: Box::new(|store, batch| store.commit(batch)),
    };
    simulate_on(store, remote(&workers), |engine| async move {
        let _ = workers.engine.set(engine.clone());
        let id = id("chain-1");
        if engine.archive().summary(&id).is_err() {
            begin(&engine, "chain", "0").await;
        }
        for _ in 0..20_000 {
            if engine.archive().summary(&id).unwrap().status.is_closed() {
                return true;
            }
            if engine.archive().history(&id).unwrap().len() >= events {
                return false;
            }
            pass(1).await;
        }
        panic!("it does not go on");
    })
}

#[test]
fn the_process_may_end_at_every_event_and_the_worker_is_asked_from_the_same_place() {
    let memory = || Arc::new(RedbStore::in_memory().unwrap());
    let steps = |store: &Arc<RedbStore>| {
        let history = Archive::new(store.clone()).history(&id("chain-1")).unwrap();
        let kinds = history.iter().map(|event| event.kind.name());
        let again = ["TaskStarted", "TaskFailed"];
        kinds
            .filter(|name| !again.contains(name))
            .collect::<Vec<_>>()
    };
    let undisturbed = memory();
    assert!(live_until(&undisturbed, usize::MAX));
    for events in 1..15 {
        let store = memory();
        live_until(&store, events);
        assert!(live_until(&store, usize::MAX), "after {events}");
        assert_eq!(steps(&store), steps(&undisturbed), "after {events}");
    }
}

#[test]
fn a_recorded_remote_history_is_the_same_in_this_build_and_replays() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/engine/golden/remote-chain-1.json"
    );
    with(chain, |engine, _| async move {
        let id = begin(&engine, "chain", "{\"a\": 1.0}").await;
        ended(&engine, &id).await;
        let now = serde_json::to_string_pretty(&engine.archive().export(&id).unwrap().to_json());
        if std::env::var_os("FERMATA_RECORD_GOLDEN").is_some() {
            std::fs::write(path, now.as_ref().unwrap().clone() + "\n").unwrap();
        }
        let recorded = std::fs::read_to_string(path).unwrap();
        assert_eq!(recorded.trim_end(), now.unwrap());
        replay(&Registry::new(), &History::from_json(&recorded).unwrap()).unwrap();
    });
}
