//! Learning what pads, faders and keys do.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use fermata::{
    conductor::{
        self, Switch,
        hands::{Deed, Glow, How, Strip, Whom, Wish},
    },
    engine::{InstanceId, Timestamp},
    view::{Bound, ClockView, Command, HandsView, Learn, commands, glow},
};

use super::{Hall, concert::concert};

fn bound(deeds: &[(Deed, &str)]) -> HandsView {
    let bound = deeds.iter().map(|(deed, control)| Bound {
        deed: deed.clone(),
        control: (*control).into(),
    });
    HandsView {
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

    hall.harness.get_by_label("Learn Pause lane 2").click();
    hall.steps(3);
    let pause = Deed::Pause(Whom::Place(2));
    let choose = Learn::Choose(pause.clone());
    assert_eq!(hall.host.take(), [Command::Learn(choose)]);

    projector.hands(bound(&[(pause.clone(), "LPD8 note 36")]));
    *hall.host.snapshot.lock().unwrap() = projector.snapshot();
    hall.steps(2);
    hall.harness
        .get_by_label("Unbind LPD8 note 36 from Pause lane 2")
        .click();
    hall.steps(3);
    let forget = Learn::Forget(pause);
    assert_eq!(hall.host.take(), [Command::Learn(forget)]);

    hall.press(Key::Escape);
    assert_eq!(hall.host.take(), [Command::Learn(Learn::Close)]);
    assert!(hall.harness.query_by_label("Learn Tempo").is_none());
}

#[test]
fn nothing_on_the_stage_acts_while_it_is_learned() {
    let mut hall = Hall::open(&concert());
    hall.press_with(Modifiers::COMMAND, Key::M);
    hall.host.take();
    hall.harness.get_by_label("Learn Panic").click();
    hall.steps(3);
    let choose = Learn::Choose(Deed::Panic);
    assert_eq!(hall.host.take(), [Command::Learn(choose)]);
}

#[test]
fn everything_that_can_be_learned_has_a_name() {
    let mut hall = Hall::open(&concert());
    hall.press_with(Modifiers::COMMAND, Key::M);
    for name in [
        "Learn Tempo",
        "Learn Start or stop",
        "Learn Panic",
        "Learn Tap tempo",
        "Learn Nudge earlier",
        "Learn Pause every lane",
        "Learn Mute the selected lane",
        "Learn Terminate lane 1",
    ] {
        hall.harness.get_by_label(name);
    }
}

#[test]
fn what_is_bound_to_a_lane_that_is_gone_can_be_unbound() {
    let mut projector = concert();
    projector.hands(bound(&[(
        Deed::Pause(Whom::Score("gone".into())),
        "LPD8 cc 1",
    )]));
    let mut hall = Hall::open(&projector);
    hall.press_with(Modifiers::COMMAND, Key::M);
    hall.harness
        .get_by_label("Unbind LPD8 cc 1 from Pause gone");
}

#[test]
fn the_clock_that_is_followed_is_shown() {
    let mut projector = concert();
    let clock = |tempo| HandsView {
        clock: Some(ClockView {
            from: "KeyStep".into(),
            tempo,
        }),
        ..HandsView::default()
    };
    projector.hands(clock(Some(120.0)));
    let mut hall = Hall::open(&projector);
    hall.harness
        .get_by_label("Tempo and bar follow this clock.");
    projector.hands(clock(None));
    *hall.host.snapshot.lock().unwrap() = projector.snapshot();
    hall.steps(2);
    hall.harness
        .get_by_label("The clock is not heard; the tempo stays as it was.");
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
fn meant(deed: Deed, how: How) -> Vec<Command> {
    let snapshot = concert().snapshot();
    let selected = snapshot.lanes[1].id.clone();
    let wish = Wish { deed, how };
    commands(&wish, Timestamp(5), &snapshot, Some(&selected))
}

fn lane(digit: usize) -> InstanceId {
    concert().snapshot().lanes[digit - 1].id.clone()
}

#[test]
fn a_pad_means_the_lane_at_its_place_the_selected_one_or_that_of_a_score() {
    let pause = |whom| meant(Deed::Pause(whom), How::Over);
    assert_eq!(pause(Whom::Place(1)), [Command::Suspend(lane(1))]);
    assert_eq!(pause(Whom::Selected), [Command::Suspend(lane(2))]);
    assert_eq!(pause(Whom::Place(99)), []);
    let drummer = Whom::Score("stubborn-drummer".into());
    assert_eq!(pause(drummer), [Command::Suspend(lane(2))]);
    assert_eq!(pause(Whom::All), [Command::SuspendAll]);
}

#[test]
fn a_momentary_pad_says_which_way() {
    let pause = |how| meant(Deed::Pause(Whom::Place(1)), how);
    assert_eq!(pause(How::On), [Command::Suspend(lane(1))]);
    assert_eq!(pause(How::Off), [Command::Resume(lane(1))]);
    let mute = meant(Deed::Mute(Strip::Instrument("bass".into())), How::Off);
    let bass = conductor::Strip::Instrument("bass".into());
    assert_eq!(mute, [Command::Mute(bass, Switch::Off)]);
    assert_eq!(meant(Deed::Panic, How::Off), []);
    assert_eq!(meant(Deed::Panic, How::On), [Command::Panic]);
}

#[test]
fn faders_taps_and_nudges_say_how_much() {
    assert_eq!(meant(Deed::Tempo, How::At(99.0)), [Command::SetTempo(99.0)]);
    let faults = meant(Deed::Faults("bass".into()), How::At(0.5));
    assert_eq!(faults, [Command::Faults("bass".into(), 0.5)]);
    assert_eq!(meant(Deed::Tap, How::Over), [Command::Tap(Timestamp(5))]);
    assert_eq!(meant(Deed::Play, How::Over), [Command::Stop]);
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
        glow(&Deed::Pause(Whom::Place(place)), &snapshot, None)
    };
    assert_eq!(of("stubborn-drummer-7"), Some(Glow::On));
    assert_eq!(of("prelude-4"), Some(Glow::Held));
    assert_eq!(of("call-and-response-2"), Some(Glow::Waiting));
    assert_eq!(glow(&Deed::Play, &snapshot, None), Some(Glow::On));
    let mute = Deed::Mute(Strip::Lane(Whom::Place(1)));
    assert_eq!(glow(&mute, &snapshot, None), Some(Glow::Off));
    assert_eq!(glow(&Deed::Tempo, &snapshot, None), None);
}
