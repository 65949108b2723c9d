//! How much of a score's largest size its notes leave for controller changes.

use super::{
    piece::{Automation, NODES_OF_PART, NODES_OF_POINT, Piece},
    text,
};
use crate::score::{read::MAX_POINTS, source};

/// What is kept free for the sentence that says how the changes were thinned.
const SENTENCE: usize = 200;

/// What is left of the text of a score.
pub(super) struct Room {
    bytes: usize,
    nodes: usize,
}

impl Room {
    /// What a piece without automations leaves.
    pub fn beside(piece: &Piece) -> Self {
        let used = text::shortest(piece).len() + SENTENCE;
        Self {
            bytes: source::MAX_BYTES.saturating_sub(used),
            nodes: source::MAX_NODES.saturating_sub(piece.nodes()),
        }
    }

    pub fn fits(&self, automations: &[Automation]) -> bool {
        let points = automations.iter().map(|all| all.points.len());
        let nodes = |points: usize| NODES_OF_PART + NODES_OF_POINT * points;
        points.clone().all(|points| points <= MAX_POINTS)
            && points.map(nodes).sum::<usize>() <= self.nodes
            && text::of_automations(automations).len() <= self.bytes
    }
}
