//! Reruns join the performance on a bar line.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{
    application::AppEvent,
    originals,
    recovered::stored,
    reruns,
    test_app::{LOOP, TestApp, until},
};
use crate::{
    conductor::Conductor,
    engine::{Event, EventId, EventKind, InstanceId, RedbStore, Status},
    music::{Beat, Beats},
    score::calls::{Performed, Play},
    view::{Band, CommandEnd, EngineCommand, Ghost, LaneParts, Projector, Viewport},
};

/// The latest fork of an instance in the store.
fn fork_of(test: &TestApp, source: &InstanceId) -> Option<InstanceId> {
    let all = test.app.conductor.engine().archive().list().unwrap();
    let mut forks = all.into_iter().filter(|instance| {
        let fork = instance.fork.as_ref();
        fork.is_some_and(|fork| fork.instance == *source)
    });
    forks.next_back().map(|fork| fork.id)
}

/// The beat that a note asked for, if this event schedules one.
fn asked(event: &Event) -> Option<Beat> {
    match &event.kind {
        EventKind::TaskScheduled { name, input, .. } if name == "play" => {
            input.decode::<Play>().ok().map(|play| play.at)
        }
        _ => None,
    }
}

/// The beats at which notes were played from an event on.
fn played(history: &[Event], from: EventId) -> Vec<Beat> {
    let events = history.iter().filter(|event| event.id >= from);
    let results = events.filter_map(|event| match &event.kind {
        EventKind::TaskCompleted { result, .. } => result.decode::<Performed>().ok(),
        _ => None,
    });
    results.map(|performed| performed.at).collect()
}

/// How far a beat is into its bar.
fn into_bar(beat: Beat) -> Beats {
    let bar = Beats::whole(4);
    beat.0 - bar * (beat.0 / bar).floor()
}

/// The event that asked for the last note of the first bar.
fn last_of_bar(history: &[Event]) -> Option<EventId> {
    let mut asks = history.iter().filter(|event| asked(event).is_some());
    let last = |event: &&Event| asked(event).is_some_and(|at| into_bar(at) >= Beats::new(7, 2));
    asks.find(last).map(|event| event.id)
}

fn is_running(test: &TestApp, id: &InstanceId) -> bool {
    test.status(id) == Status::Running
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rerun_begins_on_the_next_bar_in_phase() {
    let test = TestApp::open().await;
    let source = test.perform(LOOP).await;
    until("a bar is over", || {
        last_of_bar(&test.history(&source)).is_some_and(|last| {
            let history = test.history(&source);
            history.len() as u64 > last.0 + 20
        })
    })
    .await;
    let last = last_of_bar(&test.history(&source)).unwrap();
    let asked_at = asked(&test.history(&source)[last.0 as usize]).unwrap();
    // In the first half of a bar: at once, in phase, the note would come before the bar line.
    let here = || {
        let player = test.app.conductor.player();
        player.transport().position(player.now())
    };
    until("the first half of a bar", || {
        into_bar(here()) < Beats::whole(2)
    })
    .await;
    let bar = test.app.conductor.player().transport().next_bar(here());
    test.app.send(EngineCommand::Rerun {
        instance: source.clone(),
        run: 1,
        from: last.next(),
    });
    until("the fork is in the store", || {
        fork_of(&test, &source).is_some()
    })
    .await;
    let fork = fork_of(&test, &source).unwrap();
    until("it begins", || is_running(&test, &fork)).await;
    let waited = test.history(&fork).into_iter().any(|event| {
        matches!(event.kind, EventKind::ExecutionSuspended { reason, .. } if reason == Conductor::UNTIL_NEXT_BAR)
    });
    assert!(waited, "until then it waits for the bar");
    until("it plays", || {
        !played(&test.history(&fork), last.next()).is_empty()
    })
    .await;
    let first = played(&test.history(&fork), last.next())[0];
    assert!(first >= bar, "{first:?} is before the bar line {bar:?}");
    assert_eq!(into_bar(first), into_bar(asked_at), "it is in phase");
    let summary = test
        .app
        .conductor
        .engine()
        .archive()
        .summary(&fork)
        .unwrap();
    let link = summary.fork.unwrap();
    assert_eq!((link.instance, link.from), (source, last.next()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rerun_that_was_waiting_when_the_program_ended_begins_after_it_was_started_again() {
    let store = Arc::new(RedbStore::in_memory().unwrap());
    let before = TestApp::open_on(Arc::clone(&store)).await;
    // A bar takes 24 seconds.
    let source = before
        .perform(&LOOP.replace("tempo: 240", "tempo: 10"))
        .await;
    until("it plays", || before.history(&source).len() > 6).await;
    before.app.send(EngineCommand::Rerun {
        instance: source.clone(),
        run: 1,
        from: EventId(3),
    });
    until("the fork is in the store", || {
        fork_of(&before, &source).is_some()
    })
    .await;
    let fork = fork_of(&before, &source).unwrap();
    assert_eq!(before.status(&fork), Status::Suspended);
    before
        .app
        .conductor
        .engine()
        .terminate(&source, "")
        .await
        .unwrap();
    before.app.conductor.engine().stop().await;
    drop(before);

    let after = TestApp::open_on(store).await;
    assert_eq!(after.status(&fork), Status::Suspended);
    reruns::recover(Arc::clone(&after.app)).await;
    until("it begins", || is_running(&after, &fork)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_rolling_transport_a_rerun_begins_at_once() {
    let test = TestApp::open().await;
    let source = test.perform(LOOP).await;
    until("it plays", || test.history(&source).len() > 6).await;
    test.app.send(EngineCommand::Terminate(source.clone()));
    until("all is silent", || {
        !test.app.conductor.player().transport().is_rolling()
    })
    .await;
    test.app.send(EngineCommand::Rerun {
        instance: source.clone(),
        run: 1,
        from: EventId(4),
    });
    until("it begins", || {
        fork_of(&test, &source).is_some_and(|fork| is_running(&test, &fork))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rerun_that_was_ended_while_it_waits_stays_ended() {
    let test = TestApp::open().await;
    let source = test
        .perform(&LOOP.replace("tempo: 240", "tempo: 120"))
        .await;
    until("it plays", || test.history(&source).len() > 6).await;
    test.app.send(EngineCommand::Rerun {
        instance: source.clone(),
        run: 1,
        from: EventId(4),
    });
    until("the fork is in the store", || {
        fork_of(&test, &source).is_some()
    })
    .await;
    let fork = fork_of(&test, &source).unwrap();
    test.app.send(EngineCommand::Terminate(fork.clone()));
    until("it was ended", || test.status(&fork) == Status::Terminated).await;
    sleep(Duration::from_millis(2500)).await;
    assert_eq!(test.status(&fork), Status::Terminated);
    let mut events = test.events.lock().unwrap();
    while let Ok(event) = events.try_recv() {
        let is_error = match &event {
            AppEvent::Notice(_) => true,
            AppEvent::CommandEnded(ended) => ended.1 != CommandEnd::Done,
            _ => false,
        };
        assert!(!is_error, "no error is shown");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_links_of_a_rerun_come_from_the_store() {
    let store = Arc::new(RedbStore::in_memory().unwrap());
    let before = TestApp::open_on(Arc::clone(&store)).await;
    let source = before.perform(LOOP).await;
    until("it plays", || before.history(&source).len() > 6).await;
    before.app.send(EngineCommand::Rerun {
        instance: source.clone(),
        run: 1,
        from: EventId(3),
    });
    until("it is made", || fork_of(&before, &source).is_some()).await;
    let fork = fork_of(&before, &source).unwrap();
    for id in [&fork, &source] {
        let engine = before.app.conductor.engine();
        engine.terminate(id, "").await.unwrap();
    }
    before.app.conductor.engine().stop().await;
    drop(before);

    let after = TestApp::open_on(store).await;
    for asked in [&source, &fork] {
        reruns::find_links(&after.app, vec![asked.clone()]);
        let mut found = Vec::new();
        while found.is_empty() {
            sleep(Duration::from_millis(5)).await;
            if let Ok(AppEvent::Reruns(reruns)) = after.events.lock().unwrap().try_recv() {
                found = reruns;
            }
        }
        let mut projector = Projector::new();
        found.iter().for_each(|instance| projector.stored(instance));
        let reruns = projector.snapshot().reruns.clone();
        assert_eq!(
            reruns.of(&source),
            std::slice::from_ref(&fork),
            "from {asked}"
        );
        let of = &reruns.source_of(&fork).unwrap().fork;
        assert_eq!((&of.instance, of.from), (&source, EventId(3)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rerun_has_a_ghost_of_an_original_that_is_only_in_the_store() {
    let test = TestApp::open().await;
    let source = test.perform(LOOP).await;
    until("it plays", || test.history(&source).len() > 30).await;
    test.app.send(EngineCommand::Rerun {
        instance: source.clone(),
        run: 1,
        from: EventId(10),
    });
    until("it is made", || fork_of(&test, &source).is_some()).await;
    let rerun = fork_of(&test, &source).unwrap();
    until("it begins", || is_running(&test, &rerun)).await;
    let archive = test.app.conductor.engine().archive();
    let mut projector = Projector::new();
    let read = stored(archive, &archive.summary(&rerun).unwrap()).unwrap();
    projector.committed(&read);
    let now = read.events.last().unwrap().at;
    let stage = projector.snapshot();
    assert!(
        Ghost::of(&rerun, &stage, now).is_none(),
        "its original is not on the stage"
    );

    let missing = projector.missing_originals();
    assert_eq!(
        missing
            .iter()
            .map(|fork| &fork.instance)
            .collect::<Vec<_>>(),
        [&source]
    );
    let mut loading = originals::load(&test.app, missing, stage.transport);
    while let Some(original) = loading.recv().await {
        projector.original(original);
    }
    assert_eq!(projector.missing_originals(), []);
    let stage = projector.snapshot();
    let ghost = Ghost::of(&rerun, &stage, now).expect("a ghost");
    assert_eq!((&ghost.original.id, ghost.from), (&source, EventId(10)));
    let view = Viewport::new(ghost.begins, 60.0, 1000.0);
    let band = Band {
        top: 0.0,
        bottom: 100.0,
    };
    let items = ghost.items(&view, LaneParts::of(band, 1, 1).rows);
    assert!(items.len() > 3, "{items:?}");
    assert_eq!(stage.lanes.len(), 1, "the original does not join the stage");
    assert!(stage.histories.opened.is_empty());

    // A rerun that has left the stage needs none.
    projector.purged(&rerun);
    assert_eq!(projector.missing_originals(), []);
}
