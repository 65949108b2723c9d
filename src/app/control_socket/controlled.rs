//! What requests are about.

use super::{
    FaultReport, FaultRequest, Operation, Outcome, apply, apply_to_engine, fault::apply_fault,
};
use crate::{
    conductor::{Conductor, ConductorError},
    engine::Engine,
};

/// What requests are about.
#[derive(Clone)]
pub enum Controlled {
    /// A program that plays.
    Conductor(Conductor),
    /// An engine that plays nothing.
    Engine(Engine),
}

impl From<&Conductor> for Controlled {
    fn from(conductor: &Conductor) -> Self {
        Self::Conductor(conductor.clone())
    }
}

impl From<&Engine> for Controlled {
    fn from(engine: &Engine) -> Self {
        Self::Engine(engine.clone())
    }
}

impl Controlled {
    /// The engine of the program.
    pub(super) fn engine(&self) -> &Engine {
        match self {
            Self::Conductor(conductor) => conductor.engine(),
            Self::Engine(engine) => engine,
        }
    }

    /// Carries out a command.
    ///
    /// # Errors
    ///
    /// Those of the engine and the store.
    pub(super) async fn apply(&self, operation: Operation) -> Result<Outcome, ConductorError> {
        match self {
            Self::Conductor(conductor) => apply(conductor, operation).await,
            Self::Engine(engine) => Ok(apply_to_engine(engine, operation).await?),
        }
    }

    /// Carries out a request about faults.
    ///
    /// # Errors
    ///
    /// Why it cannot be carried out, in a sentence.
    pub(super) fn apply_fault(&self, request: FaultRequest) -> Result<Vec<FaultReport>, String> {
        match self {
            Self::Conductor(conductor) => apply_fault(conductor, request),
            Self::Engine(_) => {
                Err("the program that has the store open plays nothing that could fail".to_owned())
            }
        }
    }
}
