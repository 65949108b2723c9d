//! Untrusted input, and the JSON Schema of scores.
//!
//! Scores, patterns, expressions, MIDI files and histories are mutated at random, in the same way for
//! the same seed. Every result must be read or refused within bounds of memory and work. `fuzz` runs the
//! same cases without end.
#![cfg(feature = "instrument")]

mod cases;
#[path = "../common/mod.rs"]
mod common;
mod dice;
mod exercise;
mod field;
mod jq;
mod jq_generator;
mod large;
mod ledger;
mod mutate;
mod schema;
mod tokens;

use common::seed;
