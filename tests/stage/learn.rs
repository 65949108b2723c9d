//! Learning what pads, faders and keys do.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use fermata::{
    conductor::{
        self, Switch,
        control_surface::{ControlAction, ControlIntent, Gesture, Glow, LaneTarget, Strip},
    },
    engine::{InstanceId, Timestamp},
    view::{Bound, ClockView, Command, ControlSurfaceView, Learn, commands, glow},
};

use super::{Hall, concert::concert};

fn bound(actions: &[(ControlAction, &str)]) -> ControlSurfaceView {
    let bound = actions.iter().map(|(action, control)| Bound {
        action: action.clone(),
        control: (*control).into(),
    });
    ControlSurfaceView {
        bound: bound.collect(),
        inputs: vec!["LPD8".into()],
        clock: None,
    }
}

#[test]
fn a_control_is_chosen_bound_and_unbound() {
    let mut projector = concert();
    let mut hall = Hall::open(&projector);
    hall.press_with(Modifiers::COMMAND, Key::M);
    assert_eq!(hall.host.take(), [Command::Learn(Learn::Open)]);

    hall.harness.get_by_label("Map Pause lane 2").click();
    hall.steps(3);
    let pause = ControlAction::Pause(LaneTarget::Place(2));
    let choose = Learn::Choose(pause.clone());
    assert_eq!(hall.host.take(), [Command::Learn(choose)]);

    projector.hands(bound(&[(pause.clone(), "LPD8 note 36")]));
    *hall.host.snapshot.lock().unwrap() = projector.snapshot();
    hall.steps(2);
    hall.harness
        .get_by_label("Unmap LPD8 note 36 from Pause lane 2")
        .click();
    hall.steps(3);
    let forget = Learn::Forget(pause);
    assert_eq!(hall.host.take(), [Command::Learn(forget)]);

    hall.press(Key::Escape);
    assert_eq!(hall.host.take(), [Command::Learn(Learn::Close)]);
    assert!(hall.harness.query_by_label("Map Tempo").is_none());
}

#[test]
fn nothing_on_the_stage_acts_while_it_is_learned() {
    let mut hall = Hall::open(&concert());
    hall.press_with(Modifiers::COMMAND, Key::M);
    hall.host.take();
    hall.harness.get_by_label("Map Panic").click();
    hall.steps(3);
    let choose = Learn::Choose(ControlAction::Panic);
    assert_eq!(hall.host.take(), [Command::Learn(choose)]);
}

#[test]
fn everything_that_can_be_learned_has_a_name() {
    let mut hall = Hall::open(&concert());
    hall.press_with(Modifiers::COMMAND, Key::M);
    for name in [
        "Map Tempo",
        "Map Start or stop",
        "Map Panic",
        "Map Tap tempo",
        "Map Nudge earlier",
        "Map Pause every lane",
        "Map Mute the selected lane",
        "Map Terminate lane 1",
    ] {
        hall.harness.get_by_label(name);
    }
}

#[test]
fn what_is_bound_to_a_lane_that_is_gone_can_be_unbound() {
    let mut projector = concert();
    projector.hands(bound(&[(
        ControlAction::Pause(LaneTarget::Score("gone".into())),
        "LPD8 cc 1",
    )]));
    let mut hall = Hall::open(&projector);
    hall.press_with(Modifiers::COMMAND, Key::M);
    hall.harness.get_by_label("Unmap LPD8 cc 1 from Pause gone");
}

#[test]
fn the_clock_that_is_followed_is_shown() {
    let mut projector = concert();
    let clock = |tempo| ControlSurfaceView {
        clock: Some(ClockView {
            from: "KeyStep".into(),
            tempo,
        }),
        ..ControlSurfaceView::default()
    };
    projector.hands(clock(Some(120.0)));
    let mut hall = Hall::open(&projector);
    hall.harness
        .get_by_label("The tempo and the bar position follow this clock.");
    projector.hands(clock(None));
    *hall.host.snapshot.lock().unwrap() = projector.snapshot();
    hall.steps(2);
    hall.harness
        .get_by_label("No clock is coming in; the tempo stays as it was.");
}

#[test]
fn the_selected_lane_is_told_and_muted_by_its_key() {
    let mut hall = Hall::open(&concert());
    hall.press(Key::Num2);
    let second = hall.at(2);
    assert_eq!(*hall.host.selected.lock().unwrap(), Some(second.clone()));
    hall.press(Key::X);
    let mute = Command::Mute(conductor::Strip::Lane(second), Switch::Over);
    assert_eq!(hall.host.take(), [mute]);
}

/// What wishes mean in the made-up concert, with the second lane selected.
fn meant(action: ControlAction, gesture: Gesture) -> Vec<Command> {
    let snapshot = concert().snapshot();
    let selected = snapshot.lanes[1].id.clone();
    let wish = ControlIntent { action, gesture };
    commands(&wish, Timestamp(5), &snapshot, Some(&selected))
}

fn lane(digit: usize) -> InstanceId {
    concert().snapshot().lanes[digit - 1].id.clone()
}

#[test]
fn a_pad_means_the_lane_at_its_place_the_selected_one_or_that_of_a_score() {
    let pause = |whom| meant(ControlAction::Pause(whom), Gesture::Toggle);
    assert_eq!(pause(LaneTarget::Place(1)), [Command::Suspend(lane(1))]);
    assert_eq!(pause(LaneTarget::Selected), [Command::Suspend(lane(2))]);
    assert_eq!(pause(LaneTarget::Place(99)), []);
    let drummer = LaneTarget::Score("stubborn-drummer".into());
    assert_eq!(pause(drummer), [Command::Suspend(lane(2))]);
    assert_eq!(pause(LaneTarget::All), [Command::SuspendAll]);
}

#[test]
fn a_momentary_pad_says_which_way() {
    let pause = |gesture| meant(ControlAction::Pause(LaneTarget::Place(1)), gesture);
    assert_eq!(pause(Gesture::On), [Command::Suspend(lane(1))]);
    assert_eq!(pause(Gesture::Off), [Command::Resume(lane(1))]);
    let mute = meant(
        ControlAction::Mute(Strip::Instrument("bass".into())),
        Gesture::Off,
    );
    let bass = conductor::Strip::Instrument("bass".into());
    assert_eq!(mute, [Command::Mute(bass, Switch::Off)]);
    assert_eq!(meant(ControlAction::Panic, Gesture::Off), []);
    assert_eq!(meant(ControlAction::Panic, Gesture::On), [Command::Panic]);
}

#[test]
fn faders_taps_and_nudges_say_how_much() {
    assert_eq!(
        meant(ControlAction::Tempo, Gesture::At(99.0)),
        [Command::SetTempo(99.0)]
    );
    let faults = meant(ControlAction::Faults("bass".into()), Gesture::At(0.5));
    assert_eq!(faults, [Command::Faults("bass".into(), 0.5)]);
    assert_eq!(
        meant(ControlAction::Tap, Gesture::Toggle),
        [Command::Tap(Timestamp(5))]
    );
    assert_eq!(meant(ControlAction::Play, Gesture::Toggle), [Command::Stop]);
}

#[test]
fn lamps_tell_how_a_lane_is() {
    let snapshot = concert().snapshot();
    let of = |id: &str| {
        let place = snapshot
            .lanes
            .iter()
            .position(|lane| lane.id.as_str() == id);
        let place = u8::try_from(place.unwrap() + 1).unwrap();
        glow(
            &ControlAction::Pause(LaneTarget::Place(place)),
            &snapshot,
            None,
        )
    };
    assert_eq!(of("stubborn-drummer-7"), Some(Glow::On));
    assert_eq!(of("prelude-4"), Some(Glow::Held));
    assert_eq!(of("call-and-response-2"), Some(Glow::Waiting));
    assert_eq!(glow(&ControlAction::Play, &snapshot, None), Some(Glow::On));
    let mute = ControlAction::Mute(Strip::Lane(LaneTarget::Place(1)));
    assert_eq!(glow(&mute, &snapshot, None), Some(Glow::Off));
    assert_eq!(glow(&ControlAction::Tempo, &snapshot, None), None);
}
