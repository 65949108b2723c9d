//! MIDI files sound as another program reads them: notes, programs, tempi, meters, pedal, bend.
//!
//! The files are made here. `FERMATA_MIDI_FILES` names a folder with more of them: each is imported, played in
//! virtual time, recorded, and compared with what an independent reader finds in it.

mod cases;
mod compare;
mod damage;
mod heard;
mod large;
mod random;
mod song;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{harness::Room, seed::seed_of};
use compare::Kind;
use heard::{Heard, heard};

const VIRTUAL: &str = "--clock virtual --store :memory:";

/// What a file plays when it is performed as a score.
fn performed(bytes: &[u8]) -> Result<Heard, String> {
    let room = Room::new();
    std::fs::write(room.path("given.mid"), bytes).unwrap();
    let outcome = room.run(&format!("play given.mid {VIRTUAL} --record back.mid"));
    match outcome.code {
        Some(0) => heard(&room.read("back.mid")),
        _ => Err(outcome.err),
    }
}

/// The text of the score that a file becomes.
fn imported(bytes: &[u8]) -> String {
    let room = Room::new();
    std::fs::write(room.path("given.mid"), bytes).unwrap();
    room.succeed("import given.mid")
}

/// Asserts that a file sounds as an independent reader reads it.
fn assert_same(what: &str, bytes: &[u8]) -> Heard {
    let given = heard(bytes).unwrap();
    let played = performed(bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
    let differences = given.differences(&played);
    assert!(differences.is_empty(), "{what}: {differences:#?}");
    played
}

#[test]
fn random_songs_sound_as_another_reader_reads_them() {
    let seed = seed_of(20);
    for number in 0..24 {
        let seed = seed.wrapping_add(number);
        let song = random::song(seed);
        assert_same(&format!("song {seed}"), &song.bytes());
    }
}

#[test]
fn the_files_of_a_folder_sound_as_another_reader_reads_them() {
    let Some(folder) = std::env::var_os("FERMATA_MIDI_FILES") else {
        return;
    };
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files);
    files.sort();
    let (mut same, mut read, mut refused) = (0, 0, 0);
    let mut differing: BTreeMap<Kind, usize> = BTreeMap::new();
    for path in &files {
        let bytes = std::fs::read(path).unwrap();
        let name = path.display();
        let given = match heard(&bytes) {
            Ok(given) if given.notes.is_empty() => {
                println!("{name}: no notes");
                continue;
            }
            Ok(given) => given,
            Err(error) => {
                let played = performed(&bytes).map(|played| played.notes.len());
                println!("{name}: the other reader says {error}; played: {played:?}");
                continue;
            }
        };
        read += 1;
        match performed(&bytes) {
            Ok(played) => {
                let differences = given.differences(&played);
                same += usize::from(differences.is_empty());
                let kinds: BTreeSet<Kind> = differences.iter().map(|one| one.kind).collect();
                for kind in kinds {
                    *differing.entry(kind).or_default() += 1;
                }
                for difference in differences {
                    println!("{name}: {difference}");
                }
            }
            Err(error) => {
                refused += 1;
                println!("{name}: {}", error.trim());
            }
        }
    }
    for kind in Kind::ALL {
        let others = differing.get(&kind).copied().unwrap_or(0);
        println!(
            "{kind:?}: the same in {} of {read}",
            read - refused - others
        );
    }
    println!("{same} of {read} files are the same");
    assert!(
        same * 100 >= read * 95,
        "only {same} of {read} files are the same"
    );
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.extension().unwrap_or_default().to_ascii_lowercase();
        if path.is_dir() {
            collect(&path, files);
        } else if ["mid", "midi", "kar", "rmi", "smf"]
            .iter()
            .any(|known| name == *known)
        {
            files.push(path);
        }
    }
}
