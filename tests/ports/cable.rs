//! A cable is pulled: the piece waits or falls back, and continues in phase when the device is connected again.

use std::time::Duration;

use fermata::{
    conductor::{FaultChange, FaultTarget, PortPresence, rig::Rig},
    engine::{EventKind, Status},
    music::Message,
};
use tokio::time::sleep;

use crate::rack::{Performance, Rack, bars, perform, score};

const VOLCA: &str = "Volca:Volca MIDI 1";
/// A bar of four beats at 120 beats a minute, in milliseconds.
const BAR: u64 = 2000;

async fn seconds(n: f64) {
    sleep(Duration::from_secs_f64(n)).await;
}

/// Where in their bar notes begin that are whole bars away from the first of the piece.
fn in_phase(strikes: &[(u64, u8)], begun: u64) {
    for (at, key) in strikes {
        let beat = u64::from([60, 62, 64, 65].iter().position(|k| k == key).unwrap() as u32);
        let expected = (begun + beat * 500) % BAR;
        assert!((at % BAR).abs_diff(expected) <= 1, "{key} at {at} ms");
    }
}

#[test]
fn a_score_survives_a_pulled_cable_without_any_error_handling() {
    let rack = Rack::new();
    let volca = rack.plug(VOLCA);
    perform(rack, |performance: Performance| async move {
        let id = performance.begin(&score("Volca", &bars(6))).await;
        seconds(5.0).await;
        performance.rack.pull(VOLCA);
        let before = volca.strikes().len();
        seconds(7.0).await;
        assert_eq!(volca.strikes().len(), before, "nothing comes through");
        performance.rack.plug(VOLCA);
        let (status, failures) = performance.end(&id).await;
        assert_eq!(status, Status::Completed);
        // The lane shows each attempt, and what is missing by name.
        assert!((2..8).contains(&failures.len()), "{failures:?}");
        for (attempt, (number, why)) in failures.iter().enumerate() {
            assert_eq!(*number as usize, attempt + 1);
            assert!(
                why.starts_with("PortMissing: lead") && why.contains("Volca"),
                "{why}"
            );
        }
        let strikes = volca.strikes();
        in_phase(&strikes, strikes[0].0);
        // The note that was under way when the cable was pulled may be lost, no other.
        assert!(strikes.len() >= 23, "{}", strikes.len());
        assert!(performance.synth.strikes().is_empty());
        assert!(volca.is_silent());
    });
}

#[test]
fn with_a_fallback_port_the_piece_continues_there_and_returns() {
    let rack = Rack::new();
    let volca = rack.plug(VOLCA);
    perform(rack, |performance: Performance| async move {
        let mut news = performance.conductor.port_changes();
        let id = performance.begin(&score("[Volca, synth]", &bars(8))).await;
        seconds(5.0).await;
        performance.rack.pull(VOLCA);
        seconds(4.0).await;
        performance.rack.plug(VOLCA);
        let (status, failures) = performance.end(&id).await;
        assert_eq!((status, failures), (Status::Completed, Vec::new()));
        let (here, there) = (volca.strikes(), performance.synth.strikes());
        assert!((7..10).contains(&there.len()), "{there:?}");
        assert!(here.len() + there.len() >= 31, "{here:?} {there:?}");
        let (first, last) = (there[0].0, there[there.len() - 1].0);
        assert!(here.iter().all(|(at, _)| *at < first || *at > last));
        assert!(here.iter().any(|(at, _)| *at > last), "it returns");
        in_phase(&there, here[0].0);
        in_phase(&here, here[0].0);
        let changes: Vec<_> = std::iter::from_fn(|| news.try_recv().ok()).collect();
        let presences: Vec<_> = changes.iter().map(|news| news.presence).collect();
        assert_eq!(
            presences,
            [PortPresence::Disconnected, PortPresence::Connected]
        );
        assert!(
            changes[0]
                .to_string()
                .contains("Volca MIDI 1 was disconnected"),
            "{}",
            changes[0]
        );
        let states = performance.conductor.ports();
        assert!(
            states
                .iter()
                .all(|port| port.presence == PortPresence::Connected)
        );
    });
}

#[test]
fn a_cable_that_is_pulled_on_purpose_is_like_any_other_and_back_when_the_fault_ends() {
    let rack = Rack::new();
    let volca = rack.plug(VOLCA);
    perform(rack, |performance: Performance| async move {
        let conductor = &performance.conductor;
        let id = performance.begin(&score("Volca", &bars(6))).await;
        seconds(5.0).await;
        let unplugged = FaultChange {
            outage: Some(true),
            ..FaultChange::default()
        };
        let port = |name: &str| FaultTarget::Port(name.into());
        let nobody = conductor.change_fault(&port("Minilogue"), unplugged);
        assert!(nobody.unwrap_err().to_string().contains(VOLCA));
        conductor.change_fault(&port("volca"), unplugged).unwrap();
        sleep(Duration::from_millis(10)).await;
        let before = volca.strikes().len();
        assert_eq!(conductor.ports()[1].presence, PortPresence::Disconnected);
        seconds(7.0).await;
        assert_eq!(volca.strikes().len(), before, "nothing comes through");
        assert!(volca.is_silent());
        conductor.end_faults();
        let (status, failures) = performance.end(&id).await;
        assert_eq!(status, Status::Completed);
        assert!((2..8).contains(&failures.len()), "{failures:?}");
        let injected = performance.history(&id).into_iter().all(|event| {
            !matches!(event.kind, EventKind::TaskFailed { failure, .. } if !failure.injected)
        });
        assert!(injected, "each failure is marked as injected");
        let strikes = volca.strikes();
        in_phase(&strikes, strikes[0].0);
        assert!(strikes.len() >= 23, "{}", strikes.len());
        assert!(performance.synth.strikes().is_empty());
        assert!(volca.is_silent());
    });
}

/// Loudness, a bend and a program in the first bar, then notes.
fn shaped(count: usize) -> String {
    let change = |name: &str, what: &str| {
        format!("  - {name}: {{ call: control, with: {{ instrument: lead, {what} }} }}\n")
    };
    change("loud", "cc: volume, value: 99")
        + &change("bank", "bank: 130, program: 7")
        + &change("bent", "bend: 0.5")
        + &bars(count)
}

/// All messages of the channel since the last silence, up to the first note.
fn repeated(messages: &[(u64, Message)]) -> Vec<Message> {
    let is_silence = |m: &Message| matches!(m, Message::Control(_, 64 | 120 | 123, 0));
    let last = messages.iter().rposition(|(_, m)| is_silence(m)).unwrap();
    let after = messages[last + 1..].iter().map(|(_, m)| *m);
    after
        .take_while(|m| !matches!(m, Message::NoteOn(..)))
        .filter(|m| !matches!(m, Message::NoteOff(..)))
        .collect()
}

fn shape(channel: u8) -> [Message; 5] {
    let channel = fermata::music::Channel::from_number(channel).unwrap();
    [
        Message::Control(channel, 0, 1),
        Message::Control(channel, 32, 2),
        Message::Program(channel, 7),
        Message::Control(channel, 7, 99),
        Message::Bend(channel, 12288),
    ]
}

#[test]
fn a_reconnected_device_gets_its_settings_again() {
    let rack = Rack::new();
    let volca = rack.plug(VOLCA);
    perform(rack, |performance: Performance| async move {
        let id = performance.begin(&score("Volca", &shaped(4))).await;
        seconds(3.0).await;
        performance.rack.pull(VOLCA);
        seconds(2.0).await;
        let before = volca.heard().messages.len();
        performance.rack.plug(VOLCA);
        assert_eq!(performance.end(&id).await.0, Status::Completed);
        let heard = volca.heard();
        assert_eq!(repeated(&heard.messages[before..]), shape(3));
    });
}

#[test]
fn a_device_that_was_briefly_unplugged_is_reconnected() {
    let rack = Rack::new();
    let volca = rack.plug(VOLCA);
    perform(rack, |performance: Performance| async move {
        let id = performance.begin(&score("Volca", &shaped(4))).await;
        seconds(3.0).await;
        let before = volca.heard().messages.len();
        performance.rack.blink(VOLCA);
        let (status, failures) = performance.end(&id).await;
        assert_eq!((status, failures), (Status::Completed, Vec::new()));
        assert!(volca.strikes().len() >= 15);
        let heard = volca.heard();
        assert_eq!(repeated(&heard.messages[before..]), shape(3));
    });
}

/// What a piece may set, with a pedal that is down.
fn held(count: usize) -> String {
    "  - place: { call: control, with: { instrument: lead, cc: pan, value: 20 } }\n  \
       - pedal: { call: control, with: { instrument: lead, cc: sustain, value: 127 } }\n"
        .to_owned()
        + &shaped(count)
}

/// The same as messages, in the order in which they are repeated.
fn held_shape() -> Vec<Message> {
    let channel = fermata::music::Channel::from_number(3).unwrap();
    let mut shape = shape(3).to_vec();
    shape.splice(
        4..4,
        [
            Message::Control(channel, 10, 20),
            Message::Control(channel, 64, 127),
        ],
    );
    shape
}

/// The messages before the first note that comes after `from` messages.
fn before_the_next_note(messages: &[(u64, Message)], from: usize) -> Vec<Message> {
    let all = messages[from..].iter().map(|(_, message)| *message);
    let before = all.take_while(|message| !matches!(message, Message::NoteOn(..)));
    before.collect()
}

/// The order of settings of a channel does not matter, apart from bank and program.
fn sorted(mut messages: Vec<Message>) -> Vec<Message> {
    messages.sort_by_key(|message| format!("{message:?}"));
    messages
}

#[test]
fn after_a_pause_a_device_that_was_reconnected_is_set_as_before() {
    let rack = Rack::new();
    let volca = rack.plug(VOLCA);
    perform(rack, |performance: Performance| async move {
        let engine = performance.conductor.engine();
        let id = performance.begin(&score("Volca", &held(4))).await;
        seconds(3.0).await;
        engine.suspend(&id, "pause").await.unwrap();
        seconds(1.0).await;
        performance.rack.pull(VOLCA);
        seconds(2.0).await;
        performance.rack.plug(VOLCA);
        seconds(1.0).await;
        let heard = volca.heard().messages.len();
        engine.resume(&id, "on").await.unwrap();
        assert_eq!(performance.end(&id).await.0, Status::Completed);
        let messages = volca.heard().messages.clone();
        let expected = sorted(held_shape());
        assert_eq!(sorted(before_the_next_note(&messages, heard)), expected);
        // When it was connected it got the same, but for the pedal: the pause has lifted that.
        let is_pedal = |message: &Message| matches!(message, Message::Control(_, 64, _));
        let lifted: Vec<Message> = expected.into_iter().filter(|m| !is_pedal(m)).collect();
        assert_eq!(sorted(repeated(&messages[..heard])), lifted);
    });
}

#[test]
fn after_a_pause_the_fallback_port_is_set_as_the_device_was() {
    let rack = Rack::new();
    rack.plug(VOLCA);
    perform(rack, |performance: Performance| async move {
        let engine = performance.conductor.engine();
        let id = performance.begin(&score("[Volca, synth]", &held(4))).await;
        seconds(3.0).await;
        engine.suspend(&id, "pause").await.unwrap();
        seconds(1.0).await;
        performance.rack.pull(VOLCA);
        seconds(1.0).await;
        engine.resume(&id, "on").await.unwrap();
        assert_eq!(performance.end(&id).await.0, Status::Completed);
        let messages = performance.synth.heard().messages.clone();
        let before = before_the_next_note(&messages, 0);
        for message in held_shape() {
            assert!(before.contains(&message), "{message:?} in {before:?}");
        }
    });
}

#[test]
fn a_fallback_port_gets_the_settings_of_the_device() {
    let rack = Rack::new();
    rack.plug(VOLCA);
    perform(rack, |performance: Performance| async move {
        let id = performance
            .begin(&score("[Volca, synth]", &shaped(4)))
            .await;
        seconds(3.0).await;
        performance.rack.pull(VOLCA);
        assert_eq!(performance.end(&id).await.0, Status::Completed);
        let heard = performance.synth.heard();
        let notes = |m: &Message| matches!(m, Message::NoteOn(..) | Message::NoteOff(..));
        let first = heard.messages.iter().position(|(_, m)| notes(m)).unwrap();
        let before: Vec<_> = heard.messages[..first].iter().map(|(_, m)| *m).collect();
        assert!(before.ends_with(&shape(3)), "{before:?}");
    });
}

#[test]
fn a_try_in_the_score_overrides_the_default_retry() {
    let rack = Rack::new();
    rack.plug(VOLCA);
    perform(rack, |performance: Performance| async move {
        let tasks = "  - phrase:\n      try:\n        - line: { call: play, with: { instrument: lead, \
                     pattern: \"c4 d4\" } }\n      catch:\n        do:\n          - other: { set: { \
                     heard: no } }\n";
        let id = performance.begin(&score("Nord", tasks)).await;
        let (status, failures) = performance.end(&id).await;
        assert_eq!(status, Status::Completed);
        assert_eq!(failures.len(), 1, "{failures:?}");
        assert!(failures[0].1.contains("(connected: Volca"), "{failures:?}");
    });
}

#[test]
fn a_device_that_never_appears_is_named_in_the_error() {
    let rack = Rack::new();
    perform(rack, |performance: Performance| async move {
        let begun = tokio::time::Instant::now();
        let id = performance.begin(&score("Nord", &bars(1))).await;
        let (status, failures) = performance.end(&id).await;
        assert_eq!(status, Status::Failed);
        let waited = begun.elapsed().as_secs();
        assert!((100..140).contains(&waited), "{waited} s");
        let (_, why) = failures.last().unwrap();
        assert!(
            why.contains("\"Nord\" is not connected") && why.contains("synth"),
            "{why}"
        );
    });
}

#[test]
fn the_rig_maps_channels_of_a_device() {
    let rack = Rack::new();
    let volca = rack.plug(VOLCA);
    perform(rack, |performance: Performance| async move {
        let rig = "[[port]]\nname = \"volca\"\nchannels = { 3 = 10 }\n";
        let rig = Rig::parse(rig, "rig.toml".as_ref()).unwrap();
        performance.conductor.set_rig(&rig).unwrap();
        let id = performance.begin(&score("Volca", &bars(1))).await;
        performance.end(&id).await;
        let heard = volca.heard();
        let notes = heard.messages.iter().filter_map(|(_, m)| match m {
            Message::NoteOn(channel, ..) | Message::Program(channel, _) => Some(channel.number()),
            _ => None,
        });
        assert_eq!(notes.collect::<Vec<_>>(), [10; 5]);
    });
}

#[test]
fn a_reconnected_device_gets_the_clock_again() {
    use fermata::music::ClockMessage;

    let rack = Rack::new();
    let volca = rack.plug(VOLCA);
    perform(rack, |performance: Performance| async move {
        // Nothing plays on it: it goes by the clock.
        let rig = "[[port]]\nname = \"volca\"\nclock = true\n";
        let rig = Rig::parse(rig, "rig.toml".as_ref()).unwrap();
        performance.conductor.set_rig(&rig).unwrap();
        let id = performance.begin(&score("synth", &bars(5))).await;
        seconds(3.0).await;
        performance.rack.pull(VOLCA);
        seconds(0.5).await;
        // The rig is saved meanwhile.
        performance.conductor.set_rig(&rig).unwrap();
        let lost = || performance.conductor.player().meters().lost;
        let lost_before = lost();
        seconds(0.5).await;
        assert_eq!(lost(), lost_before, "no clock is sent");
        let before = volca.heard().messages.len();
        performance.rack.plug(VOLCA);
        performance.end(&id).await;
        let heard = volca.heard();
        let clock = |messages: &[(u64, Message)]| -> Vec<ClockMessage> {
            let clock = messages.iter().filter_map(|(_, message)| match message {
                Message::Clock(clock) => Some(*clock),
                _ => None,
            });
            clock.collect()
        };
        assert!(clock(&heard.messages[..before]).contains(&ClockMessage::Start));
        let again = clock(&heard.messages[before..]);
        // Four seconds are eight beats: it goes on from the next of its sixteenths.
        let (ClockMessage::Position(place), ClockMessage::Continue) = (again[0], again[1]) else {
            panic!("{:?}", &again[..4]);
        };
        assert!((30..=34).contains(&place), "{place}");
        let ticks = again.iter().filter(|m| **m == ClockMessage::Tick).count();
        assert!(ticks > 200, "{ticks}");
    });
}
