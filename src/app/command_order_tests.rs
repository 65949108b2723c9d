//! Commands take effect in order.

use std::sync::Arc;

use serde_json::json;

use super::{
    host::WindowHost,
    test_app::{LOOP, TestApp, until},
};
use crate::{
    engine::{Event, EventKind, Status},
    stage::Host,
    view::EngineCommand,
};

/// Pairs of commands that are sent at once.
const PAIRS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quick_presses_of_pause_and_resume_take_effect_in_order() {
    let test = TestApp::open().await;
    let window = WindowHost(Arc::clone(&test.app));
    let id = test.perform(LOOP).await;
    until("running", || test.status(&id) == Status::Running).await;
    for _ in 0..PAIRS {
        window.send(EngineCommand::Suspend(id.clone()).into());
        window.send(EngineCommand::Resume(id.clone()).into());
    }
    window.send(EngineCommand::Terminate(id.clone()).into());
    until("terminated", || test.status(&id) == Status::Terminated).await;
    let history = test.history(&id);
    let presses = history.iter().filter_map(|event| match event.kind {
        EventKind::ExecutionSuspended { .. } => Some("pause"),
        EventKind::ExecutionResumed { .. } => Some("resume"),
        _ => None,
    });
    let expected = ["pause", "resume"].into_iter().cycle().take(2 * PAIRS);
    assert!(presses.eq(expected), "some presses were swapped or lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn play_resumes_what_stop_paused_and_nothing_else() {
    let test = TestApp::open().await;
    let (alone, playing) = (test.perform(LOOP).await, test.perform(LOOP).await);
    let is = |id, status| test.status(id) == status;
    until("running", || is(&alone, Status::Running)).await;
    until("running", || is(&playing, Status::Running)).await;
    test.app.send(EngineCommand::Suspend(alone.clone()));
    until("paused", || is(&alone, Status::Suspended)).await;
    for _ in 0..2 {
        test.app.send(EngineCommand::Stop);
        until("stopped", || is(&playing, Status::Suspended)).await;
        test.app.send(EngineCommand::Play);
        until("playing", || is(&playing, Status::Running)).await;
        assert!(is(&alone, Status::Suspended), "it was paused alone");
    }
    // A lane that was resumed and paused again by itself no longer belongs to the stopped ones.
    test.app.send(EngineCommand::Stop);
    test.app.send(EngineCommand::Resume(playing.clone()));
    test.app.send(EngineCommand::Suspend(playing.clone()));
    test.app.send(EngineCommand::Play);
    test.app.send(EngineCommand::ResumeAll);
    let all_play = || is(&alone, Status::Running) && is(&playing, Status::Running);
    until("all play", all_play).await;
    let resumed = |event: &&Event| matches!(event.kind, EventKind::ExecutionResumed { .. });
    let history = test.history(&playing);
    // Twice by Play, once by hand, and once by ResumeAll.
    assert_eq!(history.iter().filter(resumed).count(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_of_a_keyboard_reach_a_score_in_the_order_played() {
    let test = TestApp::open().await;
    let id = test.perform(LOOP).await;
    until("running", || test.status(&id) == Status::Running).await;
    for note in 0..PAIRS {
        test.app.send(EngineCommand::RaiseEvent {
            instance: id.clone(),
            event: "note".into(),
            data: json!(note),
        });
    }
    test.app.send(EngineCommand::Terminate(id.clone()));
    until("terminated", || test.status(&id) == Status::Terminated).await;
    let history = test.history(&id);
    let played = history.iter().filter_map(|event| match &event.kind {
        EventKind::EventRaised { input, .. } => input.decode::<usize>().ok(),
        _ => None,
    });
    assert!(played.eq(0..PAIRS), "some notes were swapped or lost");
}
