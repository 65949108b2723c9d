//! What has ended is deleted by search.

use super::{
    application::AppEvent,
    histories::HistoryEvent,
    test_app::{LOOP, TestApp, until},
};
use crate::{
    engine::{InstanceId, Status},
    view::{CommandEnd, EngineCommand},
};

/// The instances that left the window, and how the commands ended.
fn told(test: &TestApp) -> (Vec<InstanceId>, Vec<CommandEnd>) {
    let (mut left, mut ended) = (Vec::new(), Vec::new());
    while let Ok(event) = test.events.lock().unwrap().try_recv() {
        match event {
            AppEvent::Histories(event) => {
                if let HistoryEvent::Purged(id) = *event {
                    left.push(id);
                }
            }
            AppEvent::CommandEnded(end) if matches!(end.0, EngineCommand::PurgeEnded(_)) => {
                ended.push(end.1);
            }
            _ => {}
        }
    }
    (left, ended)
}

async fn purged(test: &TestApp, typed: &str) -> (Vec<InstanceId>, CommandEnd) {
    test.app.send(EngineCommand::PurgeEnded(typed.into()));
    let mut left = Vec::new();
    loop {
        let (more, ended) = told(test);
        left.extend(more);
        if let Some(end) = ended.into_iter().next() {
            return (left, end);
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_ended_instances_that_match_are_deleted_and_leave_the_window() {
    let test = TestApp::open().await;
    let (open, ended, other) = (
        test.perform(LOOP).await,
        test.perform(LOOP).await,
        test.perform(&LOOP.replace("name: loop", "name: refrain"))
            .await,
    );
    for id in [&ended, &other] {
        test.app.send(EngineCommand::Terminate(id.clone()));
        until("terminated", || test.status(id) == Status::Terminated).await;
    }
    let (left, end) = purged(&test, "loop").await;
    assert_eq!(left, std::slice::from_ref(&ended));
    assert_eq!(end, CommandEnd::DoneAs("1 ended run was deleted".into()));
    let archive = test.app.conductor.engine().archive();
    assert!(archive.summary(&ended).is_err());
    assert!(archive.summary(&open).is_ok() && archive.summary(&other).is_ok());

    let (left, end) = purged(&test, "since:soon").await;
    let CommandEnd::Rejected(reason) = end else {
        panic!("{end:?}");
    };
    assert!(
        left.is_empty() && reason.contains("nothing was deleted"),
        "{reason}"
    );
    assert!(archive.summary(&other).is_ok());
}
