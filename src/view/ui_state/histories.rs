//! Opened histories: how they come onto the stage and leave it.

use super::{Overlay, UiState};
use crate::{
    engine::{InstanceId, Timestamp},
    view::{
        command::{Command, HistoryCommand},
        histories::{HistorySource, OpenedHistory},
        moment::Moment,
        playhead::Playhead,
        search::Search,
        snapshot::Snapshot,
        viewport::Viewport,
    },
};

/// The space around a history that comes onto the stage, as a factor of its length.
const AROUND: f64 = 1.08;
/// The longest part of a history that is visible when it comes onto the stage, in seconds.
const MOST_VISIBLE: f64 = 60.0;

impl UiState {
    /// Shows the history that was opened last, once; leaves one that is gone. Called once per frame.
    pub fn show_latest_opened(&mut self, live: &Snapshot) {
        let opened = &live.histories.opened;
        if let Some(shown) = &self.opened
            && live.histories.opened(shown).is_none()
        {
            self.return_to_live();
        }
        let latest = opened.iter().max_by_key(|opened| opened.number);
        if let Some(latest) = latest.filter(|latest| latest.number > self.latest_opened) {
            self.latest_opened = latest.number;
            self.show_opened(latest);
        }
    }

    /// Shows an opened history from its start.
    pub fn show_opened(&mut self, opened: &OpenedHistory) {
        self.close_comparison();
        let range = opened.range();
        let id = &opened.lane.id;
        if self.opened.as_ref() != Some(id) {
            self.range = None;
            self.explainer = None;
        }
        self.opened = Some(id.clone());
        self.select(id);
        let seconds = (range.length().as_secs_f64() * AROUND).clamp(1.0, MOST_VISIBLE);
        let scale = self.viewport.ns_per_point;
        self.scale_before.get_or_insert(scale);
        self.viewport = Viewport::new(range.from, seconds, self.viewport.width);
        self.viewport.center(range.from, 0.04);
        self.playhead = Playhead::At(Moment::new(range.from));
        self.moved();
    }

    /// A history was chosen: one that is on the stage or was opened is shown from its start, any other has
    /// to be opened first. `live` is the running performance.
    pub fn choose_history(
        &mut self,
        id: &InstanceId,
        live: &Snapshot,
        wall: Timestamp,
    ) -> Option<HistoryCommand> {
        self.overlay = Overlay::None;
        if let Some(lane) = live.lane(id) {
            self.leave_opened();
            let start = lane.history.first_at().unwrap_or(wall);
            self.select(id);
            self.jump(Moment::new(start));
            return None;
        }
        match live.histories.opened(id) {
            Some(opened) => {
                self.show_opened(opened);
                None
            }
            None => Some(HistoryCommand::Open(id.clone())),
        }
    }

    /// A link to another history was followed: its lane is selected, at the moment that is shown. If it is
    /// not on the stage, it is shown as an opened history. `shown` is what is on the stage.
    pub fn follow_link(
        &mut self,
        id: &InstanceId,
        shown: &Snapshot,
        wall: Timestamp,
    ) -> Option<HistoryCommand> {
        if shown.lane(id).is_some() {
            self.select(id);
            return None;
        }
        self.choose_history(id, shown.performance(), wall)
    }

    pub(super) fn toggle_histories(&mut self, search: Search) -> Vec<Command> {
        let typed = search.typed.clone();
        self.toggle(Overlay::Histories(search));
        match self.overlay {
            Overlay::Histories(_) => vec![HistoryCommand::Find(typed).into()],
            _ => Vec::new(),
        }
    }

    /// Puts the history that is shown away.
    pub(super) fn dismiss(&mut self) -> Option<HistoryCommand> {
        let shown = self.opened.clone()?;
        Some(self.dismiss_history(&shown))
    }

    /// Puts an opened history away.
    pub fn dismiss_history(&mut self, id: &InstanceId) -> HistoryCommand {
        if self.opened.as_ref() == Some(id) {
            self.return_to_live();
        }
        HistoryCommand::Dismiss(id.clone())
    }

    /// Shows the performance again.
    pub(super) fn leave_opened(&mut self) {
        if let Some(left) = self.opened.take() {
            if let Some(scale) = self.scale_before.take() {
                self.viewport.set_scale(scale);
            }
            self.range = None;
            self.explainer = None;
            if self.selected.as_ref() == Some(&left) {
                self.selected = None;
            }
        }
    }
}

impl Snapshot {
    /// Whether a lane can be run again: it is in the store.
    pub fn can_rerun(&self, id: &InstanceId) -> bool {
        match self.histories.opened(id) {
            Some(opened) => opened.source == HistorySource::Store,
            None => true,
        }
    }
}
