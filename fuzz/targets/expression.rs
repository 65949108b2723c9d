//! Any text as an expression.
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/scores/exercise.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|text: &str| exercise::expression(text));
