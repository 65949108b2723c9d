//! Which lanes are on the stage, how high their rows are, and which one keys act on.

use std::time::Duration;

use egui::{Event, Key, Modifiers, RawInput, Rect, Shape, vec2};
use egui_kittest::kittest::Queryable;
use fermata::{
    engine::{EventKind, Failure, Payload},
    stage::Stage,
    view::{Command, EngineCommand, Projector, Rgb, Shelf},
};

use super::{
    TestWindow,
    concert::{FakeHost, NOW, Voice, at, transport},
};

/// A voice that has played since a beat.
pub(super) fn voice(name: &str, beat: f64) -> Voice {
    let mut voice = Voice::new(name, &format!("{name}-1"), beat);
    let asked = voice.schedule(at(beat + 1.0), "work", Payload::null());
    voice.start(at(beat + 1.5), asked, 1);
    voice
}

fn complete(voice: &mut Voice, beat: f64) {
    let output = Payload::null();
    voice.add(at(beat), EventKind::ExecutionCompleted { output });
}

pub(super) fn projector(voices: &[Voice]) -> Projector {
    let mut projector = Projector::new();
    projector.transport(transport());
    for voice in voices {
        projector.committed(&voice.committed());
    }
    projector
}

/// So many lanes that go on.
pub fn many(lanes: usize) -> Projector {
    let voices: Vec<_> = (0..lanes)
        .map(|n| voice(&format!("lane{n}"), 100.0 + n as f64 * 0.01))
        .collect();
    projector(&voices)
}

impl TestWindow {
    /// The heights of the headers of lanes with this name, from the top.
    pub(super) fn heights(&self, name: &str) -> Vec<f32> {
        let headers = self.harness.query_all_by_label_contains(name);
        headers.map(|header| header.rect().height()).collect()
    }
}

#[test]
fn a_digit_acts_on_its_lane_although_another_one_has_just_failed() {
    let mut voices = [
        voice("bass", 100.0),
        voice("harp", 101.0),
        voice("oboe", 102.0),
    ];
    let mut window = TestWindow::open(&projector(&voices));
    let failure = Failure::new("test", "a string broke");
    voices[1].add(at(NOW - 0.1), EventKind::ExecutionFailed { failure });
    window.show(&projector(&voices));
    window.press(Key::Num3);
    window.press(Key::Space);
    let oboe = voices[2].id.clone();
    assert_eq!(window.host.take(), [EngineCommand::Suspend(oboe).into()]);
    // The digit of the failed one does nothing to any other lane.
    window.press(Key::Num2);
    window.press(Key::Space);
    assert_eq!(window.host.take(), []);
}

#[test]
fn a_lane_goes_to_the_shelf_some_seconds_after_it_has_ended_and_a_click_shows_it() {
    let mut voices = [voice("bass", 100.0), voice("harp", 101.0)];
    complete(&mut voices[1], NOW - 0.1);
    let mut window = TestWindow::open(&projector(&voices));
    window.press(Key::Num1);
    assert_eq!(window.heights("harp, Completed,").len(), 1);
    let shared = window.heights("bass, Running,")[0];
    window.host.pass(Duration::from_secs(9));
    window.steps(2);
    assert!(window.heights("harp, Completed,").is_empty());
    let alone = window.heights("bass, Running,")[0];
    assert!(alone > shared * 1.7, "{shared} {alone}");
    window.harness.get_by_label("Show harp, Completed").click();
    window.steps(3);
    assert_eq!(window.selected(), "harp-1");
    assert_eq!(window.heights("harp, Completed,").len(), 1);
    window.press(Key::Num1);
    window.press_with(Modifiers::SHIFT, Key::E);
    assert_eq!(window.harness.state().state().shelf, Shelf::Open);
    assert_eq!(window.heights("harp, Completed,").len(), 1);
    window
        .harness
        .get_by_label("Hide the ended lanes (1)")
        .click();
    window.steps(3);
    assert!(window.heights("harp, Completed,").is_empty());
}

#[test]
fn a_new_show_hides_what_has_ended_and_it_can_be_shown_again() {
    let mut voices = [voice("bass", 100.0), voice("harp", 101.0)];
    complete(&mut voices[1], NOW - 20.0);
    let mut projector = projector(&voices);
    let mut window = TestWindow::open(&projector);
    window.harness.get_by_label("Show the ended lanes (1)");
    window.press_with(Modifiers::COMMAND, Key::N);
    let now = at(NOW);
    assert_eq!(window.host.take(), [Command::Show(Some(now))]);
    let answer = "Ctrl+N · new show · 1 lane hidden, none deleted";
    window.harness.get_by_label(answer);
    projector.show(Some(now));
    window.show(&projector);
    assert!(
        window
            .harness
            .query_by_label_contains("ended lanes")
            .is_none()
    );
    window.press_with(Modifiers::COMMAND, Key::B);
    assert_eq!(window.host.take(), [Command::Show(None)]);
    projector.show(None);
    window.show(&projector);
    window.harness.get_by_label("Show the ended lanes (1)");
}

#[test]
fn in_focus_the_selected_lane_has_most_of_the_window() {
    let mut window = TestWindow::open(&many(12));
    window.press(Key::Num3);
    let even = window.heights("lane2, Running,")[0];
    window.press(Key::W);
    let large = window.heights("lane2, Running,")[0];
    assert!(large > 480.0 && large > even * 3.0, "{even} {large}");
    window.press(Key::Num4);
    assert!(
        window.heights("lane3, Running,")[0] > 480.0,
        "it follows the selection"
    );
    window.press(Key::W);
    assert!((window.heights("lane3, Running,")[0] - even).abs() < 2.0);
}

#[test]
fn four_hundred_lanes_are_thin_rows_and_the_selected_one_has_its_buttons() {
    let mut window = TestWindow::open(&many(400));
    window.press(Key::Num7);
    let rows = window.heights(", Running, ");
    assert!(rows.len() > 45, "{} rows", rows.len());
    window.harness.get_by_label("Pause lane6");
    assert!(window.harness.query_by_label("Pause lane7").is_none());
    for _ in 0..80 {
        window.harness.key_press(Key::ArrowDown);
    }
    window.steps(3);
    assert_eq!(window.selected(), "lane86-1");
    window.harness.get_by_label("Pause lane86");
}

#[test]
fn typing_into_the_filter_hides_lanes_and_keys_do_not_act_meanwhile() {
    let mut voices: Vec<_> = ["bass", "harp", "oboe"]
        .map(|name| voice(name, 100.0))
        .into();
    complete(&mut voices[2], NOW - 0.5);
    let mut window = TestWindow::open(&projector(&voices));
    window.press(Key::Num1);
    window.press_with(Modifiers::COMMAND, Key::F);
    window.steps(1);
    window.harness.event(Event::Text("ended".to_owned()));
    window.press(Key::Space);
    assert_eq!(window.host.take(), [], "it was typed");
    assert!(window.heights("harp, Running,").is_empty());
    assert_eq!(window.heights("oboe, Completed,").len(), 1);
    assert_eq!(window.heights("bass, Running,").len(), 1, "it is selected");
    window.press(Key::Escape);
    assert_eq!(window.heights("harp, Running,").len(), 1);
}

/// What a frame paints.
fn shapes(projector: &Projector) -> Vec<Shape> {
    let ctx = egui::Context::default();
    let mut stage = Stage::new(FakeHost::new(projector.snapshot()), &ctx);
    let mut shapes = Vec::new();
    for _ in 0..3 {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, vec2(1920.0, 1080.0))),
            ..RawInput::default()
        };
        let mut output = ctx.run_ui(input, |ui| stage.show(ui));
        output.textures_delta.clear();
        shapes = output.shapes;
    }
    shapes.into_iter().map(|clipped| clipped.shape).collect()
}

/// The opaque grounds near a place: filled rectangles, and those of the first mesh there, which are the rows.
fn grounds(shapes: &[Shape], near: Rect) -> Vec<Rgb> {
    let rectangles = shapes.iter().filter_map(|shape| match shape {
        Shape::Rect(rect) if rect.stroke.width == 0.0 => Some((rect.rect, rect.fill)),
        _ => None,
    });
    let mut meshes = shapes.iter().filter_map(|shape| match shape {
        Shape::Mesh(mesh) if mesh.calc_bounds().intersects(near) => Some(mesh),
        _ => None,
    });
    let rows = meshes.next().expect("the rows have grounds");
    let corners = rows.vertices.as_chunks::<4>().0.iter();
    let rows = corners.map(|corners| {
        let rect = Rect::from_points(&corners.map(|corner| corner.pos));
        (rect, corners[0].color)
    });
    let grounds = rectangles.chain(rows);
    let grounds = grounds.filter(|(rect, color)| color.is_opaque() && rect.intersects(near));
    grounds.map(|(_, color)| rgb(color)).collect()
}

fn rgb(color: egui::Color32) -> Rgb {
    let [r, g, b, _] = color.to_array();
    Rgb([r, g, b])
}

#[test]
fn the_frame_of_the_selected_lane_is_thick_and_stands_out_from_what_is_around_it() {
    for lanes in [1, 3, 8, 20, 60, 400] {
        let shapes = shapes(&many(lanes));
        let frames: Vec<_> = shapes
            .iter()
            .filter_map(|shape| match shape {
                Shape::Rect(rect) if rect.stroke.width > 3.0 => Some(rect),
                _ => None,
            })
            .collect();
        let [frame] = frames.as_slice() else {
            panic!("{lanes} lanes: {} frames", frames.len())
        };
        assert!(frame.stroke.width >= 6.0, "{}", frame.stroke.width);
        assert!(frame.rect.height() >= 84.0, "{lanes} lanes");
        let color = rgb(frame.stroke.color);
        let grounds = grounds(&shapes, frame.rect.expand(3.0));
        assert!(grounds.len() >= 2, "{lanes} lanes");
        for ground in &grounds {
            assert!(color.contrast(*ground) >= 3.0, "{ground:?}");
        }
        let inside = grounds.iter().filter(|ground| **ground == Rgb::SELECTED);
        assert!(inside.count() >= 1, "{lanes} lanes: its row is not lighter");
    }
}
