//! What state a piece of the set list is in, for its line in the panel.

use std::sync::Arc;

use super::{Countdown, PieceNumber, SetlistView, position::ended_by_itself};
use crate::{
    conductor::setlist::PieceStart,
    engine::{Status, Timestamp},
    view::{lane::LaneModel, palette::Rgb, snapshot::Snapshot},
};

/// The state of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PieceState {
    /// Next starts it.
    Ready,
    /// It starts by itself at a bar of the current piece, in so long if that is known.
    AwaitsBar(u32, Option<Countdown>),
    /// It starts by itself when this piece ends, which is current.
    AwaitsEnd(PieceNumber),
    /// An instance of it is open.
    Open(Status),
    /// It was played; its last instance ended so. `None`: its lane is no longer there.
    Played(Option<Status>),
    /// It was not started yet: it will start so.
    Later(PieceNumber, PieceStart),
    /// Its score has an error.
    Broken,
}

impl PieceState {
    /// In a few words.
    pub fn words(&self) -> String {
        match self {
            Self::Ready => "ready",
            Self::AwaitsBar(bar, Some(Countdown::Stopped)) => return format!("at bar {bar}"),
            Self::AwaitsBar(_, Some(countdown)) => return countdown.to_string(),
            Self::AwaitsBar(bar, None) => return format!("at bar {bar}"),
            Self::AwaitsEnd(piece) => return format!("after {piece}"),
            Self::Open(Status::Suspended) => "paused",
            Self::Open(Status::Stalled) => "stalled",
            Self::Open(_) => "playing",
            Self::Played(Some(Status::Failed)) => "failed",
            Self::Played(Some(Status::Terminated)) => "terminated",
            Self::Played(Some(Status::Canceled)) => "canceled",
            Self::Played(_) => "played",
            Self::Later(_, PieceStart::ByHand) => "",
            Self::Later(_, PieceStart::AtBar(bar)) => return format!("at bar {bar}"),
            Self::Later(piece, PieceStart::AtEnd) => {
                return piece
                    .previous()
                    .map_or_else(String::new, |piece| format!("after {piece}"));
            }
            Self::Broken => "error",
        }
        .to_owned()
    }

    /// The color of these words.
    pub fn color(&self) -> Rgb {
        match self {
            Self::Ready | Self::Open(Status::Running | Status::Pending) => Rgb::GOOD,
            Self::AwaitsBar(..) | Self::AwaitsEnd(_) => Rgb::PENDING,
            Self::Open(Status::Stalled) | Self::Played(Some(Status::Failed)) | Self::Broken => {
                Rgb::ALARM
            }
            Self::Open(_) => Rgb::HELD,
            Self::Played(_) | Self::Later(..) => Rgb::MUTED,
        }
    }
}

impl SetlistView {
    /// The state of a piece. `snapshot` is that of the performance.
    pub fn state_of(&self, number: PieceNumber, snapshot: &Snapshot, now: Timestamp) -> PieceState {
        let instances = self.position.instances_of(number);
        let lanes: Vec<&Arc<LaneModel>> = instances
            .iter()
            .rev()
            .filter_map(|id| snapshot.lane(id))
            .collect();
        let mut open = lanes.iter().filter(|lane| !lane.status.is_closed());
        if let Some(lane) = open.next() {
            return PieceState::Open(lane.status);
        }
        if let Some(state) = self.awaited_state(number, snapshot, now) {
            return state;
        }
        if self.is_broken(number, snapshot) {
            return PieceState::Broken;
        }
        if number == self.position.current && !self.position.has_started() {
            return PieceState::Ready;
        }
        match instances.is_empty() && self.position.started != Some(number) {
            true => PieceState::Later(
                number,
                self.piece(number)
                    .map_or(PieceStart::ByHand, |piece| piece.start),
            ),
            false => PieceState::Played(lanes.first().map(|lane| lane.status)),
        }
    }

    /// Whether the next piece starts by itself. `snapshot` is that of the performance.
    pub fn starts_next_by_itself(&self, snapshot: &Snapshot) -> bool {
        let next = self.position.current.next();
        let state = self.awaited_state(next, snapshot, Timestamp(0));
        state.is_some()
    }

    /// The state of the piece that starts by itself.
    fn awaited_state(
        &self,
        number: PieceNumber,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Option<PieceState> {
        let starts: Vec<_> = self.pieces.iter().map(|piece| piece.start).collect();
        let lane = self.position.latest().and_then(|id| snapshot.lane(id));
        let status = lane.map(|lane| lane.status);
        let (awaited, start) = self.position.awaits(&starts, status)?;
        (awaited == number && !ended_by_itself(status)).then(|| match start {
            PieceStart::AtBar(bar) => PieceState::AwaitsBar(bar, self.countdown(snapshot, now)),
            _ => PieceState::AwaitsEnd(self.position.current),
        })
    }

    fn is_broken(&self, number: PieceNumber, snapshot: &Snapshot) -> bool {
        let score = self.piece(number).map(|piece| &piece.score);
        let mut cards = snapshot.scores.iter();
        cards.any(|card| Some(&card.id) == score && card.problem.is_some())
    }
}
