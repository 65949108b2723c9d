//! The set list: its pieces, which of them is current, and when the next one starts.

mod countdown;
mod piece_state;
mod position;
#[cfg(test)]
mod tests;
mod words;

use std::{fmt, sync::Arc};

pub use countdown::Countdown;
pub use piece_state::PieceState;
pub use position::{PieceKey, SetlistPosition, ended_by_itself};
pub use words::time_of_day;

use super::{command::ScoreId, snapshot::Snapshot};
use crate::{
    conductor::setlist::{PieceStart, PreviousPiece, TourStep},
    music::Beat,
};

/// A command to the set list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetlistCommand {
    /// Start the current piece, or the next one if the current one was started.
    Next,
    /// Go back one piece. Nothing starts and nothing ends.
    Previous,
    /// Go to a piece. Nothing starts and nothing ends.
    GoTo(PieceNumber),
    /// End the current piece and hide its lanes: it can be started again.
    Reset,
}

/// The number of a piece, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PieceNumber(usize);

impl PieceNumber {
    /// The first piece.
    pub const FIRST: Self = Self(1);

    /// The piece at a place, counted from 0.
    pub fn at(place: usize) -> Self {
        Self(place.saturating_add(1))
    }

    /// Its place, counted from 0.
    pub fn place(self) -> usize {
        self.0.saturating_sub(1)
    }

    /// The next number.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number before, if there is one.
    pub fn previous(self) -> Option<Self> {
        (self.0 > 1).then(|| Self(self.0 - 1))
    }
}

impl fmt::Display for PieceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A piece as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PieceCard {
    /// Its score in the library.
    pub score: ScoreId,
    /// Its own title, if the set list gives it one.
    pub title: Option<Arc<str>>,
    /// The speaker's notes.
    pub notes: Arc<str>,
    /// When it starts.
    pub start: PieceStart,
    /// What becomes of the piece before it.
    pub previous: PreviousPiece,
    /// What a tour says and presses meanwhile.
    pub tour: Arc<[TourStep]>,
}

/// The set list as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct SetlistView {
    /// Its title.
    pub title: Arc<str>,
    /// Its pieces.
    pub pieces: Arc<[PieceCard]>,
    /// Where the show is.
    pub position: SetlistPosition,
    /// The beat at which the next piece starts by itself, if that is known.
    pub awaited: Option<Beat>,
    /// What is wrong with the file, as a sentence. The pieces are those from before.
    pub problem: Option<Arc<str>>,
}

impl SetlistView {
    /// A piece.
    pub fn piece(&self, number: PieceNumber) -> Option<&PieceCard> {
        self.pieces.get(number.place())
    }

    /// The number and the piece that are current.
    pub fn current(&self) -> Option<(PieceNumber, &PieceCard)> {
        let number = self.position.current;
        Some((number, self.piece(number)?))
    }

    /// The piece that [`SetlistCommand::Next`] starts.
    pub fn next(&self) -> Option<(PieceNumber, &PieceCard)> {
        let number = self.position.next(self.pieces.len())?;
        Some((number, self.piece(number)?))
    }

    /// The piece that comes after the current one.
    pub fn following(&self) -> Option<(PieceNumber, &PieceCard)> {
        let number = self.position.current.next();
        Some((number, self.piece(number)?))
    }

    /// The numbers of all pieces.
    pub fn numbers(&self) -> impl Iterator<Item = PieceNumber> + use<> {
        (0..self.pieces.len()).map(PieceNumber::at)
    }

    /// The title of a piece: its own, or that of its score.
    pub fn title_of(&self, number: PieceNumber, snapshot: &Snapshot) -> String {
        let Some(piece) = self.piece(number) else {
            return String::new();
        };
        if let Some(title) = &piece.title {
            return title.to_string();
        }
        let mut cards = snapshot.scores.iter();
        let card = cards.find(|card| card.id == piece.score);
        card.map_or_else(|| piece.score.0.to_string(), |card| card.title.clone())
    }
}
