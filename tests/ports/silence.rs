//! No note is left sounding, whatever happens. The device itself keeps count.

use std::time::Duration;

use fermata::engine::{Recovery, Status};
use tokio::time::sleep;

use crate::{
    rack::{Performance, Rack, bars, in_store, memory, perform, score},
    receiver::Receiver,
};

const VOLCA: &str = "Volca";

/// A chord of four bars under a pedal, which sounds while things happen.
fn chord() -> String {
    score(
        VOLCA,
        "  - pedal: { call: control, with: { instrument: lead, cc: 64, value: 127 } }\n  - long: { \
         call: play, with: { instrument: lead, pattern: \"[c4,e4,g4]\", bars: 4 } }\n  - last: { \
         call: rest, with: { bars: 4 } }\n",
    )
}

/// Lets the chord sound, does something, and looks whether the device still sounds shortly after.
fn silenced<F: Future<Output = ()>>(act: impl FnOnce(Performance, Receiver) -> F) {
    let rack = Rack::new();
    let volca = rack.plug(VOLCA);
    let device = volca.clone();
    perform(rack, |performance: Performance| async move {
        performance.begin(&chord()).await;
        sleep(Duration::from_secs(1)).await;
        assert_eq!(device.heard().down.len(), 3, "the chord sounds");
        act(performance, device).await;
        sleep(Duration::from_millis(100)).await;
    });
    assert!(volca.is_silent());
}

#[test]
fn a_panic_leaves_nothing_sounding() {
    silenced(|performance, device| async move {
        performance.conductor.player().panic().unwrap();
        sleep(Duration::from_millis(10)).await;
        assert!(device.is_silent());
    });
}

#[test]
fn the_end_of_the_program_leaves_nothing_sounding() {
    silenced(|_, _| async {});
}

#[test]
fn a_lane_that_is_terminated_leaves_nothing_sounding() {
    silenced(|performance, device| async move {
        let id = fermata::engine::InstanceId::new("a").unwrap();
        let engine = performance.conductor.engine();
        engine.terminate(&id, "enough").await.unwrap();
        sleep(Duration::from_millis(50)).await;
        assert!(device.is_silent());
    });
}

#[test]
fn a_lane_that_is_suspended_leaves_nothing_sounding() {
    silenced(|performance, device| async move {
        let id = fermata::engine::InstanceId::new("a").unwrap();
        let engine = performance.conductor.engine();
        engine.suspend(&id, "wait").await.unwrap();
        sleep(Duration::from_millis(150)).await;
        assert!(device.is_silent());
    });
}

#[test]
fn a_device_unplugged_during_a_chord_is_silenced_when_reconnected() {
    silenced(|performance, device| async move {
        performance.rack.pull(VOLCA);
        sleep(Duration::from_millis(500)).await;
        performance.rack.plug(VOLCA);
        sleep(Duration::from_millis(50)).await;
        assert!(device.is_silent(), "it had not heard the note-offs");
    });
}

#[test]
fn after_a_crash_the_device_is_silenced_before_the_piece_continues() {
    let (rack, store) = (Rack::new(), memory());
    let volca = rack.plug(VOLCA);
    let (device, first) = (volca.clone(), store.clone());
    in_store(
        rack.clone(),
        first,
        Recovery::Nothing,
        |performance: Performance| async move {
            performance.begin(&score(VOLCA, &bars(3))).await;
            sleep(Duration::from_millis(2350)).await;
            assert_eq!(device.heard().down.len(), 1, "a note sounds");
            // A process that dies sends nothing any more.
            performance.rack.pull(VOLCA);
            performance.conductor.engine().stop().await;
        },
    );
    assert_eq!(volca.heard().down.len(), 1, "it hangs");
    rack.plug(VOLCA);
    let before = volca.heard().messages.len();
    let device = volca.clone();
    in_store(
        rack,
        store,
        Recovery::OpenInstances,
        |performance: Performance| async move {
            let id = fermata::engine::InstanceId::new("a").unwrap();
            let (status, _) = performance.end(&id).await;
            assert_eq!(status, Status::Completed);
            let heard = device.heard();
            let after = &heard.messages[before..];
            let silence = fermata::music::Message::ALL_NOTES_OFF;
            let is_silence = |m: &fermata::music::Message| matches!(m, fermata::music::Message::Control(_, number, 0) if *number == silence);
            let is_note =
                |m: &fermata::music::Message| matches!(m, fermata::music::Message::NoteOn(..));
            let silenced = after.iter().filter(|(_, m)| is_silence(m)).count();
            let last = after.iter().rposition(|(_, m)| is_silence(m));
            let first = after.iter().position(|(_, m)| is_note(m));
            assert_eq!(silenced, 16, "every channel");
            assert!(last < first, "silence first");
        },
    );
    assert!(volca.is_silent());
}

#[test]
fn falling_back_leaves_nothing_sounding() {
    let rack = Rack::new();
    let volca = rack.plug(VOLCA);
    perform(rack, |performance: Performance| async move {
        let score = chord().replace("port: Volca", "port: [Nord, Volca, synth]");
        let score = score + &bars(2);
        performance.begin(&score).await;
        sleep(Duration::from_secs(9)).await;
        assert!(!volca.is_silent(), "under the pedal");
        // A better device comes: the lead moves there, and the pedal with it.
        let nord = performance.rack.plug("Nord");
        sleep(Duration::from_secs(8)).await;
        assert!(volca.is_silent() && !nord.strikes().is_empty());
        performance.conductor.player().until_silent().await;
        assert!(nord.heard().down.is_empty() && !nord.heard().held.is_empty());
    });
}
