//! A score with every keyword, with mutations of its structure.
#![no_main]
#![allow(dead_code)]

#[path = "../../tests/scores/dice.rs"]
mod dice;
#[path = "../../tests/scores/exercise.rs"]
mod exercise;
#[path = "../../tests/scores/mutate.rs"]
mod mutate;
#[path = "../../tests/scores/tokens.rs"]
mod tokens;

use fermata::score::source::Node;

const SCORE: &str = include_str!("../../tests/scores/all-words.yaml");

libfuzzer_sys::fuzz_target!(|seed: u64| {
    let score = Node::parse(SCORE).expect("a score").to_json();
    exercise::document(&mutate::structure(&score, &mut dice::Dice::new(seed)));
});
