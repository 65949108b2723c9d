//! What strangers may hand over as a score, and what editors make of scores.
//!
//! Scores, patterns, expressions, MIDI files and histories are changed at random, in the same way for
//! the same seed; whatever comes of it must be read or refused within bounds of memory and of work. The same
//! cases, without end, are what `fuzz` runs.
#![cfg(feature = "instrument")]

mod cases;
#[path = "../common/mod.rs"]
mod common;
mod dice;
mod exercise;
mod large;
mod ledger;
mod mutate;
mod schema;
mod soup;

use common::seed;
