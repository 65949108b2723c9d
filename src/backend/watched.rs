//! Which instances of a backend are watched with their whole histories.

use crate::engine::InstanceId;

/// The instances that are lanes: at most [`MAX_LANES`](Self::MAX_LANES) of a backend.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watched {
    /// Instances that are watched whatever comes: selected, pinned or named by the performer.
    pub chosen: Vec<InstanceId>,
    /// Text that the ids or workflows of the others contain; empty: any. Failures come first, then the newest.
    pub matching: String,
}

impl Watched {
    /// The most instances that are watched. Servers refuse more requests than a few hundred at once.
    pub const MAX_LANES: usize = 64;
}
