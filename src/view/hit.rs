//! What lies under the pointer.

use super::{
    items::reach,
    lane::LaneModel,
    piece::{Piece, PieceKind},
    viewport::Viewport,
    words,
};
use crate::engine::Timestamp;

/// The event under a point of a lane, if any: what the pointer rests on.
pub fn piece_at<'a>(
    lane: &'a LaneModel,
    view: &Viewport,
    now: Timestamp,
    x: f32,
    in_strip: Part,
) -> Option<&'a Piece> {
    const REACH: f32 = 3.0;
    let (from, to) = (view.time_at(x - REACH), view.time_at(x + REACH));
    let mut found: Option<(&Piece, u8)> = None;
    for (_, pieces) in lane.pieces.chunks_in(from, to) {
        for piece in pieces {
            if piece.from > to || reach(piece, now) < from {
                continue;
            }
            let rank = match (&piece.kind, in_strip) {
                (PieceKind::Failure { .. }, _) => 4,
                (
                    PieceKind::Raised { .. }
                    | PieceKind::Sent { .. }
                    | PieceKind::Detached { .. }
                    | PieceKind::Asked { .. }
                    | PieceKind::Forked { .. }
                    | PieceKind::Ended { .. },
                    _,
                ) => 3,
                (PieceKind::Heartbeat { .. }, Part::Strip) => 3,
                (PieceKind::Note { .. }, Part::Notes) => 2,
                (PieceKind::Attempt { .. } | PieceKind::Queued { .. }, Part::Strip) => 2,
                (PieceKind::Note { .. }, Part::Strip) => 0,
                (PieceKind::Attempt { .. } | PieceKind::Queued { .. }, Part::Notes) => 0,
                _ => 1,
            };
            if found.is_none_or(|(_, best)| rank >= best) {
                found = Some((piece, rank));
            }
        }
    }
    found.map(|(piece, _)| piece)
}

/// The two parts of a lane's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Above: notes by pitch.
    Notes,
    /// Below: durable activities.
    Strip,
}

/// A piece in a line of words: whose, what, how long, how long ago.
pub fn told(lane: &LaneModel, piece: &Piece, now: Timestamp) -> String {
    let ago = match piece.from > now {
        true => format!("in {}", words::seconds(piece.from.since(now))),
        false => format!("{} ago", words::seconds(now.since(piece.from))),
    };
    let (name, event) = (lane.title(), piece.event);
    let length = piece.end(now).since(piece.from);
    let length = match length.is_zero() {
        true => String::new(),
        false => format!("{}, ", words::seconds(length)),
    };
    format!("{name} #{event} · {} · {length}{ago}", piece.kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample::{Sample, s};

    #[test]
    fn the_pointer_finds_a_failure_before_the_work_under_it() {
        let mut sample = Sample::new("bass");
        let task = sample.schedule(2.0, "pay", crate::engine::Payload::null());
        sample.fail(3.0, task, 1, None);
        let mut lane = LaneModel::new(sample.id.clone(), 0);
        lane.committed(&sample.commit());
        let view = Viewport::new(s(0.0), 10.0, 1000.0);
        let at = |x| piece_at(&lane, &view, s(9.0), x, Part::Strip).map(|p| p.kind.to_string());
        assert!(at(300.0).unwrap().starts_with("pay failed"));
        assert!(at(250.0).unwrap().starts_with("pay, attempt 1"));
        assert_eq!(at(600.0), None);
    }
}
