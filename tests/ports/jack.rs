//! MIDI on a JACK server without hardware: `cargo test --features jack --test ports`.
//!
//! The environment of the process selects the server, so the part that plays runs in a child process: this
//! test program again, with only the test below.

mod crash;
#[cfg(feature = "stage")]
mod setlist;

use std::{
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use fermata::{
    conductor::{
        Conductor, Direction, Looping, Outputs, PortPresence, Rate, RecordedLane, RecordedMusic,
        Secrets, Setup, Side, Speed, rig::Rig,
    },
    engine::{CrashCause, InstanceId, Limits, Recovery, Status},
    music::{Bank, Journal, Null, Player},
    score::parse,
};
use midir::{MidiInput, MidiInputConnection, os::unix::VirtualInput};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::{
    common::jack_server::{Process, ServerName},
    rack::{bars, failures, memory, score},
    receiver::Receiver,
};

/// How often it is tried: on a busy machine midir's way to JACK loses a message now and then, and the
/// server itself may stand still.
const TRIES: u32 = 3;
/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_jack_device_is_played_disappears_and_is_reconnected() {
    on_a_server("jack::in_the_child", 3 * PATIENCE);
}

/// Runs a test of this program in a child process with a server of its own. It must pass in one of some tries.
fn on_a_server(test: &str, patience: Duration) {
    let name = ServerName::reserve();
    for _ in 0..TRIES {
        let Some(server) = name.start(48_000) else {
            return;
        };
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", test])
            .env("JACK_DEFAULT_SERVER", name.as_str())
            .env("JACK_NO_START_SERVER", "1")
            .spawn();
        let end = Process(child.unwrap()).end(patience);
        if end.is_some_and(|end| end.success()) {
            return;
        }
        println!("the server said:\n{}", server.into_log());
    }
    panic!("in none of {TRIES} tries");
}

/// A device: an input that other programs can connect to.
fn device(name: &str) -> (MidiInputConnection<()>, Receiver) {
    let receiver = Receiver::default();
    let ear = receiver.clone();
    let begun = Instant::now();
    // The server may need a moment to come up.
    let input = loop {
        match MidiInput::new(name) {
            Ok(input) => break input,
            Err(error) => assert!(begun.elapsed() < PATIENCE, "no JACK server: {error}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    let take = move |_, bytes: &[u8], _: &mut ()| ear.take_bytes(0, bytes);
    let connection = input.create_virtual(name, take, ()).unwrap();
    (connection, receiver)
}

#[test]
#[ignore = "a part of the test above"]
fn in_the_child() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(show());
}

async fn show() {
    let (first, ear) = device("Volca");
    let setup = Setup {
        store: memory(),
        recovery: Recovery::Nothing,
        player: Player::start(Journal::new()).unwrap(),
        synth: Box::new(Null),
        bank: Bank::new(),
        outputs: Outputs::Midi,
        only_port: None,
        secrets: Secrets::default(),
        looping: Looping::Once,
        listening: None,
        limits: Limits::default(),
        crash: CrashCause::default(),
        remote: None,
    };
    let conductor = Conductor::start(setup).await.unwrap();
    let mut news = conductor.port_changes();
    let document = parse(&score("Volca", &bars(5)), "score").unwrap();
    let id = conductor.perform(&document, None, json!({})).await.unwrap();
    let begun = Instant::now();
    while ear.strikes().len() < 5 {
        assert!(begun.elapsed() < PATIENCE, "{:?}", ear.strikes());
        sleep(Duration::from_millis(50)).await;
    }
    let before: Vec<u8> = ear.strikes().iter().map(|(_, key)| *key).collect();
    assert!(
        before.len() > 4 && before.starts_with(&[60, 62, 64, 65, 60]),
        "{before:?}"
    );
    first.close();
    let mut next = async || {
        let news = timeout(PATIENCE, news.recv()).await;
        news.unwrap().unwrap().presence
    };
    assert_eq!(next().await, PortPresence::Disconnected);
    let (second, ear) = device("Volca");
    assert_eq!(next().await, PortPresence::Connected);
    let end = conductor.engine().until_closed(&id).await.unwrap();
    assert_eq!(end.status, Status::Completed);
    conductor.player().until_silent().await;
    sleep(Duration::from_millis(200)).await;
    let after: Vec<u8> = ear.strikes().iter().map(|(_, key)| *key).collect();
    assert!(after.ends_with(&[60, 62, 64, 65]), "{after:?}");
    assert!(ear.is_silent());
    let history = conductor.engine().archive().history(&id).unwrap();
    println!(
        "{} then {}; {:?}",
        before.len(),
        after.len(),
        failures(&history)
    );
    let live = ear.strikes().len();
    replay(&conductor, &id).await;
    assert_eq!(
        ear.strikes().len(),
        live,
        "the device of the lane is not touched"
    );
    conductor.close().await.unwrap();
    drop(second);
}

/// The rig sends the replay to a device of its own, where the whole history is heard, forward and
/// backward.
async fn replay(conductor: &Conductor, id: &InstanceId) {
    let (device, ear) = device("Microfreak");
    let bus = conductor.open_replay_bus(Player::start(Journal::new()).unwrap(), Box::new(Null));
    let bus = bus.unwrap();
    let rig = Rig::parse("[replay]\nto = \"Microfreak\"\n", Path::new("rig.toml")).unwrap();
    let begun = Instant::now();
    // The ports are listed from time to time.
    while let Err(error) = conductor.set_rig(&rig) {
        assert!(begun.elapsed() < PATIENCE, "{error}");
        sleep(Duration::from_millis(100)).await;
    }
    let history = conductor.engine().archive().export(id).unwrap();
    let music = Arc::new(RecordedMusic::of(&[history], &Bank::new()).unwrap());
    let (begin, end) = music.moments();
    let notes = music.notes().len();
    bus.set_music(&[RecordedLane {
        instance: id.clone(),
        music,
        side: Side::AsRecorded,
    }]);
    let mut heard = 0;
    for (from, direction) in [(begin, Direction::Forward), (end, Direction::Backward)] {
        let speed = Speed::Quadruple;
        bus.play(from, Rate { direction, speed });
        heard += notes;
        let begun = Instant::now();
        while ear.strikes().len() < heard {
            assert!(
                begun.elapsed() < PATIENCE,
                "{direction:?}: {:?}",
                ear.strikes()
            );
            sleep(Duration::from_millis(50)).await;
        }
    }
    bus.stop();
    sleep(Duration::from_millis(300)).await;
    assert_eq!(ear.strikes().len(), heard);
    assert!(ear.is_silent());
    drop(device);
}
