//! How an engine works.

use super::{Clock, Limits, Randomness, Retention};

/// What an engine does with the open instances of its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recovery {
    /// Replays them and continues them.
    #[default]
    OpenInstances,
    /// Leaves them as they are, for another time.
    Nothing,
}

/// How an engine works.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// What becomes of the instances that are open in the store.
    pub recovery: Recovery,
    /// What time it is.
    pub clock: Clock,
    /// How much it takes upon itself.
    pub limits: Limits,
    /// Where the random numbers of workflows come from.
    pub randomness: Randomness,
    /// What it forgets by itself.
    pub retention: Retention,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            recovery: Recovery::default(),
            clock: Clock::wall(),
            limits: Limits::default(),
            randomness: Randomness::default(),
            retention: Retention::default(),
        }
    }
}
