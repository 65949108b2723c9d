//! A piece is paused, resumed and terminated at random moments: no note is left sounding.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use fermata::{
    engine::{InstanceId, Status},
    music::{Bank, Channel, Key, Message, PortId, Sent, Sink, SinkError},
    score::{Document, Repertoire, load},
};
use serde_json::json;

use crate::{
    PIECES,
    common::{
        seed::{seed_of, split_mix},
        simulation::Simulation,
    },
    score,
};

/// How many performances of each piece are disturbed.
const PERFORMANCES: u32 = 4;
/// How often each of them is paused and resumed.
const PAUSES: u32 = 5;

/// How often each key was pressed and not released.
type Pressed = HashMap<(PortId, Channel, Key), u32>;

/// The keys that are down at a synth.
#[derive(Clone, Default)]
struct Keyboard(Arc<Mutex<Pressed>>);

impl Sink for Keyboard {
    fn send(&mut self, sent: &Sent) -> Result<(), SinkError> {
        let mut down = self.0.lock().unwrap();
        match sent.message {
            Message::NoteOn(channel, key, _) => {
                *down.entry((sent.port, channel, key)).or_default() += 1;
            }
            Message::NoteOff(channel, key) => {
                let count = down.entry((sent.port, channel, key)).or_default();
                *count = count.saturating_sub(1);
            }
            Message::Control(channel, Message::ALL_SOUND_OFF | Message::ALL_NOTES_OFF, _) => {
                down.retain(|(port, other, _), _| (*port, *other) != (sent.port, channel));
            }
            _ => {}
        }
        down.retain(|_, count| *count > 0);
        Ok(())
    }
}

impl Keyboard {
    fn down(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// A piece with the scores that it runs.
fn document(piece: &str) -> Document {
    let bank = Bank::new();
    let file = score(piece);
    let mut document = load(&file, &bank).unwrap_or_else(|errors| panic!("{errors}"));
    let repertoire =
        Repertoire::of([&document]).with_folder(file.parent().unwrap_or(Path::new(".")), &bank);
    repertoire
        .supply(&mut document, piece)
        .unwrap_or_else(|errors| panic!("{errors}"));
    document
}

/// The moments of the disturbances of a performance.
struct Chance(u64);

impl Chance {
    fn of(piece: usize, performance: u32) -> Self {
        Self(seed_of(
            piece as u64 * u64::from(PERFORMANCES) + u64::from(performance),
        ))
    }

    fn milliseconds(&mut self, most: u64) -> Duration {
        Duration::from_millis(split_mix(&mut self.0) % most)
    }
}

/// Disturbs a performance, and ends it if it has not ended by itself.
fn disturbed(piece: &str, mut chance: Chance) {
    let keyboard = Keyboard::default();
    let simulation = Simulation {
        synth: Box::new(keyboard.clone()),
        ..Simulation::default()
    };
    let document = document(piece);
    simulation.run(async |conductor| {
        let begun = conductor
            .launch(&document, None, json!({}), None)
            .await
            .unwrap();
        let id: InstanceId = begun.expect("it starts at once");
        let engine = conductor.engine();
        let is_open = || !engine.archive().summary(&id).unwrap().status.is_closed();
        for _ in 0..PAUSES {
            tokio::time::sleep(chance.milliseconds(20_000)).await;
            if !is_open() {
                break;
            }
            engine.suspend(&id, "test").await.unwrap();
            tokio::time::sleep(chance.milliseconds(3_000) + Duration::from_secs(12)).await;
            assert_eq!(keyboard.down(), 0, "{piece} sounds on while it is paused");
            engine.resume(&id, "test").await.unwrap();
        }
        tokio::time::sleep(chance.milliseconds(20_000)).await;
        if is_open() {
            engine.terminate(&id, "test").await.unwrap();
            assert_eq!(
                engine.archive().summary(&id).unwrap().status,
                Status::Terminated
            );
        }
        tokio::time::sleep(Duration::from_secs(12)).await;
        assert_eq!(keyboard.down(), 0, "{piece} sounds on after its end");
    });
}

#[test]
fn no_note_hangs_after_pauses_and_ends_at_random_moments_of_any_piece() {
    for (place, piece) in PIECES.into_iter().enumerate() {
        for performance in 0..PERFORMANCES {
            disturbed(piece, Chance::of(place, performance));
        }
    }
}
