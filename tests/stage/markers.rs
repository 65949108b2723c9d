//! Markers: set, named, gone to, found in the palette, and kept.

use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use fermata::{
    engine::Timestamp,
    view::{Action, Markers, Playhead},
};

use super::{
    TestWindow,
    concert::{at, concert},
};

impl TestWindow {
    fn type_text(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.steps(2);
    }

    fn go_to(&mut self, beat: f64) {
        let seconds = at(beat).since(at(0.0)).as_secs_f64();
        let slider = self.harness.get_by_label_contains("Playhead");
        slider.set_value_accesskit(seconds);
        self.steps(2);
    }

    /// The moment at which the playhead stands.
    fn stands_at(&self) -> Timestamp {
        match &self.harness.state().state().playhead {
            Playhead::At(moment) => moment.at,
            other => panic!("{other:?}"),
        }
    }

    fn marker_names(&self) -> Vec<String> {
        let markers = &self.harness.state().state().markers;
        markers
            .iter()
            .map(|marker| marker.name.to_string())
            .collect()
    }

    /// A marker with a name at a beat.
    fn mark(&mut self, beat: f64, name: &str) {
        self.go_to(beat);
        self.press(Key::K);
        self.type_text(name);
        self.press(Key::Enter);
    }
}

#[test]
fn a_marker_is_named_where_it_is_set_and_keys_are_typed_meanwhile() {
    let mut window = TestWindow::open(&concert());
    window.go_to(150.0);
    window.press(Key::K);
    window.harness.get_by_label("Name of the marker");
    // These keys would pause a lane, show the scores, and rerun a lane.
    for key in [Key::Space, Key::S, Key::Enter] {
        if key == Key::Enter {
            window.type_text("Verse 2");
        }
        window.press(key);
    }
    assert!(window.host.take().is_empty());
    assert_eq!(window.marker_names(), ["Verse 2"]);
    assert!(
        window
            .harness
            .query_by_label("Name of the marker")
            .is_none()
    );
    let label = window.harness.get_by_label("Marker Verse 2: rename");
    let label = label.accesskit_node().bounding_box().unwrap();
    assert!(label.width() > 40.0, "the name can be seen");
    assert_eq!(
        *window.host.kept.lock().unwrap(),
        window.harness.state().state().markers
    );
    window.press(Key::K);
    assert!(
        window.marker_names().is_empty(),
        "at a marker, the key removes it"
    );
}

#[test]
fn escape_leaves_the_name_and_the_moment_as_they_were() {
    let mut window = TestWindow::open(&concert());
    window.go_to(150.0);
    let here = window.stands_at();
    window.press(Key::K);
    window.type_text("wrong");
    window.press(Key::Escape);
    assert_eq!(window.marker_names(), ["Marker 1"]);
    assert_eq!(window.stands_at(), here);
    window
        .harness
        .get_by_label("Marker Marker 1: rename")
        .click();
    window.steps(3);
    window.type_text("Chorus");
    window.press(Key::Enter);
    assert_eq!(window.marker_names(), ["Chorus"]);
    window.press(Key::Escape);
    assert_eq!(window.harness.state().state().playhead, Playhead::Live);
}

#[test]
fn j_goes_from_marker_to_marker_and_the_palette_finds_them_by_name() {
    let mut window = TestWindow::open(&concert());
    for (beat, name) in [(16.0, "Verse"), (32.0, "Chorus"), (64.0, "Coda")] {
        window.mark(beat, name);
    }
    assert_eq!(window.marker_names(), ["Verse", "Chorus", "Coda"]);
    window.press_with(Modifiers::SHIFT, Key::J);
    assert_eq!(window.stands_at(), at(32.0));
    window.press_with(Modifiers::SHIFT, Key::J);
    assert_eq!(window.stands_at(), at(16.0));
    window.press(Key::J);
    assert_eq!(window.stands_at(), at(32.0));
    window.press_with(Modifiers::COMMAND, Key::P);
    window.type_text("marker coda");
    window.harness.get_by_label("Go to marker Coda");
    window.press(Key::Enter);
    assert_eq!(window.stands_at(), at(64.0));
    assert_eq!(Action::Mark.keys(), "K");
}

#[test]
fn kept_markers_are_there_when_the_window_is_opened_again() {
    let mut window = TestWindow::open(&concert());
    window.mark(16.0, "Verse");
    let kept = window.host.kept.lock().unwrap().clone();
    assert_ne!(kept, Markers::default());
    let again = TestWindow::open_with(&concert(), |host| *host.kept.lock().unwrap() = kept);
    assert_eq!(again.marker_names(), ["Verse"]);
}
