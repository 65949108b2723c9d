//! The parts that a conductor is built from.

use std::sync::Arc;

use super::{NamedSink, Outputs, Secrets};
use crate::{
    engine::{CrashCause, Limits, Recovery, RemoteWorkers, Store},
    music::{Bank, Player, Sink},
    score::listening::ListeningScore,
};

/// The parts of a conductor.
pub struct Setup {
    /// The store of the histories.
    pub store: Arc<dyn Store>,
    /// The open instances of the store that continue.
    pub recovery: Recovery,
    /// The player.
    pub player: Player,
    /// The sink of the built-in port.
    pub synth: Box<dyn Sink>,
    /// The sounds of the built-in port.
    pub bank: Bank,
    /// The other ports.
    pub outputs: Outputs,
    /// If set, everything is sent to this port.
    pub only_port: Option<NamedSink>,
    /// Where the secrets of scores come from.
    pub secrets: Secrets,
    /// Whether scores that loop repeat.
    pub looping: Looping,
    /// How the events of workflows sound that play no note themselves; `None`: they are silent.
    pub listening: Option<Arc<ListeningScore>>,
    /// The limits of the engine.
    pub limits: Limits,
    /// Why the program before this one ended, if it crashed.
    pub crash: CrashCause,
    /// Who runs workflows whose code is in other processes; `None`: they wait.
    pub remote: Option<Arc<dyn RemoteWorkers>>,
}

/// Whether scores that loop repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Looping {
    /// They repeat until they are stopped.
    #[default]
    Endless,
    /// They are played once: in virtual time nothing would stop them.
    Once,
}
