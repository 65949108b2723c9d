//! What a conductor is made of.

use std::sync::Arc;

use super::{NamedSink, Outputs};
use crate::{
    engine::{Recovery, Store},
    music::{Bank, Player, Sink},
};

/// The parts of a conductor.
pub struct Setup {
    /// Where histories are kept.
    pub store: Arc<dyn Store>,
    /// What becomes of the instances that are open in it.
    pub recovery: Recovery,
    /// The player.
    pub player: Player,
    /// The sink of the built-in port.
    pub synth: Box<dyn Sink>,
    /// The sounds that the built-in port has.
    pub bank: Bank,
    /// Which other ports there are.
    pub outputs: Outputs,
    /// If set, everything goes here.
    pub only_port: Option<NamedSink>,
    /// Whether scores that loop repeat.
    pub looping: Looping,
}

/// Whether scores that loop repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Looping {
    /// Until they are stopped.
    #[default]
    Endless,
    /// Played once: in simulated time nothing would stop them.
    Once,
}
