//! Short messages in a corner, for a few seconds each.

use std::time::Duration;

use egui::{Rect, Ui, pos2, vec2};

use super::{
    app::Scene,
    ink::Ink,
    theme::{Face, ink},
};
use crate::{
    engine::Timestamp,
    view::{Notice, Rgb},
};

/// For how long a message stays.
const STAY: Duration = Duration::from_secs(6);

/// The messages that are shown.
#[derive(Default)]
pub(super) struct Toasts {
    seen: u64,
    shown: Vec<(Notice, Timestamp)>,
}

impl Toasts {
    /// Paints them, newest at the bottom.
    pub(super) fn show(&mut self, ui: &Ui, window: Rect, scene: &Scene<'_>) {
        for notice in scene.snapshot.notices.iter() {
            if notice.number > self.seen {
                self.seen = notice.number;
                self.shown.push((notice.clone(), scene.wall));
            }
        }
        self.shown
            .retain(|(_, since)| scene.wall.since(*since) < STAY);
        let sizes = scene.sizes;
        let mut bottom = window.bottom() - sizes.caption - sizes.pt(16.0);
        for (notice, _) in self.shown.iter().rev() {
            let font = Face::Bold.font(sizes.pt(20.0).max(13.0));
            let width = window.width() * 0.5;
            let galley = ui
                .painter()
                .layout(notice.text.to_string(), font, ink(Rgb::TEXT), width);
            let size = galley.size() + vec2(sizes.pt(44.0), sizes.pt(24.0));
            let left = window.center().x - size.x / 2.0;
            let plate = Rect::from_min_size(pos2(left, bottom - size.y), size);
            let mut face = Ink::default();
            face.round(plate, sizes.pt(9.0), ink(Rgb::BUTTON));
            face.outline(plate, sizes.pt(9.0), 1.5, ink(Rgb::MUTED));
            face.flush(ui.painter());
            let at = plate.min + vec2(sizes.pt(22.0), sizes.pt(12.0));
            ui.painter().galley(at, galley, ink(Rgb::TEXT));
            bottom = plate.top() - sizes.pt(10.0);
        }
    }

    /// After how long the next message goes away.
    pub(super) fn next_change(&self, now: Timestamp) -> Option<Duration> {
        let first = self.shown.first()?;
        Some(STAY.saturating_sub(now.since(first.1)))
    }
}
