//! The server with real parts: programs written with the libraries of Durable Task and Dapr, unchanged.
//!
//! They need Python environments, which docs/testing.md tells how to install:
//! `cargo test --test serve -- --ignored`.
#![cfg(feature = "instrument")]

#[path = "../common/mod.rs"]
mod common;

mod access;
mod command_line;
mod crashes;
mod dapr;
mod durable_task;
mod harness;
mod http;
mod javascript;
