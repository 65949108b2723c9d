//! Which lanes are shown, and how large.

use super::UiState;
use crate::{
    engine::Timestamp,
    view::{command::Command, lane_filter::FilterField, rows::Focus, stage_lanes::Shelf},
};

impl UiState {
    /// Gives the selected lane most of the window, or the same as all others.
    pub(super) fn toggle_focus(&mut self) {
        self.reveal = true;
        self.focus = match self.focus {
            Focus::None => Focus::Selected,
            Focus::Selected => Focus::None,
        };
    }

    /// Shows the lanes that have ended as rows, or puts them on the shelf.
    pub(super) fn toggle_shelf(&mut self) {
        self.shelf = match self.shelf {
            Shelf::Closed => Shelf::Open,
            Shelf::Open => Shelf::Closed,
        };
    }

    /// Opens the filter, or closes it: then all lanes are shown.
    pub(super) fn toggle_filter(&mut self) {
        self.filter = match self.filter {
            None => Some(FilterField::default()),
            Some(_) => None,
        };
    }

    /// Begins a new show: what has ended is hidden.
    pub(super) fn new_show(&mut self, now: Timestamp) -> Command {
        self.return_to_live();
        self.selected = None;
        self.shelf = Shelf::Closed;
        self.filter = None;
        self.scroll = 0.0;
        Command::Show(Some(now))
    }
}
