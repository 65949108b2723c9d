//! The programme: each piece is performed to its end, with the same notes every time, a history that can be
//! read on stage, and as loud as the others.
#![cfg(feature = "instrument")]

#[path = "../common/mod.rs"]
mod common;
mod control;
mod golden;
#[cfg(unix)]
mod kill;
mod measures;
mod notes;
mod performance;
mod table;

use std::path::{Path, PathBuf};

/// The pieces, in the order of the set list.
const PIECES: [&str; 11] = [
    "prelude",
    "canon",
    "tutti",
    "ostinato",
    "call-and-response",
    "stubborn-drummer",
    "retrograde",
    "two-cities",
    "order",
    "fleet",
    "finale",
];

/// The file of a piece.
fn score(piece: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scores/{piece}.yaml"))
}

#[test]
fn the_set_list_has_every_piece_once_and_something_to_say_about_it() {
    let text = std::fs::read_to_string(score("setlist")).unwrap();
    let listed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- score: "))
        .collect();
    assert_eq!(listed, PIECES);
    assert_eq!(text.matches("notes:").count(), PIECES.len());
}
