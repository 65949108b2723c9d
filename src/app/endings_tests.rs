//! Terminations at a musical moment, withdrawn and not.

use std::cell::RefCell;

use super::{
    application::AppEvent,
    test_app::{LOOP, TestApp, until},
};
use crate::{
    conductor::EndAt,
    engine::{InstanceId, Status},
    view::{CommandEnd, EngineCommand},
};

/// The scheduled terminations that the window shows, and the results of commands.
#[derive(Default)]
struct Told {
    endings: Vec<(InstanceId, EndAt)>,
    ended: Vec<(EngineCommand, CommandEnd)>,
}

impl Told {
    fn hear(&mut self, test: &TestApp) {
        while let Ok(event) = test.events.lock().unwrap().try_recv() {
            match event {
                AppEvent::Endings(endings) => self.endings = endings.into_iter().collect(),
                AppEvent::CommandEnded(ended) => self.ended.push(*ended),
                _ => {}
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_at_the_bar_can_be_withdrawn_and_asked_for_again() {
    let test = TestApp::open().await;
    let id = test.perform(LOOP).await;
    until("it plays", || test.history(&id).len() > 9).await;
    let at_bar = EngineCommand::TerminateAt(id.clone(), EndAt::Bar);
    test.app.send(at_bar.clone());
    test.app.send(EngineCommand::PlayOn(id.clone()));
    let length = test.history(&id).len();
    // Several bars later.
    until("it plays on", || test.history(&id).len() > length + 60).await;
    assert_eq!(test.status(&id), Status::Running);
    let mut told = Told::default();
    told.hear(&test);
    let withdrawn = (EngineCommand::PlayOn(id.clone()), CommandEnd::Done);
    assert_eq!((told.endings.len(), &told.ended), (0, &vec![withdrawn]));
    test.app.send(at_bar.clone());
    until("it has ended", || test.status(&id) == Status::Terminated).await;
    until("the window knows", || {
        let mut now = Told::default();
        now.hear(&test);
        now.ended == [(at_bar.clone(), CommandEnd::Done)]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_before_its_moment_is_forgotten() {
    let test = TestApp::open().await;
    let id = test.perform(LOOP).await;
    until("it plays", || test.history(&id).len() > 9).await;
    test.app
        .send(EngineCommand::TerminateAt(id.clone(), EndAt::Bar));
    test.app.send(EngineCommand::Terminate(id.clone()));
    until("it has ended", || test.status(&id) == Status::Terminated).await;
    let told = until_told(&test).await;
    assert_eq!(told.endings, []);
}

/// What the window knows, once a command has ended and nothing is scheduled.
async fn until_told(test: &TestApp) -> Told {
    let told = RefCell::new(Told::default());
    until("the window knows", || {
        let mut told = told.borrow_mut();
        told.hear(test);
        !told.ended.is_empty() && told.endings.is_empty()
    })
    .await;
    told.into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_the_engine_rejects_is_reported_with_its_reason() {
    let test = TestApp::open().await;
    let id = test.perform(LOOP).await;
    until("it plays", || test.status(&id) == Status::Running).await;
    test.app.send(EngineCommand::RetryNow(id.clone()));
    let told = until_told(&test).await;
    let Some((_, CommandEnd::Rejected(reason))) = told.ended.first() else {
        panic!("{:?}", told.ended);
    };
    assert!(reason.contains("has nothing to retry"), "{reason}");
}
