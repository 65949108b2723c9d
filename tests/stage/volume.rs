//! The volume of a lane: by fader, key, palette and screen reader.

use egui::{Event, Key, Modifiers, Pos2};
use egui_kittest::{
    Node,
    kittest::{NodeT, Queryable},
};
use fermata::{
    conductor::Mixer,
    music::Volume,
    view::{Command, PlayerCommand, Projector},
};

use super::{TestWindow, concert::concert};

/// A window whose commands change the mixer, as in the program.
struct Desk {
    window: TestWindow,
    projector: Projector,
    mixer: Mixer,
}

impl Desk {
    fn open() -> Self {
        let projector = concert();
        let window = TestWindow::open(&projector);
        Self {
            window,
            projector,
            mixer: Mixer::default(),
        }
    }

    /// Lets the mixer follow; gives the volumes that were set, in words.
    fn follow(&mut self) -> Vec<String> {
        let set = self.window.host.take().into_iter().map(|command| {
            let Command::Player(PlayerCommand::SetVolume(lane, volume)) = command else {
                panic!("{command:?}");
            };
            self.mixer.set_volume(lane.clone(), volume);
            format!("{lane} {volume}")
        });
        let set = set.collect();
        self.projector.mixer(self.mixer.clone());
        *self.window.host.snapshot.lock().unwrap() = self.projector.snapshot();
        self.window.steps(2);
        set
    }

    fn fader(&self) -> Pos2 {
        let fader = self.window.harness.get_by_label("Volume of Drummer");
        fader.rect().center()
    }

    fn value(&self) -> f64 {
        let fader = self.window.harness.get_by_label("Volume of Drummer");
        fader.accesskit_node().numeric_value().unwrap()
    }

    fn drag(&mut self, up: f32) {
        let from = self.fader();
        self.window.pointer(Event::PointerMoved(from));
        self.window.button(from, true);
        for part in [0.3, 0.7, 1.0] {
            let at = from - egui::vec2(0.0, up * part);
            self.window.pointer(Event::PointerMoved(at));
        }
        self.window.button(from - egui::vec2(0.0, up), false);
        self.window.steps(2);
    }

    fn click(&mut self) {
        let at = self.fader();
        self.window.pointer(Event::PointerMoved(at));
        self.window.button(at, true);
        self.window.button(at, false);
    }

    fn reader(&mut self, act: impl FnOnce(&Node<'_>)) {
        act(&self.window.harness.get_by_label("Volume of Drummer"));
        self.window.steps(2);
    }
}

#[test]
fn keys_change_the_volume_of_the_selected_lane_by_a_decibel() {
    let mut desk = Desk::open();
    desk.window.press(Key::Num2);
    for _ in 0..3 {
        desk.window.press_with(Modifiers::COMMAND, Key::ArrowDown);
        desk.follow();
    }
    desk.window
        .harness
        .get_by_label("Ctrl+Down · Drummer · −3 dB");
    // The row shows it as well.
    let row = desk.window.harness.get_by_label_contains(", −3 dB");
    assert!(row.accesskit_node().label().unwrap().starts_with("Drummer"));
    desk.window.press_with(Modifiers::COMMAND, Key::ArrowUp);
    assert_eq!(desk.follow(), ["stubborn-drummer-7 −2 dB"]);
    desk.window.press_with(Modifiers::SHIFT, Key::X);
    assert_eq!(desk.follow(), ["stubborn-drummer-7 0 dB"]);
    let shown = desk.window.harness.query_by_label_contains(", −");
    assert!(shown.is_none());
}

#[test]
fn the_fader_is_dragged_from_where_it_is_and_a_click_is_not_heard() {
    let mut desk = Desk::open();
    desk.click();
    assert_eq!(desk.follow(), [] as [&str; 0]);
    desk.window.host.pass(std::time::Duration::from_secs(2));
    desk.window.steps(2);
    desk.drag(-20.0);
    let set = desk.follow();
    assert!(!set.is_empty());
    let after = desk.value();
    assert!((-20.0..-1.0).contains(&after), "{after}: {set:?}");
    // The selection has not moved: the fader is not the row.
    assert_eq!(desk.window.selected(), "");
}

#[test]
fn a_double_click_on_the_fader_sets_0_db() {
    let mut desk = Desk::open();
    let lane = desk.window.at(2);
    desk.mixer.set_volume(lane, Volume::from_decibels(-30.0));
    desk.follow();
    assert_eq!(desk.value(), -30.0);
    // A frame of the test is a quarter of a second.
    let slowly = |options: &mut egui::Options| options.input_options.max_double_click_delay = 2.0;
    desk.window.harness.ctx.options_mut(slowly);
    desk.click();
    desk.click();
    desk.window.steps(2);
    assert_eq!(desk.follow(), ["stubborn-drummer-7 0 dB"]);
    assert_eq!(desk.value(), 0.0);
}

#[test]
fn the_palette_makes_a_lane_softer() {
    let mut desk = Desk::open();
    desk.window.press(Key::Num2);
    desk.window.press_with(Modifiers::COMMAND, Key::P);
    let words = "volume of the selected lane down".to_owned();
    desk.window.harness.event(Event::Text(words));
    desk.window.steps(2);
    desk.window.press(Key::Enter);
    assert_eq!(desk.follow(), ["stubborn-drummer-7 −1 dB"]);
}

#[test]
fn a_screen_reader_moves_the_fader() {
    let mut desk = Desk::open();
    desk.reader(|fader| fader.decrement_accesskit());
    assert_eq!(desk.follow(), ["stubborn-drummer-7 −1 dB"]);
    desk.reader(|fader| fader.increment_accesskit());
    assert_eq!(desk.follow(), ["stubborn-drummer-7 0 dB"]);
    desk.reader(|fader| fader.set_value_accesskit(-60.0));
    assert_eq!(desk.follow(), ["stubborn-drummer-7 −∞ dB"]);
    assert_eq!(desk.value(), -60.0);
}

#[test]
fn in_replay_there_is_no_fader() {
    let mut desk = Desk::open();
    desk.window.press(Key::ArrowLeft);
    let fader = desk.window.harness.query_by_label("Volume of Drummer");
    assert!(fader.is_none());
}
