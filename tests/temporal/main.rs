//! Other engines with real parts: a Temporal server, and workers of another language.
//!
//! They need a server, which docs/testing.md tells how to install: `cargo test --test temporal -- --ignored`.
#![cfg(feature = "instrument")]

#[path = "../common/mod.rs"]
mod common;

mod cable;
mod command_line;
mod commands;
mod harness;
mod histories;
mod lanes;
mod outages;
mod overview;
mod raw_poll;
#[cfg(feature = "temporal-worker")]
mod score_worker;
#[cfg(feature = "temporal-worker")]
mod scores_on_a_cluster;
mod tls;
