//! The two clocks: bars, and elapsed time or the wall clock. Without music there is only the second one.

use egui::{Key, Modifiers, Rect};
use egui_kittest::kittest::Queryable;
use fermata::{
    engine::{EventKind, Payload},
    view::Projector,
};

use super::{
    TestWindow,
    concert::{Voice, at, concert},
    painted::texts,
};

/// An order that charges, ships and waits; no lane plays a note.
fn orders(lanes: usize) -> Projector {
    let mut projector = Projector::new();
    for lane in 0..lanes {
        let mut order = Voice::new("order", &format!("order-{lane}"), 100.0);
        for (name, from) in [("charge", 110.0), ("ship", 130.0)] {
            let scheduled = order.schedule(at(from), name, Payload::null());
            order.start(at(from + 0.1), scheduled, 1);
            let result = Payload::null();
            let kind = EventKind::TaskCompleted { scheduled, result };
            order.add(at(from + 10.0), kind);
        }
        projector.committed(&order.committed());
    }
    projector
}

fn words(texts: &[(String, Rect)]) -> Vec<&str> {
    texts.iter().map(|(text, _)| text.as_str()).collect()
}

#[test]
fn a_performance_without_music_has_no_bars_no_tempo_and_the_clock_in_their_place() {
    for (width, height) in [(1920.0, 1080.0), (1280.0, 720.0), (860.0, 480.0)] {
        let texts = texts(&orders(2), width, height);
        let words = words(&texts);
        for bars in ["bar", "BPM", "4/4"] {
            assert!(!words.contains(&bars), "{bars} at {width}: {words:?}");
        }
        assert!(words.contains(&"elapsed"), "{words:?}");
        assert!(words.contains(&"elapsed time"), "{words:?}");
        assert!(words.iter().any(|text| text.starts_with("0:")), "{words:?}");
    }
}

#[test]
fn with_music_the_ruler_counts_bars_and_below_them_the_time_and_nothing_overlaps() {
    for (width, height) in [(1920.0, 1080.0), (1280.0, 720.0), (3840.0, 1080.0)] {
        let texts = texts(&concert(), width, height);
        let all = words(&texts);
        assert!(all.contains(&"bar") && all.contains(&"BPM"), "{all:?}");
        let name = texts.iter().find(|(text, _)| text == "elapsed time");
        let line = name.unwrap().1;
        let below: Vec<Rect> = texts
            .iter()
            .filter(|(text, rect)| {
                text.contains(':')
                    && rect.center().y > line.top()
                    && rect.center().y < line.bottom()
            })
            .map(|(_, rect)| *rect)
            .collect();
        assert!(below.len() >= 3, "{below:?}");
        for (place, rect) in below.iter().enumerate() {
            let rest = &below[place + 1..];
            assert!(
                !rest.iter().any(|other| other.intersects(*rect)),
                "{below:?}"
            );
        }
        let is_number = |text: &str| text.parse::<u32>().is_ok_and(|bar| bar > 20);
        let mut bars = texts.iter().filter(|(text, rect)| {
            is_number(text) && rect.left() > line.right() && rect.bottom() <= line.top() + 6.0
        });
        assert!(bars.next().is_some(), "the bars are above: {all:?}");
    }
}

#[test]
fn a_key_or_a_click_switches_between_elapsed_time_and_the_wall_clock() {
    let mut window = TestWindow::open(&orders(1));
    let named = |window: &TestWindow, name: &str| {
        let mut nodes = window.harness.query_all_by_label_contains(name);
        nodes.next().is_some()
    };
    assert!(named(&window, "Second clock: elapsed time"));
    window.press_with(Modifiers::SHIFT, Key::V);
    assert!(!named(&window, "Second clock: elapsed time"));
    assert!(named(&window, "wall clock"));
    window
        .harness
        .get_by_label_contains("Clock, wall clock")
        .click();
    window.steps(3);
    assert!(named(&window, "Second clock: elapsed time"));
}
