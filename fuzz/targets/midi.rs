//! Any bytes as a MIDI file.
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/scores/exercise.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::import(bytes));
