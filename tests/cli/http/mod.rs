//! Calls of services: `call: http` and `call: openapi`, against a test server.

mod authentication;
mod checks;
mod hidden;
mod openapi;
mod plain;
mod repeated;
mod secret_checks;
mod secrets;
pub mod server;
mod tokens;
mod trouble;

use serde_json::{Value, json};

use crate::tasks::{Performed, perform};
use server::{Reply, Seen, Server, pet_store};

/// Performs one `call: http` with these arguments.
fn call(with: Value, input: Value) -> Performed {
    perform(json!([{ "ask": { "call": "http", "with": with } }]), input)
}
