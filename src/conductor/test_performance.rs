//! Performances of bundled scores in simulated time, for tests.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::json;

use super::{Conductor, Looping, Outputs, Secrets, Setup};
use crate::{
    engine::{Clock, CrashCause, History, InstanceId, Limits, Recovery, RedbStore, Timestamp},
    music::{Bank, Journal, Null, Player, Sent, Sink, SinkError},
    score::{Document, listening::ListeningScore, load},
};

/// Simulated time within which a piece must end: a test of one that does not end fails at once.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What a sink was sent. Clones share it.
#[derive(Clone, Default)]
pub struct Ear(Arc<Mutex<Vec<Sent>>>);

impl Sink for Ear {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        self.0.lock().unwrap().push(*message);
        Ok(())
    }
}

impl Ear {
    /// Everything so far.
    pub fn all(&self) -> Vec<Sent> {
        self.0.lock().unwrap().clone()
    }

    /// Forgets everything so far.
    pub fn forget(&self) {
        self.0.lock().unwrap().clear();
    }
}

/// A performance: the histories of its runs, and everything that was sent to a port.
pub struct Performance {
    pub histories: Vec<History>,
    pub sent: Vec<Sent>,
}

/// Performs a bundled score, while `meanwhile` does something else.
pub fn perform(score: &str, meanwhile: impl AsyncFnOnce(&Conductor)) -> Performance {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scores/studies/{score}.yaml"));
    perform_document(&load(&file, &Bank::new()).unwrap(), meanwhile)
}

/// The same with any score.
pub fn perform_document(
    document: &Document,
    meanwhile: impl AsyncFnOnce(&Conductor),
) -> Performance {
    perform_listened(document, None, meanwhile)
}

/// The same with a listening score.
pub fn perform_listened(
    document: &Document,
    listening: Option<Arc<ListeningScore>>,
    meanwhile: impl AsyncFnOnce(&Conductor),
) -> Performance {
    with_conductor(listening, async |conductor, ear| {
        let id = InstanceId::new("piece").unwrap();
        let started = conductor.perform(document, Some(id.clone()), json!({}));
        started.await.unwrap();
        let closed = conductor.engine().until_closed(&id);
        let closed = tokio::time::timeout(LONGEST, closed);
        let (closed, ()) = tokio::join!(closed, meanwhile(conductor));
        closed.expect("the piece has ended").unwrap();
        conductor.until_silent().await;
        let runs = conductor.engine().archive().runs(&id).unwrap();
        let histories = runs.into_iter().map(|(run, events)| History {
            instance: run.id,
            events,
        });
        Performance {
            histories: histories.collect(),
            sent: ear.all(),
        }
    })
}

/// Does something with a conductor in simulated time.
pub fn with_conductor<T>(
    listening: Option<Arc<ListeningScore>>,
    work: impl AsyncFnOnce(&Conductor, &Ear) -> T,
) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let (ear, mut journal) = (Ear::default(), Journal::new());
        journal.add(Box::new(ear.clone()));
        let (player, simulation) = Player::simulated(journal);
        let playing = tokio::task::spawn_local(simulation.run());
        let setup = Setup {
            store: Arc::new(RedbStore::in_memory().unwrap()),
            recovery: Recovery::Nothing,
            player,
            synth: Box::new(Null),
            bank: Bank::new(),
            outputs: Outputs::BuiltInOnly,
            only_port: None,
            secrets: Secrets::default(),
            looping: Looping::Once,
            listening,
            limits: Limits::default(),
            crash: CrashCause::default(),
            remote: None,
        };
        let clock = Clock::starting_at(Timestamp(1_000_000_000));
        let conductor = Conductor::simulated(setup, clock).await.unwrap();
        let done = work(&conductor, &ear).await;
        conductor.close().await.unwrap();
        drop(conductor);
        playing.await.unwrap().unwrap();
        done
    })
}
