//! The state of what a performance needs, in words: clock, sound, MIDI, disk and engine, each with a remedy.

use std::sync::Arc;

use super::snapshot::{AudioView, MetersView, PortView, Snapshot, StoreView};
use crate::engine::Status;

/// Lateness above which notes count as late, in microseconds: listeners notice about 5 ms between instruments.
const LATE_US: u64 = 5_000;
/// Duration of a commit above which the disk counts as slow, in microseconds. Every step waits for one.
const SLOW_COMMIT_US: u64 = 40_000;

/// Something that a performance needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// The external clock, if the rig follows one.
    Clock,
    /// The audio device of the built-in synth.
    Sound,
    /// The MIDI ports of the open scores.
    Midi,
    /// The workers of other programs, if their workflows are served.
    Workers,
    /// The disk of the store.
    Disk,
    /// The engine.
    Engine,
}

/// Whether a need is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// It works.
    Good,
    /// It is not in use.
    Idle,
    /// It works badly, or not at all.
    Bad,
}

/// The state of one need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The need.
    pub need: Need,
    /// Whether it is met.
    pub grade: Grade,
    /// Its state in a few words.
    pub words: String,
    /// The same in one or two words, for a small window.
    pub short: &'static str,
    /// What that means, and what to do about it.
    pub detail: String,
}

/// The state of every need, in a fixed order.
pub fn health(snapshot: &Snapshot) -> Vec<Health> {
    let meters = &snapshot.meters;
    let clock = clock(snapshot);
    let others = [
        sound(meters),
        midi(&meters.ports),
        disk(snapshot),
        engine(snapshot),
    ];
    let workers = workers(snapshot);
    clock.into_iter().chain(workers).chain(others).collect()
}

impl Health {
    fn new(need: Need, grade: Grade, words: impl Into<String>, short: &'static str) -> Self {
        Self {
            need,
            grade,
            words: words.into(),
            short,
            detail: String::new(),
        }
    }

    fn because(self, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { detail, ..self }
    }
}

fn clock(snapshot: &Snapshot) -> Option<Health> {
    let clock = snapshot.control_surface.clock.as_ref()?;
    Some(match clock.tempo {
        Some(tempo) => {
            let words = format!("Synced to {}, {tempo:.1} BPM", clock.from);
            Health::new(Need::Clock, Grade::Good, words, "Synced")
                .because("The tempo and the bar position follow this clock.")
        }
        None => {
            let words = format!("No clock from {}", clock.from);
            Health::new(Need::Clock, Grade::Bad, words, "No clock").because(
                "No clock is coming in; the tempo stays as it was. Start the clock of that device, or remove \
                 `clock` from the rig.",
            )
        }
    })
}

fn workers(snapshot: &Snapshot) -> Option<Health> {
    let serving = snapshot.serving.as_ref()?;
    let address = &serving.address;
    let (grade, words) = match serving.workers {
        0 => (Grade::Idle, "No worker".to_owned()),
        1 => (Grade::Good, "1 worker".to_owned()),
        many => (Grade::Good, format!("{many} workers")),
    };
    let health = Health::new(Need::Workers, grade, words, "Workers");
    Some(health.because(format!(
        "Programs with workflows of Dapr or Durable Task connect to {address}. Without one, their workflows wait."
    )))
}

fn sound(meters: &MetersView) -> Health {
    let is = |grade, words: &str, short| Health::new(Need::Sound, grade, words, short);
    match &meters.audio {
        AudioView::Off => is(Grade::Idle, "Sound off", "Sound off")
            .because("The built-in synth is not in use: the open scores play on MIDI ports alone."),
        AudioView::On(_) if meters.late_us > LATE_US => {
            let late = meters.late_us as f64 / 1000.0;
            is(Grade::Bad, "Notes are late", "Late").because(format!(
                "Notes are {late:.0} ms late. Close other programs; `fermata doctor` measures the timing and says \
                 how to get real-time priority."
            ))
        }
        AudioView::On(device) => is(Grade::Good, "Sound on", "Sound")
            .because(format!("The built-in synth plays on {device}.")),
        AudioView::Lost(why) => is(Grade::Bad, "No sound", "No sound").because(format!(
            "The built-in synth is silent: {}. The workflows keep running. Connect an audio device or choose \
             one in the system's sound settings; `fermata doctor` checks it.",
            why.trim_end_matches('.')
        )),
    }
}

fn midi(ports: &[PortView]) -> Health {
    let is = |grade, words: String, short| Health::new(Need::Midi, grade, words, short);
    let gone: Vec<_> = ports.iter().filter(|port| !port.ok).collect();
    let names = |ports: &[&PortView]| {
        let names = ports.iter().map(|port| port.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    match (gone.as_slice(), ports) {
        ([], []) => is(Grade::Idle, "MIDI not used".to_owned(), "MIDI off")
            .because("No open score plays on a MIDI port. `fermata ports` lists what is there."),
        ([], [port]) => {
            let words = match port.waiting {
                0 => port.name.clone(),
                waiting => format!("{} ({waiting} queued)", port.name),
            };
            is(Grade::Good, words, "MIDI").because(format!("Sends MIDI to {}.", port.name))
        }
        ([], ports) => {
            let words = format!("{} MIDI ports", ports.len());
            let all: Vec<_> = ports.iter().collect();
            is(Grade::Good, words, "MIDI").because(format!("Sends MIDI to {}.", names(&all)))
        }
        (gone, _) => {
            let words = match gone {
                [port] => format!("{} is gone", port.name),
                ports => format!("{} MIDI ports are gone", ports.len()),
            };
            is(Grade::Bad, words, "No MIDI").because(format!(
                "Not connected: {}. Check that it is plugged in and switched on; it plays on as soon as it is \
                 back.",
                names(gone)
            ))
        }
    }
}

fn disk(snapshot: &Snapshot) -> Health {
    let is = |grade, words: String, short| Health::new(Need::Disk, grade, words, short);
    let commit_us = snapshot.meters.commit_us;
    let commit_ms = commit_us as f64 / 1000.0;
    match (&snapshot.trouble, snapshot.store) {
        (Some(TroubleView::Store(why)), _) => is(Grade::Bad, "Cannot save".to_owned(), "Disk")
            .because(format!(
                "The store cannot be written: {}. All workflows wait until it can: free some space, or connect \
                 the disk again.",
                why.trim_end_matches('.')
            )),
        (_, StoreView::InMemory) => is(Grade::Idle, "Not saved".to_owned(), "Not saved").because(
            "The store is in memory: everything is lost when the program ends. Start it with `--store FILE` to \
             keep it.",
        ),
        (_, StoreView::File) if commit_us > SLOW_COMMIT_US => {
            let words = format!("Disk slow, {commit_ms:.0} ms");
            is(Grade::Bad, words, "Slow disk").because(format!(
                "The last commit took {commit_ms:.0} ms, and every step waits for one. Keep the store on a local \
                 disk, outside folders that are synchronised; `fermata doctor` measures the disk."
            ))
        }
        (_, StoreView::File) => is(Grade::Good, "Saved".to_owned(), "Saved").because(format!(
            "Every step is on the disk before it is heard. The last commit took {commit_ms:.1} ms."
        )),
    }
}

fn engine(snapshot: &Snapshot) -> Health {
    let is = |grade, words: String, short| Health::new(Need::Engine, grade, words, short);
    if let Some(TroubleView::Code(why)) = &snapshot.trouble {
        return is(Grade::Bad, "Code is blocked".to_owned(), "Blocked").because(format!(
            "Only its workflow waits: {}.",
            why.trim_end_matches('.')
        ));
    }
    let with = |status| {
        let lanes = snapshot.own_lanes();
        lanes.filter(|lane| lane.status == status).count()
    };
    let stalled = with(Status::Stalled);
    if stalled > 0 {
        return is(Grade::Bad, format!("{stalled} stalled"), "Stalled").because(
            "The history no longer matches the score. Select the lane and press E to see where they part; \
             bring the earlier score back and resume.",
        );
    }
    match (snapshot.running(), with(Status::Suspended)) {
        (0, 0) => is(Grade::Idle, "Nothing runs".to_owned(), "Idle")
            .because("The engine is ready. Start a score: S."),
        (0, paused) => is(Grade::Idle, format!("{paused} paused"), "Paused")
            .because("Shift+Space resumes all."),
        (running, _) => is(Grade::Good, format!("{running} running"), "Engine")
            .because("The engine executes their workflows."),
    }
}

/// What keeps workflows from going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TroubleView {
    /// The store cannot be written, with the reason. All workflows wait until it can.
    Store(Arc<str>),
    /// The code of one workflow does not return, with the reason.
    Code(Arc<str>),
}

impl TroubleView {
    /// It as a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Store(why) => {
                format!("The store cannot be written: {why}. All workflows wait until it can.")
            }
            Self::Code(why) => format!("One workflow does not go on: {why}."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{projector::Projector, serving::ServingView};

    fn state(need: Need, projector: &Projector) -> Health {
        let all = health(&projector.snapshot());
        all.into_iter().find(|health| health.need == need).unwrap()
    }

    #[test]
    fn whatever_fails_says_so_in_words_with_a_remedy() {
        let mut projector = Projector::new();
        projector.meters(MetersView {
            audio: AudioView::Lost("the device was unplugged.".to_owned()),
            ports: vec![PortView {
                name: "TR-8S".to_owned(),
                ok: false,
                waiting: 0,
            }],
            ..MetersView::default()
        });
        projector.trouble(Some(TroubleView::Store("the disk is full".into())));
        for (need, words, remedy) in [
            (Need::Sound, "No sound", "Connect an audio device"),
            (Need::Midi, "TR-8S is gone", "plugged in"),
            (Need::Disk, "Cannot save", "free some space"),
        ] {
            let health = state(need, &projector);
            assert_eq!((health.grade, health.words.as_str()), (Grade::Bad, words));
            assert!(health.detail.contains(remedy), "{}", health.detail);
        }
    }

    #[test]
    fn workers_of_other_programs_are_counted_while_they_are_served() {
        let mut projector = Projector::new();
        assert!(
            health(&projector.snapshot())
                .iter()
                .all(|health| health.need != Need::Workers)
        );
        let serving = |workers| ServingView {
            address: "127.0.0.1:4001".into(),
            workers,
        };
        for (workers, words, grade) in [
            (0, "No worker", Grade::Idle),
            (1, "1 worker", Grade::Good),
            (3, "3 workers", Grade::Good),
        ] {
            projector.serving(Some(serving(workers)));
            let health = state(Need::Workers, &projector);
            assert_eq!((health.words.as_str(), health.grade), (words, grade));
            assert!(
                health.detail.contains("127.0.0.1:4001"),
                "{}",
                health.detail
            );
        }
    }

    #[test]
    fn code_that_blocks_is_not_blamed_on_the_disk() {
        let mut projector = Projector::new();
        projector.trouble(Some(TroubleView::Code("it does not return".into())));
        assert_eq!(state(Need::Disk, &projector).grade, Grade::Good);
        assert_eq!(state(Need::Engine, &projector).words, "Code is blocked");
    }

    #[test]
    fn a_store_in_memory_is_not_called_saved() {
        let mut projector = Projector::new();
        assert_eq!(state(Need::Disk, &projector).words, "Saved");
        projector.store(StoreView::InMemory);
        assert_eq!(state(Need::Disk, &projector).words, "Not saved");
    }
}
