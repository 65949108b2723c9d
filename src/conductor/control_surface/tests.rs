//! Tests of the control surface: pads, faders and keys of real devices.

use super::*;
use crate::music::{Channel, Key, Velocity};

fn channel() -> Channel {
    Channel::from_number(1).unwrap()
}

fn key(number: u8) -> Key {
    Key::new(number).unwrap()
}

fn down(number: u8, velocity: u8) -> Message {
    Message::NoteOn(channel(), key(number), Velocity::new(velocity).unwrap())
}

fn up(number: u8) -> Message {
    Message::NoteOff(channel(), key(number))
}

fn cc(value: u8) -> Message {
    Message::Control(channel(), 21, value)
}

fn binding(control: Control, action: ControlAction) -> Binding {
    let source = Source {
        on: "LPD8".into(),
        channel: None,
        control,
    };
    Binding::learned(source, "LPD8", action)
}

fn pad(press: Press) -> ControlSurface {
    let pad = binding(Control::Note(key(36)), ControlAction::Panic);
    ControlSurface::new([Binding { press, ..pad }])
}

/// The gestures of messages at these milliseconds.
fn play(surface: &mut ControlSurface, messages: &[(u64, Message)]) -> Vec<Gesture> {
    let mut done = Vec::new();
    for (ms, message) in messages {
        let intents = surface.receive("LPD8 MIDI 1", Nanos(ms * 1_000_000), *message, |_| None);
        done.extend(intents.into_iter().map(|intent| intent.gesture));
    }
    done
}

#[test]
fn a_pad_that_bounces_is_pressed_once() {
    let bounces = [
        (0, down(36, 100)),
        (2, up(36)),
        (4, down(36, 60)),
        (7, up(36)),
        (9, down(36, 20)),
        (180, up(36)),
        (500, down(36, 90)),
        (600, up(36)),
    ];
    assert_eq!(
        play(&mut pad(Press::Toggle), &bounces),
        [Gesture::Toggle, Gesture::Toggle]
    );
}

#[test]
fn a_momentary_pad_is_on_until_its_release_has_settled() {
    let mut surface = pad(Press::Momentary);
    let bounces = [(0, down(36, 100)), (2, up(36)), (4, down(36, 60))];
    assert_eq!(play(&mut surface, &bounces), [Gesture::On]);
    assert_eq!(surface.settles_at(), None);
    assert_eq!(play(&mut surface, &[(400, up(36))]), []);
    let settles = surface.settles_at().unwrap();
    assert_eq!(settles, Nanos(430_000_000));
    assert_eq!(surface.settle(Nanos(settles.0 - 1)), []);
    assert_eq!(surface.settle(settles)[0].gesture, Gesture::Off);
    assert_eq!(surface.settles_at(), None);
}

#[test]
fn a_momentary_pad_is_released_when_its_device_is_unplugged() {
    let mut surface = pad(Press::Momentary);
    play(&mut surface, &[(0, down(36, 100))]);
    surface.lost("another device");
    assert_eq!(surface.settle(Nanos(1)), []);
    surface.lost("LPD8 MIDI 1");
    assert_eq!(surface.settle(Nanos(1))[0].gesture, Gesture::Off);
}

#[test]
fn hitting_the_neighboring_pad_does_not_press_a_pad() {
    let touches = [(0, down(36, 3)), (100, up(36)), (200, down(37, 100))];
    assert_eq!(play(&mut pad(Press::Toggle), &touches), []);
}

#[test]
fn a_pad_that_sends_no_release_still_works() {
    let presses = [(0, down(36, 100)), (300, down(36, 100)), (310, down(36, 9))];
    assert_eq!(
        play(&mut pad(Press::Toggle), &presses),
        [Gesture::Toggle, Gesture::Toggle]
    );
    let program = Control::Program(3);
    let mut surface = ControlSurface::new([binding(program, ControlAction::Panic)]);
    let changes = [
        (0, Message::Program(channel(), 3)),
        (9, Message::Program(channel(), 4)),
    ];
    assert_eq!(play(&mut surface, &changes), [Gesture::Toggle]);
}

#[test]
fn a_controller_used_as_a_button_has_hysteresis() {
    let mut surface = ControlSurface::new([binding(Control::Cc(21), ControlAction::Panic)]);
    let moves = [
        (0, cc(10)),
        (100, cc(63)),
        (200, cc(64)),
        (300, cc(63)),
        (400, cc(65)),
        (500, cc(127)),
        (600, cc(0)),
        (700, cc(127)),
    ];
    assert_eq!(
        play(&mut surface, &moves),
        [Gesture::Toggle, Gesture::Toggle]
    );
}

#[test]
fn a_binding_matches_its_device_and_channel_only() {
    let mut pad = binding(Control::Note(key(36)), ControlAction::Panic);
    pad.source.channel = Channel::from_number(2);
    let mut surface = ControlSurface::new([pad]);
    assert_eq!(play(&mut surface, &[(0, down(36, 100))]), []);
    let second = Message::NoteOn(
        Channel::from_number(2).unwrap(),
        key(36),
        Velocity::default(),
    );
    assert_eq!(surface.receive("KeyStep", Nanos(0), second, |_| None), []);
    assert_eq!(
        surface
            .receive("AKAI lpd8 mk2", Nanos(0), second, |_| None)
            .len(),
        1
    );
}

/// A tempo fader from 60 to 187: 1 BPM per step.
struct Setup {
    surface: ControlSurface,
    tempo: f64,
    now: u64,
}

impl Setup {
    fn new(tempo: f64) -> Self {
        let range = Range {
            from: 60.0,
            to: 187.0,
        };
        let fader = binding(Control::Cc(21), ControlAction::Tempo);
        Self {
            surface: ControlSurface::new([Binding { range, ..fader }]),
            tempo,
            now: 0,
        }
    }

    /// Moves the fader and returns the tempo, rounded.
    fn to(&mut self, value: u8) -> f64 {
        self.now += 1_000_000_000;
        let present = self.tempo;
        let intents = self
            .surface
            .receive("LPD8", Nanos(self.now), cc(value), |_| Some(present));
        for intent in intents {
            if let Gesture::Value(tempo) = intent.gesture {
                self.tempo = tempo;
            }
        }
        self.tempo.round()
    }
}

#[test]
fn a_fader_takes_over_where_it_meets_the_present_value() {
    let mut setup = Setup::new(120.0);
    assert_eq!(setup.to(0), 120.0);
    assert_eq!(setup.to(40), 120.0);
    assert_eq!(
        setup.to(61),
        121.0,
        "it has passed the value and takes over"
    );
    assert_eq!(setup.to(127), 187.0);
    assert_eq!(setup.to(10), 70.0);
}

#[test]
fn a_fader_stops_acting_when_the_value_is_changed_elsewhere() {
    let mut setup = Setup::new(120.0);
    setup.to(60);
    assert_eq!(setup.to(70), 130.0);
    setup.tempo = 90.0;
    assert_eq!(setup.to(72), 90.0);
    assert_eq!(setup.to(50), 90.0);
    assert_eq!(setup.to(29), 89.0);
}

#[test]
fn a_fast_fader_keeps_control_before_its_value_is_reported_back() {
    let mut setup = Setup::new(120.0);
    setup.to(60);
    let receive = |setup: &mut Setup, after: u64, value| {
        let at = Nanos(setup.now + after * 1_000_000);
        setup
            .surface
            .receive("LPD8", at, cc(value), |_| Some(120.0))
            .len()
    };
    assert_eq!(receive(&mut setup, 1, 80), 1);
    assert_eq!(receive(&mut setup, 2, 100), 1);
}

#[test]
fn a_value_out_of_range_is_met_at_the_end_of_the_fader() {
    let mut setup = Setup::new(300.0);
    assert_eq!(setup.to(60), 300.0);
    assert_eq!(setup.to(127), 187.0);
}

#[test]
fn a_control_is_named_by_device_and_number() {
    let touched = Source::touched("LPD8:LPD8 MIDI 1", down(36, 9)).unwrap();
    assert_eq!(touched.to_string(), "LPD8 note 36");
    assert!(touched.touch("LPD8:LPD8 MIDI 1", down(36, 9)).is_some());
    let fader = Source::touched("nanoKONTROL", cc(4)).unwrap();
    assert_eq!(fader.to_string(), "nanoKONTROL cc 21");
    assert_eq!(Source::touched("LPD8", up(36)), None);
}
