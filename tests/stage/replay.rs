//! Replay: the playhead moves through the past, and everything on screen shows that moment.

use std::time::Duration;

use egui::{Key, Modifiers, Pos2};
use egui_kittest::kittest::{NodeT, Queryable};
use fermata::{
    conductor::{
        Direction, Speed,
        control_surface::{Gesture, PlayheadAction, Stop},
    },
    engine::EventKind,
    view::{
        Camera, Command, EngineCommand, Moment, Playhead, PlayheadIntent, Repeat, ReplayCommand,
    },
};

use super::{
    TestWindow,
    concert::{at, concert},
};

/// Where the ruler is, in a window of 1920 by 1080.
const RULER_Y: f32 = 158.0;

impl TestWindow {
    fn playhead(&self) -> Playhead {
        self.harness.state().state().playhead.clone()
    }

    /// The moment that is shown, in beats.
    fn shown_beat(&self) -> f64 {
        let state = self.harness.state().state();
        let live = self.host.snapshot.lock().unwrap().clone();
        let wall = fermata::stage::Host::now(&*self.host);
        let moment = state.moment(&live, wall).expect("replay");
        moment.at.since(at(0.0)).as_secs_f64() * 96.0 / 60.0
    }

    fn caption(&self) -> String {
        let node = self.harness.get_by_label_contains("ago:");
        let node = node.accesskit_node();
        node.value().or(node.label()).unwrap_or_default()
    }
}

#[test]
fn the_playhead_is_a_slider_and_everything_shows_its_moment() {
    let mut window = TestWindow::open(&concert());
    window.harness.get_by_label_contains("Drummer, Retrying");
    let slider = window.harness.get_by_label_contains("Playhead");
    slider.set_value_accesskit(10.0);
    window.steps(2);
    assert!(matches!(window.playhead(), Playhead::At(_)));
    assert!((window.shown_beat() - 16.0).abs() < 0.01);
    window.harness.get_by_label("Replay: return to live");
    window.harness.get_by_label_contains("Drummer, Running");
    assert!(
        window.caption().starts_with("Bar 5, "),
        "{}",
        window.caption()
    );
    assert!(
        window.harness.query_by_label("Pause Drummer").is_none(),
        "buttons would act on another state than the one that is shown"
    );
    window.press(Key::L);
    assert_eq!(window.playhead(), Playhead::Live);
    window.harness.get_by_label_contains("Drummer, Retrying");
    assert!(
        window.host.take().is_empty(),
        "nothing was asked of the engine"
    );
}

#[test]
fn dragging_in_the_ruler_moves_the_playhead_and_escape_returns_to_live() {
    let mut window = TestWindow::open(&concert());
    let drag = |window: &mut TestWindow, x: f32| {
        window.harness.hover_at(Pos2::new(x, RULER_Y));
        window.steps(1);
    };
    window.harness.hover_at(Pos2::new(900.0, RULER_Y));
    window.harness.drag_at(Pos2::new(900.0, RULER_Y));
    window.steps(1);
    let first = window.shown_beat();
    drag(&mut window, 700.0);
    let second = window.shown_beat();
    assert!(second < first, "{second} is before {first}");
    drag(&mut window, 800.0);
    window.harness.drop_at(Pos2::new(800.0, RULER_Y));
    window.steps(2);
    assert!(window.shown_beat() > second);
    let state = window.harness.state().state();
    let x = state.viewport.x(state
        .moment(&window.host.snapshot.lock().unwrap(), at(0.0))
        .unwrap()
        .at);
    assert!(
        (x - (800.0 - 336.0)).abs() < 1.5,
        "the playhead is under the pointer: {x}"
    );
    window.press(Key::Escape);
    assert_eq!(window.playhead(), Playhead::Live);
    assert_eq!(window.harness.state().state().camera, Camera::Following);
}

#[test]
fn arrows_step_by_events_beats_and_bars() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Num1);
    window.press(Key::ArrowLeft);
    let Playhead::At(first) = window.playhead() else {
        panic!("a step goes into the past")
    };
    window.press(Key::ArrowLeft);
    window.press(Key::ArrowRight);
    assert_eq!(
        window.playhead(),
        Playhead::At(first),
        "one back and one forward"
    );
    window.press_with(Modifiers::COMMAND, Key::ArrowLeft);
    let bar = window.shown_beat();
    assert!(
        (bar / 4.0 - (bar / 4.0).round()).abs() < 1e-3,
        "a bar line: {bar}"
    );
    window.press_with(Modifiers::SHIFT, Key::ArrowLeft);
    assert!((bar - window.shown_beat() - 1.0).abs() < 1e-3);
    window.press(Key::Home);
    assert!(window.shown_beat() < 1.0);
    window.press(Key::N);
    let failure = window.shown_beat();
    assert_eq!(
        window.selected(),
        "stubborn-drummer-7",
        "the table and the score are those of the lane that failed"
    );
    window.press(Key::N);
    assert!(window.shown_beat() > failure);
    window.press_with(Modifiers::SHIFT, Key::N);
    assert_eq!(window.shown_beat(), failure);
    window.press(Key::End);
    assert!(window.shown_beat() > 162.0);
}

#[test]
fn the_past_plays_at_any_rate_in_both_directions() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Home);
    let start = window.shown_beat();
    window.press(Key::Space);
    assert!(window.harness.state().state().is_playing_back());
    window.host.pass(Duration::from_secs(5));
    window.steps(2);
    assert!(
        (window.shown_beat() - start - 8.0).abs() < 0.1,
        "5 s at 96 BPM"
    );
    window.press(Key::CloseBracket);
    assert_eq!(window.harness.state().state().rate.speed, Speed::Double);
    window.host.pass(Duration::from_secs(5));
    window.steps(2);
    assert!((window.shown_beat() - start - 24.0).abs() < 0.1);
    window.press_with(Modifiers::SHIFT, Key::G);
    let rate = window.harness.state().state().rate;
    assert_eq!(rate.direction, Direction::Backward);
    window.host.pass(Duration::from_secs(60));
    window.steps(2);
    assert!(
        matches!(window.playhead(), Playhead::At(_)),
        "it stops at the start"
    );
    assert!(window.shown_beat() <= start + 0.01);
    assert!(
        window.host.take().is_empty(),
        "the engine and the player hear nothing of it"
    );
    let replayed = window.host.replayed.lock().unwrap().clone();
    let speeds: Vec<_> = replayed
        .iter()
        .filter_map(|command| match command {
            ReplayCommand::Play { rate, .. } => Some(rate.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(speeds, ["×1", "×2", "−×2"]);
    assert!(
        matches!(replayed.last(), Some(ReplayCommand::Seek(_))),
        "silence at the end"
    );
    window.press(Key::L);
    let last = window.host.replayed.lock().unwrap().last().copied();
    assert_eq!(last, Some(ReplayCommand::Stop));
}

#[test]
fn a_range_repeats_until_it_is_told_to_stop() {
    let mut window = TestWindow::open(&concert());
    let button = |x: f32, pressed| egui::Event::PointerButton {
        pos: Pos2::new(x, RULER_Y),
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::SHIFT,
    };
    let moved = |x: f32| egui::Event::PointerMoved(Pos2::new(x, RULER_Y));
    for event in [
        egui::Event::ModifiersChanged(Modifiers::SHIFT),
        moved(700.0),
        button(700.0, true),
        moved(800.0),
        button(800.0, false),
        egui::Event::ModifiersChanged(Modifiers::NONE),
    ] {
        window.harness.event(event);
        window.harness.step();
    }
    let range = window
        .harness
        .state()
        .state()
        .range
        .expect("a range is selected");
    assert!(range.length() > Duration::from_millis(500), "{range:?}");
    assert_eq!(
        window.playhead(),
        Playhead::Live,
        "selecting does not leave live"
    );
    window.press_with(Modifiers::SHIFT, Key::L);
    assert_eq!(window.harness.state().state().repeat, Repeat::Loop);
    window.press(Key::G);
    for _ in 0..7 {
        window.host.pass(range.length() / 2);
        window.steps(1);
        let state = window.harness.state().state();
        let live = window.host.snapshot.lock().unwrap().clone();
        let here = state
            .moment(&live, fermata::stage::Host::now(&*window.host))
            .unwrap()
            .at;
        assert!(here >= range.from && here <= range.until);
    }
    assert!(window.harness.state().state().is_playing_back());
}

#[test]
fn a_shaking_hand_that_clicks_does_not_leave_live() {
    let mut window = TestWindow::open(&concert());
    window.harness.hover_at(Pos2::new(700.0, 600.0));
    window.harness.drag_at(Pos2::new(700.0, 600.0));
    window.steps(1);
    window.harness.hover_at(Pos2::new(701.0, 600.0));
    window.steps(1);
    window.harness.drop_at(Pos2::new(701.0, 600.0));
    window.steps(1);
    let state = window.harness.state().state();
    assert_eq!(
        (state.playhead.clone(), state.camera),
        (Playhead::Live, Camera::Following)
    );
}

#[test]
fn a_wheel_moves_the_playhead_a_fader_scrubs_and_pads_do_what_the_keys_do() {
    let mut window = TestWindow::open(&concert());
    let turn = |window: &mut TestWindow, action, gesture| {
        let intent = PlayheadIntent { action, gesture };
        window.host.intents.lock().unwrap().add(intent);
        window.steps(2);
    };
    turn(&mut window, PlayheadAction::Jog, Gesture::Ticks(3));
    assert_eq!(
        window.playhead(),
        Playhead::Live,
        "nothing is later than live"
    );
    let live = window.harness.state().state().viewport.clone();
    let now = fermata::stage::Host::now(&*window.host);
    turn(&mut window, PlayheadAction::Jog, Gesture::Ticks(-10));
    let visible = live.until().since(live.from);
    let Playhead::At(moment) = window.playhead() else {
        panic!("live")
    };
    assert_eq!(now.since(moment.at).as_millis(), (visible / 20).as_millis());
    turn(&mut window, PlayheadAction::Jog, Gesture::Ticks(4));
    let Playhead::At(later) = window.playhead() else {
        panic!("live")
    };
    assert_eq!(
        later.at.since(moment.at).as_millis(),
        (visible / 50).as_millis()
    );
    turn(&mut window, PlayheadAction::Scrub, Gesture::Value(0.25));
    let state = window.harness.state().state();
    let (at, view) = (state.playhead.clone(), state.viewport.clone());
    let quarter = view.time_at(view.width / 4.0);
    assert_eq!(at, Playhead::At(Moment::new(quarter)));
    // The wheel never loses the playhead.
    turn(&mut window, PlayheadAction::Jog, Gesture::Ticks(-120));
    let state = window.harness.state().state();
    let Playhead::At(moment) = &state.playhead else {
        panic!("live")
    };
    let x = state.viewport.x(moment.at);
    assert!(x >= 0.0 && x <= state.viewport.width, "{x}");

    let press = Gesture::Toggle;
    let backward = PlayheadAction::Step(Stop::Bar, Direction::Backward);
    turn(&mut window, backward, press);
    window.harness.get_by_label_contains("Playhead");
    turn(&mut window, PlayheadAction::Mark, press);
    assert!(!window.harness.state().state().markers.is_empty());
    turn(
        &mut window,
        PlayheadAction::Replay(Direction::Backward),
        press,
    );
    let Playhead::Playing(playback) = window.playhead() else {
        panic!("it does not play")
    };
    assert_eq!(playback.rate.direction, Direction::Backward);
    turn(&mut window, PlayheadAction::Loop, press);
    assert_eq!(window.harness.state().state().repeat, Repeat::Loop);
    turn(&mut window, PlayheadAction::Rerun, press);
    let sent = window.host.take();
    assert!(
        matches!(
            sent.as_slice(),
            [Command::Engine(EngineCommand::Rerun { .. })]
        ),
        "{sent:?}"
    );
    window.press(Key::Home);
    turn(&mut window, PlayheadAction::Live, Gesture::Off);
    assert!(
        matches!(window.playhead(), Playhead::At(_)),
        "releasing a pad does nothing"
    );
    turn(&mut window, PlayheadAction::Live, press);
    assert_eq!(window.playhead(), Playhead::Live);
}

#[test]
fn the_table_holds_the_whole_history_follows_the_playhead_and_shows_whole_data() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Num2);
    let drummer = window.at(2);
    let live = window.host.snapshot.lock().unwrap().clone();
    let history = &live.lane(&drummer).unwrap().history;
    let is_failure = |kind: &EventKind| matches!(kind, EventKind::TaskFailed { .. });
    let last = history
        .iter()
        .rev()
        .find(|event| !is_failure(&event.event.kind));
    let last = format!("Event {}, ", last.unwrap().event.id);
    window.harness.get_by_label_contains(&last);
    window.harness.get_by_label("Show only failed").click();
    window.steps(2);
    assert!(window.harness.query_by_label_contains(&last).is_none());
    let failed: Vec<_> = window
        .harness
        .query_all_by_label_contains("Failed, ")
        .filter(|node| {
            node.accesskit_node()
                .label()
                .is_some_and(|name| name.starts_with("Event"))
        })
        .collect();
    assert!(!failed.is_empty());
    failed[0].click();
    drop(failed);
    window.steps(2);
    window.harness.get_by_label_contains("Data of event");
    window.harness.get_by_label("Show all events").click();
    window.press(Key::Home);
    window.harness.get_by_label_contains("Event 0, ");
    assert!(
        window.harness.query_by_label_contains(&last).is_none(),
        "the table ends at the playhead"
    );
}

#[test]
fn enter_reruns_the_lane_from_the_playhead() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Enter);
    assert!(
        window.host.take().is_empty(),
        "there is no moment to rerun from"
    );
    window.press(Key::Num1);
    window.press(Key::ArrowLeft);
    window.press(Key::ArrowLeft);
    let lane = window.at(1);
    window.press(Key::Enter);
    let sent = window.host.take();
    let [
        Command::Engine(EngineCommand::Rerun {
            instance,
            run: 1,
            from,
        }),
    ] = sent.as_slice()
    else {
        panic!("{sent:?}")
    };
    let live = window.host.snapshot.lock().unwrap().clone();
    let events = live.lane(&lane).unwrap().history.len().0 as u64;
    assert_eq!((instance, from.0), (&lane, events - 2));
    assert_eq!(window.playhead(), Playhead::Live);
}
