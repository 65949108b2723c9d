//! What the inspector shows as a whole: the data of an event, or a value of the run.

use super::UiState;
use crate::{
    engine::InstanceId,
    view::{event_table::EventPlace, highlight::Highlight, run_data::DataKey},
};

impl UiState {
    /// Shows the whole data of an event, or closes it.
    pub fn toggle_event(&mut self, lane: &InstanceId, place: EventPlace) {
        let event = Some((lane.clone(), place));
        self.data = None;
        self.card_top = 0;
        self.table.open = event.filter(|event| self.table.open.as_ref() != Some(event));
    }

    /// Shows the whole data of an event, and its row.
    pub fn open_event(&mut self, lane: &InstanceId, place: EventPlace) {
        self.data = None;
        self.card_top = 0;
        self.table.open = Some((lane.clone(), place));
        self.table.reveal = Some(place);
    }

    /// Shows a value as a whole, or closes it.
    pub fn toggle_data(&mut self, lane: &InstanceId, key: &DataKey) {
        let value = Some((lane.clone(), key.clone()));
        self.table.open = None;
        self.card_top = 0;
        self.data = value.filter(|value| self.data.as_ref() != Some(value));
    }

    /// What is highlighted while the pointer is on nothing: the event whose data is shown.
    pub fn chosen(&self) -> Option<Highlight> {
        let (lane, place) = self.table.open.as_ref()?;
        Some(Highlight::event(lane, *place))
    }
}
