//! The steps of a tour: what a set list that performs itself says and presses during a piece.

use std::{sync::Arc, time::Duration};

use crate::score::Place;

/// A step of a tour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TourStep {
    /// When it comes.
    pub after: TourMoment,
    /// The caption from now on; `None`: the one before stays. An empty one brings back those of the score.
    pub say: Option<Arc<str>>,
    /// The keys that are pressed, one after the other, as the help sheet writes them: `Shift+N`.
    pub press: Vec<TourKey>,
}

/// When a step of a tour comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TourMoment {
    /// So long after the step before it, or after the piece began.
    After(Duration),
    /// When the piece has ended.
    AtEnd,
}

/// A key that a tour presses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TourKey {
    /// Its name.
    pub name: Arc<str>,
    /// Where the set list names it.
    pub place: Place,
}
