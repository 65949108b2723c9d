//! Files that are opened and written from the window.

use std::{fs, path::Path, time::Duration};

use serde_json::json;
use tokio::time::timeout;

use super::{
    application::AppEvent,
    test_app::{LOOP, TestApp, until},
};
use crate::{
    engine::{History, Status},
    view::{EngineCommand, FileCommand, ScoreId},
};

const NOTE: &str = r#"
document: { dsl: 1.0.0, namespace: test, name: note, version: 1.0.0, title: One note }
input: { schema: { document: { type: object, properties: { key: { type: string } } } } }
do:
  - keep: { set: { key: "${ .key }" } }
"#;

/// The next notice.
async fn notice(test: &TestApp) -> String {
    let next = async {
        loop {
            let event = test.events.lock().unwrap().try_recv();
            match event {
                Ok(AppEvent::Notice(notice)) => return notice,
                Ok(_) => {}
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    timeout(Duration::from_secs(60), next).await.unwrap()
}

async fn open(test: &TestApp, path: &Path) -> String {
    test.app.send(FileCommand::Open(path.to_owned()));
    notice(test).await
}

fn id_of(path: &Path) -> ScoreId {
    ScoreId(path.display().to_string().into())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_score_is_in_the_library_and_starts_with_an_input() {
    let test = TestApp::open().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("note.yaml");
    fs::write(&path, NOTE).unwrap();
    assert!(open(&test, &path).await.contains("“One note” was opened"));
    let card = {
        let library = test.app.library.lock().unwrap();
        library.cards().first().cloned().unwrap()
    };
    assert_eq!((&*card.title, &card.id), ("One note", &id_of(&path)));
    assert!(card.input.is_some());
    let start = EngineCommand::StartWith {
        score: card.id,
        input: json!({ "key": "c4" }),
    };
    test.app.send(start);
    let instances = || test.app.conductor.engine().archive().list().unwrap();
    let completed = || {
        instances()
            .iter()
            .any(|one| one.status == Status::Completed)
    };
    until("completed", completed).await;
    let [only] = instances().try_into().unwrap();
    let last = test.history(&only.id).pop().unwrap();
    assert!(format!("{:?}", last.kind).contains("c4"), "{last:?}");

    // It starts again with the same input, as the next run.
    test.app.send(EngineCommand::Restart(only.id.clone()));
    until("restarted", || instances().iter().any(|one| one.run == 2)).await;
    until("completed again", completed).await;
    let last = test.history(&only.id).pop().unwrap();
    assert!(format!("{:?}", last.kind).contains("c4"), "{last:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_opened_says_why() {
    let test = TestApp::open().await;
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.yaml");
    fs::write(&bad, "document:\n").unwrap();
    let said = open(&test, &bad).await;
    assert!(said.starts_with("bad.yaml cannot be opened: "), "{said}");
    let said = open(&test, &folder.path().join("none.mid")).await;
    assert_eq!(said, "none.mid cannot be opened: no such file");
    let said = open(&test, folder.path()).await;
    assert!(said.ends_with("it is a folder"), "{said}");
    let known = test.app.library.lock().unwrap().cards();
    assert!(
        known.iter().all(|card| card.problem.is_none()),
        "no card is added"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_exported_to_a_new_file_each_time_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let test = TestApp::open_in(folder.path()).await;
    let id = test.perform(LOOP).await;
    let export = FileCommand::Export {
        instance: id.clone(),
        run: 1,
    };
    let mut names = Vec::new();
    for _ in 0..2 {
        test.app.send(export.clone());
        let said = notice(&test).await;
        names.push(said.strip_prefix("Exported to ").unwrap().to_owned());
    }
    let exports = folder.path().join("exports");
    let expected = [format!("{id}.json"), format!("{id}-2.json")].map(|name| exports.join(name));
    assert_eq!(
        names,
        expected.clone().map(|path| path.display().to_string())
    );
    let read = History::read(&fs::read(&expected[0]).unwrap()).unwrap();
    assert_eq!(read.instance, id);
    assert!(super::is_history(&expected[1]));
}
