//! Rows, bars and score lines that belong together; the data of a run; the light after a return.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use egui::{Key, Pos2};
use egui_kittest::kittest::{NodeT, Queryable};
use fermata::{
    conductor::ScoreRun,
    engine::{EventKind, Payload},
    stage::Host,
    view::{EventPlace, Outage, Projector},
};
use serde_json::json;

use super::{
    TestWindow,
    concert::{NOW, Voice, at, concert, transport},
    performed::performed,
};

/// A score that computes, plays, and then waits.
const SCORE: &str = "\
document:
  { dsl: 1.0.0, namespace: test, name: order, version: 1.0.0, title: Order,
    metadata: { fermata: { tempo: 120, instruments: { bass: { patch: bass } } } } }
do:
  - price:
      set: { price: 42 }
      export: { as: \"${ { paid: .price } }\" }
  - groove:
      call: play
      with: { instrument: bass, pattern: \"c2 e2\" }
  - pause: { wait: { seconds: 60 } }
";

/// The window with one lane that performs the score: it has played and waits.
fn order() -> TestWindow {
    let committed = performed(SCORE, json!({ "item": "harp" }), Duration::from_secs(12));
    let last = committed.events.last().unwrap().at;
    let mut projector = Projector::new();
    projector.committed(&committed);
    let mut window = TestWindow::open(&projector);
    let now = last + Duration::from_secs(4);
    window.host.now.store(now.0, Ordering::Relaxed);
    window.steps(2);
    window
}

impl TestWindow {
    /// The names of what is highlighted in rows and lines.
    fn lit(&self) -> Vec<String> {
        let nodes = self
            .harness
            .query_all_by(|node| node.is_selected() == Some(true));
        let name = |node: &egui_kittest::Node<'_>| {
            let node = node.accesskit_node();
            node.label().or(node.value()).unwrap_or_default()
        };
        let mut names: Vec<_> = nodes.map(|node| name(&node)).collect();
        // The filter of the table is chosen, not highlighted.
        names.retain(|name| !name.starts_with("Show "));
        names.sort();
        names
    }

    fn has_label(&self, text: &str) -> bool {
        self.harness.query_by_label_contains(text).is_some()
    }

    fn hover(&mut self, label: &str) {
        self.harness.get_by_label_contains(label).hover();
        self.steps(3);
    }
}

/// The line of the score with this text.
fn line(text: &str) -> usize {
    let mut lines = (1..).zip(SCORE.lines());
    lines.find(|(_, line)| line.contains(text)).unwrap().0
}

fn has(lit: &[String], start: &str) -> bool {
    lit.iter().any(|name| name.starts_with(start))
}

#[test]
fn a_row_under_the_pointer_lights_its_bar_and_its_line() {
    let mut window = order();
    assert_eq!(window.lit(), [""; 0]);
    window.hover("pause, Pending");
    let lit = window.lit();
    assert!(
        has(&lit, &format!("Line {}: - pause", line("pause"))),
        "{lit:?}"
    );
    assert!(!lit.iter().any(|name| name.contains("groove")), "{lit:?}");
    window.harness.get_by_label("Highlighted in Order");
}

#[test]
fn a_score_line_under_the_pointer_lights_its_rows_and_bars() {
    let mut window = order();
    window.replay_runs();
    window.hover(&format!("Line {}:", line("call: play")));
    let lit = window.lit();
    let rows = lit.iter().filter(|name| name.starts_with("Event"));
    assert_eq!(rows.clone().count(), 6, "two notes: {lit:?}");
    assert!(rows.clone().all(|name| name.contains("groove")), "{lit:?}");
    assert!(
        has(&lit, &format!("Line {}: - groove", line("groove"))),
        "{lit:?}"
    );
    window.harness.get_by_label_contains("Highlighted in Order");
}

#[test]
fn a_bar_under_the_pointer_lights_its_row_and_its_line_and_a_click_keeps_them_lit() {
    let mut window = order();
    window.hover("pause, Pending");
    let lane = window.harness.get_by_label("Highlighted in Order").rect();
    // The wait goes on until now, where the playhead is.
    let state = window.harness.state().state();
    let now = window.host.now();
    let x = 336.0 + state.viewport.x(now) - 20.0;
    let bar = Pos2::new(x, lane.center().y);
    window.harness.hover_at(bar);
    window.steps(3);
    let pause = format!("Line {}: - pause", line("pause"));
    let lit = window.lit();
    assert!(has(&lit, "Event") && has(&lit, &pause), "{lit:?}");
    window.harness.drag_at(bar);
    window.harness.drop_at(bar);
    window.steps(2);
    window.harness.hover_at(Pos2::new(900.0, 900.0));
    window.steps(3);
    window.harness.get_by_label_contains("Data of event");
    let lit = window.lit();
    assert!(has(&lit, "Event") && has(&lit, &pause), "{lit:?}");
}

#[test]
fn the_inspector_shows_the_data_of_the_moment_and_a_click_shows_a_value_whole() {
    let mut window = order();
    assert!(window.has_label(r#"Data: input, {"item":"harp"}"#));
    assert!(window.has_label("Context and outputs are being replayed"));

    window.replay_runs();
    assert!(window.has_label(r#"Data: context, {"paid":42}"#));
    assert!(window.has_label(r#"Data: price, {"price":42}"#));
    assert!(!window.has_label("being replayed"));
    window
        .harness
        .get_by_label_contains("Data: context")
        .click();
    window.steps(3);
    assert!(window.has_label(r#"Whole context: {"paid": 42}"#));

    // Before the first task nothing was paid.
    for _ in 0..20 {
        window.press(Key::ArrowLeft);
    }
    assert!(window.has_label(r#"Data: context, {"item":"harp"}"#));
    assert!(window.has_label(r#"Whole context: {"item": "harp"}"#));
    assert!(!window.has_label("Data: price"));
    window
        .harness
        .get_by_label_contains("Data: context")
        .click();
    window.steps(3);
    assert!(!window.has_label("Whole context"));
}

#[test]
fn status_tags_and_results_of_a_workflow_in_rust_are_those_of_the_moment() {
    let mut voice = Voice::new("order", "order-7", NOW - 8.0);
    let scheduled = voice.schedule(at(NOW - 7.0), "reserve", Payload::null());
    voice.start(at(NOW - 7.0), scheduled, 1);
    let result = Payload::encode(&json!({ "seat": 12 })).unwrap();
    voice.add(
        at(NOW - 5.0),
        EventKind::TaskCompleted { scheduled, result },
    );
    let status = Payload::encode("paying").unwrap();
    voice.add(at(NOW - 4.0), EventKind::CustomStatusSet { status });
    let (name, value) = ("customer".to_owned(), "ada".to_owned());
    voice.add(at(NOW - 3.0), EventKind::TagSet { name, value });
    let mut projector = Projector::new();
    projector.transport(transport());
    projector.committed(&voice.committed());
    let mut window = TestWindow::open(&projector);
    for shown in [
        "Data: status, paying",
        r#"Data: tags, {"customer":"ada"}"#,
        r#"Data: reserve, {"seat":12}"#,
    ] {
        assert!(window.has_label(shown), "{shown}");
    }
    window.press(Key::ArrowLeft);
    assert!(!window.has_label("Data: tags") && window.has_label("Data: status"));
    window.press(Key::ArrowLeft);
    assert!(!window.has_label("Data: status") && window.has_label("Data: reserve"));
    window.press(Key::Home);
    assert!(!window.has_label("Data: reserve"));
}

impl TestWindow {
    /// The host replays the run that is shown.
    fn replay_runs(&mut self) {
        let snapshot = self.host.snapshot();
        let lane = &snapshot.lanes[0];
        let place = EventPlace(lane.history.len().0 - 1);
        let run = ScoreRun::of(&lane.id, &lane.run_around(place));
        assert_eq!(run.parts_at, None);
        *self.host.score_run.lock().unwrap() = Some(Arc::new(run));
        self.steps(2);
    }
}

#[test]
fn idle_time_folds_on_request_and_the_ruler_says_how_long_it_was() {
    let mut voice = Voice::new("bass", "bass-1", 0.0);
    voice.play(1.0, 1.0, &[40]);
    voice.play(NOW - 4.0, 1.0, &[41]);
    let mut projector = Projector::new();
    projector.transport(transport());
    projector.committed(&voice.committed());
    let mut window = TestWindow::open(&projector);
    window.press(Key::F);
    let playhead = |window: &TestWindow| {
        let view = window.harness.state().state().viewport.clone();
        view.x(window.host.now())
    };
    let before = playhead(&window);
    assert!(!window.has_label("Folded"));
    window.press(Key::Z);
    // 156 beats at 96 a minute.
    assert!(window.has_label("Folded: 98 s without events"));
    assert!(
        (playhead(&window) - before).abs() < 0.5,
        "it stays where it is"
    );
    window.press(Key::A);
    assert!(window.has_label("Folded: 98 s without events"));
    let view = window.harness.state().state().viewport.clone();
    assert!(
        view.ns_per_point * f64::from(view.width) < 60e9,
        "both notes are in view"
    );
    window.press(Key::Z);
    assert!(!window.has_label("Folded"));
}

#[test]
fn a_click_in_a_fold_moves_the_playhead_into_the_idle_time() {
    let mut voice = Voice::new("bass", "bass-1", 0.0);
    voice.play(1.0, 1.0, &[40]);
    voice.play(NOW - 4.0, 1.0, &[41]);
    let mut projector = Projector::new();
    projector.transport(transport());
    projector.committed(&voice.committed());
    let mut window = TestWindow::open(&projector);
    window.press(Key::Z);
    let fold = window.harness.get_by_label("Folded: 98 s without events");
    let place = fold.rect().center();
    window.harness.drag_at(place);
    window.harness.drop_at(place);
    window.steps(2);
    let state = window.harness.state().state();
    let live = window.host.snapshot();
    let moment = state.moment(&live, window.host.now()).expect("the past");
    assert!(moment.at > at(4.0) && moment.at < at(NOW - 10.0));
}

#[test]
fn after_a_return_a_light_moves_for_a_second_and_then_nothing_does() {
    let mut projector = concert();
    let wall = at(NOW);
    let transport = transport();
    projector.transport(fermata::view::TransportView {
        rolling: false,
        ..transport
    });
    projector.outage(Outage {
        from: at(NOW - 3.0),
        until: wall,
        workflows: 6,
        events: 412,
    });
    let mut window = TestWindow::open(&projector);
    let moves = |window: &TestWindow| window.harness.state().state().sweep.is_some();
    assert!(moves(&window));
    window.host.pass(Duration::from_millis(900));
    window.steps(2);
    assert!(moves(&window));
    window.host.pass(Duration::from_millis(400));
    window.steps(2);
    assert!(!moves(&window));
    window.host.pass(Duration::from_secs(60));
    window.steps(2);
    assert!(!moves(&window), "it does not come again");
}
