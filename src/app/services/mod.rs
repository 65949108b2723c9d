//! Small HTTP services for scores to orchestrate: on 127.0.0.1, with faults that can be changed while they run.
//!
//! | files | contents |
//! |---|---|
//! | `server` | sockets, limits, what may be asked from where |
//! | `services` | all services: which one answers a request |
//! | `service` | one service: its faults, its operations, answers that it repeats |
//! | `operation`, `openapi` | what an operation takes and returns, and the document that says so |
//! | `faults`, `chance` | what goes wrong, and the seeded chance of it |
//! | `kinds` | what each service does: clusters, payment, stock, shipping, machines |
//!
//! What a request does depends on the requests before it and on nothing else: neither on time nor on
//! threads. Only [`Answer::delay`] is spent in real time, by the server.

mod chance;
mod error;
mod faults;
mod kinds;
mod message;
mod openapi;
mod operation;
mod records;
mod server;
mod service;
#[allow(clippy::module_inception)]
mod services;
#[cfg(test)]
mod tests;

pub use error::ServicesError;
pub use faults::Faults;
pub use message::{Answer, Marks, Method, Request};
pub use server::{Handled, RunningServices, ServicesAt, ServicesOptions, start, start_or_use};
pub use services::Services;

/// The port of the services, unless another one is asked for.
pub use crate::conductor::SERVICES_PORT;
