//! What a score says to the audience about its steps.

use std::{sync::atomic::Ordering, time::Duration};

use egui_kittest::kittest::Queryable;
use fermata::view::Projector;
use serde_json::json;

use super::{TestWindow, performed::performed};

/// A step, a wait for an event, a part without a caption and a rest with one.
const SCORE: &str = r#"
document: { dsl: 1.0.0, namespace: test, name: order, version: 1.0.0, title: Order }
do:
  - pay:
      metadata: { fermata: { caption: "The customer pays." } }
      do:
        - charge: { wait: { seconds: 2 } }
  - approve:
      metadata: { fermata: { caption: "A person decides: press C." } }
      try:
        - decision: { listen: { to: { one: { with: { type: decision } } } }, timeout: { after: { seconds: 3 } } }
      catch: { do: [ { decided: { set: { by: default } } } ] }
  - ship: { wait: { seconds: 2 } }
  - thanks: { call: rest, with: { bars: 8, caption: "Thank you for the order." } }
"#;

/// The window with the score after so long.
fn after(seconds: u64) -> TestWindow {
    let committed = performed(SCORE, json!({}), Duration::from_secs(seconds));
    let mut projector = Projector::new();
    projector.committed(&committed);
    let mut window = TestWindow::open(&projector);
    let now = committed.events.last().unwrap().at + Duration::from_millis(500);
    window.host.now.store(now.0, Ordering::Relaxed);
    window.steps(2);
    window
}

#[test]
fn the_audience_reads_what_the_score_says_about_the_step_that_runs() {
    for (seconds, says) in [
        (1, "The customer pays."),
        (3, "A person decides: press C."),
        (6, "Order is running."),
        (9, "Thank you for the order."),
    ] {
        let window = after(seconds);
        let found = window.harness.query_by_label(says);
        assert!(found.is_some(), "after {seconds} s it does not say: {says}");
    }
}
