//! The explained replay of a workflow, driven by keys, buttons and accessible names.

use std::sync::Arc;

use egui::Key;
use egui_kittest::kittest::Queryable;
use fermata::{
    engine::{
        Context, Event, EventKind, Failure, History, Named, NamedActivity, Payload, Registry, walk,
    },
    view::{Explanation, Projector},
};

use crate::{
    TestWindow,
    concert::{Voice, at},
};

type Call = NamedActivity<String, String>;

async fn cities(ctx: Context, (): ()) -> Result<String, Failure> {
    let create = |city: &str| ctx.activity(Call::new("create-cluster"), &city.to_owned());
    let both = futures_util::future::join(
        create("Istanbul").into_future(),
        create("Ankara").into_future(),
    );
    let (istanbul, ankara) = both.await;
    let pair = format!("{} {}", istanbul?, ankara?);
    ctx.activity(Call::new("create-replication"), &pair).await
}

/// Two clusters are created; the replication is scheduled with event 5.
fn history(replication: &str) -> History {
    let payload = |text: &str| Payload::encode(text).unwrap();
    let mut voice = Voice::new("cities", "order-7", 1.0);
    let istanbul = voice.schedule(at(2.0), "create-cluster", payload("Istanbul"));
    let ankara = voice.schedule(at(2.0), "create-cluster", payload("Ankara"));
    for (beat, scheduled, result) in [(3.0, istanbul, "ist-1"), (4.0, ankara, "ank-1")] {
        let result = payload(result);
        voice.add(at(beat), EventKind::TaskCompleted { scheduled, result });
    }
    voice.schedule(at(4.0), "create-replication", payload(replication));
    History {
        instance: voice.id.clone(),
        events: voice.committed().events,
    }
}

fn explained(history: History) -> Arc<Explanation> {
    let registry = Registry::new().workflow(Named::new("cities"), cities);
    let walk = walk(&registry, &history.instance, &history.events);
    Arc::new(Explanation::new(history, walk))
}

/// The window with the explainer open.
fn explaining(history: History) -> TestWindow {
    let mut voice = Voice::new("cities", "order-7", 1.0);
    for Event { at, kind, .. } in history.events.iter().skip(1).cloned() {
        voice.add(at, kind);
    }
    let mut projector = Projector::new();
    projector.committed(&voice.committed());
    let mut window = TestWindow::open(&projector);
    *window.host.explanation.lock().unwrap() = Some(explained(history));
    window.press(Key::E);
    window
}

impl TestWindow {
    fn shows(&self, label: &str) -> bool {
        self.harness.query_by_label(label).is_some()
    }

    fn clicks(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.steps(3);
    }
}

#[test]
fn keys_and_buttons_step_through_the_replay_and_escape_returns_to_live() {
    let mut window = explaining(history("ist-1 ank-1"));
    assert!(window.shows("Replay of order-7 · cities"));
    assert!(window.shows("step 6 of 6"), "it opens at the last step");
    assert!(window.shows("Command 1: create-cluster(\"Istanbul\"), from history"));
    window.press(Key::ArrowLeft);
    assert!(window.shows("step 5 of 6"));
    assert!(window.shows("The code starts again from the top"));
    assert!(window.shows("walked 3 times, executed once"));
    assert!(window.shows("Command 3: create-replication(\"ist-1 ank-1\"), runs now"));
    assert!(window.shows("The code asked for: create-replication(\"ist-1 ank-1\")"));
    assert!(
        window.shows(
            "History answers: nothing yet: so it is scheduled, stored, and only then executed"
        )
    );
    assert!(window.shows("Event 4: create-cluster, Completed, ank-1"));
    assert!(!window.shows("Event 5: create-replication, Scheduled, ist-1 ank-1"));
    window.press(Key::Home);
    assert!(window.shows("step 1 of 6"));
    window.clicks("Next step");
    assert!(window.shows("step 2 of 6"));
    window.press(Key::End);
    window.clicks("Previous step");
    window.clicks("First step");
    window.clicks("Last step");
    assert!(window.shows("step 6 of 6"));
    assert_eq!(window.host.take(), [], "nothing is sent to the performance");
    window.press(Key::Escape);
    assert!(!window.shows("Replay of order-7 · cities"));
    assert!(window.harness.state().state().explainer.is_none());
}

#[test]
fn a_stalled_instance_shows_both_sides_where_code_and_history_part() {
    let window = explaining(history("ist-1 izm-1"));
    assert!(window.shows("Code and history do not match"));
    assert!(
        window.shows(
            "The code asks for now: the activity \"create-replication\" with \"ist-1 ank-1\""
        )
    );
    assert!(
        window.shows("The history has: the activity \"create-replication\" with \"ist-1 izm-1\"")
    );
}

#[test]
fn the_explainer_says_when_the_history_is_still_being_read() {
    let mut window = explaining(history("ist-1 ank-1"));
    *window.host.explanation.lock().unwrap() = None;
    window.steps(2);
    assert!(window.shows("The history is read and replayed …"));
}
