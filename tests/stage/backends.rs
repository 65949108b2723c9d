//! Workflows of another engine on the stage: a strip for the engine, lanes with the buttons that work.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable;
use fermata::{
    backend::{Abilities, Ability, BackendName, BackendOverview, Link, OverviewInstance, Watched},
    engine::{EventKind, InstanceId, Payload, Status, Timeouts},
    view::{BackendCommand, Command, EngineCommand, Projector},
};
use serde_json::json;

use super::{
    TestWindow,
    concert::{NOW, Voice, at, concert},
};

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

impl TestWindow {
    /// Clicks the header of a lane of the cluster.
    fn select_order(&mut self, number: usize) {
        let name = format!("order-{number}, ");
        let mut named = self.harness.get_all_by_label_contains(&name);
        named.next().expect("it has a header").click();
        drop(named);
        self.steps(3);
    }
}

pub fn cluster() -> BackendName {
    BackendName::temporal("default")
}

/// A workflow of the cluster with an activity that runs.
fn order(number: usize, abilities: Abilities, projector: &mut Projector) -> InstanceId {
    let mut voice = Voice::new(
        "Order",
        &format!("temporal:default/order-{number}"),
        NOW - 8.0,
    );
    let kind = EventKind::TaskScheduled {
        name: "charge".to_owned(),
        input: Payload::null(),
        retry: None,
        timeouts: Timeouts::default(),
    };
    let scheduled = voice.add(at(NOW - 7.0), kind);
    voice.start(at(NOW - 6.0), scheduled, 1);
    projector.foreign(&voice.committed(), abilities);
    voice.id
}

/// 1,200 instances, of which some are open and some have failed.
fn overview() -> BackendOverview {
    let mut counts = BTreeMap::new();
    let instances = (0..1_200u32).map(|number| {
        let (workflow, status) = match number % 12 {
            0 => ("Refund", Status::Failed),
            1..4 => ("Order", Status::Running),
            _ => ("Order", Status::Completed),
        };
        let workflow: Arc<str> = workflow.into();
        *counts.entry((Arc::clone(&workflow), status)).or_insert(0) += 1;
        let started_at = at(NOW - 40.0 + f64::from(number) / 32.0);
        OverviewInstance {
            id: id(&format!("temporal:default/order-{number}")),
            workflow,
            status,
            started_at,
            closed_at: (status != Status::Running)
                .then(|| started_at + Duration::from_millis(u64::from(number % 7) * 300)),
        }
    });
    let instances = instances.collect();
    BackendOverview {
        backend: cluster(),
        at: at(NOW),
        counts,
        instances,
    }
}

/// The concert, and beside it a cluster of which a few workflows are lanes.
pub fn concert_and_cluster(abilities: Abilities) -> Projector {
    on_stage(concert(), abilities)
}

/// The cluster alone.
fn alone(abilities: Abilities) -> Projector {
    on_stage(Projector::new(), abilities)
}

fn on_stage(mut projector: Projector, abilities: Abilities) -> Projector {
    projector.attached(cluster());
    for number in 1..=3 {
        order(number, abilities, &mut projector);
    }
    projector.backend_overview(overview());
    projector
}

#[test]
fn a_strip_says_how_many_workflows_a_cluster_has_and_in_which_state() {
    let window = TestWindow::open(&concert_and_cluster(Abilities::ALL));
    window.harness.get_by_label(
        "temporal:default: 1200 workflows, 3 lanes: 300 running · 100 failed · 800 completed",
    );
}

#[test]
fn a_cluster_that_is_away_says_since_when_and_its_lanes_stay() {
    let mut projector = concert_and_cluster(Abilities::ALL);
    let link = Link::Down {
        since: at(NOW - 3.0),
        reason: "connection refused".into(),
    };
    projector.backend_link(&cluster(), link);
    let window = TestWindow::open(&projector);
    window
        .harness
        .get_by_label_contains("temporal:default: away for");
    let lanes = window
        .harness
        .query_all_by_label_contains("temporal:default is away");
    assert_eq!(lanes.count(), 3);
}

#[test]
fn only_buttons_that_work_are_offered() {
    let abilities = Abilities {
        suspend: Ability::No,
        ..Abilities::ALL
    };
    let mut window = TestWindow::open(&alone(abilities));
    let count = |window: &TestWindow, label: &str| {
        window.harness.query_all_by_label_contains(label).count()
    };
    assert_eq!(count(&window, "Pause order"), 0);
    assert_eq!(count(&window, "Terminate order"), 3);
    window.select_order(1);
    window.press(Key::Space);
    let asked = window.host.take();
    let pauses = |command: &Command| matches!(command, Command::Engine(EngineCommand::Suspend(_)));
    assert!(!asked.iter().any(pauses), "{asked:?}");

    let nothing = TestWindow::open(&alone(Abilities::NONE));
    for label in [
        "Pause order",
        "Terminate order",
        "Raise an event with data on order",
    ] {
        assert_eq!(count(&nothing, label), 0, "{label}");
    }
}

#[test]
fn a_signal_is_named_and_gets_data() {
    let mut window = TestWindow::open(&concert_and_cluster(Abilities::ALL));
    let order = id("temporal:default/order-2");
    window.select_order(2);
    window.press_with(Modifiers::SHIFT, Key::C);
    window.harness.get_by_label("Raise an event on order-2");
    window.harness.event(Event::Text("paid".to_owned()));
    window.steps(2);
    window.press(Key::Enter);
    window.harness.get_by_label("Raise “paid” on order-2");
    window
        .harness
        .event(Event::Text("{\"by\": \"card\"}".to_owned()));
    window.steps(2);
    window.host.take();
    window.press(Key::Enter);
    let raise = EngineCommand::RaiseEvent {
        instance: order,
        event: "paid".into(),
        data: json!({ "by": "card" }),
    };
    assert!(window.host.take().contains(&raise.into()));
}

#[test]
fn an_engine_is_attached_by_its_address_and_detached_by_a_button() {
    let mut window = TestWindow::open(&concert_and_cluster(Abilities::ALL));
    window.press_with(Modifiers::COMMAND, Key::A);
    window
        .harness
        .event(Event::Text("temporal://stage:7233/show".to_owned()));
    window.steps(2);
    window.press(Key::Enter);
    let address = "temporal://stage:7233/show".into();
    let attach = Command::from(BackendCommand::Attach(address));
    let sent = window.host.take();
    assert!(sent.contains(&attach), "{sent:?}");
    window
        .harness
        .get_by_label("Detach temporal:default")
        .click();
    window.steps(3);
    let detach = Command::from(BackendCommand::Detach(cluster()));
    assert!(window.host.take().contains(&detach));
}

#[test]
fn what_is_selected_or_filtered_by_name_is_watched() {
    let mut window = TestWindow::open(&concert_and_cluster(Abilities::ALL));
    window.host.take();
    let order = id("temporal:default/order-3");
    window.select_order(3);
    let watch = |chosen: Vec<InstanceId>, matching: &str| {
        let matching = matching.to_owned();
        Command::from(BackendCommand::Watch(Watched { chosen, matching }))
    };
    assert!(window.host.take().contains(&watch(vec![order.clone()], "")));
    window.press_with(Modifiers::COMMAND, Key::F);
    window.harness.event(Event::Text("refund".to_owned()));
    window.steps(3);
    let last = window
        .host
        .take()
        .into_iter()
        .rfind(|command| matches!(command, Command::Backend(BackendCommand::Watch(_))));
    assert_eq!(last, Some(watch(vec![order], "refund")));
}
