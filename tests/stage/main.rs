//! The stage, driven by keys, pointer and names as a person or a screen reader would drive it.
#![cfg(feature = "stage")]

#[path = "../common/mod.rs"]
mod common;
mod concert;
mod learn;
mod speed;
mod untrusted_text;

use std::{sync::Arc, time::Duration};

use concert::{FakeHost, cards, concert};
use egui::{Event, Key, Modifiers, MouseWheelUnit, Pos2, TouchPhase, vec2};
use egui_kittest::{Harness, kittest::Queryable};
use fermata::{
    engine::InstanceId,
    stage::{Host, Stage},
    view::{Command, Edit, EngineCommand, Overlay, PlayerCommand, Projector, Reading, ScoreId},
};

struct Hall {
    host: Arc<FakeHost>,
    harness: Harness<'static, Stage>,
}

impl Hall {
    fn open(projector: &Projector) -> Self {
        let host = FakeHost::new(projector.snapshot());
        let shared = host.clone();
        let harness = Harness::builder()
            .with_size(vec2(1920.0, 1080.0))
            .build_eframe(move |cc| Stage::new(shared, &cc.egui_ctx));
        let mut hall = Self { host, harness };
        hall.steps(2);
        hall
    }

    fn steps(&mut self, steps: usize) {
        self.harness.run_steps(steps);
    }

    fn press(&mut self, key: Key) {
        self.press_with(Modifiers::NONE, key);
    }

    fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.steps(2);
    }

    fn selected(&self) -> String {
        let selected = self.harness.state().state().selected.clone();
        selected.map(|id| id.to_string()).unwrap_or_default()
    }

    /// The lane that stands at a digit.
    fn at(&self, digit: usize) -> InstanceId {
        self.host.snapshot.lock().unwrap().lanes[digit - 1]
            .id
            .clone()
    }
}

fn empty() -> Projector {
    let mut projector = Projector::new();
    projector.scores(cards());
    projector
}

#[test]
fn a_click_on_a_score_starts_it() {
    let mut hall = Hall::open(&empty());
    hall.harness
        .get_by_label("Start The stubborn drummer")
        .click();
    hall.steps(3);
    let id = ScoreId("stubborn-drummer".into());
    assert_eq!(hall.host.take(), [EngineCommand::StartScore(id).into()]);
}

#[test]
fn a_digit_starts_a_score_while_nothing_runs() {
    let mut hall = Hall::open(&empty());
    hall.press(Key::Num3);
    assert_eq!(
        hall.host.take(),
        [EngineCommand::StartScore(ScoreId("tutti".into())).into()]
    );
}

#[test]
fn a_score_with_a_problem_does_not_start_and_says_why() {
    let mut hall = Hall::open(&empty());
    hall.press(Key::Num6);
    hall.harness
        .get_by_label_contains("no task “fanfare”")
        .click();
    hall.steps(3);
    assert_eq!(hall.host.take(), []);
}

#[test]
fn digits_select_lanes() {
    let mut hall = Hall::open(&concert());
    hall.press(Key::Num2);
    assert_eq!(hall.selected(), "stubborn-drummer-7");
    hall.press(Key::Num7);
    assert_eq!(hall.selected(), "two-cities-1");
    hall.press(Key::ArrowUp);
    assert_eq!(hall.selected(), hall.at(6).to_string());
}

#[test]
fn space_pauses_the_selected_lane_and_resumes_it_once_it_is_held() {
    let mut hall = Hall::open(&concert());
    hall.press(Key::Num2);
    hall.press(Key::Space);
    assert_eq!(
        hall.host.take(),
        [EngineCommand::Suspend(hall.at(2)).into()]
    );
    let harp = (1..=7)
        .find(|n| hall.at(*n).as_str() == "prelude-4")
        .unwrap();
    hall.press(
        [
            Key::Num1,
            Key::Num2,
            Key::Num3,
            Key::Num4,
            Key::Num5,
            Key::Num6,
            Key::Num7,
        ][harp - 1],
    );
    hall.press(Key::Space);
    assert_eq!(
        hall.host.take(),
        [EngineCommand::Resume(hall.at(harp)).into()]
    );
    hall.press_with(Modifiers::SHIFT, Key::Space);
    assert_eq!(hall.host.take(), [EngineCommand::SuspendAll.into()]);
}

#[test]
fn space_does_not_press_the_button_that_has_the_focus() {
    let mut hall = Hall::open(&concert());
    hall.harness
        .get_by_label("Panic: silence everything")
        .focus();
    hall.steps(2);
    hall.press(Key::Space);
    assert_eq!(
        hall.host.take(),
        [EngineCommand::Suspend(hall.at(1)).into()]
    );
}

#[test]
fn t_terminates_only_when_it_is_held_long_enough() {
    let mut hall = Hall::open(&concert());
    hall.press(Key::Num2);
    hall.harness.key_down(Key::T);
    hall.steps(1);
    hall.host.pass(Duration::from_millis(500));
    hall.steps(1);
    hall.harness.key_up(Key::T);
    hall.steps(1);
    hall.host.pass(Duration::from_millis(500));
    hall.steps(2);
    assert_eq!(hall.host.take(), []);

    hall.harness.key_down(Key::T);
    hall.steps(1);
    hall.host.pass(Duration::from_millis(599));
    hall.steps(1);
    assert_eq!(hall.host.take(), []);
    hall.host.pass(Duration::from_millis(2));
    hall.steps(1);
    assert_eq!(
        hall.host.take(),
        [EngineCommand::Terminate(hall.at(2)).into()]
    );
    hall.host.pass(Duration::from_millis(2000));
    hall.steps(2);
    assert_eq!(hall.host.take(), []);
}

#[test]
fn escape_twice_is_a_panic_and_twice_slowly_is_none() {
    let mut hall = Hall::open(&concert());
    hall.press(Key::Escape);
    hall.host.pass(Duration::from_millis(900));
    hall.press(Key::Escape);
    assert_eq!(hall.host.take(), []);
    hall.host.pass(Duration::from_millis(300));
    hall.press(Key::Escape);
    assert_eq!(hall.host.take(), [PlayerCommand::Panic.into()]);
}

#[test]
fn the_panic_button_acts_at_once() {
    let mut hall = Hall::open(&concert());
    hall.harness
        .get_by_label("Panic: silence everything")
        .click();
    hall.steps(3);
    assert_eq!(hall.host.take(), [PlayerCommand::Panic.into()]);
}

#[test]
fn the_record_button_and_its_key_begin_and_end_a_recording_and_the_time_is_counted() {
    let mut projector = concert();
    let mut hall = Hall::open(&projector);
    hall.harness.get_by_label("Start recording").click();
    hall.steps(2);
    hall.press_with(Modifiers::SHIFT, Key::R);
    assert_eq!(
        hall.host.take(),
        [
            EngineCommand::StartRecording.into(),
            EngineCommand::StartRecording.into()
        ]
    );

    projector.recording(Some(hall.host.now()));
    *hall.host.snapshot.lock().unwrap() = projector.snapshot();
    hall.host.pass(Duration::from_secs(62));
    hall.steps(2);
    hall.harness.get_by_label("Stop recording").click();
    hall.steps(2);
    hall.press_with(Modifiers::SHIFT, Key::R);
    assert_eq!(
        hall.host.take(),
        [
            EngineCommand::StopRecording.into(),
            EngineCommand::StopRecording.into()
        ]
    );
    assert_eq!(hall.harness.state().state().reading, Reading::Desk);
}

#[test]
fn a_waiting_lane_takes_its_cue_by_button_and_by_key() {
    let mut hall = Hall::open(&concert());
    let oboe = (1..=7)
        .find(|n| hall.at(*n).as_str() == "call-and-response-2")
        .unwrap();
    let cue = Command::from(EngineCommand::raise(&hall.at(oboe), &"applause".into()));
    hall.harness.get_by_label("Send “applause” to Oboe").click();
    hall.steps(3);
    hall.press(Key::C);
    assert_eq!(hall.host.take(), [cue.clone(), cue]);
}

#[test]
fn everything_has_a_name_that_a_screen_reader_can_say() {
    let hall = Hall::open(&concert());
    for name in [
        "Bass, Running, bar 17 of the loop",
        "Drummer, Retrying, attempt 4 of 8 in 1.6 s",
        "Pause Bass",
        "Resume Harp",
        "Terminate Bass (hold to confirm)",
        "Stop the transport",
        "Tempo, 96 beats per minute",
        "Timeline",
        "Whole performance",
    ] {
        hall.harness.get_by_label(name);
    }
}

#[test]
fn dragging_leaves_the_present_and_f_comes_back() {
    let mut hall = Hall::open(&concert());
    assert!(hall.harness.state().state().follow);
    let before = hall.harness.state().state().viewport;
    hall.harness.hover_at(Pos2::new(700.0, 600.0));
    hall.harness.drag_at(Pos2::new(700.0, 600.0));
    hall.steps(1);
    hall.harness.hover_at(Pos2::new(900.0, 600.0));
    hall.steps(2);
    hall.harness.drop_at(Pos2::new(900.0, 600.0));
    hall.steps(2);
    let after = hall.harness.state().state();
    assert!(!after.follow && after.viewport.from < before.from);
    hall.press(Key::F);
    let back = hall.harness.state().state();
    assert!(back.follow && back.viewport.from == before.from);
}

#[test]
fn control_and_wheel_zoom_where_the_pointer_is() {
    let mut hall = Hall::open(&concert());
    hall.press(Key::ArrowLeft);
    let pointer = Pos2::new(900.0, 600.0);
    hall.harness.hover_at(pointer);
    hall.steps(1);
    let x = 900.0 - 336.0;
    let before = hall.harness.state().state().viewport;
    hall.harness.event_modifiers(
        Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, 60.0),
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::CTRL,
        },
        Modifiers::CTRL,
    );
    hall.steps(20);
    let after = hall.harness.state().state().viewport;
    assert!(after.ns_per_point < before.ns_per_point * 0.95);
    let moved = before.time_at(x).0.abs_diff(after.time_at(x).0);
    assert!((moved as f64) < before.ns_per_point * 2.0, "{moved} ns");
}

#[test]
fn the_help_sheet_opens_and_closes() {
    let mut hall = Hall::open(&concert());
    hall.press(Key::Questionmark);
    assert_eq!(hall.harness.state().state().overlay, Overlay::Help);
    hall.press(Key::Escape);
    assert_eq!(hall.harness.state().state().overlay, Overlay::None);
}

#[test]
fn a_name_typed_into_the_search_starts_a_score() {
    let mut hall = Hall::open(&concert());
    hall.press_with(Modifiers::COMMAND, Key::P);
    hall.harness.event(Event::Text("two cit".to_owned()));
    hall.steps(2);
    hall.press(Key::Enter);
    let id = ScoreId("two-cities".into());
    assert_eq!(hall.host.take(), [EngineCommand::StartScore(id).into()]);
}

#[test]
fn nothing_is_painted_while_nothing_happens() {
    let mut hall = Hall::open(&empty());
    hall.harness.run();
    let frames = hall.harness.state().frames();
    // `run` paints one frame to look and stops, because nobody asked for another.
    for _ in 0..3 {
        hall.harness.run();
    }
    assert!(hall.harness.state().frames() - frames <= 3);
    let mut rolling = Hall::open(&concert());
    assert!(
        rolling.harness.try_run().is_err(),
        "beats pass: frames flow"
    );
}

#[test]
fn the_reading_distance_makes_everything_larger() {
    let mut hall = Hall::open(&concert());
    hall.press(Key::R);
    hall.steps(2);
    assert!((hall.harness.ctx.zoom_factor() - 1.25).abs() < 1e-3);
}

#[test]
fn trouble_with_the_store_stands_in_the_window_as_long_as_it_lasts() {
    let mut projector = concert();
    let mut hall = Hall::open(&projector);
    let words = "The store cannot be written: the disk is full. Everything waits.";
    assert!(hall.harness.query_by_label(words).is_none());
    projector.trouble(Some("the disk is full".to_owned()));
    *hall.host.snapshot.lock().unwrap() = projector.snapshot();
    hall.host.pass(Duration::from_secs(60));
    hall.steps(2);
    hall.harness.get_by_label(words);
    projector.trouble(None);
    *hall.host.snapshot.lock().unwrap() = projector.snapshot();
    hall.steps(2);
    assert!(hall.harness.query_by_label(words).is_none());
}

#[test]
fn a_mistake_that_was_saved_stands_beside_the_score_with_its_line() {
    let mut projector = concert();
    let mut hall = Hall::open(&projector);
    hall.press(Key::Num1);
    let id = hall.at(1);
    let wrong = "Score · saved with an error: not loaded, line 3: there is no beat";
    let fine = "Score · changed: plays from the next start";
    let mistake = Edit::Wrong {
        source: "document:\n\ndo: 3\n".into(),
        line: 3,
        message: "there is no beat".into(),
    };
    for (edit, words, gone) in [
        (Some(mistake), wrong, fine),
        (Some(Edit::Saved), fine, wrong),
        (None, "Score", fine),
    ] {
        projector.edited(&id, edit);
        *hall.host.snapshot.lock().unwrap() = projector.snapshot();
        hall.steps(2);
        hall.harness.get_by_label(words);
        assert!(hall.harness.query_by_label(gone).is_none());
    }
}

#[test]
fn a_tour_with_children_and_a_compensation_is_painted_at_every_zoom() {
    let mut projector = concert();
    for voice in concert::tour() {
        projector.committed(&voice.committed());
    }
    let mut hall = Hall::open(&projector);
    hall.harness
        .get_by_label_contains("tour, Compensating, “cancel the hall”");
    for _ in 0..12 {
        hall.press(Key::Minus);
    }
    for _ in 0..24 {
        hall.press(Key::Plus);
    }
    let order: Vec<_> = (1..=9).map(|n| hall.at(n).to_string()).collect();
    let tour = order.iter().position(|id| id == "tour-1").unwrap();
    assert_eq!(order[tour + 1], "tour-1/1", "{order:?}");
}
