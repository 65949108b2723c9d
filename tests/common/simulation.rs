//! A conductor in simulated time.

use std::sync::Arc;

use fermata::{
    conductor::{Conductor, Looping, Outputs, Secrets, Setup},
    engine::{Clock, CrashCause, Limits, Recovery, RedbStore, Store, Timestamp},
    music::{Bank, Journal, Null, Player, Sink},
};

use super::paused_time::in_paused_time;

/// When a simulation begins, unless it says otherwise.
pub const BEGIN: Timestamp = Timestamp(1_000_000_000);

/// What a conductor starts with: by default a new store in memory and a silent synth.
pub struct Simulation {
    pub store: Arc<dyn Store>,
    pub recovery: Recovery,
    pub begins: Timestamp,
    pub journal: Journal,
    pub synth: Box<dyn Sink>,
    pub outputs: Outputs,
    pub looping: Looping,
    pub limits: Limits,
}

impl Default for Simulation {
    fn default() -> Self {
        Self {
            store: Arc::new(RedbStore::in_memory().unwrap()),
            recovery: Recovery::Nothing,
            begins: BEGIN,
            journal: Journal::new(),
            synth: Box::new(Null),
            outputs: Outputs::BuiltInOnly,
            looping: Looping::Once,
            limits: Limits::default(),
        }
    }
}

impl Simulation {
    /// Lets a conductor perform in simulated time.
    pub fn run<T>(self, conduct: impl AsyncFnOnce(&Conductor) -> T) -> T {
        in_paused_time(async {
            let (player, simulation) = Player::simulated(self.journal);
            let playing = tokio::task::spawn_local(simulation.run());
            let setup = Setup {
                store: self.store,
                recovery: self.recovery,
                player,
                synth: self.synth,
                bank: Bank::new(),
                outputs: self.outputs,
                only_port: None,
                secrets: Secrets::default(),
                looping: self.looping,
                listening: None,
                limits: self.limits,
                crash: CrashCause::default(),
                remote: None,
            };
            let clock = Clock::starting_at(self.begins);
            let conductor = Conductor::simulated(setup, clock).await.unwrap();
            let result = conduct(&conductor).await;
            conductor.close().await.unwrap();
            drop(conductor);
            playing.await.unwrap().unwrap();
            result
        })
    }
}
