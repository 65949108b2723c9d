//! The player in real time: it is in time, sleeps while idle, and does not allocate while it plays.
#![cfg(feature = "instrument")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

#[path = "common/mod.rs"]
mod common;

use common::sleeper::Sleeper;

use fermata::music::{
    Beat, Beats, Channel, ClockOut, Journal, Key, LatePolicy, Message, MusicError, Null, Offset,
    Pace, PortId, PortOptions, Recorder, Sent, Sink, SinkError, Tempo, Trace, Velocity, When,
    player::{Note, Player},
};

/// Counts allocations and deallocations of the thread that calls sinks, after its first call.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
}

fn count() {
    if WATCHED.try_with(Cell::get).unwrap_or(false) {
        ALLOCATIONS.fetch_add(1, SeqCst);
    }
}

// SAFETY: everything is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count();
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The tests measure the machine: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// A port that keeps nothing, and watches the thread that it is called on.
#[derive(Default)]
struct Ear {
    heard: Arc<AtomicU64>,
    allocate: Arc<AtomicBool>,
}

impl Sink for Ear {
    fn send(&mut self, _: &Sent) -> Result<(), SinkError> {
        WATCHED.set(thread::current().name() == Some("fermata-player"));
        self.heard.fetch_add(1, SeqCst);
        if self.allocate.load(SeqCst) {
            drop(std::hint::black_box(Box::new(1)));
        }
        Ok(())
    }
}

struct Setup {
    player: Player,
    port: PortId,
    heard: Arc<AtomicU64>,
    allocate: Arc<AtomicBool>,
}

impl Setup {
    fn open(journal: Journal) -> Self {
        let player = Player::start(journal).unwrap();
        let ear = Ear::default();
        let (heard, allocate) = (ear.heard.clone(), ear.allocate.clone());
        let port = player.add_port("ear", Box::new(ear)).unwrap();
        Self {
            player,
            port,
            heard,
            allocate,
        }
    }

    /// Another device takes over.
    fn rebind(&self) {
        let ear = Ear {
            heard: self.heard.clone(),
            allocate: self.allocate.clone(),
        };
        self.player.rebind_port(self.port, Box::new(ear)).unwrap();
    }

    fn bend(&self, port: PortId) {
        let bend = Message::Bend(Channel::DRUMS, 0);
        let part = self.player.part("part");
        self.player
            .message(port, part, bend, When::Now, None, None)
            .unwrap();
    }

    fn play(&self, number: i64, at: Beats, length: Beats) {
        let note = Note {
            lane: self.player.lane(&format!("lane {}", number % 3)),
            source: Some(number as u64),
            port: self.port,
            part: self.player.part("part"),
            channel: Channel::from_number(1).unwrap(),
            key: Key::new((number % 128) as u8).unwrap(),
            velocity: Velocity::default(),
            at: Beat(at),
            length,
        };
        self.player.note(note).unwrap();
    }

    /// Waits, without asking the player to do anything.
    fn until_silent(&self) {
        while !self.player.is_silent() {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn notes_are_sent_in_time() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let setup = Setup::open(Journal::new());
    for n in 0..200 {
        setup.play(n, Beats::new(n, 50), Beats::new(1, 100));
    }
    let sleeper = Sleeper::start();
    setup.player.roll(Duration::from_millis(60)).unwrap();
    setup.until_silent();
    let machine = sleeper.wake();
    let meters = setup.player.meters();
    println!("{}; {meters:?}; {machine:?}", setup.player.priority());
    assert_eq!((meters.sent, meters.lost), (400, 0));
    let most = Duration::from_millis(1) + 2 * machine.median;
    assert!(meters.median < most, "{meters:?}; {machine:?}");
}

#[test]
fn a_port_that_panics_ends_the_player_cleanly() {
    struct Bomb;
    impl Sink for Bomb {
        fn send(&mut self, _: &Sent) -> Result<(), SinkError> {
            panic!("a bug in a sink");
        }
    }
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let setup = Setup::open(Journal::new());
    let player = &setup.player;
    player.roll(Duration::ZERO).unwrap();
    setup.play(0, Beats::ZERO, Beats::whole(100));
    let bomb = player.add_port("bomb", Box::new(Bomb)).unwrap();
    setup.bend(bomb);
    let begun = Instant::now();
    let ended = player.shutdown();
    assert!(
        matches!(&ended, Err(MusicError::PlayerPanicked { reason }) if reason == "a bug in a sink"),
        "{ended:?}"
    );
    assert_eq!(
        setup.heard.load(SeqCst),
        2,
        "the sounding note was released"
    );
    let waited = begun.elapsed();
    assert!(
        waited < Duration::from_secs(20),
        "for a note of 50 s: {waited:?}"
    );
    assert!(player.panic().is_err());
}

#[test]
fn playing_does_not_allocate_on_the_players_thread() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::new();
    let names = journal.names();
    let trace = Trace::create(&folder.path().join("t.jsonl"), names.clone()).unwrap();
    let record = Recorder::create(&folder.path().join("t.mid"), "t", names).unwrap();
    journal.add(Box::new(trace));
    journal.add(Box::new(record));
    let setup = Setup::open(journal);
    let player = &setup.player;
    player.roll(Duration::ZERO).unwrap();
    setup.play(0, Beats::ZERO, Beats::new(1, 10));
    setup.until_silent(); // from here on the thread is watched
    ALLOCATIONS.store(0, SeqCst);
    for (round, pace) in [Pace::Unlimited, Pace::Sequencer, Pace::Din]
        .into_iter()
        .enumerate()
    {
        everything(&setup, round as i64, pace);
    }
    assert!(setup.heard.load(SeqCst) > 2000, "it did play");
    assert!(player.meters().held_back > 100, "and notes had to wait");
    assert_eq!(ALLOCATIONS.load(SeqCst), 0);
    // And the counter counts, also what else a thorough panic still sends.
    setup.allocate.store(true, SeqCst);
    setup.bend(setup.port);
    setup.until_silent();
    assert!(ALLOCATIONS.load(SeqCst) >= 2);
    setup.allocate.store(false, SeqCst);
    player.shutdown().unwrap();
}

/// All that a performer can do, at a port of some pace that gets the clock.
fn everything(setup: &Setup, round: i64, pace: Pace) {
    let player = &setup.player;
    let tempo = |bpm| Tempo::new(bpm).unwrap();
    let options = |offset| PortOptions {
        offset,
        clock: ClockOut::On,
        pace,
    };
    let later = Offset::Later(Duration::from_millis(5));
    let earlier = Offset::Earlier(Duration::from_millis(5));
    player.set_port_options(setup.port, options(later)).unwrap();
    let spare = player.add_port("spare", Box::new(Null)).unwrap();
    player.set_port_options(spare, options(earlier)).unwrap();
    let start = player.transport().position(player.now()).0;
    for n in 0..3000 {
        setup.play(n, start + Beats::new(n, 1000), Beats::new(1, 20));
    }
    player.pause_lane(player.lane("lane 1")).unwrap();
    player.release_lane(player.lane("lane 2")).unwrap();
    player.set_tempo(tempo(200.0)).unwrap();
    let at = |n| Beat(start + Beats::new(n, 4));
    let ramp: Vec<_> = (1..6).map(|n| (at(n), tempo(200.0 + n as f64))).collect();
    player.change_tempo(&ramp).unwrap();
    thread::sleep(Duration::from_millis(150));
    let policy = LatePolicy::DropAfter(Duration::from_millis(500 + round as u64));
    player.set_late_policy(policy).unwrap();
    player.nudge(later).unwrap();
    let now = player.now();
    let here = player.transport().position(now);
    player
        .sync(here + Beats::new(1, 50), now, tempo(180.0))
        .unwrap();
    setup.rebind();
    thread::sleep(Duration::from_millis(150));
    player.stop().unwrap();
    player.roll(Duration::ZERO).unwrap();
    setup.bend(setup.port);
    player.remove_port(spare).unwrap();
    player.panic().unwrap();
    player.panic().unwrap();
    setup.until_silent();
    player.stop().unwrap();
    let options = PortOptions {
        pace: Pace::Unlimited,
        ..PortOptions::default()
    };
    player.set_port_options(setup.port, options).unwrap();
    player.roll(Duration::ZERO).unwrap();
    // What is left of the panics goes before the next round.
    thread::sleep(Duration::from_millis(50));
}

#[cfg(target_os = "linux")]
#[test]
fn an_idle_player_never_wakes_up() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let setup = Setup::open(Journal::new());
    // Rolling with nothing to play is idle too.
    setup.player.roll(Duration::ZERO).unwrap();
    setup.play(0, Beats::ZERO, Beats::new(1, 10));
    setup.until_silent();
    // On a busy machine a thread may still be on its way to sleep. One that wakes again and again never
    // leaves a second free.
    let rests = || {
        let before = wake_ups();
        thread::sleep(Duration::from_secs(1));
        wake_ups() == before
    };
    assert!((0..10).any(|_| rests()), "{:?}", wake_ups());
    let before = wake_ups();
    setup.play(1, Beats::new(1, 1), Beats::new(1, 10));
    setup.until_silent();
    assert_ne!(wake_ups(), before, "the measure sees work");
}

/// Voluntary context switches of each of the player's threads, and its ticks of CPU time.
#[cfg(target_os = "linux")]
fn wake_ups() -> Vec<(String, u64, u64)> {
    let mut threads = Vec::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let folder = task.unwrap().path();
        let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap_or_default();
        let name = read("comm").trim().to_owned();
        if !name.starts_with("fermata-") {
            continue;
        }
        let status = read("status");
        let sleeps = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))
            .map_or(0, |count| count.trim().parse().unwrap());
        let ticks = read("stat")
            .rsplit(") ")
            .next()
            .map(|rest| rest.split(' ').skip(11).take(2))
            .map_or(0, |ticks| ticks.map(|t| t.parse::<u64>().unwrap()).sum());
        threads.push((name, sleeps, ticks));
    }
    threads.sort();
    assert_eq!(threads.len(), 2, "player and journal");
    threads
}
