//! Learn mode and the control surface.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use fermata::{
    conductor::{
        FaultChange, FaultTarget, Strip, Switch,
        control_surface::{
            ControlAction, ControlActionName, ControlIntent, Gesture, LampState, LaneTarget,
            PlayheadAction, StripTarget,
        },
    },
    engine::{InstanceId, Timestamp},
    view::{
        Bound, ClockView, Command, ControlSurfaceCommand, ControlSurfaceView, EngineCommand,
        PlayerCommand, commands, lamp_state,
    },
};

use super::{TestWindow, concert::concert, setlist};

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
fn an_action_is_mapped_and_unmapped() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    window.press_with(Modifiers::COMMAND, Key::M);
    assert_eq!(
        window.host.take(),
        [ControlSurfaceCommand::StartLearning.into()]
    );

    window.harness.get_by_label("Map Pause lane 2").click();
    window.steps(3);
    let pause = ControlAction::Pause(LaneTarget::Number(2));
    let choose = ControlSurfaceCommand::Learn(pause.clone());
    assert_eq!(window.host.take(), [choose.into()]);

    projector.control_surface(bound(&[(pause.clone(), "LPD8 note 36")]));
    *window.host.snapshot.lock().unwrap() = projector.snapshot();
    window.steps(2);
    window
        .harness
        .get_by_label("Unmap LPD8 note 36 from Pause lane 2")
        .click();
    window.steps(3);
    let forget = ControlSurfaceCommand::Unmap(pause);
    assert_eq!(window.host.take(), [forget.into()]);

    window.press(Key::Escape);
    assert_eq!(
        window.host.take(),
        [ControlSurfaceCommand::StopLearning.into()]
    );
    assert!(window.harness.query_by_label("Map Tempo").is_none());
}

#[test]
fn widgets_do_not_act_in_learn_mode() {
    let mut window = TestWindow::open(&concert());
    window.press_with(Modifiers::COMMAND, Key::M);
    window.host.take();
    window.harness.get_by_label("Map Panic").click();
    window.steps(3);
    let choose = ControlSurfaceCommand::Learn(ControlAction::Panic);
    assert_eq!(window.host.take(), [choose.into()]);
}

#[test]
fn every_mappable_action_has_a_name() {
    let mut window = TestWindow::open(&concert());
    window.press_with(Modifiers::COMMAND, Key::M);
    for name in [
        "Map Tempo",
        "Map Start or stop",
        "Map Panic",
        "Map Tap tempo",
        "Map Nudge earlier",
        "Map Pause all lanes",
        "Map Mute the selected lane",
        "Map Terminate lane 1",
        "Map Jog the playhead",
        "Map Scrub the playhead",
        "Map Return to live",
        "Map Play the past",
        "Map Play the past backward",
        "Map Next event",
        "Map Previous bar",
        "Map Next failure",
        "Map Previous marker",
        "Map Repeat the range",
        "Map Set a marker",
        "Map Rerun from here",
    ] {
        window.harness.get_by_label(name);
    }
}

/// Where learn mode offers an action.
enum Offered {
    /// In a tile or on a widget of this name.
    Tile(&'static str),
    /// Nowhere, for this reason.
    Not(&'static str),
}

fn offered(name: ControlActionName) -> Offered {
    use ControlActionName as Name;
    use Offered::{Not, Tile};
    match name {
        Name::Pause => Tile("Map Pause the selected lane"),
        Name::Terminate => Tile("Map Terminate the selected lane"),
        Name::TerminateAfterNote => Tile("Map Terminate the selected lane at the end of the note"),
        Name::TerminateAfterBar => Tile("Map Terminate the selected lane at the end of the bar"),
        Name::Cancel => Tile("Map Cancel the selected lane"),
        Name::Retry => Tile("Map Retry the selected lane"),
        Name::Cue => Tile("Map Cue the selected lane"),
        Name::Raise => Not("its event and its data have to be written in the rig"),
        Name::Mute => Tile("Map Mute the selected lane"),
        Name::Solo => Tile("Map Solo the selected lane"),
        Name::Volume => Tile("Map Volume, selected lane"),
        Name::Louder => Tile("Map Louder, selected lane"),
        Name::Softer => Tile("Map Softer, selected lane"),
        Name::ResetVolume => Tile("Map 0 dB, selected lane"),
        Name::Faults => Tile("Map Fault rate of first"),
        Name::FailNext | Name::Outage => Not("its target has to be written in the rig"),
        Name::EndFaults => Tile("Map End faults"),
        Name::Tempo => Tile("Map Tempo"),
        Name::Tap => Tile("Map Tap tempo"),
        Name::Nudge => Tile("Map Nudge earlier"),
        Name::PlayStop => Tile("Map Start or stop"),
        Name::Panic => Tile("Map Panic"),
        Name::NextPiece => Tile("Map Next piece"),
        Name::PreviousPiece => Tile("Map Previous piece"),
        Name::ResetScene => Tile("Map Reset the scene"),
        Name::Jog => Tile("Map Jog the playhead"),
        Name::Scrub => Tile("Map Scrub the playhead"),
        Name::Step => Tile("Map Next event"),
        Name::Replay => Tile("Map Play the past"),
        Name::Live => Tile("Map Return to live"),
        Name::Loop => Tile("Map Repeat the range"),
        Name::Mark => Tile("Map Set a marker"),
        Name::Rerun => Tile("Map Rerun from here"),
    }
}

/// All actions that a rig can name, as the error about a wrong name lists them.
fn all_names() -> Vec<ControlActionName> {
    let error = serde_json::from_str::<ControlActionName>("\"\"").unwrap_err();
    let error = error.to_string();
    let quoted = error.split('`').skip(3).step_by(2);
    let names = quoted.map(|name| serde_json::from_value(name.into()).unwrap());
    names.collect()
}

#[test]
fn learn_mode_offers_every_action_of_the_rig_once_or_there_is_a_reason_not_to() {
    for projector in [concert(), setlist::show()] {
        let mut window = TestWindow::open(&projector);
        window.press(Key::Num1);
        window.press_with(Modifiers::COMMAND, Key::M);
        let names = all_names();
        assert!(names.len() >= 28, "{names:?}");
        for name in names {
            match offered(name) {
                Offered::Tile(tile) => {
                    window.harness.get_by_label(tile);
                }
                Offered::Not(reason) => assert!(!reason.is_empty()),
            }
        }
    }
}

#[test]
fn the_playhead_is_mapped_to_a_wheel_and_the_badge_to_a_pad() {
    let mut window = TestWindow::open(&concert());
    window.press_with(Modifiers::COMMAND, Key::M);
    window.host.take();
    for (name, action) in [
        ("Map Jog the playhead", PlayheadAction::Jog),
        ("Map Return to live", PlayheadAction::Live),
    ] {
        window.harness.get_by_label(name).click();
        window.steps(3);
        let learn = ControlSurfaceCommand::Learn(ControlAction::Playhead(action));
        assert_eq!(window.host.take(), [learn.into()]);
    }
}

#[test]
fn the_mapping_of_a_lane_that_no_longer_exists_can_be_removed() {
    let mut projector = concert();
    projector.control_surface(bound(&[(
        ControlAction::Pause(LaneTarget::Score("gone".into())),
        "LPD8 cc 1",
    )]));
    let mut window = TestWindow::open(&projector);
    window.press_with(Modifiers::COMMAND, Key::M);
    window
        .harness
        .get_by_label("Unmap LPD8 cc 1 from Pause gone");
}

#[test]
fn the_external_clock_is_shown() {
    let mut projector = concert();
    let clock = |tempo| ControlSurfaceView {
        clock: Some(ClockView {
            from: "KeyStep".into(),
            tempo,
        }),
        ..ControlSurfaceView::default()
    };
    projector.control_surface(clock(Some(120.0)));
    let mut window = TestWindow::open(&projector);
    window
        .harness
        .get_by_label_contains("The tempo and the bar position follow this clock.");
    projector.control_surface(clock(None));
    *window.host.snapshot.lock().unwrap() = projector.snapshot();
    window.steps(2);
    window
        .harness
        .get_by_label_contains("No clock is coming in; the tempo stays as it was.");
}

#[test]
fn the_selected_lane_is_sent_and_muted_by_key() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Num2);
    let second = window.at(2);
    assert_eq!(*window.host.selected.lock().unwrap(), Some(second.clone()));
    window.press(Key::X);
    let mute = PlayerCommand::Mute(Strip::Lane(second), Switch::Toggle);
    assert_eq!(window.host.take(), [mute.into()]);
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
fn a_pad_targets_a_lane_by_number_selection_or_score() {
    let pause = |whom| meant(ControlAction::Pause(whom), Gesture::Toggle);
    assert_eq!(
        pause(LaneTarget::Number(1)),
        [EngineCommand::Suspend(lane(1)).into()]
    );
    assert_eq!(
        pause(LaneTarget::Selected),
        [EngineCommand::Suspend(lane(2)).into()]
    );
    assert_eq!(pause(LaneTarget::Number(99)), []);
    let drummer = LaneTarget::Score("stubborn-drummer".into());
    assert_eq!(pause(drummer), [EngineCommand::Suspend(lane(2)).into()]);
    assert_eq!(pause(LaneTarget::All), [EngineCommand::SuspendAll.into()]);
}

#[test]
fn a_momentary_pad_turns_on_and_off() {
    let pause = |gesture| meant(ControlAction::Pause(LaneTarget::Number(1)), gesture);
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
fn faders_and_taps_carry_values() {
    assert_eq!(
        meant(ControlAction::Tempo, Gesture::Value(99.0)),
        [PlayerCommand::SetTempo(99.0).into()]
    );
    let bass = || FaultTarget::Instrument("bass".into());
    let faults = meant(ControlAction::Faults(bass()), Gesture::Value(0.5));
    assert_eq!(
        faults,
        [PlayerCommand::ChangeFault(
            FaultTarget::Instrument("bass".into()),
            FaultChange::rate(0.5)
        )
        .into()]
    );
    let change = |target: FaultTarget, change| PlayerCommand::ChangeFault(target, change).into();
    let payment = || FaultTarget::Service("payment".into());
    for (gesture, outage) in [
        (Gesture::Toggle, true),
        (Gesture::On, true),
        (Gesture::Off, false),
    ] {
        let outage = FaultChange {
            outage: Some(outage),
            ..FaultChange::default()
        };
        let meant = meant(ControlAction::Outage(payment()), gesture);
        assert_eq!(meant, [change(payment(), outage)]);
    }
    let next = FaultChange {
        fail_next: Some(1),
        ..FaultChange::default()
    };
    let meant_next = meant(ControlAction::FailNext(bass()), Gesture::On);
    assert_eq!(meant_next, [change(bass(), next)]);
    assert_eq!(meant(ControlAction::FailNext(bass()), Gesture::Off), []);
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
fn lamps_show_the_state_of_a_lane() {
    let snapshot = concert().snapshot();
    let of = |id: &str| {
        let number = snapshot.numbers.of(&InstanceId::new(id).unwrap()).unwrap();
        lamp_state(
            &ControlAction::Pause(LaneTarget::Number(number)),
            &snapshot,
            None,
        )
    };
    assert_eq!(of("stubborn-drummer-7"), Some(LampState::On));
    assert_eq!(of("prelude-4"), Some(LampState::Paused));
    assert_eq!(of("call-and-response-2"), Some(LampState::Waiting));
    assert_eq!(
        lamp_state(&ControlAction::PlayStop, &snapshot, None),
        Some(LampState::On)
    );
    let mute = ControlAction::Mute(StripTarget::Lane(LaneTarget::Number(1)));
    assert_eq!(lamp_state(&mute, &snapshot, None), Some(LampState::Off));
    assert_eq!(lamp_state(&ControlAction::Tempo, &snapshot, None), None);
}
