//! Fermata: a stage instrument that plays durable workflows.

pub mod cli;
pub mod conductor;
pub mod engine;
pub mod music;
pub mod score;
#[cfg(feature = "stage")]
pub mod stage;
pub mod view;
