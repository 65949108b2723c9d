//! The state of the comparison: which runs are compared, and what the stage showed before.

use super::{
    comparison::ComparedPair,
    playhead::{Playhead, Repeat, TimeRange},
    ui_state::Camera,
    viewport::Viewport,
};
use crate::{conductor::Rate, engine::Timestamp};

/// The comparison, while it is open. It replays both runs with the playhead, camera and visible window of
/// the stage; what those were before is kept here.
#[derive(Debug, Clone)]
pub struct Comparing {
    /// The runs.
    pub pair: ComparedPair,
    /// Whether the comparison was made and the playhead is on it.
    pub(super) begun: bool,
    /// Whether the runs were fitted into the visible window.
    pub(super) fitted: bool,
    /// The difference that was chosen, and the playhead's moment then.
    pub(super) chosen: Option<(usize, Timestamp)>,
    pub(super) behind: Behind,
}

/// What the stage showed.
#[derive(Debug, Clone)]
pub(super) struct Behind {
    pub playhead: Playhead,
    pub camera: Camera,
    pub viewport: Viewport,
    pub range: Option<TimeRange>,
    pub repeat: Repeat,
    pub rate: Rate,
}
