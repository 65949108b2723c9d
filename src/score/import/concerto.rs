//! Lists of notes in the Concerto format.

use super::{
    ImportError,
    piece::{Piece, Voice},
};
use crate::{
    music::Beats,
    score::{
        Document, Given, Music, TaskKind,
        concerto::is_concerto,
        pattern::{Chord, chords},
        source::Node,
    },
};

pub(super) fn piece(text: &str, file: &str) -> Result<Piece, ImportError> {
    match Node::parse(text) {
        Ok(node) if !is_concerto(&node) => return Err(ImportError::Unknown),
        // What is wrong is told when it is read as a score.
        _ => {}
    }
    let document = Document::parse(text, file)?;
    let Some(TaskKind::Play(play)) = document.tasks.into_iter().next().map(|task| task.kind) else {
        return Err(ImportError::NoNotes);
    };
    let Music::Notes(Given::Fixed(notes)) = play.music else {
        return Err(ImportError::NoNotes);
    };
    let velocity = play.instrument.velocity;
    let notes = notes.into_iter().flat_map(|note| {
        let velocity = note.velocity.unwrap_or(velocity);
        let (at, length) = (note.at, note.length);
        note.keys
            .into_iter()
            .map(move |key| (at, length, velocity, key))
    });
    let voice = Voice {
        name: play.instrument.name,
        sound: "patch: epiano".into(),
        channel: play.instrument.channel,
        is_kit: false,
        chords: chords(notes).into_iter().map(audible).collect(),
        bars: fixed(play.bars),
        repeat: fixed(Some(play.repeat)).unwrap_or(1),
    };
    Ok(Piece {
        file: file.to_owned(),
        name: document.name,
        title: document.title,
        tempo: document.tempo.to_string(),
        meter: document.meter,
        flats: false,
        voices: vec![voice],
        tempi: Vec::new(),
        changes: Vec::new(),
        left_out: Vec::new(),
    })
}

/// A note of no length is heard as the shortest that there is.
fn audible(chord: Chord) -> Chord {
    let shortest = Beats::new(1, 960);
    Chord {
        length: chord.length.max(shortest),
        ..chord
    }
}

fn fixed<T>(given: Option<Given<T>>) -> Option<T> {
    match given {
        Some(Given::Fixed(value)) => Some(value),
        _ => None,
    }
}
