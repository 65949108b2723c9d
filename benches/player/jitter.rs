//! How late the player sends at 1,000 messages a second, beside how late the machine wakes a bare
//! loop of the same priority.

use std::{
    error::Error,
    hint,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use fermata::music::{
    Beat, Beats, Channel, Key, Nanos, Note, Pace, Player, PortId, PortOptions, Sent, Sink,
    SinkError, Velocity,
};
use tokio::runtime::Runtime;

use crate::{
    load::Load,
    priority::{self, Rank},
    table::{Requirement::AtMost, Table},
};

/// Machine and player take turns, so that both meet the same disturbances.
const ROUNDS: usize = 5;
/// Messages in a round, a millisecond from each to the next.
const MESSAGES: usize = 2_000;
const STEP: Duration = Duration::from_millis(1);
/// Milliseconds that a note lasts: odd, and longer than anything is late. What is over before it
/// begins would end at another place than written.
const LENGTH: i64 = 201;
/// How long before they are due notes are handed over.
const AHEAD: Duration = Duration::from_millis(100);
/// The loop and the player sleep up to here before a deadline, then spin.
const SPIN: Duration = Duration::from_micros(200);
/// Nobody hears less, and no ratio of less says anything.
const LEAST: f64 = 100.0;

/// Figures of many deadlines.
struct Lateness(Vec<f64>);

impl Lateness {
    /// Microseconds that this many of a thousand do not exceed.
    fn permille(&self, part: usize) -> f64 {
        let place = (self.0.len() * part / 1000).min(self.0.len().saturating_sub(1));
        self.0.get(place).copied().unwrap_or(f64::NAN)
    }

    fn of(nanos: impl IntoIterator<Item = u64>) -> Self {
        let micros = nanos.into_iter().map(|nanos| nanos as f64 / 1e3);
        let mut micros: Vec<_> = micros.collect();
        micros.sort_by(f64::total_cmp);
        Self(micros)
    }
}

/// Stamps what it is sent.
struct Stamper {
    origin: Instant,
    stamps: Arc<Stamps>,
}

/// When each message was due, and when it came.
struct Stamps {
    next: AtomicU64,
    due: Vec<AtomicU64>,
    came: Vec<AtomicU64>,
}

impl Stamps {
    fn with_room(messages: usize) -> Self {
        let room = || (0..messages).map(|_| AtomicU64::new(0)).collect();
        Self {
            next: AtomicU64::new(0),
            due: room(),
            came: room(),
        }
    }
}

impl Sink for Stamper {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        let now = self.origin.elapsed().as_nanos() as u64;
        let place = self.stamps.next.fetch_add(1, Relaxed) as usize;
        if let (Some(due), Some(came)) = (self.stamps.due.get(place), self.stamps.came.get(place)) {
            due.store(message.due.0, Relaxed);
            came.store(now, Relaxed);
        }
        Ok(())
    }
}

/// While much else goes on.
pub fn busy(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let load = runtime.block_on(Load::begin())?;
    let start = Instant::now();
    measure("busy", table)?;
    let seconds = start.elapsed().as_secs_f64();
    let (activities, frames) = load.end(runtime)?;
    table.row(
        "busy: activities meanwhile",
        activities as f64 / seconds,
        "/s",
    );
    table.row("busy: snapshots meanwhile", frames as f64 / seconds, "/s");
    Ok(())
}

/// On a machine that does nothing else for us.
pub fn idle(_: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    measure("idle", table)
}

fn measure(group: &str, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let (player, rank) = priority::player()?;
    let stamps = Arc::new(Stamps::with_room(ROUNDS * MESSAGES));
    let port = player.add_port(
        "stamper",
        Box::new(Stamper {
            origin: player.origin().into_std(),
            stamps: stamps.clone(),
        }),
    )?;
    let pace = Pace::Unlimited;
    let options = PortOptions {
        pace,
        ..PortOptions::default()
    };
    player.set_port_options(port, options)?;
    player.roll(Duration::from_millis(10))?;
    let mut machine = Vec::new();
    let mut exact = Vec::new();
    for _ in 0..ROUNDS {
        let bare = thread::spawn(move || bare_loop(rank));
        machine.extend(bare.join().map_err(|_| "the bare loop panicked")?);
        exact.extend(play(&player, port)?);
    }
    let lost = player.meters().lost;
    player.shutdown()?;
    let read = |all: &[AtomicU64]| -> Vec<u64> { all.iter().map(|at| at.load(Relaxed)).collect() };
    let (due, came) = (read(&stamps.due), read(&stamps.came));
    let played = Lateness::of(
        due.iter()
            .zip(&came)
            .map(|(due, came)| came.saturating_sub(*due)),
    );
    report(group, table, rank, &played, &Lateness::of(machine));
    let drift = due
        .iter()
        .zip(&exact)
        .map(|(due, exact)| due.abs_diff(*exact));
    table
        .row(
            format!("{group}: drift"),
            drift.max().unwrap_or(u64::MAX) as f64,
            "ns",
        )
        .value_is(AtMost(1.0));
    let missing = due.len() as u64 - stamps.next.load(Relaxed).min(due.len() as u64);
    table
        .row(format!("{group}: lost"), (lost + missing) as f64, "")
        .value_is(AtMost(0.0));
    Ok(())
}

fn report(group: &str, table: &mut Table, rank: Rank, played: &Lateness, machine: &Lateness) {
    for (name, part) in [
        ("p50", 500),
        ("p90", 900),
        ("p99", 990),
        ("p99.9", 999),
        ("max", 1000),
    ] {
        let limit = machine.permille(part);
        let row = table.row(
            format!("{group}: lateness, {name}"),
            played.permille(part),
            "us",
        );
        row.limit(limit, "us, bare loop");
        if name == "p99" && rank == Rank::RealTime {
            row.value_is(AtMost(1_000.0));
        }
    }
    let at_least = |micros: f64| micros.max(LEAST);
    table
        .row(
            format!("{group}: p99, at least 100 us"),
            at_least(played.permille(990)),
            "us",
        )
        .limit(at_least(machine.permille(990)), "us, bare loop")
        .ratio_is(AtMost(5.0));
}

/// Sleeps until shortly before each deadline, then spins; gives how many nanoseconds late it is.
fn bare_loop(rank: Rank) -> Vec<u64> {
    priority::take(rank);
    let mut late = Vec::with_capacity(MESSAGES);
    let start = Instant::now();
    for n in 1..=MESSAGES as u32 {
        let due = start + STEP * n;
        let left = due.saturating_duration_since(Instant::now());
        thread::park_timeout(left.saturating_sub(SPIN));
        while Instant::now() < due {
            hint::spin_loop();
        }
        late.push(due.elapsed().as_nanos() as u64);
    }
    late
}

/// Hands over the notes of a round as a performance does, and waits until they have been played.
/// Gives the exact nanoseconds of their messages.
fn play(player: &Player, port: PortId) -> Result<Vec<u64>, Box<dyn Error>> {
    let transport = player.transport();
    let first = transport.position(player.now() + 2 * AHEAD).0.to_ticks(250);
    let Some(origin) = transport.instant(Beat::ZERO) else {
        return Err("the transport is stopped".into());
    };
    for n in 0..MESSAGES as i64 / 2 {
        let at = Beat(Beats::new(first + n, 250));
        let due = transport.instant(at).unwrap_or(Nanos::ZERO);
        thread::sleep(due.since(player.now() + AHEAD));
        player.note(note(player, port, (n % 128) as u8, at)?)?;
    }
    while !player.is_silent() {
        thread::sleep(Duration::from_millis(5));
    }
    // At 120 beats a minute a note each 2 ms, with its end at an odd millisecond between others.
    let place = |n: u64| origin.0 + (2 * first as u64 + n) * 1_000_000;
    let messages = (0..MESSAGES as u64 / 2).flat_map(|n| [2 * n, 2 * n + LENGTH as u64]);
    let mut exact: Vec<_> = messages.map(place).collect();
    exact.sort_unstable();
    Ok(exact)
}

fn note(player: &Player, port: PortId, key: u8, at: Beat) -> Result<Note, Box<dyn Error>> {
    Ok(Note {
        lane: player.lane("bench"),
        source: None,
        port,
        part: player.part("bench"),
        channel: Channel::from_number(1).ok_or("no channel")?,
        key: Key::new(key).ok_or("no key")?,
        velocity: Velocity::default(),
        at,
        length: Beats::new(LENGTH, 500),
    })
}
