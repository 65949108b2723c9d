//! What the window says to commands: while they are pending, once they are done, when they are rejected.

use std::time::Duration;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use fermata::{
    conductor::{
        EndAt,
        control_surface::{ControlAction, LaneTarget},
    },
    engine::InstanceId,
    view::{Command, CommandEnd, EngineCommand, GivenByControl, Projector, UiState},
};

use super::{TestWindow, concert::concert};

impl TestWindow {
    fn project(&mut self, projector: &Projector) {
        *self.host.snapshot.lock().unwrap() = projector.snapshot();
        self.steps(2);
    }

    /// Holds a key until it counts, and takes the command.
    fn hold(&mut self, modifiers: Modifiers, key: Key) -> Vec<Command> {
        self.harness.key_down_modifiers(modifiers, key);
        self.steps(1);
        self.host.pass(UiState::HOLD + Duration::from_millis(1));
        self.steps(1);
        self.harness.key_up_modifiers(modifiers, key);
        self.steps(1);
        self.host.take()
    }
}

#[test]
fn a_pause_is_pending_on_button_and_answer_until_the_engine_confirms_it() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    window.press(Key::Num1);
    window.press(Key::Space);
    window.harness.get_by_label("Space · pausing Bass…");
    window.harness.get_by_label("Pausing Bass…");
    assert!(window.harness.query_by_label("Pause Bass").is_none());
    let pause = EngineCommand::Suspend(window.at(1));
    assert_eq!(window.host.take(), [pause.clone().into()]);
    // Pressing the button again while it is pending sends nothing.
    window.harness.get_by_label("Pausing Bass…").click();
    window.steps(2);
    assert_eq!(window.host.take(), []);
    projector.outcome(pause, CommandEnd::Done);
    window.project(&projector);
    window.harness.get_by_label("Space · Bass paused");
    window.harness.get_by_label("Pause Bass");
    window.host.pass(UiState::ANSWER);
    window.steps(2);
    assert!(
        window
            .harness
            .query_by_label("Space · Bass paused")
            .is_none()
    );
}

#[test]
fn a_rejection_is_a_sentence_where_the_answer_was() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    window.harness.get_by_label("Pause Bass").click();
    window.steps(3);
    window.harness.get_by_label("pausing Bass…");
    let reason = "The store cannot be written: the disk is full.";
    let pause = EngineCommand::Suspend(window.at(1));
    projector.outcome(pause, CommandEnd::Rejected(reason.into()));
    window.project(&projector);
    window.host.pass(Duration::from_secs(5));
    window.steps(2);
    window.harness.get_by_label(reason);
}

#[test]
fn a_pad_is_answered_as_a_key_is() {
    let window = &mut TestWindow::open(&concert());
    let pause = |n| Command::from(EngineCommand::Suspend(window.at(n)));
    let commands = vec![pause(1), pause(2)];
    window.host.given.lock().unwrap().push(GivenByControl {
        action: ControlAction::Pause(LaneTarget::Score("walk".into())),
        commands,
    });
    window.steps(2);
    window.harness.get_by_label("pausing 2 lanes…");
    assert_eq!(window.host.take(), [], "the application has sent them");
}

#[test]
fn q_and_t_with_modifiers_act_when_they_are_held() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Num2);
    let lane = window.at(2);
    let note = EngineCommand::TerminateAt(lane.clone(), EndAt::Note);
    let bar = EngineCommand::TerminateAt(lane.clone(), EndAt::Bar);
    for (modifiers, key, command) in [
        (Modifiers::NONE, Key::Q, EngineCommand::Cancel(lane.clone())),
        (Modifiers::SHIFT, Key::T, note),
        (Modifiers::COMMAND, Key::T, bar),
        (Modifiers::NONE, Key::T, EngineCommand::Terminate(lane)),
    ] {
        window.press_with(modifiers, key);
        assert_eq!(window.host.take(), [], "{key:?} was only touched");
        assert_eq!(window.hold(modifiers, key), [command.into()]);
    }
}

#[test]
fn a_lane_that_ends_with_the_bar_says_so_and_plays_on_with_a_press_or_escape() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    window.press(Key::Num1);
    let bass = window.at(1);
    projector.endings([(bass.clone(), EndAt::Bar)].into());
    window.project(&projector);
    window
        .harness
        .get_by_label("Bass, Running, will be terminated at the end of the bar, ends with the bar");
    let plays_on = [Command::from(EngineCommand::PlayOn(bass))];
    window.press_with(Modifiers::COMMAND, Key::T);
    assert_eq!(window.host.take(), plays_on);
    window.press(Key::Escape);
    assert_eq!(window.host.take(), plays_on);
}

#[test]
fn y_retries_what_waits_and_says_so_when_nothing_does() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Num1);
    window.press(Key::Y);
    assert_eq!(window.host.take(), []);
    window
        .harness
        .get_by_label("Y · retry: no activity waits for an attempt");
    let lane = InstanceId::new("stubborn-drummer-7").unwrap();
    let number = (1..=7).find(|n| window.at(*n) == lane).unwrap();
    let keys = [
        Key::Num1,
        Key::Num2,
        Key::Num3,
        Key::Num4,
        Key::Num5,
        Key::Num6,
        Key::Num7,
    ];
    window.press(keys[number - 1]);
    window.press(Key::Y);
    assert_eq!(window.host.take(), [EngineCommand::RetryNow(lane).into()]);
}

#[test]
fn what_ends_a_lane_is_confirmed_in_the_palette_by_choosing_it_twice() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Num2);
    window.press_with(Modifiers::COMMAND, Key::P);
    window
        .harness
        .event(egui::Event::Text("terminate the selected lane".to_owned()));
    window.steps(2);
    window.press(Key::Enter);
    assert_eq!(window.host.take(), []);
    window
        .harness
        .get_by_label("Selected: Once more to confirm: Terminate the selected lane");
    window.press(Key::Enter);
    let ended = EngineCommand::Terminate(window.at(2));
    assert_eq!(window.host.take(), [ended.into()]);
}
