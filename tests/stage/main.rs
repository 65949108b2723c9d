//! The window, operated by keys, pointer and accessible names.
#![cfg(feature = "stage")]

mod answers;
mod arranged;
mod audience;
mod backends;
mod captions;
mod clocks;
mod closing;
#[path = "../common/mod.rs"]
mod common;
mod comparison;
mod concert;
mod editing;
mod every_button;
mod every_command;
mod explainer;
mod failure;
mod first_start;
mod forms;
mod health;
mod histories;
mod imported;
mod input;
mod lanes_on_stage;
mod learn;
mod linked;
mod listened;
mod markers;
mod motion;
mod no_store;
mod painted;
mod panels;
mod performed;
mod replay;
mod reruns;
mod setlist;
mod settings;
mod speed;
mod starting;
mod token_game;
mod touring;
mod untrusted_text;
mod volume;

use std::{sync::Arc, time::Duration};

use concert::{FakeHost, cards, concert};
use egui::{Event, Key, Modifiers, MouseWheelUnit, Pos2, TouchPhase, vec2};
use egui_kittest::{Harness, kittest::Queryable};
use fermata::{
    engine::InstanceId,
    stage::{Host, Stage},
    view::{
        Camera, Command, Edit, EngineCommand, Overlay, PlayerCommand, Playhead, Projector,
        ReadingDistance, ScoreId, TroubleView,
    },
};

struct TestWindow {
    host: Arc<FakeHost>,
    harness: Harness<'static, Stage>,
}

impl TestWindow {
    fn open(projector: &Projector) -> Self {
        Self::open_with(projector, |_| {})
    }

    /// Opens it on a host that was prepared.
    fn open_with(projector: &Projector, prepare: impl FnOnce(&FakeHost)) -> Self {
        let host = FakeHost::new(projector.snapshot());
        prepare(&host);
        let shared = host.clone();
        let harness = Harness::builder()
            .with_size(vec2(1920.0, 1080.0))
            .build_eframe(move |cc| Stage::new(shared, &cc.egui_ctx));
        let mut window = Self { host, harness };
        window.steps(2);
        window
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

    /// The lane with this number.
    fn at(&self, digit: usize) -> InstanceId {
        let snapshot = self.host.snapshot.lock().unwrap();
        let lane = snapshot.numbered(u8::try_from(digit).unwrap());
        lane.unwrap().id.clone()
    }
}

fn empty() -> Projector {
    let mut projector = Projector::new();
    projector.scores(cards());
    projector
}

#[test]
fn a_click_on_a_score_starts_it() {
    let mut window = TestWindow::open(&empty());
    window.press(Key::S);
    window
        .harness
        .get_by_label("Start The stubborn drummer")
        .click();
    window.steps(3);
    let id = ScoreId("stubborn-drummer".into());
    assert_eq!(window.host.take(), [EngineCommand::StartScore(id).into()]);
}

#[test]
fn a_digit_starts_a_score_while_the_scores_are_shown() {
    let mut window = TestWindow::open(&empty());
    window.press(Key::S);
    window.press(Key::Num3);
    assert_eq!(
        window.host.take(),
        [EngineCommand::StartScore(ScoreId("tutti".into())).into()]
    );
}

#[test]
fn a_score_with_a_problem_does_not_start_and_shows_why() {
    let mut window = TestWindow::open(&empty());
    window.press(Key::S);
    window.press(Key::Num6);
    window
        .harness
        .get_by_label_contains("no task “fanfare”")
        .click();
    window.steps(3);
    assert_eq!(window.host.take(), []);
}

#[test]
fn digits_select_lanes() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Num2);
    assert_eq!(window.selected(), "stubborn-drummer-7");
    window.press(Key::Num7);
    assert_eq!(window.selected(), "two-cities-1");
    window.press(Key::ArrowUp);
    let above = {
        let lanes = &window.host.snapshot.lock().unwrap().lanes;
        let place = lanes
            .iter()
            .position(|lane| lane.id.as_str() == "two-cities-1");
        lanes[place.unwrap() - 1].id.to_string()
    };
    assert_eq!(window.selected(), above);
}

#[test]
fn space_pauses_and_resumes_the_selected_lane() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Num2);
    window.press(Key::Space);
    assert_eq!(
        window.host.take(),
        [EngineCommand::Suspend(window.at(2)).into()]
    );
    let harp = (1..=7)
        .find(|n| window.at(*n).as_str() == "prelude-4")
        .unwrap();
    window.press(
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
    window.press(Key::Space);
    assert_eq!(
        window.host.take(),
        [EngineCommand::Resume(window.at(harp)).into()]
    );
    window.press_with(Modifiers::SHIFT, Key::Space);
    assert_eq!(window.host.take(), [EngineCommand::SuspendAll.into()]);
}

#[test]
fn space_does_not_press_the_button_that_has_the_focus() {
    let mut window = TestWindow::open(&concert());
    window
        .harness
        .get_by_label("Panic: silence everything")
        .focus();
    window.steps(2);
    window.press(Key::Space);
    assert_eq!(
        window.host.take(),
        [EngineCommand::Suspend(window.at(1)).into()]
    );
}

#[test]
fn t_terminates_only_if_it_is_held_long_enough() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Num2);
    window.harness.key_down(Key::T);
    window.steps(1);
    window.host.pass(Duration::from_millis(500));
    window.steps(1);
    window.harness.key_up(Key::T);
    window.steps(1);
    window.host.pass(Duration::from_millis(500));
    window.steps(2);
    assert_eq!(window.host.take(), []);

    window.harness.key_down(Key::T);
    window.steps(1);
    window.host.pass(Duration::from_millis(599));
    window.steps(1);
    assert_eq!(window.host.take(), []);
    window.host.pass(Duration::from_millis(2));
    window.steps(1);
    assert_eq!(
        window.host.take(),
        [EngineCommand::Terminate(window.at(2)).into()]
    );
    window.host.pass(Duration::from_millis(2000));
    window.steps(2);
    assert_eq!(window.host.take(), []);
}

#[test]
fn escape_twice_is_a_panic_and_twice_slowly_is_not() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Escape);
    window.host.pass(Duration::from_millis(900));
    window.press(Key::Escape);
    assert_eq!(window.host.take(), []);
    window.host.pass(Duration::from_millis(300));
    window.press(Key::Escape);
    assert_eq!(window.host.take(), [PlayerCommand::Panic.into()]);
}

#[test]
fn the_panic_button_acts_at_once() {
    let mut window = TestWindow::open(&concert());
    window
        .harness
        .get_by_label("Panic: silence everything")
        .click();
    window.steps(3);
    assert_eq!(window.host.take(), [PlayerCommand::Panic.into()]);
}

#[test]
fn the_record_button_and_its_key_start_and_stop_a_recording() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    window.harness.get_by_label("Start recording").click();
    window.steps(2);
    window.press_with(Modifiers::SHIFT, Key::R);
    assert_eq!(
        window.host.take(),
        [
            EngineCommand::StartRecording.into(),
            EngineCommand::StartRecording.into()
        ]
    );

    projector.recording(Some(window.host.now()));
    *window.host.snapshot.lock().unwrap() = projector.snapshot();
    window.host.pass(Duration::from_secs(62));
    window.steps(2);
    window.harness.get_by_label("Stop recording").click();
    window.steps(2);
    window.press_with(Modifiers::SHIFT, Key::R);
    assert_eq!(
        window.host.take(),
        [
            EngineCommand::StopRecording.into(),
            EngineCommand::StopRecording.into()
        ]
    );
    assert_eq!(
        window.harness.state().state().reading_distance,
        ReadingDistance::Desk
    );
}

#[test]
fn a_cue_is_sent_by_button_and_by_key() {
    let mut window = TestWindow::open(&concert());
    let oboe = (1..=7)
        .find(|n| window.at(*n).as_str() == "call-and-response-2")
        .unwrap();
    let cue = Command::from(EngineCommand::raise(&window.at(oboe), &"applause".into()));
    window
        .harness
        .get_by_label("Send “applause” to Oboe")
        .click();
    window.steps(3);
    window.press(Key::C);
    assert_eq!(window.host.take(), [cue.clone(), cue]);
}

#[test]
fn every_widget_has_a_name_for_screen_readers() {
    let window = TestWindow::open(&concert());
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
        window.harness.get_by_label(name);
    }
}

#[test]
fn dragging_moves_the_window_and_f_returns_to_the_playhead() {
    let mut window = TestWindow::open(&concert());
    assert_eq!(window.harness.state().state().camera, Camera::Following);
    let before = window.harness.state().state().viewport.clone();
    window.harness.hover_at(Pos2::new(700.0, 600.0));
    window.harness.drag_at(Pos2::new(700.0, 600.0));
    window.steps(1);
    window.harness.hover_at(Pos2::new(900.0, 600.0));
    window.steps(2);
    window.harness.drop_at(Pos2::new(900.0, 600.0));
    window.steps(2);
    let after = window.harness.state().state();
    assert!(after.camera == Camera::Free && after.viewport.from < before.from);
    assert_eq!(after.playhead, Playhead::Live, "now is still shown");
    window.press(Key::F);
    let back = window.harness.state().state();
    assert!(back.camera == Camera::Following && back.viewport.from == before.from);
}

#[test]
fn ctrl_wheel_zooms_at_the_pointer() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::ArrowLeft);
    let pointer = Pos2::new(900.0, 600.0);
    window.harness.hover_at(pointer);
    window.steps(1);
    let x = 900.0 - 336.0;
    let before = window.harness.state().state().viewport.clone();
    window.harness.event_modifiers(
        Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, 60.0),
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::CTRL,
        },
        Modifiers::CTRL,
    );
    window.steps(20);
    let after = window.harness.state().state().viewport.clone();
    assert!(after.ns_per_point < before.ns_per_point * 0.95);
    let moved = before.time_at(x).0.abs_diff(after.time_at(x).0);
    assert!((moved as f64) < before.ns_per_point * 2.0, "{moved} ns");
}

#[test]
fn the_help_sheet_opens_and_closes() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Questionmark);
    assert_eq!(window.harness.state().state().overlay, Overlay::Help);
    window.press(Key::Escape);
    assert_eq!(window.harness.state().state().overlay, Overlay::None);
}

#[test]
fn typing_a_name_in_the_search_starts_a_score() {
    let mut window = TestWindow::open(&concert());
    window.press_with(Modifiers::COMMAND, Key::P);
    window.harness.event(Event::Text("two cit".to_owned()));
    window.steps(2);
    window.press(Key::Enter);
    let id = ScoreId("two-cities".into());
    assert_eq!(window.host.take(), [EngineCommand::StartScore(id).into()]);
}

#[test]
fn nothing_is_painted_while_idle() {
    let mut window = TestWindow::open(&empty());
    window.harness.run();
    let frames = window.harness.state().frames();
    // `run` paints one frame to look and stops, because nobody asked for another.
    for _ in 0..3 {
        window.harness.run();
    }
    assert!(window.harness.state().frames() - frames <= 3);
    let mut rolling = TestWindow::open(&concert());
    assert!(
        rolling.harness.try_run().is_err(),
        "beats pass: frames flow"
    );
}

#[test]
fn the_reading_distance_makes_everything_larger() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::R);
    window.steps(2);
    assert!((window.harness.ctx.zoom_factor() - 1.25).abs() < 1e-3);
}

#[test]
fn a_store_error_is_shown_as_long_as_it_lasts() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    let words = "The store cannot be written: the disk is full. All workflows wait until it can.";
    assert!(window.harness.query_by_label(words).is_none());
    projector.trouble(Some(TroubleView::Store("the disk is full".into())));
    *window.host.snapshot.lock().unwrap() = projector.snapshot();
    window.host.pass(Duration::from_secs(60));
    window.steps(2);
    window.harness.get_by_label(words);
    projector.trouble(None);
    *window.host.snapshot.lock().unwrap() = projector.snapshot();
    window.steps(2);
    assert!(window.harness.query_by_label(words).is_none());
}

#[test]
fn an_error_in_a_saved_score_is_shown_with_its_line() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    window.press(Key::Num1);
    let id = window.at(1);
    let wrong = "Score · saved with an error: not loaded, line 3: there is no beat";
    let fine = "Score · changed: plays from the next start";
    let mistake = Edit::Invalid {
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
        *window.host.snapshot.lock().unwrap() = projector.snapshot();
        window.steps(2);
        window.harness.get_by_label(words);
        assert!(window.harness.query_by_label(gone).is_none());
    }
}

#[test]
fn a_tour_with_children_and_a_compensation_is_painted_at_every_zoom() {
    let mut projector = concert();
    for voice in concert::tour() {
        projector.committed(&voice.committed());
    }
    let mut window = TestWindow::open(&projector);
    window
        .harness
        .get_by_label_contains("tour, Compensating, “cancel the hall”");
    for _ in 0..12 {
        window.press(Key::Minus);
    }
    for _ in 0..24 {
        window.press(Key::Plus);
    }
    let order: Vec<_> = (1..=9).map(|n| window.at(n).to_string()).collect();
    let tour = order.iter().position(|id| id == "tour-1").unwrap();
    assert_eq!(order[tour + 1], "tour-1/1", "{order:?}");
}
