//! What is painted, as text with its place: nothing covers anything that has to be read.

use egui::{Pos2, RawInput, Rect, Shape, vec2};
use fermata::{
    engine::{EventKind, Payload, TimerOrigin},
    stage::Stage,
    view::Projector,
};

use super::concert::{FakeHost, Voice, at, concert, transport};

/// All texts of a frame, with the rectangles that they cover.
pub fn texts(projector: &Projector, width: f32, height: f32) -> Vec<(String, Rect)> {
    let ctx = egui::Context::default();
    let mut stage = Stage::new(FakeHost::new(projector.snapshot()), &ctx);
    let mut found = Vec::new();
    for _ in 0..3 {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(width, height))),
            ..RawInput::default()
        };
        let mut output = ctx.run_ui(input, |ui| stage.show(ui));
        output.textures_delta.clear();
        found = texts_of(&output);
    }
    found
}

/// The texts that a frame painted.
pub fn texts_of(output: &egui::FullOutput) -> Vec<(String, Rect)> {
    let mut found = Vec::new();
    for clipped in &output.shapes {
        collect(&clipped.shape, &mut found);
    }
    found
}

fn collect(shape: &Shape, found: &mut Vec<(String, Rect)>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, found)),
        Shape::Text(text) => {
            let rect = text.galley.rect.translate(text.pos.to_vec2());
            found.push((text.galley.text().to_owned(), rect));
        }
        _ => {}
    }
}

/// A waiting lane among `lanes`.
fn with_waiting_lane(lanes: usize, origin: TimerOrigin) -> Projector {
    let mut projector = Projector::new();
    projector.transport(transport());
    for lane in 0..lanes {
        let mut voice = Voice::new("waiter", &format!("waiter-{lane}"), 100.0);
        let (fire_at, origin) = (Some(at(168.0)), origin.clone());
        voice.add(at(150.0), EventKind::TimerCreated { fire_at, origin });
        projector.committed(&voice.committed());
    }
    projector
}

#[test]
fn the_cue_button_never_covers_the_state_of_its_lane() {
    for lanes in 1..=10 {
        let name = "applause".to_owned();
        let projector = with_waiting_lane(lanes, TimerOrigin::ExternalEvent { name });
        for (width, height) in [(1920.0, 1080.0), (1280.0, 720.0)] {
            let texts = texts(&projector, width, height);
            let all = |word: &str| -> Vec<Rect> {
                let found = texts.iter().filter(|(text, _)| text == word);
                found.map(|(_, rect)| *rect).collect()
            };
            let (states, cues) = (all("Waiting"), all("Cue"));
            assert!(!states.is_empty() && !cues.is_empty(), "{texts:?}");
            for cue in cues {
                // The plate is larger than its word.
                let plate = cue.expand2(vec2(cue.height() * 0.3, 0.0));
                let covered = states.iter().find(|state| state.intersects(plate));
                assert_eq!(covered, None, "{lanes} lanes at {width}×{height}");
            }
        }
    }
}

#[test]
fn a_plain_wait_ends_at_a_time_and_only_a_wait_for_an_event_times_out() {
    let words = |origin| {
        let texts = texts(&with_waiting_lane(2, origin), 1920.0, 1080.0);
        texts.into_iter().map(|(text, _)| text).collect::<Vec<_>>()
    };
    let name = String::new();
    let plain = words(TimerOrigin::Wait { name });
    assert!(!plain.iter().any(|text| text == "timeout"), "{plain:?}");
    assert!(
        plain.iter().any(|text| text == "until bar 43.1"),
        "{plain:?}"
    );
    let name = "applause".to_owned();
    let event = words(TimerOrigin::ExternalEvent { name });
    assert!(event.iter().any(|text| text == "timeout"), "{event:?}");
}

#[test]
fn every_lane_of_the_concert_has_its_name() {
    let texts = texts(&concert(), 1920.0, 1080.0);
    for title in ["Bass", "Drummer", "Oboe", "Istanbul"] {
        assert!(texts.iter().any(|(text, _)| text == title), "{title}");
    }
}

/// A lane with `open` activities that began together 10 beats ago; one of them has completed.
fn fan_out(open: usize, names: &[&str]) -> Projector {
    let mut projector = Projector::new();
    projector.transport(transport());
    let mut voice = Voice::new("regions", "regions-1", 140.0);
    let name = |n: usize| names[n % names.len()];
    let ids: Vec<_> = (0..open)
        .map(|n| voice.schedule(at(150.0), name(n), Payload::null()))
        .collect();
    for id in ids {
        voice.start(at(150.2), id, 1);
    }
    projector.committed(&voice.committed());
    projector
}

#[test]
fn each_branch_of_a_fork_has_its_name_on_a_bar_of_its_own() {
    let cities = ["Istanbul", "Ankara", "Izmir", "Bursa"];
    let texts = texts(&fan_out(4, &cities), 1920.0, 1080.0);
    let places: Vec<_> = cities
        .iter()
        .filter_map(|city| texts.iter().find(|(text, _)| text == city))
        .map(|(_, rect)| *rect)
        .collect();
    assert_eq!(places.len(), 4, "{texts:?}");
    for pair in places.windows(2) {
        assert!(pair[0].bottom() <= pair[1].top(), "{places:?}");
    }
}

#[test]
fn more_branches_than_fit_are_counted() {
    let shown = texts(&fan_out(312, &["region"]), 1920.0, 1080.0);
    assert!(
        shown.iter().any(|(text, _)| text == "312 open"),
        "{shown:?}"
    );
    let few = texts(&fan_out(3, &["region"]), 1920.0, 1080.0);
    assert!(
        !few.iter().any(|(text, _)| text.ends_with("open")),
        "{few:?}"
    );
}

#[test]
fn a_call_in_a_lane_that_plays_notes_has_its_name() {
    let mut projector = Projector::new();
    projector.transport(transport());
    let mut voice = Voice::new("mixed", "mixed-1", 140.0);
    for beat in [142.0, 143.0, 144.0] {
        voice.play(beat, 0.9, &[40]);
    }
    let call = voice.schedule(at(150.0), "GET api.example.com", Payload::null());
    voice.start(at(150.2), call, 1);
    projector.committed(&voice.committed());
    let texts = texts(&projector, 1920.0, 1080.0);
    let named = texts.iter().any(|(text, _)| text == "GET api.example.com");
    assert!(named, "{texts:?}");
}
