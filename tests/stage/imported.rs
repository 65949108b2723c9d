//! Histories that other engines exported: what is shown of them, and what cannot be done with them.

use egui::Key;
use egui_kittest::kittest::Queryable;
use fermata::{
    backend::{HistoryFile, Private},
    engine::{Committed, InstanceSummary},
    view::{HistorySource, OpenedHistory, OpeningNumber, TransportView},
};

use super::{TestWindow, concert::concert};

/// A history of the folder with the exported ones, as the window opens it.
fn exported(number: u64, name: &str) -> OpenedHistory {
    let path = format!("{}/tests/histories/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let file = HistoryFile {
        bytes: &bytes,
        name,
        private: Private::Hidden,
    };
    let history = file.read().unwrap().history;
    let id = fermata::engine::InstanceId::new(format!("file: {name}")).unwrap();
    let commit = Committed {
        instance: InstanceSummary::new(id.clone(), name.to_owned()),
        events: history.events,
        annotations: Vec::new(),
        log: Vec::new(),
    };
    let source = HistorySource::File(name.into());
    let (number, transport) = (OpeningNumber(number), TransportView::default());
    OpenedHistory::fold(number, &id, &[commit], source, transport).unwrap()
}

fn open(name: &str) -> TestWindow {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    projector.open_history(exported(1, name));
    window.show(&projector);
    window.press(Key::End);
    window
}

#[test]
fn the_table_of_an_exported_history_begins_with_its_steps_and_can_show_every_event() {
    let mut window = open("temporal-saga-1");
    let filter = "Show only steps";
    window.harness.get_by_label(filter);
    assert!(window.harness.query_by_label("Show only notes").is_none());
    assert!(window.has("Event 34, workflow, Failed"));
    assert!(window.has("Event 18, hopeless, Failed, no tickets left"));
    assert!(!window.has("WorkflowTask"));
    window.harness.get_by_label("Show all events").click();
    window.steps(2);
    assert!(window.has("WorkflowTaskScheduled, Recorded"));
    window.harness.get_by_label(filter).click();
    window.steps(2);
    assert!(!window.has("WorkflowTask"));
}

#[test]
fn the_filter_of_the_steps_is_reached_and_pressed_without_a_pointer() {
    let mut window = open("dapr-order-9");
    window
        .harness
        .get_by_label("Show all events")
        .click_accesskit();
    window.steps(2);
    assert!(window.has("WorkflowCompleted, Recorded"));
    window
        .harness
        .get_by_label("Show only steps")
        .click_accesskit();
    window.steps(2);
    assert!(!window.has("WorkflowCompleted, Recorded"));
}

#[test]
fn nothing_is_offered_that_an_exported_history_cannot_do() {
    let mut window = open("temporal-pulse-1-paused");
    for button in ["Pause ", "Resume ", "Cancel ", "Terminate ", "Rerun"] {
        assert!(!window.has(button), "{button}");
    }
    // Nor is it done by a key.
    window.host.take();
    for key in [Key::P, Key::R, Key::X, Key::T] {
        window.press(key);
        window.press(key);
    }
    let sent = window.host.take();
    let commands = format!("{sent:?}");
    assert!(
        !commands.contains("file: temporal-pulse-1-paused"),
        "{commands}"
    );
}
