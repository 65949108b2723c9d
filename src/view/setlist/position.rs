//! Where a show is in its set list. It is pure: the application keeps it, and carries out what it says.

use std::collections::BTreeMap;

use super::{PieceNumber, SetlistCommand};
use crate::{
    conductor::setlist::{Piece, PieceStart, Setlist},
    engine::{InstanceId, Status, Timestamp},
};

/// What tells a piece from the others, also after the file was changed: its score and title, and how many
/// pieces before it have the same ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PieceKey {
    /// The path or the name of its score.
    pub score: String,
    /// Its own title; empty if it has none.
    pub title: String,
    /// How many pieces before it have the same score and title.
    pub nth: usize,
}

impl PieceKey {
    /// The keys of the pieces of a set list, in order.
    pub fn of(list: &Setlist) -> Vec<Self> {
        let name = |piece: &Piece| {
            let title = piece.title.clone();
            (piece.score.name(), title.unwrap_or_default())
        };
        Self::numbered(list.pieces.iter().map(name))
    }

    /// The keys of pieces with these scores and titles, in order.
    pub fn numbered(names: impl IntoIterator<Item = (String, String)>) -> Vec<Self> {
        let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
        let keys = names.into_iter().map(|(score, title)| {
            let count = seen.entry((score.clone(), title.clone())).or_default();
            let nth = *count;
            *count += 1;
            Self { score, title, nth }
        });
        keys.collect()
    }
}

/// Where a show is in its set list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetlistPosition {
    /// The current piece.
    pub current: PieceNumber,
    /// The piece that was started last. If it is the current one, [`SetlistCommand::Next`] starts the next.
    pub started: Option<PieceNumber>,
    /// When the show began: the first piece was started.
    pub since: Option<Timestamp>,
    /// The instances that each piece has started, the latest last.
    pub instances: BTreeMap<PieceNumber, Vec<InstanceId>>,
}

impl Default for SetlistPosition {
    fn default() -> Self {
        Self {
            current: PieceNumber::FIRST,
            started: None,
            since: None,
            instances: BTreeMap::new(),
        }
    }
}

impl SetlistPosition {
    /// The most instances of a piece that are remembered.
    pub const MAX_INSTANCES: usize = 16;

    /// Whether the current piece was started and not reset.
    pub fn has_started(&self) -> bool {
        self.started == Some(self.current)
    }

    /// The piece that [`SetlistCommand::Next`] starts, of so many. `None` after the last one.
    pub fn next(&self, pieces: usize) -> Option<PieceNumber> {
        let next = match self.has_started() {
            true => self.current.next(),
            false => self.current,
        };
        (next.place() < pieces).then_some(next)
    }

    /// Moves without starting or ending anything. Returns whether it moved.
    pub fn go(&mut self, command: SetlistCommand, pieces: usize) -> bool {
        let to = match command {
            SetlistCommand::Previous => self.current.previous(),
            SetlistCommand::GoTo(number) => Some(number),
            SetlistCommand::Next | SetlistCommand::Reset => None,
        };
        let to = to.filter(|to| to.place() < pieces && *to != self.current);
        self.current = to.unwrap_or(self.current);
        to.is_some()
    }

    /// A piece was started, as this instance if it has one already.
    pub fn start(&mut self, piece: PieceNumber, instance: Option<InstanceId>, now: Timestamp) {
        if piece == PieceNumber::FIRST || self.since.is_none() {
            self.since = Some(now);
        }
        (self.current, self.started) = (piece, Some(piece));
        let instances = self.instances.entry(piece).or_default();
        instances.extend(instance);
        let many = instances.len().saturating_sub(Self::MAX_INSTANCES);
        instances.drain(..many);
    }

    /// The current piece is to be started again. Returns its instances.
    pub fn reset(&mut self) -> Vec<InstanceId> {
        if self.has_started() {
            self.started = None;
        }
        self.instances_of(self.current).to_vec()
    }

    /// The instances that a piece has started, the latest last.
    pub fn instances_of(&self, piece: PieceNumber) -> &[InstanceId] {
        self.instances.get(&piece).map_or(&[], Vec::as_slice)
    }

    /// The instance that the piece that was started last began with.
    pub fn latest(&self) -> Option<&InstanceId> {
        self.instances_of(self.started?).last()
    }

    /// The piece that starts by itself, and what it waits for. `status` is that of the current piece.
    pub fn awaits(
        &self,
        starts: &[PieceStart],
        status: Option<Status>,
    ) -> Option<(PieceNumber, PieceStart)> {
        let next = self.current.next();
        let start = *starts.get(next.place()).filter(|_| self.has_started())?;
        // One that continues as new is about to run again.
        let goes_on =
            status.is_some_and(|status| !status.is_closed() || status == Status::ContinuedAsNew);
        match start {
            PieceStart::AtBar(_) if goes_on => Some((next, start)),
            PieceStart::AtEnd if goes_on || ended_by_itself(status) => Some((next, start)),
            PieceStart::AtBar(_) | PieceStart::AtEnd | PieceStart::ByHand => None,
        }
    }

    /// The position in a set list that was changed: pieces are found by their keys.
    pub fn follow(&self, before: &[PieceKey], after: &[PieceKey]) -> Self {
        let find = |piece: PieceNumber| {
            let key = before.get(piece.place())?;
            let place = after.iter().position(|other| other == key)?;
            Some(PieceNumber::at(place))
        };
        let last = PieceNumber::at(after.len().saturating_sub(1));
        let instances = self.instances.iter();
        let mut moved = Self {
            current: self.current.min(last),
            started: self.started.and_then(find),
            since: self.since,
            instances: instances
                .filter_map(|(piece, ids)| Some((find(*piece)?, ids.clone())))
                .collect(),
        };
        if let Some(current) = find(self.current) {
            moved.current = current;
        } else if self.has_started() {
            // The piece that plays is gone from the list. Next is what came after it.
            let mut earlier = (0..self.current.place()).rev().map(PieceNumber::at);
            if let Some(piece) = earlier.find_map(find) {
                (moved.current, moved.started) = (piece, Some(piece));
            } else {
                moved.current = PieceNumber::FIRST;
            }
        }
        moved
    }
}

/// Whether an instance came to its end without the performer.
pub fn ended_by_itself(status: Option<Status>) -> bool {
    matches!(status, Some(Status::Completed | Status::Failed))
}
