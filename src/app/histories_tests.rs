//! Histories are found in a real store and opened from it and from files.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use tempfile::TempDir;

use super::{
    application::AppEvent,
    test_app::{LOOP, TestApp, until},
};
use crate::{
    engine::{
        Context, Engine, Failure, History, InstanceId, Named, Payload, RedbStore, Registry, Setup,
        Status,
    },
    view::{HistoryCommand, MoreHistories, OpenedHistory, Projector, Snapshot},
};

async fn vamp(ctx: Context, bar: u32) -> Result<u32, Failure> {
    ctx.set_tag("venue", if bar < 3 { "hall" } else { "club" });
    match ctx.wait_event::<u32>("more").await? {
        0 => Ok(bar),
        more => ctx.continue_as_new(&(bar + more)),
    }
}

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

/// A store in which `vamp-1` completed in its third run and `other` in its first.
async fn store() -> Arc<RedbStore> {
    let store = Arc::new(RedbStore::in_memory().unwrap());
    let vamps = || Named::<u32, u32>::new("vamp");
    let registry = Registry::new().workflow(vamps(), vamp);
    let engine = Engine::start(store.clone(), registry, Setup::default()).unwrap();
    for (name, events) in [("vamp-1", vec![2, 3, 0]), ("other", vec![0])] {
        let id = engine.start_instance(vamps(), &1).id(id(name)).await;
        let id = id.unwrap();
        for more in events {
            let more = Payload::encode(&more).unwrap();
            engine.raise(&id, "more", more).await.unwrap();
        }
        engine.until_closed(&id).await.unwrap();
    }
    engine.stop().await;
    store
}

/// The window of an application: a projector that gets what the application says.
struct Shown<'a> {
    test: &'a TestApp,
    projector: Mutex<Projector>,
}

impl<'a> Shown<'a> {
    fn of(test: &'a TestApp) -> Self {
        let projector = Mutex::new(Projector::new());
        Self { test, projector }
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        let mut projector = self.projector.lock().unwrap();
        let mut events = self.test.events.lock().unwrap();
        while let Ok(event) = events.try_recv() {
            match event {
                AppEvent::Histories(event) => event.apply(&mut projector),
                AppEvent::Notice(notice) => projector.notice(notice),
                _ => {}
            }
        }
        let snapshot = projector.snapshot();
        self.test.app.publish(Arc::clone(&snapshot));
        snapshot
    }

    async fn send(&self, command: HistoryCommand) -> Arc<Snapshot> {
        let before = self.snapshot();
        let searches = matches!(command, HistoryCommand::Find(_) | HistoryCommand::More);
        self.test.app.send(command);
        let is_over = || {
            let now = self.snapshot();
            now.version > before.version
                && now.histories.opening.is_empty()
                && (!searches || now.histories.found.more != MoreHistories::Searching)
        };
        until("it is done", is_over).await;
        self.snapshot()
    }

    /// Opens a file and returns the notice that says why it cannot be.
    async fn refused(&self, path: &Path) -> String {
        let snapshot = self.send(HistoryCommand::OpenFile(path.into())).await;
        let last = snapshot.notices.last().expect("a notice");
        last.text.to_string()
    }
}

fn statuses(opened: &OpenedHistory) -> (u32, usize, Status) {
    let lane = &opened.lane;
    (lane.run, lane.history.len().0, lane.status)
}

fn file(folder: &TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_instance_of_several_runs_is_found_and_opened_with_all_of_them() {
    let test = TestApp::open_on(store().await).await;
    let shown = Shown::of(&test);
    let find = |typed: &str| HistoryCommand::Find(typed.to_owned());
    let found = async |typed: &str| {
        let snapshot = shown.send(find(typed)).await;
        let cards = &snapshot.histories.found.cards;
        cards
            .iter()
            .map(|card| card.id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("").await, ["other", "vamp-1"], "the newest first");
    assert_eq!(found("MP-1").await, ["vamp-1"]);
    assert_eq!(found("tag:venue=club status:completed").await, ["vamp-1"]);
    assert_eq!(found("since:1h before:30m").await, [""; 0]);
    assert_eq!(found("status:failed").await, [""; 0]);

    let snapshot = shown.send(HistoryCommand::Open(id("vamp-1"))).await;
    let opened = snapshot.histories.opened(&id("vamp-1")).unwrap();
    let archive = test.app.conductor.engine().archive();
    let all = archive.runs(&id("vamp-1")).unwrap();
    let events = all.iter().map(|(_, events)| events.len()).sum::<usize>();
    assert_eq!(statuses(opened), (3, events, Status::Completed));
    assert_eq!(opened.range().from, all[0].1[0].at);
    assert!(
        snapshot.lanes.is_empty(),
        "it does not join the performance"
    );

    // Asked for again, it is shown again.
    let number = opened.number;
    let snapshot = shown.send(HistoryCommand::Open(id("vamp-1"))).await;
    assert_eq!(snapshot.histories.opened.len(), 1);
    assert!(snapshot.histories.opened[0].number > number);
    let snapshot = shown.send(HistoryCommand::Dismiss(id("vamp-1"))).await;
    assert!(snapshot.histories.opened.is_empty());
    let snapshot = shown.send(HistoryCommand::Open(id("nobody"))).await;
    let notice = snapshot.notices.last().unwrap().text.to_string();
    assert!(notice.starts_with("nobody cannot be opened"), "{notice}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_file_is_shown_and_no_command_reaches_an_instance_through_it() {
    let test = TestApp::open().await;
    let playing = test.perform(LOOP).await;
    until("it plays", || test.history(&playing).len() > 6).await;
    let archive = test.app.conductor.engine().archive();
    let history = archive.export(&playing).unwrap();
    let folder = TempDir::new().unwrap();
    let json = format!("{:#}\n", history.to_json()).into_bytes();
    assert!(History::is_one(&json) && History::is_one(&history.to_messagepack()));
    assert!(!History::is_one(LOOP.as_bytes()));
    for (name, bytes) in [("a.json", json), ("b.bin", history.to_messagepack())] {
        let path = file(&folder, name, &bytes);
        let shown = Shown::of(&test);
        let snapshot = shown.send(HistoryCommand::OpenFile(path)).await;
        let [opened] = snapshot.histories.opened.as_slice() else {
            panic!("{:?}", snapshot.notices)
        };
        assert_eq!(statuses(opened), (1, history.events.len(), Status::Running));
        assert_eq!(opened.lane.title(), "loop");
        assert_eq!(opened.origin(), format!("from {name}"));
        assert!(archive.summary(&opened.lane.id).is_err(), "its id is new");
        // What is heard is what is shown.
        let show = HistoryCommand::Show(Some(opened.lane.id.clone()));
        test.app.send(show);
        let heard = test.app.shown_lanes();
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0].id, opened.lane.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_is_refused_with_a_reason() {
    let test = TestApp::open().await;
    let shown = Shown::of(&test);
    let folder = TempDir::new().unwrap();
    let event = r#"{"eventId":0,"timestamp":"2026-01-01T00:00:00Z","type":"TaskStarted","scheduled":0,"attempt":1}"#;
    let headless = format!(r#"{{"format":"fermata-history/1","instance":"x","events":[{event}]}}"#);
    let other = r#"{"format":"fermata-history/9","instance":"x","events":[]}"#;
    for (name, content, reason) in [
        ("text.json", "hello".as_bytes(), "not an exported history"),
        ("other.json", other.as_bytes(), "fermata-history/9"),
        ("headless.json", headless.as_bytes(), "ExecutionStarted"),
        (
            "bytes.bin",
            &[0xff, 0, 0xfe],
            "neither JSON nor MessagePack",
        ),
    ] {
        let said = shown.refused(&file(&folder, name, content)).await;
        assert!(
            said.starts_with(&format!("{name} cannot be opened")),
            "{said}"
        );
        assert!(said.contains(reason), "{said}");
    }
    let said = shown.refused(folder.path()).await;
    assert!(said.contains("it is not a file"), "{said}");
    let said = shown.refused(&folder.path().join("none.json")).await;
    assert!(said.contains("none.json cannot be opened"), "{said}");
    // A file with a hole: its length costs no space on disk.
    let long = file(&folder, "long.json", b"");
    let hole = std::fs::OpenOptions::new().write(true).open(&long).unwrap();
    hole.set_len(300 * 1024 * 1024).unwrap();
    let said = shown.refused(&long).await;
    assert!(said.contains("longer than 256 MB"), "{said}");
    assert!(shown.snapshot().histories.opened.is_empty());
}
