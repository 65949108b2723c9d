//! How long it takes until a score can be played: reading and checking, importing.
//!
//! `cargo bench --bench score` measures it in some seconds. The exit code is 1 if something that is
//! required is not met; with `FERMATA_BENCH_JSON=path` the figures are written there as well.

#[path = "common/mod.rs"]
mod common;

use std::{error::Error, hint::black_box, path::Path, process::ExitCode, time::Instant};

use common::table::{Requirement::AtMost, Table};
use fermata::score::{self, import::import};
use midly::{
    Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind,
    num::{u4, u7, u15, u28},
};

/// How often each is measured.
const ROUNDS: usize = 21;
/// The notes of the file that is imported.
const NOTES: u32 = 10_000;

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

fn measure(table: &mut Table) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scores");
    let mut paths = Vec::new();
    for folder in [folder.clone(), folder.join("studies")] {
        for entry in std::fs::read_dir(folder)? {
            paths.push(entry?.path());
        }
    }
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    paths.retain(|path| !path.ends_with("setlist.yaml") && !path.ends_with("tour.yaml"));
    paths.sort();
    // What is read once for all is read before.
    score::parse("document: {}", "nothing").err();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let text = std::fs::read_to_string(&path)?;
        let millis = median(|| score::parse(&text, &name).map(|_| ()))?;
        table
            .row(format!("{name}, reading and checking"), millis, "ms")
            .value_is(AtMost(5.0));
    }
    let file = file()?;
    let millis = median(|| import(&file, "large.mid").map(|_| ()))?;
    table
        .row("10,000 notes, importing", millis, "ms")
        .value_is(AtMost(1000.0));
    let score = import(&file, "large.mid")?.score;
    let millis = median(|| score::parse(&score, "large").map(|_| ()))?;
    table.row("10,000 notes, reading and checking", millis, "ms");
    Ok(())
}

/// How many milliseconds something takes, the middle one of several times.
fn median<E>(mut act: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    let mut figures = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        black_box(act()?);
        figures.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    figures.sort_by(f64::total_cmp);
    Ok(figures.get(ROUNDS / 2).copied().unwrap_or(f64::NAN))
}

/// A file of notes on four channels, each at another place and of another length and velocity.
fn file() -> Result<Vec<u8>, Box<dyn Error>> {
    let timing = Timing::Metrical(u15::new(480));
    let mut file = Smf::new(Header::new(Format::Parallel, timing));
    for channel in 0..4 {
        let mut track = Vec::new();
        for number in 0..NOTES / 4 {
            let key = u7::new((24 + number * 7 % 80) as u8);
            for (delta, velocity) in [(number % 113, 1 + number % 127), (1 + number % 199, 0)] {
                let vel = u7::new(velocity as u8);
                track.push(TrackEvent {
                    delta: u28::new(delta),
                    kind: TrackEventKind::Midi {
                        channel: u4::new(channel),
                        message: MidiMessage::NoteOn { key, vel },
                    },
                });
            }
        }
        track.push(TrackEvent {
            delta: u28::new(0),
            kind: TrackEventKind::Meta(MetaMessage::EndOfTrack),
        });
        file.tracks.push(track);
    }
    let mut bytes = Vec::new();
    file.write_std(&mut bytes)?;
    Ok(bytes)
}
