//! Keys as they come from real keyboards: held down, on other layouts, behind panels; and what the
//! window answers.

use std::time::Duration;

use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable;
use fermata::{
    music::Offset,
    view::{Command, EngineCommand, Overlay, PlayerCommand, Playhead, ScoreId},
};

use super::{TestWindow, concert::concert, empty};

fn hold(window: &mut TestWindow, key: Key) {
    for _ in 0..40 {
        window.harness.key_down(key);
        window.steps(1);
    }
    window.harness.key_up(key);
    window.steps(1);
}

#[test]
fn a_key_that_is_held_toggles_once_and_only_steps_repeat() {
    let mut window = TestWindow::open(&concert());
    let first = window.at(1);
    hold(&mut window, Key::Space);
    assert_eq!(window.host.take(), [EngineCommand::Suspend(first).into()]);
    hold(&mut window, Key::P);
    assert_eq!(window.host.take(), [EngineCommand::Stop.into()]);
    window.harness.key_down_modifiers(Modifiers::SHIFT, Key::R);
    hold(&mut window, Key::R);
    assert_eq!(window.host.take(), [EngineCommand::StartRecording.into()]);
    hold(&mut window, Key::Period);
    let nudges = window.host.take();
    assert_eq!(nudges.len(), 40);
    let is_later =
        |c: &Command| matches!(c, Command::Player(PlayerCommand::Nudge(Offset::Later(_))));
    assert!(nudges.iter().all(is_later), "{nudges:?}");
}

#[test]
fn two_quick_digits_start_a_score_once() {
    let mut window = TestWindow::open(&empty());
    window.press(Key::S);
    let start = |id: &str| Command::from(EngineCommand::StartScore(ScoreId(id.into())));
    window.press(Key::Num3);
    window.press(Key::Num3);
    window.press(Key::S);
    let card = window.harness.get_by_label("Start Tutti");
    card.click();
    window.steps(2);
    window.press(Key::S);
    window.press(Key::Num1);
    assert_eq!(window.host.take(), [start("tutti"), start("ostinato")]);
    window.press(Key::S);
    window.press(Key::Num3);
    window.host.pass(Duration::from_millis(1100));
    window.press(Key::S);
    window.press(Key::Num3);
    assert_eq!(window.host.take(), [start("tutti"), start("tutti")]);
}

#[test]
fn at_most_three_messages_cover_the_lanes() {
    let mut projector = concert();
    for n in 1..=5 {
        projector.notice(format!("message {n}"));
    }
    let window = TestWindow::open(&projector);
    let shown = |n: u32| {
        let label = format!("message {n}");
        window.harness.query_by_label(&label).is_some()
    };
    let shown: Vec<_> = (1..=5).filter(|n| shown(*n)).collect();
    assert_eq!(shown, [3, 4, 5]);
}

#[test]
fn keys_do_not_act_behind_the_help_sheet_or_the_scores() {
    for panel in [Key::Questionmark, Key::S] {
        let mut window = TestWindow::open(&concert());
        window.press(Key::Num2);
        let selected = window.selected();
        window.press(panel);
        assert_ne!(window.harness.state().state().overlay, Overlay::None);
        for key in [
            Key::Space,
            Key::P,
            Key::C,
            Key::ArrowDown,
            Key::X,
            Key::ArrowLeft,
        ] {
            window.press(key);
        }
        window.press_with(Modifiers::SHIFT, Key::Space);
        hold(&mut window, Key::T);
        assert_eq!(window.host.take(), []);
        assert_eq!(window.selected(), selected);
        assert_eq!(window.harness.state().state().playhead, Playhead::Live);
        window.press(panel);
        window.press(Key::Space);
        assert_eq!(window.host.take().len(), 1);
    }
}

#[test]
fn the_row_of_digits_selects_lanes_on_a_french_keyboard() {
    let mut window = TestWindow::open(&concert());
    let before = window.harness.state().state().viewport.clone();
    // The keys with 6 and 4 give these signs without Shift.
    for (sign, place, lane) in [(Key::Minus, Key::Num6, 6), (Key::Quote, Key::Num4, 4)] {
        for pressed in [true, false] {
            window.harness.event(Event::Key {
                key: sign,
                physical_key: Some(place),
                pressed,
                repeat: false,
                modifiers: Modifiers::NONE,
            });
        }
        window.steps(2);
        assert_eq!(window.selected(), window.at(lane).to_string());
    }
    let after = window.harness.state().state().viewport.clone();
    assert_eq!(after.ns_per_point, before.ns_per_point, "it zoomed");
}

#[test]
fn an_arrow_selects_a_line_of_the_search_and_enter_runs_it() {
    let mut window = TestWindow::open(&concert());
    window.press_with(Modifiers::COMMAND, Key::P);
    for _ in 0..7 {
        window.press(Key::ArrowDown);
    }
    window
        .harness
        .get_by_label("Selected: Send the cue a lane is waiting for");
    let selected = window.harness.query_all_by_label_contains("Selected: ");
    assert_eq!(selected.count(), 1);
    window.press(Key::Enter);
    let commands = window.host.take();
    assert!(
        matches!(&commands[..], [Command::Engine(EngineCommand::RaiseEvent { event, .. })] if **event == *"applause"),
        "{commands:?}"
    );
    assert_eq!(window.harness.state().state().overlay, Overlay::None);
}

#[test]
fn keys_pressed_right_after_the_search_opened_are_not_lost() {
    let mut window = TestWindow::open(&concert());
    // All in one frame.
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::P);
    window.harness.key_press(Key::ArrowDown);
    window.harness.key_press(Key::ArrowDown);
    window.steps(2);
    window.harness.get_by_label_contains("Selected: Ask ");
}

#[test]
fn every_command_is_answered_for_about_a_second() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Num2);
    for (key, answer) in [
        (Key::P, "P · pausing 6 lanes…"),
        (Key::Space, "Space · pausing Drummer…"),
        (Key::C, "C · sending “applause” to Oboe…"),
        (Key::Period, ". · nudge · 5 ms later"),
        (Key::X, "X · mute · Drummer"),
        (Key::CloseBracket, "] · tempo · 97 BPM"),
    ] {
        window.press(key);
        window.harness.get_by_label(answer);
    }
    window
        .harness
        .get_by_label("Panic: silence everything")
        .click();
    window.steps(3);
    let panic = "panic · everything is silent";
    window.harness.get_by_label(panic);
    window.host.pass(Duration::from_millis(900));
    window.steps(1);
    window.harness.get_by_label(panic);
    window.host.pass(Duration::from_millis(900));
    window.steps(1);
    assert!(window.harness.query_by_label(panic).is_none());
}
