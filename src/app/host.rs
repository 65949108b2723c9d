//! The application as the window sees it: snapshots and commands, without blocking.

use std::sync::Arc;

use super::{application::App, comparisons, event_names, explanations, folders, score_runs};
use crate::{
    conductor::ScoreRun,
    engine::{InstanceId, Timestamp},
    stage::{Host, Waker},
    view::{
        Arrangement, Command, ComparedPair, EditedScore, EventPlace, Explanation, FolderListing,
        GivenByControl, LaneModel, MadeComparison, Markers, PlayheadIntent, Settings, Snapshot,
        TourMode,
    },
};

/// The application as the window sees it.
pub(super) struct WindowHost(pub Arc<App>);

impl Host for WindowHost {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.0.snapshot()
    }

    fn send(&self, command: Command) {
        self.0.send(command);
    }

    fn set_waker(&self, waker: Waker) {
        self.0.set_waker(waker);
    }

    fn now(&self) -> Timestamp {
        self.0.conductor.engine().clock().now()
    }

    fn loudness(&self, instance: &InstanceId) -> f32 {
        self.0.loudness(instance)
    }

    fn playhead_intents(&self) -> Vec<PlayheadIntent> {
        self.0.take_playhead_intents()
    }

    fn given_by_controls(&self) -> Vec<GivenByControl> {
        self.0.take_given_by_controls()
    }

    fn tour(&self) -> TourMode {
        self.0.tour
    }

    fn kept_markers(&self) -> Markers {
        self.0.markers.kept()
    }

    fn kept_settings(&self) -> Settings {
        self.0.settings.kept()
    }

    fn kept_arrangement(&self) -> Arrangement {
        self.0.markers.kept_arrangement()
    }

    fn explanation(&self, instance: &InstanceId, asked: Timestamp) -> Option<Arc<Explanation>> {
        explanations::explanation(&self.0, instance, asked)
    }

    fn comparison(&self, pair: &ComparedPair) -> MadeComparison {
        comparisons::comparison(&self.0, pair)
    }

    fn folder(&self, folder: &str, asked: Timestamp) -> Option<Arc<FolderListing>> {
        folders::listing(&self.0, folder, asked)
    }

    fn event_names(&self, instance: &InstanceId) -> Option<Arc<[Arc<str>]>> {
        event_names::event_names(&self.0, instance)
    }

    fn score_run(&self, lane: &Arc<LaneModel>, place: EventPlace) -> Option<Arc<ScoreRun>> {
        score_runs::score_run(&self.0, lane, place)
    }

    fn edited_score(&self) -> Option<Arc<EditedScore>> {
        self.0.edited_score.load_full()
    }
}
