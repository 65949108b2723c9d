//! The inspector names the listening score by which the events of a lane sound.

use egui_kittest::kittest::{NodeT, Queryable};
use fermata::{
    score::listening::{HeardBy, ListeningScore},
    view::{Projector, ScoreFacts},
};

use super::{TestWindow, concert::Voice};

/// What the inspector says about a lane, which is heard by something, while a listening score is in use.
fn said(heard_by: HeardBy, in_use: Option<&str>) -> Option<String> {
    let mut projector = Projector::new();
    let voice = Voice::new("order", "order-7", 0.0);
    projector.committed(&voice.committed());
    let facts = ScoreFacts {
        title: "Order".into(),
        heard_by,
        ..ScoreFacts::default()
    };
    projector.score_facts(&voice.id, facts);
    projector.listening(in_use.map(Into::into));
    let window = TestWindow::open(&projector);
    window.harness.get_by_label_contains("Inspector: Order");
    let line = window.harness.query_by_label_contains("Listening score:");
    line.map(|line| line.accesskit_node().value().unwrap_or_default())
}

#[test]
fn the_inspector_names_the_listening_score_of_a_lane_that_is_heard() {
    let built_in = Some(ListeningScore::BUILT_IN);
    for (heard_by, in_use, expected) in [
        (HeardBy::InUse, built_in, "the built-in one"),
        (HeardBy::InUse, Some("shop/mine.yaml"), "shop/mine.yaml"),
        (HeardBy::Own, built_in, "that of its score"),
    ] {
        let expected = format!("Listening score: {expected}");
        assert_eq!(said(heard_by, in_use), Some(expected));
    }
    assert_eq!(said(HeardBy::Nothing, built_in), None);
    assert_eq!(said(HeardBy::InUse, None), None);
}
