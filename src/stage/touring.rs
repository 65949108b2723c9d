//! Performs a tour in the window: asks it in each frame what is due, and ends it when somebody takes over.

use std::sync::Arc;

use egui::{Event, Ui};

use super::frame_context::FrameContext;
use crate::{
    engine::Timestamp,
    view::{Leaving, Tour, TourAct},
};

/// What a tour shows in place of the usual.
#[derive(Debug, Clone, Default)]
pub(super) struct Guided {
    /// The caption.
    pub caption: Option<Arc<str>>,
    /// The key that was pressed a moment ago.
    pub key: Option<Arc<str>>,
}

impl Guided {
    pub fn by(tour: &Tour, now: Timestamp) -> Self {
        Self {
            caption: tour.caption(),
            key: tour.key(now),
        }
    }
}

/// Does what is due by now. A key, a click or a scroll ends the tour.
pub(super) fn perform(ui: &Ui, tour: &mut Tour, frame: &mut FrameContext<'_>) {
    if !tour.is_running() {
        return;
    }
    if is_touched(ui) {
        tracing::info!("somebody takes over from the tour");
        return tour.stop();
    }
    let wall = frame.wall;
    for act in tour.advance(frame.live, wall) {
        tracing::debug!(?act, "tour");
        match act {
            // A panel may be open for which it is no key.
            TourAct::Press(action) if action.acts_behind(&frame.state.overlay) => frame.act(action),
            TourAct::Press(_) => {}
            TourAct::Select(lane) => frame.state.select(&lane),
            TourAct::Go(command) => frame.commands.push(command.into()),
            TourAct::Leave => frame.state.leave(Leaving::Quit),
        }
    }
    frame.guided = Guided::by(tour, wall);
}

fn is_touched(ui: &Ui) -> bool {
    ui.input(|input| {
        input.events.iter().any(|event| {
            matches!(
                event,
                Event::Key { pressed: true, .. }
                    | Event::PointerButton { pressed: true, .. }
                    | Event::MouseWheel { .. }
                    | Event::Touch { .. }
            )
        })
    })
}
