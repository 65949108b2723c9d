//! No note is left sounding, whatever happens: the device itself keeps account.

use std::time::Duration;

use fermata::engine::{Recovery, Status};
use tokio::time::sleep;

use crate::{
    house::{Hall, House, bars, in_store, memory, perform, score},
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
fn silenced<F: Future<Output = ()>>(act: impl FnOnce(Hall, Receiver) -> F) {
    let house = House::new();
    let volca = house.plug(VOLCA);
    let device = volca.clone();
    perform(house, |hall: Hall| async move {
        hall.begin(&chord()).await;
        sleep(Duration::from_secs(1)).await;
        assert_eq!(device.heard().down.len(), 3, "the chord sounds");
        act(hall, device).await;
        sleep(Duration::from_millis(100)).await;
    });
    assert!(volca.is_silent());
}

#[test]
fn a_panic_leaves_nothing_sounding() {
    silenced(|hall, device| async move {
        hall.conductor.player().panic().unwrap();
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
    silenced(|hall, device| async move {
        let id = fermata::engine::InstanceId::new("a").unwrap();
        let engine = hall.conductor.engine();
        engine.terminate(&id, "enough").await.unwrap();
        sleep(Duration::from_millis(50)).await;
        assert!(device.is_silent());
    });
}

#[test]
fn a_lane_that_is_suspended_leaves_nothing_sounding() {
    silenced(|hall, device| async move {
        let id = fermata::engine::InstanceId::new("a").unwrap();
        let engine = hall.conductor.engine();
        engine.suspend(&id, "wait").await.unwrap();
        sleep(Duration::from_millis(150)).await;
        assert!(device.is_silent());
    });
}

#[test]
fn a_device_whose_cable_was_pulled_under_a_chord_is_silenced_when_it_is_back() {
    silenced(|hall, device| async move {
        hall.house.pull(VOLCA);
        sleep(Duration::from_millis(500)).await;
        hall.house.plug(VOLCA);
        sleep(Duration::from_millis(50)).await;
        assert!(device.is_silent(), "it had not heard the note-offs");
    });
}

#[test]
fn after_a_crash_the_device_is_silenced_before_the_piece_goes_on() {
    let (house, store) = (House::new(), memory());
    let volca = house.plug(VOLCA);
    let (device, first) = (volca.clone(), store.clone());
    in_store(
        house.clone(),
        first,
        Recovery::Nothing,
        |hall: Hall| async move {
            hall.begin(&score(VOLCA, &bars(3))).await;
            sleep(Duration::from_millis(2350)).await;
            assert_eq!(device.heard().down.len(), 1, "a note sounds");
            // A process that dies sends nothing any more.
            hall.house.pull(VOLCA);
            hall.conductor.engine().stop().await;
        },
    );
    assert_eq!(volca.heard().down.len(), 1, "it hangs");
    house.plug(VOLCA);
    let before = volca.heard().messages.len();
    let device = volca.clone();
    in_store(
        house,
        store,
        Recovery::OpenInstances,
        |hall: Hall| async move {
            let id = fermata::engine::InstanceId::new("a").unwrap();
            let (status, _) = hall.end(&id).await;
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
fn who_falls_back_leaves_nothing_sounding_behind() {
    let house = House::new();
    let volca = house.plug(VOLCA);
    perform(house, |hall: Hall| async move {
        let score = chord().replace("port: Volca", "port: [Nord, Volca, synth]");
        let score = score + &bars(2);
        hall.begin(&score).await;
        sleep(Duration::from_secs(9)).await;
        assert!(!volca.is_silent(), "under the pedal");
        // A better device comes: the lead moves there, and the pedal with it.
        let nord = hall.house.plug("Nord");
        sleep(Duration::from_secs(8)).await;
        assert!(volca.is_silent() && !nord.strikes().is_empty());
        hall.conductor.player().until_silent().await;
        assert!(nord.heard().down.is_empty() && !nord.heard().held.is_empty());
    });
}
