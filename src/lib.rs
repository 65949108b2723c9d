//! Fermata: a stage instrument that plays durable workflows.

pub mod engine;
pub mod music;
pub mod score;
