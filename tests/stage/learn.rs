//! Learning what pads, faders and keys do.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use fermata::{
    conductor::{
        Strip, Switch,
        control_surface::{ControlAction, ControlIntent, Gesture, Glow, LaneTarget, StripTarget},
    },
    engine::{InstanceId, Timestamp},
    view::{
        Bound, ClockView, Command, ControlSurfaceCommand, ControlSurfaceView, EngineCommand,
        PlayerCommand, commands, glow,
    },
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
    assert_eq!(
        hall.host.take(),
        [ControlSurfaceCommand::StartLearning.into()]
    );

    hall.harness.get_by_label("Map Pause lane 2").click();
    hall.steps(3);
    let pause = ControlAction::Pause(LaneTarget::Place(2));
    let choose = ControlSurfaceCommand::Learn(pause.clone());
    assert_eq!(hall.host.take(), [choose.into()]);

    projector.control_surface(bound(&[(pause.clone(), "LPD8 note 36")]));
    *hall.host.snapshot.lock().unwrap() = projector.snapshot();
    hall.steps(2);
    hall.harness
        .get_by_label("Unmap LPD8 note 36 from Pause lane 2")
        .click();
    hall.steps(3);
    let forget = ControlSurfaceCommand::Forget(pause);
    assert_eq!(hall.host.take(), [forget.into()]);

    hall.press(Key::Escape);
    assert_eq!(
        hall.host.take(),
        [ControlSurfaceCommand::StopLearning.into()]
    );
    assert!(hall.harness.query_by_label("Map Tempo").is_none());
}

#[test]
fn nothing_on_the_stage_acts_while_it_is_learned() {
    let mut hall = Hall::open(&concert());
    hall.press_with(Modifiers::COMMAND, Key::M);
    hall.host.take();
    hall.harness.get_by_label("Map Panic").click();
    hall.steps(3);
    let choose = ControlSurfaceCommand::Learn(ControlAction::Panic);
    assert_eq!(hall.host.take(), [choose.into()]);
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
    projector.control_surface(bound(&[(
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
    projector.control_surface(clock(Some(120.0)));
    let mut hall = Hall::open(&projector);
    hall.harness
        .get_by_label("The tempo and the bar position follow this clock.");
    projector.control_surface(clock(None));
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
    let mute = PlayerCommand::Mute(Strip::Lane(second), Switch::Over);
    assert_eq!(hall.host.take(), [mute.into()]);
}

/// What intents mean in the made-up concert, with the second lane selected.
fn meant(action: ControlAction, gesture: Gesture) -> Vec<Command> {
    let snapshot = concert().snapshot();
    let selected = snapshot.lanes[1].id.clone();
    let intent = ControlIntent { action, gesture };
    commands(&intent, Timestamp(5), &snapshot, Some(&selected))
}

fn lane(digit: usize) -> InstanceId {
    concert().snapshot().lanes[digit - 1].id.clone()
}

#[test]
fn a_pad_means_the_lane_at_its_place_the_selected_one_or_that_of_a_score() {
    let pause = |whom| meant(ControlAction::Pause(whom), Gesture::Toggle);
    assert_eq!(
        pause(LaneTarget::Place(1)),
        [EngineCommand::Suspend(lane(1)).into()]
    );
    assert_eq!(
        pause(LaneTarget::Selected),
        [EngineCommand::Suspend(lane(2)).into()]
    );
    assert_eq!(pause(LaneTarget::Place(99)), []);
    let drummer = LaneTarget::Score("stubborn-drummer".into());
    assert_eq!(pause(drummer), [EngineCommand::Suspend(lane(2)).into()]);
    assert_eq!(pause(LaneTarget::All), [EngineCommand::SuspendAll.into()]);
}

#[test]
fn a_momentary_pad_says_which_way() {
    let pause = |gesture| meant(ControlAction::Pause(LaneTarget::Place(1)), gesture);
    assert_eq!(pause(Gesture::On), [EngineCommand::Suspend(lane(1)).into()]);
    assert_eq!(pause(Gesture::Off), [EngineCommand::Resume(lane(1)).into()]);
    let mute = meant(
        ControlAction::Mute(StripTarget::Instrument("bass".into())),
        Gesture::Off,
    );
    let bass = Strip::Instrument("bass".into());
    assert_eq!(mute, [PlayerCommand::Mute(bass, Switch::Off).into()]);
    assert_eq!(meant(ControlAction::Panic, Gesture::Off), []);
    assert_eq!(
        meant(ControlAction::Panic, Gesture::On),
        [PlayerCommand::Panic.into()]
    );
}

#[test]
fn faders_taps_and_nudges_say_how_much() {
    assert_eq!(
        meant(ControlAction::Tempo, Gesture::At(99.0)),
        [PlayerCommand::SetTempo(99.0).into()]
    );
    let faults = meant(ControlAction::Faults("bass".into()), Gesture::At(0.5));
    assert_eq!(
        faults,
        [PlayerCommand::SetFaults("bass".into(), 0.5).into()]
    );
    assert_eq!(
        meant(ControlAction::Tap, Gesture::Toggle),
        [PlayerCommand::Tap(Timestamp(5)).into()]
    );
    assert_eq!(
        meant(ControlAction::PlayStop, Gesture::Toggle),
        [EngineCommand::Stop.into()]
    );
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
    assert_eq!(of("prelude-4"), Some(Glow::Paused));
    assert_eq!(of("call-and-response-2"), Some(Glow::Waiting));
    assert_eq!(
        glow(&ControlAction::PlayStop, &snapshot, None),
        Some(Glow::On)
    );
    let mute = ControlAction::Mute(StripTarget::Lane(LaneTarget::Place(1)));
    assert_eq!(glow(&mute, &snapshot, None), Some(Glow::Off));
    assert_eq!(glow(&ControlAction::Tempo, &snapshot, None), None);
}
