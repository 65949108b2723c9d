//! A walk through a replay shows what the code asks for and how the history answers, event by event.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fermata::engine::*;
use futures_util::future::join_all;

use crate::{golden::recorded, harness::*, labour::Log, workflows::workflows};

fn golden(name: &str) -> History {
    recorded().remove(name).unwrap()
}

fn walk_of(history: &History) -> Walk {
    let registry = workflows(&Log::default());
    walk(&registry, &history.instance, &history.events)
}

#[test]
fn a_walk_shows_after_each_event_what_a_replay_of_the_history_so_far_asks_for() {
    let registry = workflows(&Log::default());
    for (name, history) in recorded() {
        let whole = walk_of(&history);
        assert_eq!(whole.divergence, None, "{name}");
        assert_eq!(whole.steps.len(), history.events.len(), "{name}");
        for end in 1..=history.events.len() {
            let prefix = &history.events[..end];
            let last = prefix[end - 1].id;
            let alone = walk(&registry, &history.instance, prefix);
            assert_eq!(alone.divergence, None, "{name} cut after {end}");
            assert_eq!(alone.steps, whole.steps[..end], "{name} cut after {end}");
            let seen = |walk: &Walk| -> Vec<_> {
                let commands = walk.commands_after(last);
                commands
                    .map(|(command, state)| (command.issued, state))
                    .collect()
            };
            assert_eq!(seen(&alone), seen(&whole), "{name} cut after {end}");
            assert_eq!(alone.commands.len(), seen(&alone).len(), "{name}");
            // What is not recorded yet is what the history records next. Only its worker knows it of remote code,
            // which is never cut there: both are in one commit.
            for (alone, whole) in alone.commands.iter().zip(&whole.commands) {
                if alone.request.is_some() || !is_remote(&history) {
                    assert_eq!(alone.request, whole.request, "{name} cut after {end}");
                }
            }
        }
    }
}

fn is_remote(history: &History) -> bool {
    let started = &history.events[0].kind;
    matches!(started, EventKind::ExecutionStarted { code, .. } if !code.is_local())
}

#[test]
fn every_command_of_a_history_is_recorded_once_and_in_order() {
    for (name, history) in recorded() {
        let walk = walk_of(&history);
        let recording: Vec<_> = walk.steps.iter().filter_map(|step| step.records).collect();
        let numbers: Vec<_> = (0..recording.len()).map(CommandNumber).collect();
        assert_eq!(recording, numbers, "{name}");
        // An instance that was ended from outside may have asked for more.
        let is_forced = ["house", "stopped"].iter().any(|part| name.contains(part));
        assert!(
            recording.len() == walk.commands.len() || is_forced,
            "{name}"
        );
        for step in &walk.steps {
            for command in &walk.commands[step.issued.clone()] {
                assert_eq!(command.issued, step.event, "{name}");
            }
            assert!(step.wakes > 0 || step.issued.is_empty(), "{name}");
        }
    }
}

#[test]
fn the_answer_of_a_command_is_the_event_that_ended_it() {
    let chain = golden("steps-chain-1");
    let walk = walk_of(&chain);
    let ends = |opened: EventId| {
        let of = move |event: &&Event| match event.kind {
            EventKind::TaskCompleted { scheduled, .. } => scheduled == opened,
            EventKind::TimerFired { timer } => timer == opened,
            _ => false,
        };
        chain.events.iter().find(of).map(|event| event.id)
    };
    let with_end = walk.commands.iter().filter(|command| command.has_end());
    let mut count = 0;
    for command in with_end {
        let recorded = command.recorded.unwrap();
        assert_eq!(command.answer.unwrap().event, ends(recorded).unwrap());
        assert_eq!(
            command.state_after(EventId(0)),
            match command.issued {
                EventId(0) => CommandState::New,
                _ => CommandState::NotIssued,
            }
        );
        assert_eq!(command.state_after(recorded), CommandState::Waiting);
        let answered = command.answer.unwrap().delivered;
        assert_eq!(command.state_after(answered), CommandState::Answered);
        count += 1;
    }
    assert_eq!(count, 4, "three activities and a timer");
}

#[test]
fn an_activity_that_lost_a_race_is_answered_by_its_cancellation() {
    let race = golden("steps-race-1");
    let walk = walk_of(&race);
    let endless = &walk.commands[0];
    let by = &race.events[endless.answer.unwrap().event.0 as usize];
    assert_eq!(by.kind.name(), "TaskCanceled");
}

#[test]
fn a_wait_is_answered_by_the_event_that_was_raised() {
    let listener = golden("letters-listener-1");
    let walk = walk_of(&listener);
    let waits = walk.commands.iter().filter_map(|command| {
        let EventKind::TimerCreated {
            origin: TimerOrigin::ExternalEvent { name },
            ..
        } = command.request.as_ref()?
        else {
            return None;
        };
        let by = &listener.events[command.answer?.event.0 as usize];
        Some((name.clone(), by.kind.name()))
    });
    let waits: Vec<_> = waits.collect();
    assert!(waits.contains(&("never".into(), "TimerFired")), "{waits:?}");
    assert!(waits.contains(&("late".into(), "EventRaised")), "{waits:?}");
}

#[test]
fn attempts_that_fail_and_are_tried_again_do_not_wake_the_code() {
    let patience = golden("patience-patience-1");
    let walk = walk_of(&patience);
    let mut retried = 0;
    for (event, step) in patience.events.iter().zip(&walk.steps) {
        if let EventKind::TaskFailed {
            retry_at: Some(_), ..
        } = event.kind
        {
            assert_eq!((step.wakes, step.issued.len()), (0, 0));
            retried += 1;
        }
    }
    assert!(retried > 2);
}

#[test]
fn what_arrives_while_an_instance_is_suspended_reaches_its_code_when_it_is_resumed() {
    let held = golden("held-frozen-1");
    let walk = walk_of(&held);
    let late = walk.commands.iter().filter_map(|command| command.answer);
    let late: Vec<_> = late
        .filter(|answer| answer.event != answer.delivered)
        .collect();
    assert!(!late.is_empty());
    for answer in late {
        assert!(answer.event < answer.delivered);
        let delivered = &held.events[answer.delivered.0 as usize];
        assert_eq!(delivered.kind.name(), "ExecutionResumed");
        assert_eq!(walk.step(answer.event).unwrap().wakes, 0);
    }
}

#[test]
fn a_walk_ends_where_changed_code_and_history_part_with_both_of_them() {
    async fn changed(ctx: Context, start: u32) -> Result<u32, Failure> {
        ctx.set_status("on its way")?;
        ctx.set_tag("shape", "chain");
        let n = ctx.activity(NamedActivity::<u32, u32>::new("step"), &start);
        ctx.activity(NamedActivity::<u32, u32>::new("leap"), &n.await?)
            .await
    }
    let chain = golden("steps-chain-1");
    let registry = workflows(&Log::default()).workflow(Named::new("chain"), changed);
    let walk = walk(&registry, &chain.instance, &chain.events);
    let parted = replay(&registry, &chain).unwrap_err();
    assert_eq!(walk.divergence.as_deref(), Some(&*parted));
    let found = &chain.events[parted.event.0 as usize];
    let expected = walk.diverging_command().unwrap().request.as_ref().unwrap();
    let name = |kind: &EventKind| match kind {
        EventKind::TaskScheduled { name, .. } => name.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (name(&found.kind), name(expected)),
        ("step".into(), "leap".into())
    );
    let last = walk.steps.last().unwrap().event;
    assert_eq!(last.next(), parted.event);
    assert!(walk.step(parted.event).is_none());
}

#[test]
fn a_walk_into_code_that_panics_shows_what_the_code_asked_for_before() {
    async fn clumsy(ctx: Context, start: u32) -> Result<u32, Failure> {
        ctx.annotate("begun")?;
        ctx.set_status("on its way")?;
        assert!(start > 1_000, "it stumbles");
        Ok(start)
    }
    let chain = golden("steps-chain-1");
    let registry = workflows(&Log::default()).workflow(Named::new("chain"), clumsy);
    let walk = walk(&registry, &chain.instance, &chain.events);
    let [only] = walk.steps.as_slice() else {
        panic!("{walk:?}");
    };
    assert_eq!((only.wakes, only.issued.clone()), (1, 0..1));
    assert_eq!(only.annotations, [Payload::encode("begun").unwrap()]);
    let divergence = walk.divergence.unwrap().to_string();
    assert!(divergence.contains("it stumbles"), "{divergence}");
}

#[test]
fn a_walk_without_the_code_says_so() {
    let chain = golden("steps-chain-1");
    let walk = walk(&Registry::new(), &chain.instance, &chain.events);
    assert_eq!(walk.steps, []);
    let why = walk.divergence.unwrap().to_string();
    assert!(why.contains("not registered"), "{why}");
}

#[test]
fn a_walk_runs_the_code_once_however_long_the_history_is() {
    let began = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&began);
    let workflow = move |ctx: Context, width: u32| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move {
            for _ in 0..20 {
                let all = (0..width).map(|n| ctx.activity(Increment, &n).into_future());
                join_all(all).await;
            }
            Ok(())
        }
    };
    let registry = || {
        registry(&Diary::default()).workflow(wf::<u32>("wide"), {
            let workflow = workflow.clone();
            move |ctx, width| {
                let run = workflow(ctx, width);
                async move { run.await.map(serde_json::Value::from) }
            }
        })
    };
    let history = simulate(registry(), |engine| async move {
        let id = run(&engine, "wide", 30u32).await.id;
        engine.archive().export(&id).unwrap()
    });
    began.store(0, Ordering::Relaxed);
    let walk = walk(&registry(), &history.instance, &history.events);
    assert_eq!(walk.commands.len(), 601);
    assert_eq!(began.load(Ordering::Relaxed), 1);
}

#[test]
fn the_annotations_of_a_history_are_those_that_subscribers_received() {
    async fn chatty(ctx: Context, n: u32) -> Result<u32, Failure> {
        let mut n = n;
        for _ in 0..3 {
            ctx.annotate(&format!("before {n}"))?;
            n = ctx.activity(Increment, &n).await?;
            ctx.annotate(&format!("after {n}"))?;
            ctx.timer(Duration::from_secs(1)).await?;
        }
        Ok(n)
    }
    let registry = || registry(&Diary::default()).workflow(Named::new("chatty"), chatty);
    let (history, live) = simulate(registry(), |engine| async move {
        let mut feed = engine.subscribe().await.unwrap();
        let id = run(&engine, "chatty", 1u32).await.id;
        let mut live = Vec::new();
        while let Some(commit) = feed.try_next() {
            live.extend(commit.annotations.clone());
        }
        (engine.archive().export(&id).unwrap(), live)
    });
    let by_event = annotations(&registry(), &history.instance, &history.events);
    let by_event: Vec<_> = by_event.collect();
    let all: Vec<_> = by_event
        .iter()
        .flat_map(|step| step.annotations.clone())
        .collect();
    assert_eq!(all, live);
    assert_eq!(all.len(), 6);
    assert_eq!(by_event[0].event, EventId(0));
    assert!(by_event.is_sorted_by_key(|step| step.event));
}
