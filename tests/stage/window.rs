//! Opens the real window on a made-up concert, for looking at it:
//! `cargo run --example stage [empty] [frozen] [small] [count]`.

mod concert;

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use fermata::{
    stage::{self, StageOptions},
    view::Projector,
};

fn main() -> Result<(), stage::StageError> {
    let asked = |word: &str| std::env::args().any(|arg| arg == word);
    let projector = match asked("empty") {
        true => {
            let mut projector = Projector::new();
            projector.scores(concert::cards());
            projector.meters(concert::meters());
            projector
        }
        false => concert::concert(),
    };
    let host = concert::FakeHost::new(projector.snapshot());
    if !asked("frozen") {
        let clock = host.clone();
        let begin = (Instant::now(), clock.now.load(Ordering::Relaxed));
        std::thread::spawn(move || {
            loop {
                let passed = begin.0.elapsed().as_nanos() as u64;
                clock.now.store(begin.1 + passed, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(4));
            }
        });
    }
    if asked("count") {
        let host = host.clone();
        std::thread::spawn(move || {
            loop {
                let before = host.looked.load(Ordering::Relaxed);
                std::thread::sleep(Duration::from_secs(1));
                let frames = host.looked.load(Ordering::Relaxed) - before;
                println!("{frames} frames in a second");
            }
        });
    }
    let size = match asked("small") {
        true => [1280.0, 720.0],
        false => [1920.0, 1080.0],
    };
    stage::run(
        host as Arc<dyn stage::Host>,
        StageOptions {
            size,
            ..StageOptions::default()
        },
    )
}
