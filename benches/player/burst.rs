//! How long ten thousand notes on one beat take at each pace.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use fermata::music::{
    Beat, Beats, Channel, Key, LatePolicy, Message, Note, Pace, PortOptions, Sent, Sink, SinkError,
    Velocity,
};
use tokio::runtime::Runtime;

use crate::{
    priority,
    table::{Requirement::AtMost, Table},
};

const NOTES: u64 = 10_000;

/// Counts notes, and stamps the last one.
#[derive(Default)]
struct Counter {
    ons: AtomicU64,
    offs: AtomicU64,
    longest: AtomicU64,
}

struct Ear(Arc<Counter>);

impl Sink for Ear {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        match message.message {
            Message::NoteOn(..) => {
                self.0.ons.fetch_add(1, Relaxed);
                let late = message.sent.since(message.due).as_nanos() as u64;
                self.0.longest.fetch_max(late, Relaxed);
            }
            Message::NoteOff(..) => {
                self.0.offs.fetch_add(1, Relaxed);
            }
            _ => {}
        }
        Ok(())
    }
}

pub fn measure(_: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    // A key that is struck again comes up first: at most two messages a note.
    for (name, pace, limit) in [
        ("unlimited", Pace::Unlimited, None),
        ("sequencer", Pace::Sequencer, Some(2.0 * NOTES as f64 / 3.0)),
        ("DIN", Pace::Din, Some(2.0 * NOTES as f64 * 0.96)),
    ] {
        let heard = burst(pace)?;
        let took = heard.longest.load(Relaxed) as f64 / 1e6;
        let row = table.row(format!("10,000 notes at once, {name}"), took, "ms");
        if let Some(limit) = limit {
            row.limit(limit, "ms, what it carries")
                .ratio_is(AtMost(1.05));
        }
        let lost = 2 * NOTES - heard.ons.load(Relaxed) - heard.offs.load(Relaxed);
        table
            .row(
                format!("10,000 notes at once, {name}: lost"),
                lost as f64,
                "",
            )
            .value_is(AtMost(0.0));
    }
    Ok(())
}

fn burst(pace: Pace) -> Result<Arc<Counter>, Box<dyn Error>> {
    let (player, _) = priority::player()?;
    let counter = Arc::new(Counter::default());
    let port = player.add_port("ear", Box::new(Ear(counter.clone())))?;
    let options = PortOptions {
        pace,
        ..PortOptions::default()
    };
    player.set_port_options(port, options)?;
    player.set_late_policy(LatePolicy::Send)?;
    for n in 0..NOTES {
        player.note(Note {
            lane: player.lane("bench"),
            source: None,
            port,
            part: player.part("bench"),
            channel: Channel::from_number((n / 128 % 16 + 1) as u8).ok_or("no channel")?,
            key: Key::new((n % 128) as u8).ok_or("no key")?,
            velocity: Velocity::default(),
            at: Beat::ZERO,
            length: Beats::whole(1),
        })?;
    }
    player.roll(Duration::from_millis(100))?;
    while !player.is_silent() {
        thread::sleep(Duration::from_millis(20));
    }
    player.shutdown()?;
    Ok(counter)
}
