//! What the window costs. Painting, seeking, folding commits: egui without a window. The first picture,
//! memory and idle frames: the real program on a virtual screen, if there is one.
//!
//! `cargo bench --bench stage` measures all of it in about a minute. The exit code is 1 if something
//! that is required is not met; with `FERMATA_BENCH_JSON=path` the figures are written there as well.
//! Beside each frame stands the empty frame of the same run.

mod cluster;
#[path = "../common/mod.rs"]
mod common;
mod frames;
mod histories;
mod program;

use std::{error::Error, hint::black_box, process::ExitCode, sync::Arc, time::Instant};

use common::table::{Requirement::AtMost, Table};
use fermata::view::{Moment, Projector, Replay};
use frames::Frames;
use histories::{at, note_lane, open_activities};

fn main() -> ExitCode {
    let mut table = Table::default();
    match measure(&mut table) {
        Ok(()) => table.finish(),
        Err(error) => {
            eprintln!("it could not be measured: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The figure that 95 or 99 of a hundred did not exceed.
fn percentile(mut figures: Vec<f64>, part: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let place = ((figures.len() as f64 * part) as usize).min(figures.len().saturating_sub(1));
    figures.get(place).copied().unwrap_or(f64::NAN)
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn measure(table: &mut Table) -> Result<(), Box<dyn Error>> {
    let empty = percentile(Frames::new(&Projector::new()).times(0.0)?, 0.95);
    let painted =
        |table: &mut Table, name: &str, projector: &Projector, seconds: f64, most: f64| {
            let times = Frames::new(projector).times(seconds)?;
            table
                .row(name, percentile(times, 0.95), "ms")
                .limit(empty, "empty frame")
                .value_is(AtMost(most));
            Ok::<_, Box<dyn Error>>(())
        };
    let fifty = lanes(50, 667);
    painted(
        table,
        "50 lanes, 100,000 events, 10,000 visible: frame, p95",
        &fifty,
        100.0,
        4.0,
    )?;
    drop(fifty);
    let high = lanes(200, 167);
    let times = Frames::new(&high).in_high_window().times(80.0)?;
    table
        .row(
            "200 lanes on screen, 100,000 events, all visible: frame, p95",
            percentile(times, 0.95),
            "ms",
        )
        .limit(empty, "empty frame")
        .value_is(AtMost(6.0));
    drop(high);
    let many = lanes(5_000, 7);
    painted(table, "5,000 lanes: frame, p95", &many, 30.0, 6.0)?;
    drop(many);
    let mut wide = Projector::new();
    for commit in open_activities(10_000) {
        wide.committed(&commit);
    }
    painted(
        table,
        "10,000 open activities in one lane: frame, p95",
        &wide,
        30.0,
        6.0,
    )?;
    drop(wide);
    painted(
        table,
        "a cluster of 1,000 workflows, 64 of them lanes: frame, p95",
        &cluster::cluster(1_000),
        30.0,
        6.0,
    )?;
    let million = lanes(50, 6_667);
    painted(
        table,
        "1,000,000 events: frame, p95",
        &million,
        1_000.0,
        6.0,
    )?;
    seeking(table, &million);
    drop(million);
    commits(table);
    program::measure(table)
}

/// A projector with lanes of notes, three events each.
fn lanes(lanes: usize, notes: usize) -> Projector {
    let mut projector = Projector::new();
    for lane in 0..lanes {
        projector.committed(&note_lane(lane, notes));
    }
    projector
}

/// Jumps to moments all over a long performance.
fn seeking(table: &mut Table, projector: &Projector) {
    let live = projector.snapshot();
    let length = 6_667.0 * 0.5;
    let mut replay = Replay::default();
    let mut times = Vec::new();
    for n in 0..400u32 {
        // Steps by the golden section reach every part of it.
        let part = (f64::from(n) * 0.618_033_988_75).fract();
        let moment = Moment::new(at(part * length));
        let begin = Instant::now();
        black_box(replay.snapshot(&live, &moment));
        times.push(millis(begin));
    }
    table
        .row(
            "seek to any moment of 1,000,000 events: p99",
            percentile(times, 0.99),
            "ms",
        )
        .value_is(AtMost(16.0));
}

/// A commit of one lane among many, up to its snapshot.
fn commits(table: &mut Table) {
    let mut projector = lanes(10_000, 1);
    let mut times = Vec::new();
    for n in 0..400 {
        let commit = histories::next_note(n % 10_000, 1);
        let begin = Instant::now();
        projector.committed(&commit);
        let snapshot = projector.snapshot();
        times.push(millis(begin));
        black_box(Arc::strong_count(&snapshot));
    }
    table
        .row(
            "a commit to its snapshot, 10,000 open lanes: p95",
            percentile(times, 0.95),
            "ms",
        )
        .value_is(AtMost(1.0));
}
