//! Markers are set, named, and gone to.

use super::UiState;
use crate::{
    conductor::Direction,
    engine::Timestamp,
    view::{
        markers::{Markers, Naming},
        moment::Moment,
        snapshot::Snapshot,
    },
};

impl UiState {
    /// Sets a marker at the playhead, which can be named at once, or removes the one that is there.
    pub(super) fn toggle_marker(&mut self, live: &Snapshot, wall: Timestamp) {
        let shown = self.moment(live, wall);
        let at = shown.map_or_else(|| live.live_edge(wall), |moment| moment.at);
        match self.markers.at(at) {
            Some(_) => {
                self.markers.remove(at);
                self.naming = None;
            }
            None => {
                self.markers.set(at);
                // Where the lanes are covered there is no field to type in.
                let has_field = self.explainer.is_none() && !live.lanes.is_empty();
                self.naming = has_field.then(|| Naming::new(at));
            }
        }
    }

    /// Lets a marker be named. The field shows its present name.
    pub fn begin_naming(&mut self, at: Timestamp) {
        if let Some(marker) = self.markers.at(at) {
            let typed = marker.name.to_string();
            self.naming = Some(Naming {
                typed,
                ..Naming::new(at)
            });
        }
    }

    /// Keeps the name that was typed. If there is none, the marker keeps the one that it has.
    pub fn end_naming(&mut self) {
        if let Some(naming) = self.naming.take() {
            self.markers.rename(naming.at, &naming.typed);
        }
    }

    /// The moment of the next marker.
    pub(super) fn marker_stop(&self, here: &Moment, direction: Direction) -> Option<Moment> {
        let next = self.markers.next(here.at, direction);
        next.map(|marker| Moment::new(marker.at))
    }

    /// Takes the markers of an earlier performance.
    pub fn with_markers(mut self, markers: Markers) -> Self {
        self.markers = markers;
        self
    }
}
