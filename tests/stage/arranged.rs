//! Lanes are pinned, moved and grouped, and every lane is found by name.

use egui::{Event, Key, Modifiers, PointerButton, Pos2};
use egui_kittest::kittest::{NodeT, Queryable};
use fermata::view::{Arrangement, Overlay};

use super::{
    TestWindow,
    lanes_on_stage::{many, projector, voice},
};

impl TestWindow {
    /// The names of lanes from the top, as far as they are on screen.
    fn order(&self) -> Vec<String> {
        let headers = self.harness.query_all_by_label_contains(", Running, ");
        let mut headers: Vec<_> = headers
            .map(|header| {
                let label = header.accesskit_node().label().unwrap_or_default();
                let name = label.split(',').next().unwrap_or_default().to_owned();
                (header.rect().top(), name)
            })
            .collect();
        headers.sort_by(|a, b| a.0.total_cmp(&b.0));
        headers.into_iter().map(|(_, name)| name).collect()
    }

    /// The middle of the header of a lane.
    fn header(&self, name: &str) -> Pos2 {
        let label = format!("{name}, Running, ");
        self.harness.get_by_label_contains(&label).rect().center()
    }

    pub fn pointer(&mut self, event: Event) {
        self.harness.event(event);
        self.steps(1);
    }

    /// Presses or releases the pointer's button.
    pub fn button(&mut self, pos: Pos2, pressed: bool) {
        self.pointer(Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }

    fn typed(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.steps(2);
    }

    fn kept(&self) -> Arrangement {
        self.host.arranged.lock().unwrap().clone()
    }
}

#[test]
fn a_pinned_lane_stays_in_view_while_sixty_scroll_and_after_a_restart() {
    let projector = many(60);
    let mut window = TestWindow::open(&projector);
    window.press(Key::Num2);
    window.press_with(Modifiers::SHIFT, Key::P);
    assert_eq!(window.order()[..2], ["lane1", "lane0"]);
    for _ in 0..50 {
        window.harness.key_press(Key::ArrowDown);
    }
    window.steps(3);
    let order = window.order();
    assert_eq!(order[0], "lane1");
    assert!(!order.contains(&"lane0".to_owned()), "{order:?}");
    window.harness.get_by_label_contains(", pinned");
    let kept = window.kept();
    assert_eq!(kept.pinned().len(), 1);
    let mut again = TestWindow::open_with(&projector, |host| *host.arranged.lock().unwrap() = kept);
    assert_eq!(again.order()[..2], ["lane1", "lane0"]);
    again.press(Key::Num2);
    again.press_with(Modifiers::SHIFT, Key::P);
    assert_eq!(again.order()[..2], ["lane0", "lane1"]);
    assert_eq!(again.kept(), Arrangement::default());
}

#[test]
fn a_lane_is_moved_by_keys_and_keeps_its_digit() {
    let mut window = TestWindow::open(&many(5));
    window.press(Key::Num4);
    window.press_with(Modifiers::SHIFT, Key::ArrowUp);
    window.press_with(Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(
        window.order(),
        ["lane0", "lane3", "lane1", "lane2", "lane4"]
    );
    window.press_with(Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(
        window.order(),
        ["lane0", "lane1", "lane3", "lane2", "lane4"]
    );
    window.press(Key::Num1);
    window.press(Key::Num4);
    assert_eq!(window.selected(), "lane3-1");
    assert!(!window.kept().order().is_empty());
}

#[test]
fn a_lane_is_dragged_to_where_the_line_is() {
    let mut window = TestWindow::open(&many(5));
    let (from, over) = (window.header("lane0"), window.header("lane3"));
    window.pointer(Event::PointerMoved(from));
    window.button(from, true);
    for part in [0.2, 0.6, 1.0] {
        window.pointer(Event::PointerMoved(from + (over - from) * part));
    }
    // A little below the middle.
    let drop = over + egui::vec2(0.0, 12.0);
    window.pointer(Event::PointerMoved(drop));
    window.steps(1);
    window.harness.get_by_label("Drop below lane3-1");
    window.button(drop, false);
    window.steps(2);
    assert_eq!(
        window.order(),
        ["lane1", "lane2", "lane3", "lane0", "lane4"]
    );
    assert_eq!(window.selected(), "lane0-1");
    assert!(window.harness.query_by_label_contains("Drop ").is_none());
    // A click selects as before, and moves nothing.
    let at = window.header("lane4");
    window.pointer(Event::PointerMoved(at));
    window.button(at, true);
    window.button(at, false);
    window.steps(2);
    assert_eq!(window.selected(), "lane4-1");
    assert_eq!(window.order().last().unwrap(), "lane4");
}

#[test]
fn groups_have_headings_that_fold_them() {
    let voices: Vec<_> = (0..6)
        .map(|n| {
            let names = ["bass", "harp", "oboe"];
            let mut voice = voice(names[n % 3], 100.0 + n as f64);
            voice.id = fermata::engine::InstanceId::new(format!("voice-{n}")).unwrap();
            voice
        })
        .collect();
    let mut window = TestWindow::open(&projector(&voices));
    window.press(Key::Num1);
    window.press_with(Modifiers::SHIFT, Key::W);
    assert_eq!(
        window.order(),
        ["bass", "bass", "harp", "harp", "oboe", "oboe"]
    );
    let heading = "Fold the group harp: 2 running";
    assert!(window.harness.get_by_label(heading).rect().height() < 40.0);
    window.harness.get_by_label(heading).click();
    window.steps(3);
    assert_eq!(window.order(), ["bass", "bass", "oboe", "oboe"]);
    window
        .harness
        .get_by_label("Unfold the group harp: 2 running");
    // The same from the keyboard.
    window.press_with(Modifiers::COMMAND, Key::P);
    window.typed("unfold harp");
    window.press(Key::Enter);
    assert_eq!(window.order().len(), 6);
    window.press_with(Modifiers::SHIFT, Key::W);
    window
        .harness
        .get_by_label("Fold the group running: 6 running");
    window.press_with(Modifiers::SHIFT, Key::W);
    assert!(window.harness.query_by_label_contains("group").is_none());
}

#[test]
fn a_number_sign_finds_lanes_that_have_no_digit() {
    let mut window = TestWindow::open(&many(400));
    window.press(Key::Num1);
    // On many keyboards it is on a digit, and both come in the same frame.
    let events = &mut window.harness.input_mut().events;
    events.push(Event::Key {
        key: Key::Num3,
        physical_key: Some(Key::Num3),
        pressed: true,
        repeat: false,
        modifiers: Modifiers::SHIFT,
    });
    events.push(Event::Text("#".to_owned()));
    window.steps(2);
    assert_eq!(window.selected(), "lane0-1", "it was no digit");
    window
        .harness
        .get_by_label("and 300 more: type another word");
    window.typed("lane321");
    window.harness.get_by_label("Selected: lane321 · lane321-1");
    window.press(Key::Enter);
    assert_eq!(window.selected(), "lane321-1");
    assert_eq!(window.harness.state().state().overlay, Overlay::None);
    window.harness.get_by_label("Pause lane321");
}

#[test]
fn the_palette_goes_to_what_a_lane_did() {
    let mut window = TestWindow::open(&many(8));
    window.press_with(Modifiers::COMMAND, Key::P);
    window.typed("work lane5");
    window.press(Key::Enter);
    assert_eq!(window.selected(), "lane5-1");
    let state = window.harness.state().state().clone();
    assert!(state.is_replay());
    assert_eq!(state.table.open.unwrap().0.as_str(), "lane5-1");
}
