//! Import of lists of notes in the Concerto format.

use super::{
    ImportError,
    piece::{Piece, Voice},
};
use crate::{
    music::Beats,
    score::{
        Argument,
        error::ScoreErrors,
        pattern::{Chord, chords},
        play::Music,
        read::concerto,
        source::Node,
        task::TaskKind,
    },
};

pub(super) fn piece(text: &str, file: &str) -> Result<Piece, ImportError> {
    let errors = |error| ScoreErrors::new(vec![error], file, text);
    let node = Node::parse(text).map_err(errors)?;
    if !concerto::is_concerto(&node) {
        return Err(ImportError::Unknown);
    }
    let document = concerto::document(&node, text, file).map_err(errors)?;
    let Some(TaskKind::Play(play)) = document.tasks.into_iter().next().map(|task| task.kind) else {
        return Err(ImportError::NoNotes);
    };
    let Music::Notes(Argument::Fixed(notes)) = play.music else {
        return Err(ImportError::NoNotes);
    };
    let Some(instrument) = play.instrument.fixed().cloned() else {
        return Err(ImportError::NoNotes);
    };
    let velocity = instrument.velocity;
    let notes = notes.into_iter().flat_map(|note| {
        let velocity = note.velocity.unwrap_or(velocity);
        let (at, length) = (note.at, note.length);
        note.keys
            .into_iter()
            .map(move |key| (at, length, velocity, key))
    });
    let voice = Voice {
        name: instrument.name.clone(),
        instrument: instrument.name,
        sound: "patch: epiano".into(),
        channel: Some(instrument.channel),
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
        meters: document.meters,
        flats: false,
        voices: vec![voice],
        tempi: Vec::new(),
        automations: Vec::new(),
        lyrics: Vec::new(),
        left_out: Vec::new(),
        remarks: Vec::new(),
        faults: Vec::new(),
    })
}

/// A note without length gets the shortest possible one.
fn audible(chord: Chord) -> Chord {
    let shortest = Beats::new(1, 960);
    Chord {
        length: chord.length.max(shortest),
        ..chord
    }
}

fn fixed<T>(given: Option<Argument<T>>) -> Option<T> {
    match given {
        Some(Argument::Fixed(value)) => Some(value),
        _ => None,
    }
}
