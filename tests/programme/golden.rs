//! The golden files: what each piece is, in a form that a person can read and compare.

use std::{fs, path::Path};

use crate::{
    PIECES,
    performance::{Performance, Sound},
    table,
};

/// Compares a text with the golden file of this name. `FERMATA_BLESS=1` writes it.
fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/programme/golden")
        .join(name);
    if std::env::var_os("FERMATA_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let golden = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; FERMATA_BLESS=1 writes it", path.display()));
    let mut lines = golden.lines().zip(text.lines()).enumerate();
    if let Some((number, (expected, found))) = lines.find(|(_, (one, other))| one != other) {
        let line = number + 1;
        panic!("{name}, line {line}: expected {expected:?}, found {found:?}");
    }
    let (expected, found) = (golden.lines().count(), text.lines().count());
    assert_eq!(
        found, expected,
        "{name} has {found} lines in the place of {expected}"
    );
}

#[test]
fn every_piece_is_performed_to_its_end_with_its_notes_and_its_table() {
    for piece in PIECES {
        let performance = Performance::of(piece, Sound::NotRendered);
        let notes = performance.notes();
        assert!(notes.0.len() > 60, "{piece} has {} notes", notes.0.len());
        compare(&format!("{piece}.notes.txt"), &notes.text());
        compare(&format!("{piece}.table.txt"), &table::of(&performance));
    }
}
