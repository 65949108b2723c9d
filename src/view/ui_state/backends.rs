//! Which instances of other engines are lanes.

use super::UiState;
use crate::{
    backend::{BackendName, Watched},
    engine::InstanceId,
    view::lane_filter::LaneFilter,
};

impl UiState {
    /// The instances that are wanted as lanes: the selected one, those that are pinned, and what the filter
    /// names.
    pub fn watched(&self) -> Watched {
        let is_foreign = |id: &&InstanceId| BackendName::split(id).is_some();
        let chosen = self.selected.iter().chain(self.arrangement.pinned());
        let mut chosen: Vec<_> = chosen.filter(is_foreign).cloned().collect();
        chosen.dedup();
        chosen.truncate(Watched::MAX_LANES);
        let typed = self.filter.as_ref().map(|field| field.typed.as_str());
        let filter = LaneFilter::parse(typed.unwrap_or_default());
        Watched {
            chosen,
            matching: filter.named().unwrap_or_default().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::lane_filter::FilterField;

    #[test]
    fn selected_pinned_and_named_instances_of_other_engines_are_watched() {
        let id = |text: &str| InstanceId::new(text).unwrap();
        let mut state = UiState::default();
        assert_eq!(state.watched(), Watched::default());
        state.selected = Some(id("bass-1"));
        assert_eq!(state.watched(), Watched::default(), "one of the own engine");
        state.selected = Some(id("temporal:default/order-7"));
        state.filter = Some(FilterField {
            typed: "open Order".to_owned(),
            begun: true,
        });
        assert_eq!(
            state.watched(),
            Watched {
                chosen: vec![id("temporal:default/order-7")],
                matching: "order".to_owned(),
            }
        );
    }
}
