//! Set lists played by their commands, on the real player.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{SetlistFile, run};
use crate::{
    app::{
        application::AppEvent,
        test_app::{TestApp, until},
    },
    conductor::setlist::Setlist,
    engine::{EventKind, InstanceId, InstanceSummary, RedbStore, Status, Timestamp},
    music::{Beat, Beats, HORIZON, Nanos},
    score::calls::Entered,
    view::{PieceNumber, SetlistCommand, SetlistView, Snapshot, wrong_keys},
};

/// A score with a bar a second.
fn score(name: &str, bars: u32) -> String {
    format!(
        "document: {{ dsl: 1.0.0, namespace: test, name: {name}, version: 1.0.0, metadata: \
         {{ fermata: {{ tempo: 240, instruments: {{ bass: {{ patch: bass }} }} }} }} }}\n\
         do:\n  - on: {{ call: play, with: {{ instrument: bass, pattern: \"c2*4\", repeat: {bars} }} }}\n"
    )
}

/// A set list that is played.
struct Show {
    test: TestApp,
    folder: tempfile::TempDir,
}

impl Show {
    async fn open(list: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bars) in [("long", 200), ("drums", 200), ("short", 1)] {
            fs::write(
                folder.path().join(format!("{name}.yaml")),
                score(name, bars),
            )
            .unwrap();
        }
        let store = Arc::new(RedbStore::in_memory().unwrap());
        Self::open_on(store, folder, list).await
    }

    /// In a folder with the files of an earlier one.
    async fn open_on(store: Arc<RedbStore>, folder: tempfile::TempDir, list: &str) -> Self {
        let path = folder.path().join("setlist.yaml");
        fs::write(&path, list).unwrap();
        let file = SetlistFile::read(&path);
        assert_eq!(file.problem(), None);
        let test = TestApp::open_on(store).await;
        let app = Arc::clone(&test.app);
        app.library.lock().unwrap().add_pieces(&file.scores());
        let commands = test.setlist_commands.lock().unwrap().take().unwrap();
        let kept = folder.path().join("store.redb");
        let runs = Arc::clone(&app);
        tokio::spawn(async move { run(runs, file, Some(&kept), commands).await });
        // As the projection does whenever something has changed.
        tokio::spawn(async move {
            loop {
                app.publish(Arc::new(Snapshot::default()));
                sleep(Duration::from_millis(10)).await;
            }
        });
        Self { test, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn send(&self, command: SetlistCommand) {
        self.test.app.send(command);
    }

    fn all(&self) -> Vec<InstanceSummary> {
        self.test.app.conductor.engine().archive().list().unwrap()
    }

    /// The instances of a score with a status.
    fn with(&self, score: &str, status: Status) -> Vec<InstanceId> {
        let all = self.all().into_iter();
        let found = all.filter(|one| *one.workflow == *score && one.status == status);
        found.map(|one| one.id).collect()
    }

    fn has(&self, score: &str, status: Status) -> bool {
        !self.with(score, status).is_empty()
    }

    fn entered(&self, score: &str) -> Option<Beat> {
        self.entry(score).map(|(_, beat)| beat)
    }

    /// When a score has found its beat, and the beat at which it enters.
    fn entry(&self, score: &str) -> Option<(Timestamp, Beat)> {
        let id = self
            .all()
            .into_iter()
            .find(|one| *one.workflow == *score)?
            .id;
        self.test
            .history(&id)
            .iter()
            .find_map(|event| match &event.kind {
                EventKind::TaskCompleted { result, .. } => result
                    .decode::<Entered>()
                    .ok()
                    .map(|entered| (event.at, entered.performed.at)),
                _ => None,
            })
    }

    /// What the window shows by now.
    fn views(&self) -> Vec<SetlistView> {
        let mut events = self.test.events.lock().unwrap();
        let events = std::iter::from_fn(|| events.try_recv().ok());
        let views = events.filter_map(|event| match event {
            AppEvent::Setlist(view) => Some(*view),
            _ => None,
        });
        views.collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn next_starts_one_piece_after_the_other_and_the_one_before_leaves_when_the_new_one_begins() {
    let show = Show::open(
        "pieces:\n  - score: long.yaml\n  - score: drums.yaml\n    previous: pause\n\
         \x20 - score: short.yaml\n    previous: terminate\n",
    )
    .await;
    show.send(SetlistCommand::Next);
    until("the first plays", || show.entered("long").is_some()).await;
    show.send(SetlistCommand::Next);
    until("the first is paused", || {
        show.has("long", Status::Suspended)
    })
    .await;
    let (entered, player) = (
        show.entered("drums").unwrap(),
        show.test.app.conductor.player(),
    );
    let here = player.transport().position(player.now());
    assert!(
        here >= entered,
        "paused at {here:?}, before the drums enter at {entered:?}"
    );
    show.send(SetlistCommand::Next);
    until("the drums are ended", || {
        show.has("drums", Status::Terminated)
    })
    .await;
    assert!(show.has("long", Status::Suspended), "it has left before");
    until("the last ends", || show.has("short", Status::Completed)).await;
    show.send(SetlistCommand::Next);
    sleep(Duration::from_millis(300)).await;
    assert_eq!(show.all().len(), 3, "the list ends after the third piece");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_piece_enters_exactly_at_its_bar_of_the_piece_before() {
    let list = "pieces:\n  - score: long.yaml\n  - score: drums.yaml\n    start: { bar: 4 }\n";
    let (mut show, mut tries) = (Show::open(list).await, 1);
    let drums = loop {
        show.send(SetlistCommand::Next);
        until("the drums enter", || show.entered("drums").is_some()).await;
        let bass = show.entered("long").unwrap();
        let (found, drums) = show.entry("drums").unwrap();
        let bar = bass + Beats::whole(3 * 4);
        if drums == bar {
            break drums;
        }
        // The machine stood still for so long that the bar had come before they were ready.
        let conductor = &show.test.app.conductor;
        let player = conductor.player();
        let due = player.transport().instant(bar).unwrap().since(Nanos::ZERO);
        let latest = conductor
            .engine()
            .clock()
            .at(player.origin() + due - HORIZON);
        assert!(found >= latest && tries < 5, "{drums:?} after {bass:?}");
        (show, tries) = (Show::open(list).await, tries + 1);
    };
    assert!(show.has("long", Status::Running), "it goes on");
    let awaited: Vec<_> = show
        .views()
        .iter()
        .filter_map(|view| view.awaited)
        .collect();
    assert!(!awaited.is_empty() && awaited.iter().all(|beat| *beat == drums));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn next_does_not_wait_for_the_bar() {
    let show = Show::open(
        "pieces:\n  - score: long.yaml\n  - score: drums.yaml\n    start: { bar: 100 }\n",
    )
    .await;
    show.send(SetlistCommand::Next);
    until("the first plays", || show.entered("long").is_some()).await;
    show.send(SetlistCommand::Next);
    until("the drums enter", || show.entered("drums").is_some()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bar_in_which_the_piece_before_is_paused_does_not_count() {
    let show = Show::open(
        "pieces:\n  - score: long.yaml\n  - score: drums.yaml\n    start: { bar: 6 }\n\
         \x20 - score: short.yaml\n",
    )
    .await;
    // Something else keeps the transport rolling.
    show.test.perform(&score("other", 200)).await;
    show.send(SetlistCommand::Next);
    until("the first plays", || show.entered("long").is_some()).await;
    let engine = show.test.app.conductor.engine();
    let [long] = &show.with("long", Status::Running)[..] else {
        panic!("it does not run")
    };
    engine.suspend(long, "to talk").await.unwrap();
    let entered = show.entered("long").unwrap();
    let player = show.test.app.conductor.player();
    let past = entered + Beats::whole(8 * 4);
    until("its sixth bar is over", || {
        player.transport().position(player.now()) > past
    })
    .await;
    assert_eq!(show.entered("drums"), None, "it does not start in a pause");
    engine.resume(long, "on it goes").await.unwrap();
    until("the drums enter", || show.entered("drums").is_some()).await;
    assert!(show.entered("drums").unwrap() > past);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_piece_starts_when_the_one_before_ends_but_not_when_it_is_ended() {
    let show = Show::open(
        "pieces:\n  - score: short.yaml\n  - score: long.yaml\n    start: at-end\n\
         \x20 - score: drums.yaml\n    start: at-end\n",
    )
    .await;
    show.send(SetlistCommand::Next);
    until("the second starts by itself", || {
        show.has("long", Status::Running)
    })
    .await;
    assert!(show.has("short", Status::Completed));
    let long = show.with("long", Status::Running).remove(0);
    let engine = show.test.app.conductor.engine();
    engine.terminate(&long, "by the performer").await.unwrap();
    sleep(Duration::from_millis(500)).await;
    assert!(
        !show.has("drums", Status::Running),
        "the performer has stopped the show"
    );
    show.send(SetlistCommand::Next);
    until("the third starts by hand", || {
        show.has("drums", Status::Running)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_scene_ends_is_hidden_and_starts_again() {
    let show = Show::open("pieces:\n  - score: long.yaml\n  - score: drums.yaml\n").await;
    show.send(SetlistCommand::Next);
    until("it plays", || show.has("long", Status::Running)).await;
    let first = show.with("long", Status::Running);
    show.send(SetlistCommand::Reset);
    until("it is ended", || show.has("long", Status::Terminated)).await;
    let hidden = || {
        let mut events = show.test.events.lock().unwrap();
        let events = std::iter::from_fn(|| events.try_recv().ok());
        let put_away = events.filter_map(|event| match event {
            AppEvent::PutAway(ids) => Some(ids),
            _ => None,
        });
        put_away.flatten().collect::<Vec<_>>()
    };
    until("its lane is hidden", || hidden() == first).await;
    show.send(SetlistCommand::Next);
    until("it plays again", || show.has("long", Status::Running)).await;
    assert!(!show.has("drums", Status::Running));
    assert_eq!(show.all().len(), 2, "nothing was deleted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_position_survives_a_restart() {
    let list = "pieces:\n  - score: short.yaml\n  - score: long.yaml\n  - score: drums.yaml\n";
    let folder = tempfile::tempdir().unwrap();
    for (name, bars) in [("long", 200), ("drums", 200), ("short", 1)] {
        fs::write(
            folder.path().join(format!("{name}.yaml")),
            score(name, bars),
        )
        .unwrap();
    }
    let store = Arc::new(RedbStore::in_memory().unwrap());
    let show = Show::open_on(Arc::clone(&store), folder, list).await;
    show.send(SetlistCommand::Next);
    until("the first plays", || show.entered("short").is_some()).await;
    show.send(SetlistCommand::GoTo(PieceNumber::at(1)));
    show.send(SetlistCommand::Next);
    until("the second plays", || show.entered("long").is_some()).await;
    let kept = show.path("store.redb.setlist.json");
    until("it is kept", || {
        let text = fs::read_to_string(&kept).unwrap_or_default();
        text.contains("\"started\": 2") && text.contains("long")
    })
    .await;
    let Show { test, folder } = show;
    test.app.conductor.engine().stop().await;
    drop(test);

    let show = Show::open_on(store, folder, list).await;
    until("the piece plays on", || show.has("long", Status::Running)).await;
    show.send(SetlistCommand::Next);
    until("the third starts", || show.has("drums", Status::Running)).await;
    assert_eq!(show.all().len(), 3, "no piece was started twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_list_applies_at_once_and_a_wrong_one_does_not() {
    let show = Show::open("pieces:\n  - score: long.yaml\n  - score: short.yaml\n").await;
    show.send(SetlistCommand::Next);
    until("it plays", || show.has("long", Status::Running)).await;
    let path = show.path("setlist.yaml");
    fs::write(
        &path,
        "pieces:\n  - score: long.yaml\n  - scroe: drums.yaml\n",
    )
    .unwrap();
    let problems = || {
        let views = show.views();
        let problems = views.into_iter().filter_map(|view| view.problem);
        problems
            .map(|problem| problem.to_string())
            .collect::<Vec<_>>()
    };
    until("the error shows", || {
        let problems = problems();
        problems
            .iter()
            .any(|text| text.contains(":3:") && text.contains("did you mean `score`?"))
    })
    .await;
    fs::write(
        &path,
        "pieces:\n  - score: long.yaml\n  - score: drums.yaml\n",
    )
    .unwrap();
    until("the new list shows", || {
        let views = show.views();
        views
            .iter()
            .any(|view| view.problem.is_none() && view.pieces.len() == 2)
    })
    .await;
    show.send(SetlistCommand::Next);
    until("the new second piece starts", || {
        show.has("drums", Status::Running)
    })
    .await;
    assert_eq!(show.all().len(), 2);
    assert!(Setlist::load(&path, wrong_keys).is_ok());
}
