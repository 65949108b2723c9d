//! Set lists: the scores of a show in their order, with what the speaker says about each.
//!
//! ```yaml
//! title: An evening with Fermata
//! pieces:
//!   - score: ostinato               # a bundled score, or a file beside this one
//!     notes: Welcome everybody. The bass begins and never stops.
//!   - score: songs/duet.yaml
//!     title: Duet                   # if left out, the title of the score
//!     input: { verses: 3 }          # the input of the score
//!     start: { bar: 17 }            # or at-end, or by-hand
//!     previous: terminate           # or pause, or continue
//!     notes: |
//!       The second voice enters.
//!       Wait for the applause.
//!     tour:                         # what `fermata tour` says and presses
//!       - { after: 8, press: Space, say: It pauses. }
//! ```

mod read;
mod tour;

use std::path::PathBuf;

use serde_json::Value;

pub use read::{MAX_PIECES, SetlistCheck, is_setlist, is_setlist_file};
pub use tour::{TourKey, TourMoment, TourStep};

use crate::score::Place;

/// The JSON Schema (draft 7) of set lists, with which editors complete and check them.
pub const SETLIST_SCHEMA: &str = include_str!("schema.json");

/// A set list.
#[derive(Debug, Clone, PartialEq)]
pub struct Setlist {
    /// Its title.
    pub title: String,
    /// The pieces in their order: at least one.
    pub pieces: Vec<Piece>,
}

/// A piece of a set list.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The score that it performs.
    pub score: PieceScore,
    /// Its title; `None`: that of the score.
    pub title: Option<String>,
    /// The input of the score: an object.
    pub input: Value,
    /// The speaker's notes, of any number of lines. Empty if there are none.
    pub notes: String,
    /// When it starts.
    pub start: PieceStart,
    /// What becomes of the piece before it.
    pub previous: PreviousPiece,
    /// What a tour says and presses meanwhile. After the last step comes the next piece.
    pub tour: Vec<TourStep>,
    /// Where the set list names the score.
    pub place: Place,
}

/// The score of a piece.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PieceScore {
    /// A file.
    File(PathBuf),
    /// The bundled score of this name.
    Bundled(&'static str),
}

impl PieceScore {
    /// The path of its file, or its name.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Bundled(name) => (*name).to_owned(),
        }
    }
}

/// When a piece starts. The performer can always start it earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PieceStart {
    /// When the performer says so.
    #[default]
    ByHand,
    /// At this bar of the piece before it, counted from 1.
    AtBar(u32),
    /// When the piece before it ends by itself.
    AtEnd,
}

/// What becomes of the piece before, when a piece begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PreviousPiece {
    /// It goes on.
    #[default]
    Continues,
    /// It is paused.
    Pauses,
    /// It is terminated.
    Terminates,
}
