//! A real ALSA sequencer, with real programs connected. Run by `alsa-vm/run`, which boots a machine that has
//! one.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use fermata::{
    conductor::{Conductor, Looping, Outputs, PortChange, PortPresence, Secrets, Setup},
    engine::{CrashCause, InstanceId, Limits, Recovery, RedbStore, Status, Store},
    music::{
        Bank, Beat, Beats, Channel, Journal, Key, LatePolicy, MidiOut, NAME, Note, Player,
        PortWatch, Sound, Velocity, VirtualOut,
    },
    score::parse,
};
use midir::{Ignore, MidiInput};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::{
    rack::{bars, failures, memory, score},
    receiver::Receiver,
};

const NEEDED: &str = "needs an ALSA sequencer: tests/ports/alsa-vm/run";
/// The name of a receiver among ALSA's clients and ports.
const DUMP: &str = "aseqdump";
/// The working folder of the process that is killed; unset in the parent.
const PLACE: &str = "FERMATA_PORTS_PLACE";

/// `aseqdump`, which prints what it receives.
struct Dump {
    process: Child,
    receiver: Receiver,
}

impl Dump {
    /// Starts it, and waits until others see it.
    fn start() -> Self {
        let mut process = Command::new(DUMP).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let receiver = Receiver::default();
        let ear = receiver.clone();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(bytes) = bytes(&line) {
                    ear.take_bytes(0, &bytes);
                }
            }
        });
        until(|| aconnect("-l").contains("'aseqdump'"));
        Self { process, receiver }
    }

    fn keys(&self) -> Vec<u8> {
        self.receiver
            .strikes()
            .iter()
            .map(|(_, key)| *key)
            .collect()
    }
}

impl Drop for Dump {
    fn drop(&mut self) {
        // One that has ended is ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The message of a line such as ` 128:0   Note on   0, note 60, velocity 96`.
fn bytes(line: &str) -> Option<Vec<u8>> {
    let (kind, status) = [
        ("Note on", 0x90),
        ("Note off", 0x80),
        ("Control change", 0xB0),
        ("Program change", 0xC0),
    ]
    .into_iter()
    .find(|(kind, _)| line.contains(kind))?;
    let (_, values) = line.split_once(kind)?;
    let mut numbers = values
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse::<u8>().ok());
    let channel = numbers.next()?;
    Some([status | channel].into_iter().chain(numbers).collect())
}

fn aconnect(option: &str) -> String {
    let output = Command::new("aconnect").arg(option).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until a condition is true.
fn until(mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "it does not come");
        thread::sleep(Duration::from_millis(10));
    }
}

async fn conductor(store: Arc<dyn Store>, recovery: Recovery) -> Conductor {
    let player = Player::start(Journal::new()).unwrap();
    let bank = Bank::new();
    let (_, built_in) = Sound::open(player.origin().into_std(), &bank);
    let setup = Setup {
        store,
        recovery,
        player,
        synth: Box::new(built_in),
        bank,
        outputs: Outputs::Midi,
        only_port: None,
        secrets: Secrets::default(),
        looping: Looping::Once,
        listening: None,
        limits: Limits::default(),
        crash: CrashCause::default(),
        remote: None,
    };
    Conductor::start(setup).await.unwrap()
}

async fn begin(conductor: &Conductor, text: &str) -> InstanceId {
    let document = parse(text, "score").unwrap_or_else(|error| panic!("{error}"));
    let begun = conductor.perform(&document, None, json!({}));
    begun.await.unwrap()
}

async fn end(conductor: &Conductor, id: &InstanceId) -> Status {
    let end = conductor.engine().until_closed(id).await.unwrap();
    conductor.player().until_silent().await;
    sleep(Duration::from_millis(200)).await;
    end.status
}

fn in_real_time(show: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(show);
}

/// The score, played on the receiver.
fn on_dump(tasks: &str) -> String {
    score(DUMP, tasks)
}

#[test]
#[ignore = "needs an ALSA sequencer: tests/ports/alsa-vm/run"]
fn the_virtual_port_is_visible_and_can_be_connected() {
    let dump = Dump::start();
    in_real_time(async {
        let conductor = conductor(memory(), Recovery::Nothing).await;
        let seen = aconnect("-i");
        assert!(seen.contains(&format!("'{NAME}'")), "{seen}");
        let connected = Command::new("aconnect")
            .args([NAME, DUMP])
            .status()
            .unwrap();
        assert!(connected.success());
        let id = begin(&conductor, &score("synth", &bars(1))).await;
        assert_eq!(end(&conductor, &id).await, Status::Completed);
        assert_eq!(dump.keys(), [60, 62, 64, 65]);
        assert!(dump.receiver.is_silent());
        conductor.close().await.unwrap();
    });
    until(|| !aconnect("-i").contains(&format!("'{NAME}'")));
}

#[test]
#[ignore = "needs an ALSA sequencer: tests/ports/alsa-vm/run"]
fn all_notes_arrive_in_order() {
    let dump = Dump::start();
    in_real_time(async {
        let conductor = conductor(memory(), Recovery::Nothing).await;
        let run: Vec<String> = (0..32).map(|step| (40 + step).to_string()).collect();
        let tasks = format!(
            "  - run: {{ call: play, with: {{ instrument: lead, pattern: \"{}\", repeat: 4 }} }}\n",
            run.join(" ")
        );
        let id = begin(&conductor, &on_dump(&tasks)).await;
        assert_eq!(end(&conductor, &id).await, Status::Completed);
        let expected: Vec<u8> = (0..4).flat_map(|_| 40..72).collect();
        assert_eq!(dump.keys(), expected);
        assert!(dump.receiver.is_silent());
        conductor.close().await.unwrap();
    });
}

#[test]
#[ignore = "needs an ALSA sequencer: tests/ports/alsa-vm/run"]
fn a_device_that_disappears_is_noticed_and_reconnected() {
    let first = Dump::start();
    in_real_time(async {
        let conductor = conductor(memory(), Recovery::Nothing).await;
        let mut news = conductor.port_changes();
        let mut next = async || {
            let news: PortChange = news.recv().await.unwrap();
            news.presence
        };
        let id = begin(&conductor, &on_dump(&bars(5))).await;
        until(|| first.keys().len() > 4);
        let played = first.keys().len();
        drop(first);
        let gone = timeout(PATIENCE, next()).await;
        assert_eq!(gone, Ok(PortPresence::Disconnected));
        sleep(Duration::from_secs(2)).await;
        let second = Dump::start();
        let back = timeout(PATIENCE, next()).await;
        assert_eq!(back, Ok(PortPresence::Connected));
        assert_eq!(end(&conductor, &id).await, Status::Completed);
        let history = conductor.engine().archive().history(&id).unwrap();
        let failures = failures(&history);
        assert!(
            !failures.is_empty() && failures[0].1.contains("PortMissing"),
            "{failures:?}"
        );
        let rest = second.keys();
        // What was handed over and under way may be lost with the receiver.
        assert!(played + rest.len() >= 18, "{played} + {rest:?}");
        assert!(rest.ends_with(&[60, 62, 64, 65]), "{rest:?}");
        assert!(second.receiver.is_silent());
        conductor.close().await.unwrap();
    });
}

#[test]
#[ignore = "needs an ALSA sequencer: tests/ports/alsa-vm/run"]
fn disappearing_ports_are_announced_without_polling() {
    let watch = PortWatch::start();
    let names = watch.subscribe();
    let is_there = || {
        names
            .borrow()
            .outputs
            .iter()
            .any(|name| name.starts_with(DUMP))
    };
    let mut waits: Vec<Duration> = (0..7)
        .map(|_| {
            let dump = Dump::start();
            until(is_there);
            drop(dump);
            let gone = Instant::now();
            until(|| !is_there());
            gone.elapsed()
        })
        .collect();
    waits.sort();
    println!("noticed after {waits:?}");
    // Who looks every second needs half of one.
    assert!(waits[3] < Duration::from_millis(250), "{waits:?}");
}

#[test]
#[ignore = "needs an ALSA sequencer: tests/ports/alsa-vm/run"]
fn a_burst_loses_nothing() {
    let dump = Dump::start();
    let player = Player::start(Journal::new()).unwrap();
    let output = MidiOut::open(DUMP).unwrap();
    let port = player.add_port("dump", Box::new(output)).unwrap();
    for channel in Channel::all() {
        for key in 0..100 {
            let note = Note {
                lane: player.lane("burst"),
                source: None,
                port,
                part: player.part("burst"),
                channel,
                key: Key::new(key).unwrap(),
                velocity: Velocity::default(),
                at: Beat::ZERO,
                length: Beats::whole(4),
            };
            player.note(note).unwrap();
        }
    }
    // A port takes so many at once and the rest after them: none of them is too late.
    player.set_late_policy(LatePolicy::Send).unwrap();
    player.roll(Duration::from_millis(100)).unwrap();
    until(|| player.is_silent());
    until(|| dump.receiver.is_silent());
    assert_eq!(dump.keys().len(), 1600);
    player.shutdown().unwrap();
}

const CHORD: &str = "  - long: { call: play, with: { instrument: lead, pattern: \"[c4,e4,g4]\", bars: 8 } }\n  \
                     - last: { call: rest, with: { bars: 8 } }\n";

#[test]
#[ignore = "needs an ALSA sequencer: tests/ports/alsa-vm/run"]
fn nothing_is_left_sounding() {
    let dump = Dump::start();
    let sounds = |count: usize| dump.receiver.heard().down.len() == count;
    for ending in ["panic", "terminate", "suspend", "close"] {
        in_real_time(async {
            let conductor = conductor(memory(), Recovery::Nothing).await;
            let id = begin(&conductor, &on_dump(CHORD)).await;
            until(|| sounds(3));
            let engine = conductor.engine();
            match ending {
                "panic" => conductor.player().panic().unwrap(),
                "terminate" => engine.terminate(&id, "enough").await.unwrap(),
                "suspend" => engine.suspend(&id, "wait").await.unwrap(),
                _ => conductor.close().await.unwrap(),
            }
            until(|| sounds(0));
            conductor.close().await.unwrap();
        });
        println!("silent after {ending}");
    }
}

#[test]
#[ignore = "needs an ALSA sequencer: tests/ports/alsa-vm/run"]
fn notes_of_a_killed_process_are_silenced_by_the_next() {
    let dump = Dump::start();
    let folder = tempfile::tempdir().unwrap();
    let mut performer = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "alsa::the_process_that_is_killed"])
        .env(PLACE, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until(|| dump.receiver.heard().down.len() == 3);
    performer.kill().unwrap();
    performer.wait().unwrap();
    thread::sleep(Duration::from_millis(300));
    assert_eq!(dump.receiver.heard().down.len(), 3, "it hangs");
    in_real_time(async {
        let store = RedbStore::create(&folder.path().join("store.redb")).unwrap();
        let conductor = conductor(Arc::new(store), Recovery::OpenInstances).await;
        until(|| dump.receiver.is_silent());
        conductor.close().await.unwrap();
    });
}

#[test]
#[ignore = "the other process of the test above"]
fn the_process_that_is_killed() {
    let Some(place) = std::env::var_os(PLACE) else {
        return;
    };
    in_real_time(async {
        let store = RedbStore::create(&Path::new(&place).join("store.redb")).unwrap();
        let conductor = conductor(Arc::new(store), Recovery::Nothing).await;
        let id = begin(&conductor, &on_dump(CHORD)).await;
        end(&conductor, &id).await;
    });
}

#[test]
#[ignore = "needs an ALSA sequencer: tests/ports/alsa-vm/run"]
fn watching_33_inputs_opens_33_connections() {
    let heard = Arc::new(Mutex::new(0));
    let connections: Vec<_> = (0..33)
        .map(|number| {
            let mut input = MidiInput::new("test").unwrap();
            input.ignore(Ignore::None);
            let port = input.ports().remove(0);
            let heard = Arc::clone(&heard);
            let count = move |_, _: &[u8], _: &mut ()| *heard.lock().unwrap() += 1;
            input
                .connect(&port, &format!("in {number}"), count, ())
                .unwrap()
        })
        .collect();
    assert_eq!(connections.len(), 33, "{NEEDED}");
}

#[test]
#[ignore = "needs an ALSA sequencer: tests/ports/alsa-vm/run"]
fn watches_and_ports_release_their_resources() {
    let clients = || aconnect("-l").matches("client ").count();
    let before = clients();
    for _ in 0..100 {
        let watch = PortWatch::start();
        let port = VirtualOut::create().unwrap();
        let mut names = watch.subscribe();
        assert!(names.borrow_and_update().trouble.is_none());
        drop((watch, port));
        until(|| clients() <= before + 12);
    }
    until(|| clients() == before);
}
