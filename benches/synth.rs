//! What the built-in synth costs: the share of one core that 64 voices of a patch take.
//!
//! `cargo bench --bench synth` measures it in some seconds. The exit code is 1 if something that is
//! required is not met; with `FERMATA_BENCH_JSON=path` the figures are written there as well.

#[path = "common/mod.rs"]
mod common;

use std::{ops::RangeInclusive, process::ExitCode, time::Instant};

use common::table::{Requirement::AtMost, Table};
use fermata::music::{Channel, Key, Message, Patch, Synth, Velocity};

/// Frames a second.
const RATE: u32 = 48_000;
/// Frames of a stretch, and how many are measured for each patch.
const STRETCH: usize = 1_280;
const STRETCHES: usize = 101;
const FIRST: Channel = Channel::FIRST;

fn main() -> ExitCode {
    let mut table = Table::default();
    for patch in Patch::ALL {
        table
            .row(
                format!("64 voices of {}", patch.name()),
                cost(FIRST, patch.program(), 30..=93),
                "%",
            )
            .value_is(AtMost(10.0));
    }
    // The costliest voices: low strings have the most partials, and so have cymbals.
    let low = cost(FIRST, Patch::PIANO.program(), 24..=39);
    let crash = cost(Channel::DRUMS, 0, 49..=49);
    for (name, cost) in [("low notes of piano", low), ("strokes on the crash", crash)] {
        table
            .row(format!("64 {name}"), cost, "%")
            .value_is(AtMost(10.0));
    }
    table.finish()
}

/// The median share of a core that 64 voices on those keys take, in percent.
fn cost(channel: Channel, program: u8, keys: RangeInclusive<u8>) -> f64 {
    let mut synth = Synth::new(RATE);
    synth.handle(Message::Program(channel, program));
    let (mut left, mut right) = ([0.0; STRETCH], [0.0; STRETCH]);
    let mut shares: Vec<f64> = (0..STRETCHES)
        .map(|stretch| {
            // Struck notes decay: they are struck again, which steals the earlier ones.
            if stretch % 32 == 0 {
                for key in keys.clone().cycle().take(64).filter_map(Key::new) {
                    synth.handle(Message::NoteOn(channel, key, Velocity::default()));
                }
            }
            let begin = Instant::now();
            synth.render(&mut left, &mut right);
            begin.elapsed().as_secs_f64() * f64::from(RATE) / STRETCH as f64 * 100.0
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    shares.get(STRETCHES / 2).copied().unwrap_or(f64::NAN)
}
